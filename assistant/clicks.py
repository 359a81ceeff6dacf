"""Which citation somebody opened, with the question that it answered: kept only where the settings keep texts.

A row of `.rungwise/clicks.jsonl` is `question`, `source`, `start` (where the passage begins in the document's text) and `at`.
Knows nothing of what is learned from it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from foundation.files import read_jsonl


@dataclass(frozen=True)
class Click:
    """A citation that was opened."""

    question: str
    """What was asked, complete."""
    source: str
    """The document."""
    start: int
    """Where the passage begins in its text."""
    at: str = ""
    """When, ISO 8601 in UTC."""


def read_clicks(path: Path) -> list[Click]:
    """Return the clicks of a workspace; rows that are none are passed over, and a missing file holds none.

    Raises:
        UserError: The file can't be read.
    """
    if not path.is_file():
        return []
    found = []
    for _, row in read_jsonl(path, "the clicks file"):
        question, source, start = row.get("question"), row.get("source"), row.get("start")
        if isinstance(question, str) and isinstance(source, str) and type(start) is int and question.strip():
            found.append(Click(question, source, start, str(row.get("at", ""))))
    return found


def keep_click(path: Path, question: str, source: str, start: int) -> None:
    """Add a click; the caller has asked the settings whether texts are kept."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(Click(question, source, start, now)), ensure_ascii=False) + "\n")
