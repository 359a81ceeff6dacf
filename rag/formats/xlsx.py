"""Excel workbooks: each sheet as its tables, each cell as it is displayed.

Hidden sheets, rows and columns, cells whose format shows nothing and letters of the colour of their ground are
left out and counted. Formulas are never computed: their last result, which the file keeps, is read. Knows
nothing of charts, comments, macros or links to other workbooks.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree import ElementTree

from rag.formats import archive
from rag.formats.cell import BUILT_IN, plain_number, shown_number, shown_text
from rag.formats.colour import BLACK, WHITE, Colour, alike, from_hex, from_parts
from rag.formats.outline import Outline, Unreadable

_T = TypeVar("_T")
_COLUMNS = 16_384
_MOST_PLACES = 1_000_000  # cells of one table, empty ones included
_SMALLEST = 2.0  # points
_REFERENCE = re.compile(r"([A-Z]{1,3})\d*")
_TINT = re.compile(r"-?\d(?:\.\d{1,20})?(?:[eE]-?\d{1,2})?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_INDEXED = {"0": BLACK, "1": WHITE, "8": BLACK, "9": WHITE}
_THEME = {"0": WHITE, "1": BLACK}


@dataclass(frozen=True, slots=True)
class _Style:
    """How a cell is displayed."""

    code: str = ""
    """Its number format."""
    bold: bool = False
    faint: bool = False
    """Whether its letters can't be told from their ground."""


@dataclass(slots=True)
class _Row:
    """A row of a sheet: what its cells show, by column."""

    number: int
    cells: dict[int, str] = field(default_factory=dict)
    bold: bool = True
    """Whether every cell is set in bold."""


@dataclass(slots=True)
class _Book:
    """What all sheets of a workbook share."""

    parts: zipfile.ZipFile
    strings: list[str]
    styles: list[_Style]
    from_1904: bool


