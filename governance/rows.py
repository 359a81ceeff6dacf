"""Rows of data sets by their age: how many there are, when the oldest end, and those that ended taken out.

Reads dates only. Knows nothing of what a row says, of why it is kept, or of records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.workspace import Workspace
from foundation.files import write_text_atomic
from governance.datasets import DATA_SETS, DataSet, Dated, Entry, files_of

_MOMENTS = ("when", "at", "time", "date", "created")


@dataclass(frozen=True)
class Aged:
    """The rows of one file, or of one kind in the database, by age."""

    place: str
    """The file below the workspace; of a database `database: KIND`."""
    ended: tuple[datetime, ...]
    """When each row's time ended that is over."""
    open: tuple[datetime, ...]
    """When each other row's time ends."""
    undated: int
    """Rows of which nobody can tell when it ends."""


def moment_of(row: Mapping[str, Any]) -> datetime | None:
    """Return when a row was written, by whichever of its keys tells; None where none does.

    Texts are ISO 8601, without a zone in UTC; numbers are seconds since 1970.
    """
    for key in _MOMENTS:
        value = row.get(key)
        try:
            if isinstance(value, str):
                at = datetime.fromisoformat(value)
                return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def aged(workspace: Workspace, data_set: DataSet, entry: Entry, now: datetime) -> list[Aged]:
    """Return the rows of a data set by age, file by file.

    Args:
        workspace: Where.
        data_set: Which.
        entry: What the register says of it.
        now: The moment, with its time zone.
    """
    found: list[Aged] = []
    for path in files_of(workspace, data_set):
        place = path.relative_to(workspace.root).as_posix()
        if data_set.dated is Dated.FILES:
            moments = [datetime.fromtimestamp(path.stat().st_mtime, UTC)]
            found.append(_by_age(place, moments, entry, now))
        else:
            found.append(_by_age(place, [moment_of(row) for row in _read(path)], entry, now))
    for kind in _kinds(workspace, data_set):
        rows = _in_database(workspace, kind)
        if rows:
            found.append(_by_age(f"database: {kind}", [moment_of(row) for row in rows], entry, now))
    return found


def _by_age(place: str, moments: Iterable[datetime | None], entry: Entry, now: datetime) -> Aged:
    ended: list[datetime] = []
    still: list[datetime] = []
    undated = 0
    for moment in moments:
        end = _end(moment, entry)
        if end is None:
            undated += 1
        else:
            (ended if now >= end else still).append(end)
    return Aged(place, tuple(sorted(ended)), tuple(sorted(still)), undated)


def _end(moment: datetime | None, entry: Entry) -> datetime | None:
    begins = moment or entry.since
    if begins is None or entry.retention_days is None:
        return None
    try:
        return begins + timedelta(days=entry.retention_days)
    except OverflowError:  # a date that no calendar goes on from
        return None


def take_out(workspace: Workspace, data_set: DataSet, place: str, entry: Entry, now: datetime) -> int:
    """Erase the rows of one place whose time ended, and return how many; arguments as of `aged`."""
    if place.startswith("database: "):
        return _delete(workspace, place.removeprefix("database: "), entry, now)
    path = workspace.root / place
    if data_set.dated is Dated.FILES:
        path.unlink(missing_ok=True)
        return 1
    return thin(path, lambda line: (end := _end(moment_of(_row(line)), entry)) is not None and now >= end)


def thin(path: Path, goes: Callable[[str], bool]) -> int:
    """Take lines out of a file, and return how many; what is added meanwhile stays.

    Args:
        path: The file; need not be there.
        goes: Whether a line goes, called with its text.
    """
    if not path.is_file():
        return 0
    data = path.read_bytes()
    lines = data.decode("utf-8", errors="replace").splitlines(keepends=True)
    kept = [line for line in lines if not line.strip() or not goes(line)]
    if len(kept) < len(lines):
        added = path.read_bytes()[len(data) :].decode("utf-8", errors="replace")
        write_text_atomic(path, "".join(kept) + added)
    return len(lines) - len(kept)


def _read(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes().decode("utf-8", errors="replace")
    return [_row(line) for line in text.splitlines() if line.strip()]


def _row(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


# ---------------------------------------------------------------- where [storage] names a database


def _kinds(workspace: Workspace, data_set: DataSet) -> list[str]:
    if not data_set.journal or workspace.database is None:
        return []
    return {"votes": ["votes", "live", "thumbs"]}.get(data_set.name, [data_set.name])


def _in_database(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    from experiments.opinions import journal

    return journal.read(Path(f"{kind}.jsonl"), workspace.database)[0]


def _delete(workspace: Workspace, kind: str, entry: Entry, now: datetime) -> int:
    from experiments.opinions import journal

    if workspace.database is None:
        return 0
    with journal.opened(workspace.database) as session, session.transaction():
        found = list(session.execute("SELECT number, row FROM journal WHERE kind = ?", (kind,)))
        ended = [
            (number,)
            for number, row in found
            if (end := _end(moment_of(row), entry)) is not None and now >= end
        ]
        session.executemany("DELETE FROM journal WHERE number = ?", ended)
    return len(ended)


def rows_of(workspace: Workspace, name: str) -> int:
    """Return how many rows (of files: files) a data set has."""
    data_set = next(one for one in DATA_SETS if one.name == name)
    found = aged(workspace, data_set, Entry(), datetime.now(UTC))
    return sum(len(one.ended) + len(one.open) + one.undated for one in found)
