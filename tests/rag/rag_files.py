"""Files made in memory for the tests of formats: archives, workbooks, Word documents, and damaged copies."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document as WordDocument

from rag import formats
from rag.formats.outline import Outline

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def read(data: bytes | str, suffix: str) -> Outline:
    return formats.read(data.encode("utf-8") if isinstance(data, str) else data, suffix)


def lines(data: bytes | str, suffix: str) -> list[str]:
    return [block.text for block in read(data, suffix).blocks]


def zipped(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def word(make: Callable[[Any], object]) -> bytes:
    document = WordDocument()
    make(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def cell(reference: str, value: object, style: int = 0) -> str:
    """One cell: text inline, numbers and booleans as Excel writes them; a str that starts with `<` stays as it is."""
    if isinstance(value, bool):
        return f'<c r="{reference}" s="{style}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{reference}" s="{style}"><v>{value}</v></c>'
    text = str(value)
    if text.startswith("<"):
        return f'<c r="{reference}" s="{style}">{text}</c>'
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def rows(table: Sequence[Sequence[object]], first: int = 1) -> str:
    """Rows of a sheet; a cell is a value or a pair of value and style, None is no cell."""
    out = []
    for number, values in enumerate(table, start=first):
        cells = []
        for place, value in enumerate(values):
            told, style = value if isinstance(value, tuple) else (value, 0)
            if told is not None:
                cells.append(cell(f"{chr(65 + place)}{number}", told, style))
        out.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(out)


def workbook(
    sheets: Mapping[str, str],
    styles: str = "",
    strings: Sequence[str] = (),
    states: Mapping[str, str] | None = None,
    properties: str = "",
    before: Mapping[str, str] | None = None,
) -> bytes:
    """An .xlsx: each sheet's rows by its name.

    `styles` is the inside of the style sheet, `strings` are shared strings as XML, `states` hides sheets, and
    `before` is what stands in a sheet above its rows.
    """
    names = list(sheets)
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" state="{(states or {}).get(name, "visible")}" r:id="r{n}"/>'
        for n, name in enumerate(names, start=1)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in enumerate(names, start=1)
    )
    links += f'<Relationship Id="s" Type="{LINKS}/styles" Target="/xl/styles.xml"/>'
    links += f'<Relationship Id="t" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
        'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
        'sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{LINKS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{properties}<sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(f"<si>{text}</si>" for text in strings)}</sst>',
    }
    for number, name in enumerate(names, start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}">{(before or {}).get(name, "")}<sheetData>{sheets[name]}</sheetData></worksheet>'
        )
    return zipped(parts)


def pdf_page(text: str) -> bytes:
    """A PDF of one page with one line."""
    from reportlab.pdfgen import canvas

    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    page.drawString(50, 780, text)
    page.save()
    return buffer.getvalue()


def pdf_bomb(times: int) -> bytes:
    """A small PDF whose one page says a word this many times."""
    import pypdf
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(300, 300)
    names = {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
             NameObject("/BaseFont"): NameObject("/Helvetica")}  # fmt: skip
    fonts = DictionaryObject({NameObject("/F1"): DictionaryObject(names)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf " + b"1 0 0 1 20 250 Tm (bomb) Tj " * times + b"ET")
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode(9))
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def damaged(data: bytes, copies: int, seed: int) -> Iterator[bytes]:
    """Copies of a file with a few bytes changed, cut out or put in, or with its end missing."""
    dice = random.Random(seed)
    for _ in range(copies):
        copy = bytearray(data)
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(copy)) if copy else 0
            kind = dice.randrange(4)
            if kind == 0 and copy:
                copy[place] = dice.randrange(256)
            elif kind == 1:
                copy[place:place] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 8)))
            elif kind == 2:
                del copy[place : place + dice.randint(1, 30)]
            elif dice.random() < 0.3:
                del copy[place:]
        yield bytes(copy)