@dataclass(frozen=True, slots=True)
class _Link:
    """What one part of the archive says of another."""

    id: str
    kind: str
    target: str


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.xlsx`."""
    parts = archive.opened(data)
    main = _target(_links(parts, ""), "officeDocument")
    if not main:
        raise Unreadable("not an Excel workbook: the archive does not say where its workbook is")
    links = _links(parts, main)
    strings = [_rich(entry) for entry in _each(parts, _target(links, "sharedStrings"), "si")]
    styles = _styles(parts, _target(links, "styles"))
    sheets, from_1904 = _sheets(parts, main)
    book = _Book(parts, strings, styles, from_1904)
    targets = {link.id: link.target for link in links if link.kind == "worksheet"}
    shown = [(name, targets[link]) for name, link, seen in sheets if seen and link in targets]
    outline.hidden += sum(not seen for _, _, seen in sheets)
    for name, part in shown:
        rows = list(_rows(book, part, outline))
        if rows and len(shown) > 1:
            outline.heading(1, name)
        for table in _tables(rows):
            _tell(table, outline, 1 + (len(shown) > 1))
    outline.title = ""  # the first sheet's name ("Sheet1") says less than the file's


def _links(parts: zipfile.ZipFile, part: str) -> list[_Link]:
    """Return what a part says of others; "" stands for the archive itself."""
    folder, name = posixpath.split(part)
    found = []
    for entry in _each(parts, posixpath.join(folder, "_rels", f"{name}.rels"), "Relationship"):
        kind = entry.get("Type", "").rpartition("/")[2]
        if entry.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, entry.get("Target", ""))).lstrip("/")
            found.append(_Link(entry.get("Id", ""), kind, target))
    return found


def _target(links: Sequence[_Link], kind: str) -> str:
    return next((link.target for link in links if link.kind == kind), "")


def _each(parts: zipfile.ZipFile, name: str, *wanted: str) -> Iterator[ElementTree.Element]:
    """Yield the finished elements of these names, one at a time; none when there is no such part."""
    if name not in parts.NameToInfo:
        return
    above: list[ElementTree.Element] = []
    try:
        with parts.open(name) as part:
            for event, element in ElementTree.iterparse(part, ("start", "end")):
                if event == "start":
                    above.append(element)
                    continue
                above.pop()
                if _local(element) in wanted:
                    yield element
                    if above:
                        above[-1].clear()  # what was read is forgotten: a sheet can be larger than memory
    except ElementTree.ParseError as error:
        raise Unreadable(f"its part {name[:80]!a} is broken ({error})") from None


def _local(element: ElementTree.Element) -> str:
    """Return an element's name without its namespace, of which Office has two sets."""
    return element.tag.rpartition("}")[2]


def _sheets(parts: zipfile.ZipFile, main: str) -> tuple[list[tuple[str, str, bool]], bool]:
    """Return each sheet's name, link and whether it is shown, and whether days count from 1904."""
    sheets, from_1904 = [], False
    for element in _each(parts, main, "sheet", "workbookPr"):
        if _local(element) == "workbookPr":
            from_1904 = element.get("date1904") in ("1", "true")
        else:
            link = next((value for key, value in element.items() if key.endswith("}id")), "")
            seen = element.get("state", "visible") == "visible"
            sheets.append((element.get("name", ""), link, seen))
    return sheets, from_1904


def _styles(parts: zipfile.ZipFile, part: str) -> list[_Style]:
    told: dict[str, list[ElementTree.Element]] = {}
    for group in _each(parts, part, "numFmts", "fonts", "fills", "cellXfs"):
        told[_local(group)] = list(group)
    codes = {str(number): code for number, code in BUILT_IN.items()}
    codes.update(
        (entry.get("numFmtId", ""), entry.get("formatCode", "")) for entry in told.get("numFmts", [])
    )
    fonts = [_font(entry) for entry in told.get("fonts", [])]
    grounds = [_ground(entry) for entry in told.get("fills", [])]
    styles = []
    for entry in told.get("cellXfs", []):
        bold, tiny, colour = _at(fonts, entry.get("fontId"), (False, False, BLACK))
        faint = tiny or alike(colour, _at(grounds, entry.get("fillId"), WHITE))
        styles.append(_Style(codes.get(entry.get("numFmtId", ""), ""), bold, faint))
    return styles


def _at(items: Sequence[_T], place: str | None, default: _T) -> _T:
    number = int(place) if place is not None and place.isascii() and place.isdecimal() else len(items)
    return items[number] if number < len(items) else default


def _font(font: ElementTree.Element) -> tuple[bool, bool, Colour | None]:
    told = {_local(entry): entry for entry in font}
    bold = "b" in told and told["b"].get("val", "1") not in ("0", "false")
    size = re.fullmatch(r"\d{1,3}(?:\.\d{1,9})?", told["sz"].get("val", "")) if "sz" in told else None
    colour = _colour(told["color"]) if "color" in told else BLACK
    return bold, size is not None and float(size[0]) <= _SMALLEST, colour


def _ground(fill: ElementTree.Element) -> Colour | None:
    pattern = next((entry for entry in fill if _local(entry) == "patternFill"), None)
    if pattern is None or pattern.get("patternType", "none") == "none":
        return None if pattern is None and len(fill) else WHITE
    colours = [_colour(entry) for entry in pattern if _local(entry) == "fgColor"]
    return colours[0] if colours and pattern.get("patternType") == "solid" else None


def _colour(told: ElementTree.Element) -> Colour | None:
    if "rgb" in told.attrib:
        return from_hex(told.get("rgb", "")[-6:])
    if "indexed" in told.attrib:
        return _INDEXED.get(told.get("indexed", ""))
    base = _THEME.get(told.get("theme", ""))
    tint = _TINT.fullmatch(told.get("tint", "0"))
    if base is None or tint is None:
        return None
    towards, share = (BLACK if tint[0].startswith("-") else WHITE), min(abs(float(tint[0])), 1.0)
    return from_parts([(a + (b - a) * share) / 255 for a, b in zip(base, towards, strict=True)])


def _hides(entry: ElementTree.Element) -> bool:
    """Whether a row or a column is not shown: hidden, folded in, filtered out, or of no size."""
    return entry.get("hidden") in ("1", "true") or entry.get("ht", entry.get("width", "")) in ("0", "0.0")


def _rows(book: _Book, part: str, outline: Outline) -> Iterator[_Row]:
    """Yield the rows of a sheet that show something, counting what is hidden."""
    # White letters of a header stand on the dark ground that a table's own style gives them.
    tabled = any(link.kind == "table" for link in _links(book.parts, part))
    concealed: set[int] = set()
    lost: set[int] = set()
    number = 0
    for element in _each(book.parts, part, "row", "cols"):
        if _local(element) == "cols":
            concealed = {column for entry in element for column in _span(entry)}
            continue
        told = element.get("r", "")
        number = int(told) if told.isascii() and told.isdecimal() and len(told) < 8 else number + 1
        row, column = _Row(number), -1
        for cell in element:
            column = _column(cell.get("r", ""), column + 1)
            style = _at(book.styles, cell.get("s"), _Style())
            value = _value(cell, book)
            text = _displayed(value, cell.get("t", "n"), style.code, book.from_1904).strip()
            unseen = (style.faint and not tabled) or not text
            if column in concealed and value.strip():
                lost.add(column)
            elif unseen and value.strip():
                outline.hidden += not _hides(element)
            elif text and column < _COLUMNS:
                row.cells[column] = text
                row.bold = row.bold and style.bold
        if row.cells and _hides(element):
            outline.hidden += 1
        elif row.cells:
            yield row
    outline.hidden += len(lost)


def _span(entry: ElementTree.Element) -> range:
    ends = (entry.get("min", ""), entry.get("max", ""))
    if not _hides(entry) or not all(end.isascii() and end.isdecimal() for end in ends):
        return range(0)
    return range(min(int(ends[0][:8]), _COLUMNS) - 1, min(int(ends[1][:8]), _COLUMNS))


def _column(reference: str, default: int) -> int:
    """Return the column of a reference such as `AB12`, from 0."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        return default
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _value(cell: ElementTree.Element, book: _Book) -> str:
    """Return what a cell holds, before it is formatted."""
    told = {_local(entry): entry for entry in cell}
    if "is" in told:
        return _rich(told["is"])
    value = (told["v"].text or "") if "v" in told else ""
    return _at(book.strings, value.strip(), "") if cell.get("t") == "s" else value


def _rich(entry: ElementTree.Element) -> str:
    """Return a text with its runs, without the reading aids that Japanese texts carry."""
    runs = [entry, *(run for run in entry if _local(run) == "r")]
    text = "".join(part.text or "" for run in runs for part in run if _local(part) == "t")
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _displayed(value: str, kind: str, code: str, from_1904: bool) -> str:
    if kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(value.strip(), value)
    if kind != "n":
        return shown_text(value, code)
    try:
        number = float(value)
    except ValueError:
        return value
    return shown_number(number, code, from_1904) if code else plain_number(number)


def _tables(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Yield the rows that stand together; an empty row ends a table."""
    table: list[_Row] = []
    for row in rows:
        if table and row.number > table[-1].number + 1:
            yield table
            table = []
        table.append(row)
    if table:
        yield table


def _tell(table: list[_Row], outline: Outline, level: int) -> None:
    """Add a table; a line that stands alone above it, or without one, is a heading or prose."""
    wide = next((place for place, row in enumerate(table) if len(row.cells) > 1), 0)
    for row in table[:wide]:
        (text,) = row.cells.values()
        if row.bold:
            outline.heading(level, text)
        else:
            outline.paragraph(text)
    table = table[wide:]
    columns = sorted({column for row in table for column in row.cells})
    if len(columns) == 1:
        for row in table:
            outline.paragraph(row.cells[columns[0]])
        return
    if len(columns) * len(table) > _MOST_PLACES:  # no table, but cells strewn over a sheet
        for row in table:
            outline.table([list(row.cells.values())], header=False)
        return
    lines = [[row.cells.get(column, "") for column in columns] for row in table]
    marked = len(table) > 1 and table[0].bold and not table[1].bold
    outline.table(lines, header=True if marked else None)
