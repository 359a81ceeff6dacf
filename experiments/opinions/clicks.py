"""Which passage somebody opened, with the question that it was found for: kept only where the settings keep texts.

A row of `.rungwise/clicks.jsonl`, or of the database that the settings name, is `question`, `source`, `start` (where the passage
begins in the document's text), `passage` (a hash of it) and `at`. Knows nothing of pages, or of what is learned from it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from experiments.opinions import journal
from foundation.database import Database


@dataclass(frozen=True)
class Click:
    """A passage that was opened."""

    question: str
    """What was asked, complete."""
    source: str
    """The document."""
    start: int
    """Where the passage began in its text."""
    passage: str = ""
    """SHA-256 of the passage, by which it is known again where the document has changed; empty: not known."""
    at: str = ""
    """When, ISO 8601 in UTC."""


def read_clicks(path: Path, database: Database | None = None) -> list[Click]:
    """Return the clicks of a workspace; rows that are none are passed over, and a missing file holds none.

    Args:
        path: The file.
        database: Where they are kept instead, for all replicas.
    """
    found = []
    for row in journal.read(path, database)[0]:
        question, source, start = row.get("question"), row.get("source"), row.get("start")
        if isinstance(question, str) and isinstance(source, str) and type(start) is int and question.strip():
            passage, at = str(row.get("passage", "")), str(row.get("at", ""))
            found.append(Click(question, source, start, passage, at))
    return found


def keep_click(path: Path, click: Click, database: Database | None = None) -> None:
    """Add a click; the caller has asked the settings whether texts are kept. Arguments as of `read_clicks`."""
    journal.append(path, [asdict(click)], database)
