"""PDF: lines put back together into paragraphs, with pages, and headings told by their size.

A PDF holds letters at places, not text: lines are joined where a sentence runs on, and a line set larger or
bolder than the body is a heading. What can't be seen on the page is left out and counted, and so are notes
stuck to it. Knows nothing of pictures; a scan ends as `no_text`, unless a text layer lies over its pictures.
pypdf raises many classes on broken files, also ones that are not its own; the reading process turns all of
them into a reason.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pypdf.errors import PyPdfError

from rag.formats.look_pdf import Eye
from rag.formats.outline import Outline, Unreadable

_ITEM = re.compile(r"(?:[•·▪●‣◦*–-]|(?P<number>\d{1,2}[.)]))\s+(?P<text>\S.*)")
_SENTENCE_END = (".", "!", "?", ":", ";", "…")
_LARGER = 1.12
_LOCKED = (
    "encrypted: it opens with a password only; save a copy without one, or name in documents.toml the environment variable "
    'that holds it (password_env = "...")'
)
_LOCKED_STILL = "encrypted: the password that documents.toml leads to does not open it"


@dataclass
class _Line:
    text: str
    size: float
    bold: bool
    page: int
    after_gap: bool
    width: int = 0  # letters of its last printed line


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.pdf`."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not (reader.decrypt("") or reader.decrypt(outline.password)):
        raise Unreadable(_LOCKED_STILL if outline.password else _LOCKED, skip=True)
    lines: list[_Line] = []
    for number, page in enumerate(reader.pages, start=1):
        lines += _page_lines(page, number, outline)
        outline.hidden += _notes(page)
    _tell(lines, outline)


def _page_lines(page: Any, number: int, outline: Outline) -> list[_Line]:
    """Return the lines of a page with the size and weight of their letters."""
    eye = Eye(page)
    text, pieces = _seen(page, eye)
    if eye.reads_like_a_scan:
        eye = Eye(page, keep_invisible=True)
        text, pieces = _seen(page, eye)
    outline.hidden += eye.hidden
    looks: Counter[tuple[str, float, bool]] = Counter()
    for piece, size, bold in pieces:
        for part in piece.split("\n"):
            looks[(" ".join(part.split()), size, bold)] += len(part)
    by_text = {words: (size, bold) for (words, size, bold), _ in looks.items() if words}
    lines, gap = [], True
    for line in text.split("\n"):
        words = " ".join(line.split())
        if words:
            size, bold = by_text.get(words, (0.0, False))
            lines.append(_Line(words, size, bold, number, gap, len(words)))
        gap = not words
    return lines


def _seen(page: Any, eye: Eye) -> tuple[str, list[tuple[str, float, bool]]]:
    """Return the text of a page, and its pieces with the size and weight of their letters."""
    pieces: list[tuple[str, float, bool]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        scale = abs(tm[3] or tm[1] or 1.0) * abs(cm[3] or cm[1] or 1.0)
        name = str((font or {}).get("/BaseFont", "")).lower() if hasattr(font, "get") else ""
        pieces.append((text, round(float(size or 0) * scale, 1), "bold" in name or "black" in name))

    text = page.extract_text(
        visitor_text=visit, visitor_operand_before=eye.before, visitor_operand_after=eye.after
    )
    return text or "", pieces


def _notes(page: Any) -> int:
    """Return how many notes with text of their own are stuck to a page."""
    try:
        notes = [note.get_object() for note in page.get("/Annots", [])]
        return sum(bool(str(note.get("/Contents", "")).strip()) for note in notes)
    except (AttributeError, TypeError, PyPdfError):
        return 0  # broken notes are not read either


def _tell(lines: list[_Line], outline: Outline) -> None:
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 0.0
    sizes = sorted({line.size for line in lines if line.size > body * _LARGER}, reverse=True)
    full = max((len(line.text) for line in lines), default=0)
    bold_body = sum(len(line.text) for line in lines if line.bold) * 2 > sum(len(line.text) for line in lines)
    held: _Line | None = None
    marker = ""
    for line in lines:
        level = _level(line, body, sizes, bold_body)
        item = _ITEM.fullmatch(line.text)
        if held is not None and level is None and item is None and _runs_on(held, line, full):
            held = _Line(
                _joined(held.text, line.text), line.size, line.bold, held.page, held.after_gap, line.width
            )
            continue
        _flush(held, marker, outline)
        held, marker = None, ""
        if level is not None:
            outline.heading(level, line.text, line.page)
        elif item:
            marker = item["number"] or "-"
            held = _Line(item["text"], line.size, line.bold, line.page, line.after_gap, line.width)
        else:
            held = line
    _flush(held, marker, outline)


def _flush(held: _Line | None, marker: str, outline: Outline) -> None:
    if held is not None and marker:
        outline.item(held.text, held.page, marker)
    elif held is not None:
        outline.paragraph(held.text, held.page)


def _level(line: _Line, body: float, sizes: list[float], bold_body: bool) -> int | None:
    """Return the heading level of a line, or None when it is body text."""
    if len(line.text) > 120 or not any(c.isalpha() for c in line.text):
        return None
    if body > 0 and line.size in sizes:
        return min(sizes.index(line.size) + 1, 5)
    alone = line.bold and not bold_body and len(line.text) <= 80 and not line.text.endswith((".", ";", ","))
    return 6 if alone else None


def _runs_on(held: _Line, line: _Line, full: int) -> bool:
    """Whether `line` goes on with the paragraph that `held` is the end of."""
    if held.text.endswith("-") and line.text[:1].islower():
        return True
    if line.after_gap and held.page == line.page:
        return False
    ends = held.text.endswith(_SENTENCE_END)
    if line.text[:1].islower() or held.text.endswith(","):
        return not ends or held.width >= 0.6 * full
    return held.width >= 0.75 * full


def _joined(before: str, after: str) -> str:
    if before.endswith("-") and after[:1].islower() and before[-2:-1].isalpha():
        return before[:-1] + after
    return f"{before} {after}"
