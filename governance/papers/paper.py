"""What a paper is made of: statements, each with the file that it comes from; what isn't known says so.

Knows nothing of languages, or of what any statement is about.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias


class Word(str):
    """A word of the papers' own vocabulary, which is said in the reader's language; any other text stands as it is."""

    __slots__ = ()


Value: TypeAlias = str | int | float | bool | None
"""What is stated; None: it is not stated anywhere, and nothing is made up."""


@dataclass(frozen=True)
class Statement:
    """One thing that is so."""

    key: str
    """What it is about; its wording is found by it."""
    value: Value
    """What is stated; None: not stated."""
    source: str
    """The file or setting that it comes from."""


@dataclass(frozen=True)
class Table:
    """Rows of things that are so."""

    key: str
    """What it is about."""
    columns: tuple[str, ...]
    """What each column is about."""
    rows: tuple[tuple[Value, ...], ...]
    """The rows; none where there is nothing."""
    source: str
    """The file or folder that they come from."""


@dataclass(frozen=True)
class Section:
    """A part of a paper."""

    key: str
    """What it is about."""
    statements: tuple[Statement, ...] = ()
    """What is so."""
    tables: tuple[Table, ...] = ()
    """Rows of the same."""


@dataclass(frozen=True)
class Paper:
    """A paper."""

    key: str
    """`processing-record` or `risk-file`."""
    workspace: str
    """The workspace's name."""
    at: str
    """When it was written, ISO 8601 in UTC."""
    sections: tuple[Section, ...]
    """Its parts."""

    @property
    def unstated(self) -> int:
        """How many of its statements say that something is not stated."""
        plain = sum(one.value is None for section in self.sections for one in section.statements)
        cells = (
            cell
            for section in self.sections
            for table in section.tables
            for row in table.rows
            for cell in row
        )
        return plain + sum(cell is None for cell in cells)

    def to_dict(self) -> dict[str, Any]:
        """The paper as plain JSON values."""
        return {**asdict(self), "unstated": self.unstated}
