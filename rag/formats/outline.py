"""The lines of a document as they are read, each under its headings.

Knows nothing of any format: readers say what they see (`heading`, `paragraph`, `item`, `table`) and the
outline keeps the structure, cleans the text and counts what was hidden.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ingest.clean import clean, one_line
from rag.types import Block, BlockKind

_MARKER = re.compile(r"(?:[*+•·▪●‣◦–—-]|\d{1,3}[.)])\s+")
_LONGEST_HEADING = 200


class Unreadable(Exception):
    """A file that can't be used.

    Args:
        reason: Why, in words that follow the file's name.
        skip: Whether the file is rightly left out (empty, a scan, another format) rather than broken.
    """

    def __init__(self, reason: str, skip: bool = False) -> None:
        super().__init__(reason)
        self.skip = skip


class Outline:
    """Collects the lines of one document.

    Attributes:
        blocks: The lines so far.
        title: The first heading of the document, or what the format calls its title; may be empty.
        hidden: How many invisible characters and hidden passages were removed, and disguised words mended.
        encoding: The encoding of the bytes, where the reader had to find it.
        deeper: How many levels every heading is moved down, for a part that has headings of its own.
        password: Opens the file, should it be encrypted; empty: none is known.
    """

    def __init__(self, password: str = "") -> None:
        self.password = password
        self.blocks: list[Block] = []
        self.title = ""
        self.hidden = 0
        self.encoding = ""
        self.deeper = 0
        self._stack: list[tuple[int, str]] = []

    def heading(self, level: int, text: str, page: int | None = None) -> None:
        """Open a section; `level` 1 is the outermost."""
        text = one_line(self.plain(text))
        if not text:
            return
        if (
            len(text) > _LONGEST_HEADING
        ):  # a paragraph in a heading's clothes; a path of such headings would drown the text
            self.paragraph(text, page)
            return
        level += self.deeper
        self._stack = [entry for entry in self._stack if entry[0] < level]
        self.blocks.append(Block(BlockKind.HEADING, text, self._path(), page))
        self._stack.append((level, text))
        if not self.title:
            self.title = text

    def paragraph(self, text: str, page: int | None = None) -> None:
        """Add prose; each line break in `text` starts a new line of the document."""
        for line in self.plain(text).split("\n"):
            self._add(BlockKind.PARAGRAPH, line, page)

    def item(self, text: str, page: int | None = None, marker: str = "-") -> None:
        """Add one item of a list as one line."""
        line = (
            _MARKER.sub("", one_line(self.plain(text)), count=1)
            if marker == "-"
            else one_line(self.plain(text))
        )
        if line:
            self._add(BlockKind.ITEM, f"{marker} {line}", page)

    def table(
        self, rows: Sequence[Sequence[str]], header: bool | None = None, page: int | None = None
    ) -> None:
        """Add a table, each row as one line that can be understood alone.

        Args:
            rows: Cells as text; rows may differ in length.
            header: Whether the first row names the columns; None: judge by its cells.
            page: The page of the table.
        """
        plain = [[one_line(self.plain(cell)) for cell in row] for row in rows]
        for line in table_lines([row for row in plain if any(row)], header):
            self._add(BlockKind.ROW, line, page)

    def plain(self, text: str) -> str:
        """Return the text cleaned, adding what was hidden to the count."""
        text, hidden = clean(text)
        self.hidden += hidden
        return text

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._stack)

    def _add(self, kind: BlockKind, line: str, page: int | None) -> None:
        if line:
            self.blocks.append(Block(kind, line, self._path(), page))


def table_lines(rows: Sequence[Sequence[str]], header: bool | None) -> list[str]:
    """Return each row as `column: value; column: value`, or `key: value` for two columns without a header."""
    if not rows:
        return []
    if header is None:
        header = len(rows) > 1 and names_columns(rows[0]) and (len(rows[0]) != 2 or _looks_tabular(rows))
    if header:
        names = [_readable(name) for name in rows[0]]
        return [_labelled(names, row) for row in rows[1:]] or ["; ".join(filter(None, rows[0]))]
    return [f"{row[0].rstrip(':')}: {row[1]}" if len(row) == 2 and all(row) else "; ".join(filter(None, row))
            for row in rows]  # fmt: skip


def _labelled(names: Sequence[str], row: Sequence[str]) -> str:
    cells = [(names[place] if place < len(names) else "", value) for place, value in enumerate(row) if value]
    return "; ".join(f"{name}: {value}" if name else value for name, value in cells)


def names_columns(row: Sequence[str]) -> bool:
    """Whether the cells could be column names: all given, all different, none a number or a sentence."""
    if not all(row) or len(set(row)) != len(row):
        return False
    return all(any(c.isalpha() for c in cell) and not cell[0].isdigit() and len(cell) <= 40 for cell in row)


def _looks_tabular(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a two-column table has a header rather than keys: below it, all second cells are amounts."""
    below = [row[1] for row in rows[1:] if len(row) == 2 and row[1]]
    return (
        bool(below)
        and all(cell[0].isdigit() or cell[0] in "€$£₺+-" for cell in below)
        and not any(c.isdigit() for c in rows[0][1])
    )


def _readable(name: str) -> str:
    return one_line(name.replace("_", " ")).rstrip(":")
