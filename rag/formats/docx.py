"""Word documents: paragraphs by their style, lists, and tables where they stand.

A .docx is a ZIP of XML; it is refused before unpacking when it claims to unpack to far more than a document
needs. Knows nothing of comments, footnotes or tracked deletions: what Word does not print in the body is not
read.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from rag.formats.outline import Outline, Unreadable

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_MOST_BYTES = 200_000_000
_MOST_ENTRIES = 5_000
_HEADING = re.compile(r"heading (\d)")


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.docx`."""
    _check_archive(data)
    import docx

    body: Any = docx.Document(io.BytesIO(data))
    for block in body.iter_inner_content():
        if hasattr(block, "rows"):
            _table(block, outline)
        else:
            _paragraph(block, outline)


def _check_archive(data: bytes) -> None:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile:
        raise Unreadable("not a Word document: the archive is broken") from None
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise Unreadable(
            f"would unpack to more than {_MOST_BYTES // 1_000_000} MB or {_MOST_ENTRIES} parts", skip=True
        )
    if not any(entry.filename == "word/document.xml" for entry in entries):
        raise Unreadable("the name ends in .docx, but the content is another kind of archive", skip=True)


def _paragraph(paragraph: Paragraph, outline: Outline) -> None:
    style = (paragraph.style.name or "").lower() if paragraph.style is not None else ""
    found = _HEADING.match(style)
    text = (
        "".join(run.text for run in paragraph.runs if not run.font.hidden)
        if _has_hidden(paragraph)
        else paragraph.text
    )
    if text != paragraph.text:
        outline.hidden += 1
    if style == "title" or found:
        outline.heading(int(found[1]) if found else 0, text)
    elif style.startswith("list") or _is_numbered(paragraph):
        outline.item(text)
    else:
        outline.paragraph(text)


def _has_hidden(paragraph: Paragraph) -> bool:
    return any(run.font.hidden for run in paragraph.runs)


def _is_numbered(paragraph: Paragraph) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.numPr is not None


def _table(table: Table, outline: Outline) -> None:
    rows = []
    for row in table.rows:
        cells = {
            id(cell._tc): cell.text for cell in row.cells
        }  # a merged cell is listed for every column it spans
        rows.append(list(cells.values()))
    outline.table(rows, header=_marked_header(table))


def _marked_header(table: Table) -> bool | None:
    """Whether the first row is marked as header or set in bold; None when nothing is marked."""
    if not table.rows:
        return None
    first = table.rows[0]
    if first._tr.xpath("./w:trPr/w:tblHeader"):
        return True
    runs = [
        run
        for cell in first.cells
        for paragraph in cell.paragraphs
        for run in paragraph.runs
        if run.text.strip()
    ]
    below = [
        run for row in list(table.rows)[1:2] for cell in row.cells for p in cell.paragraphs for run in p.runs
    ]
    bold_above = bool(runs) and all(run.bold for run in runs)
    return True if bold_above and not all(run.bold for run in below) else None
