"""What a workspace holds about somebody, copied out for whoever asks for it (KVKK article 11, GDPR article 15).

Finds the files as an erasure would, byte by byte, and copies the lines and rows that hold the text; what is stored in a form
that nobody reads is named. Knows nothing of erasing, and writes nothing into the workspace.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.workspace import Workspace
from governance import erasure, served_rows
from governance.erasure import folded
from rag import Library
from rag.storage.records import Record, read_records


@dataclass(frozen=True)
class Place:
    """A file of the workspace that holds the text."""

    file: str
    """Relative to the workspace; or what of its database it is."""
    kind: str
    """`document`, `rows` (a line is a row), `text`, or `index`: built from the documents, in a form that nobody reads."""
    passages: tuple[str, ...]
    """The lines that hold it, or would be erased with it, in order; none of an index."""
    purpose: str = ""
    """What a document is kept for, as `documents.toml` says."""
    legal_basis: str = ""
    """What allows that."""
    retention_days: int | None = None
    """How long it is kept; None: not said."""


@dataclass(frozen=True)
class SubjectCopy:
    """Everything that names somebody."""

    subject: str
    """The text that was looked for, in any case."""
    date: str
    """When, ISO 8601 in UTC."""
    places: tuple[Place, ...]
    """By file; the same files that `rungwise forget` without `--yes` names."""

    def to_dict(self) -> dict[str, Any]:
        """The copy as plain JSON values."""
        return asdict(self)


def copy_of(workspace: Workspace, library: Library, subject: str, now: datetime | None = None) -> SubjectCopy:
    """Copy out what a workspace holds about somebody.

    Args:
        workspace: Where.
        library: Its library.
        subject: A text, such as a name; in any case, as a whole or inside of words.
        now: When; None: the present.

    Raises:
        UserError: The text is too short.
    """
    files = erasure.places(workspace, library, (), subject)
    records = read_records(library.records)
    wanted = folded(subject.strip())
    places = []
    for file in files:
        path = workspace.root / file
        if path.is_relative_to(workspace.documents):
            source = path.relative_to(workspace.documents).as_posix()
            text = library.text(source) if library.status().built else None
            places.append(
                _document(file, _lines(text if text is not None else _read(path), wanted), records.of(source))
            )
        elif path.is_relative_to(workspace.library):
            places.append(Place(file, "index", ()))
        else:
            kind = "rows" if path.suffix == ".jsonl" else "text"
            places.append(Place(file, kind, _lines(_read(path), wanted)))
    served = served_rows.found(
        workspace, lambda line: wanted in folded(line) or wanted in folded(_plain(line))
    )
    places += [Place(name, "rows", tuple(lines)) for name, lines in served.items()]
    date = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    return SubjectCopy(subject.strip(), date, tuple(places))


def _document(file: str, passages: Sequence[str], record: Record) -> Place:
    return Place(file, "document", tuple(passages), record.purpose, record.legal_basis, record.retention_days)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _lines(text: str, wanted: str) -> tuple[str, ...]:
    """Return the lines that hold a folded text, as they stand or escaped as JSON; those of JSON in plain letters."""
    found = []
    for line in text.splitlines():
        plain = _plain(line)
        if wanted in folded(line) or wanted in folded(plain):
            found.append(plain)
    return tuple(found)


def _plain(line: str) -> str:
    try:
        return json.dumps(json.loads(line), ensure_ascii=False) if "\\" in line else line
    except ValueError:
        return line
