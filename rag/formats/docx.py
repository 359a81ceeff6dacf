"""Word documents: paragraphs by their style, lists, and tables where they stand.

What a reader of the printed page can't see (hidden text, white letters, hidden rows) is left out and counted.
Knows nothing of comments, footnotes or tracked deletions: what Word does not print in the body is not read.
"""

from __future__ import annotations

import io
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rag.formats import archive
from rag.formats.colour import Colour
from rag.formats.look_docx import Looks
from rag.formats.outline import Outline

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_HEADING = re.compile(r"heading (\d)")


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.docx`."""
    archive.opened(data)
    import docx

    body: Any = docx.Document(io.BytesIO(data))
    _Reader(Looks(body), outline).run(body)


class _Reader:
    """Walks the body once, leaving out what can't be seen."""

    def __init__(self, looks: Looks, outline: Outline) -> None:
        self.looks, self.outline = looks, outline

    def run(self, body: Any) -> None:
        for block in body.iter_inner_content():
            if hasattr(block, "rows"):
                self.table(block)
            else:
                self.paragraph(block)

    def paragraph(self, paragraph: Paragraph) -> None:
        style = (paragraph.style.name or "").lower() if paragraph.style is not None else ""
        found = _HEADING.match(style)
        text = self.text(paragraph, self.looks.page)
        if style == "title" or found:
            self.outline.heading(int(found[1]) if found else 0, text)
        elif style.startswith("list") or _is_numbered(paragraph):
            self.outline.item(text)
        else:
            self.outline.paragraph(text)

    def table(self, table: Table) -> None:
        rows = []
        for row in table.rows:
            # A merged cell is listed for every column it spans.
            cells = {id(cell._tc): cell for cell in row.cells}.values()
            if row._tr.xpath("./w:trPr/w:hidden"):
                self.outline.hidden += any(cell.text.strip() for cell in cells)
                continue
            texts = []
            for cell in cells:
                ground = self.looks.ground(cell._tc, table._tbl, self.looks.page)
                texts.append("\n".join(self.text(paragraph, ground) for paragraph in cell.paragraphs))
            rows.append(texts)
        self.outline.table(rows, header=_marked_header(table))

    def text(self, paragraph: Paragraph, ground: Colour | None) -> str:
        """Return what can be seen of a paragraph, counting each passage that can't."""
        runs: list[Any] = []
        for part in paragraph.iter_inner_content():
            runs += getattr(part, "runs", [part])
        kept = ""
        for seen, group in groupby(runs, lambda run: self.looks.seen(run._r, paragraph._p, ground)):
            passage = "".join(run.text for run in group)
            if seen:
                kept += passage
            else:
                self.outline.hidden += bool(passage.strip())
        return kept


def _is_numbered(paragraph: Paragraph) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.numPr is not None


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
