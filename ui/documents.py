"""The documents of a workspace as one reader may see them: how each stands between the folder and the index, and why.

What a reader's groups may not see is not there: neither in the list, nor in a count, nor as a name that is taken. Knows nothing
of how anything is drawn.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.errors import UserError
from foundation.files import sha256_of, sha256_text
from rag.ingest.load import Found, scan
from rag.storage.ledger import Ledger
from rag.storage.records import Record, Records, read_records
from rag.types import FileResult, Outcome

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import Library
    from rag.retrieval.visibility import Seen

_LEDGER = "ledger.sqlite3"


class Standing(StrEnum):
    """How a document stands."""

    READ = "read"
    """In the index as it is in the folder."""
    CHANGED = "changed"
    """Changed since the index was brought up to date; what it said then is still found."""
    WAITING = "waiting"
    """Not in the index yet."""
    SKIPPED = "skipped"
    """Left out, for the reason given."""
    FAILED = "failed"
    """Can't be read, for the reason given."""
    GONE = "gone"
    """No longer in the folder; still found until the index is brought up to date."""


class Holds(StrEnum):
    """Whether a document holds at this moment."""

    NOW = "now"
    """It does."""
    LATER = "later"
    """It will."""
    ENDED = "ended"
    """It no longer does, or something superseded it."""


@dataclass(frozen=True)
class Entry:
    """One document."""

    source: str
    """Its path below `documents/`."""
    standing: Standing
    """How it stands."""
    reason: str = ""
    """Why it was skipped or failed."""
    chunks: int = 0
    """Passages of it that are searchable."""
    size: int = 0
    """Bytes of the file; 0 where it is gone."""
    since: str = ""
    """Since when what it says is searchable, ISO 8601; empty where it is not."""
    record: Record = field(default_factory=Record)
    """What `documents.toml` says of it now."""
    begins: float = -math.inf
    """From when it holds, in seconds since 1970, as the index knows it."""
    ends: float = math.inf
    """Until when, exclusive."""

    def holds(self, now: float | None = None) -> Holds:
        """Return whether it holds at a moment; None: now."""
        at = time.time() if now is None else now
        return Holds.LATER if at < self.begins else Holds.NOW if at < self.ends else Holds.ENDED


@dataclass(frozen=True)
class Version:
    """What a document once said, or says."""

    sha256: str
    """Hash of its bytes."""
    since: str
    """When it was first searchable, ISO 8601 in UTC."""
    until: str
    """When it no longer was; empty: it still is."""


@dataclass(frozen=True)
class Listing:
    """The documents that a reader may see."""

    entries: tuple[Entry, ...]
    """By path."""
    built: bool
    """Whether there is an index."""
    synced_at: str = ""
    """When it was last brought up to date, ISO 8601 in UTC."""
    embedder: str = ""
    """What its vectors were made by."""
    hidden: int = 0
    """How many documents this reader may not see; never told to whom it does not concern."""
    records: Records = field(default_factory=Records)
    """What `documents.toml` says."""

    @property
    def chunks(self) -> int:
        """Passages of these documents."""
        return sum(entry.chunks for entry in self.entries)

    @property
    def indexed(self) -> int:
        """How many of these documents are in the index."""
        return sum(bool(entry.chunks) for entry in self.entries)

    @property
    def behind(self) -> int:
        """How many of them the index does not know as they are now."""
        late = (Standing.CHANGED, Standing.WAITING, Standing.GONE)
        return sum(entry.standing in late for entry in self.entries)

    def of(self, source: str) -> Entry | None:
        """Return a document; None where this reader sees none of that name."""
        return next((entry for entry in self.entries if entry.source == source), None)

    def sources(self) -> frozenset[str]:
        """Return the names of all of them."""
        return frozenset(entry.source for entry in self.entries)


def listed(house: Workspace, library: Library, groups: frozenset[str]) -> Listing:
    """Return the documents that a reader may see.

    A document is closed to a reader where `documents.toml` closes it now, or where it did when the index was made.

    Args:
        house: Where.
        library: Its library.
        groups: The reader's.

    Raises:
        UserError: `documents.toml` holds mistakes, or the ledger can't be read.
    """
    records = read_records(house.records)
    files = (
        {one.source: one for one in scan(house.documents, house.settings.retrieval.limits)}
        if _there(house)
        else {}
    )
    known = _known(house) if library.status().built else _Known()
    entries, hidden = [], 0
    for source in sorted({*files, *known.hashes, *known.problems}):
        record = records.of(source)
        if not _open(record.access, groups) or not _open(known.access(source), groups):
            hidden += 1
            continue
        entry = _entry(source, files.get(source), known, record)
        if entry is not None:
            entries.append(entry)
    return Listing(tuple(entries), bool(known.synced_at), known.synced_at, known.embedder, hidden, records)


def versions(house: Workspace, source: str) -> list[Version]:
    """Return what the ledger remembers of a document, newest first; whoever may see it is asked by the caller.

    Raises:
        UserError: The ledger can't be read.
    """
    place = house.database or house.library / _LEDGER
    if isinstance(place, Path) and not place.is_file():
        return []
    with closing(Ledger(place)) as ledger, ledger.reading():
        return [
            Version(sha256, since, until or "") for sha256, since, until in reversed(ledger.versions(source))
        ]


def folder_size(house: Workspace) -> int:
    """Return the bytes that the index takes on the disk."""
    return (
        sum(path.stat().st_size for path in house.library.rglob("*") if path.is_file())
        if house.library.is_dir()
        else 0
    )


# ---------------------------------------------------------------- inside


@dataclass(frozen=True)
class _Known:
    """What the ledger knows."""

    hashes: dict[str, str] = field(default_factory=dict)
    chunks: dict[str, int] = field(default_factory=dict)
    problems: dict[str, FileResult] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    synced_at: str = ""
    embedder: str = ""

    def access(self, source: str) -> frozenset[str]:
        return self.seen[source].access if source in self.seen else frozenset()


def _known(house: Workspace) -> _Known:
    with closing(Ledger(house.database or house.library / _LEDGER)) as ledger, ledger.reading():
        recipe = ledger.recipe
        return _Known(
            ledger.hashes(), ledger.chunk_counts(), {one.source: one for one in ledger.problems()}, ledger.seen(),
            ledger.first_indexed(), ledger.synced_at, recipe.embedder_name if recipe else "",
        )  # fmt: skip


def _there(house: Workspace) -> bool:
    return house.documents.is_dir()


def _open(access: frozenset[str], groups: frozenset[str]) -> bool:
    return not access or bool(access & groups)


def _entry(source: str, file: Found | None, known: _Known, record: Record) -> Entry | None:
    chunks, seen = known.chunks.get(source, 0), known.seen.get(source)
    begins, ends = (seen.begins, seen.ends) if seen else (-math.inf, math.inf)
    standing, reason = _standing(source, file, known)
    if standing is None:
        return None
    size = _stat(file.path)[1] if file is not None else 0
    return Entry(source, standing, reason, chunks, size, known.first.get(source, ""), record, begins, ends)


def _standing(source: str, file: Found | None, known: _Known) -> tuple[Standing | None, str]:
    if file is None:  # what was refused and is gone is nobody's concern any more
        return (Standing.GONE, "") if source in known.hashes else (None, "")
    if file.reason:
        return Standing.SKIPPED, file.reason
    problem = known.problems.get(source)
    if problem is not None:
        if int(_stat(file.path)[0]) > _moment(known.synced_at):  # which is told in whole seconds
            return Standing.WAITING, problem.reason
        return Standing.SKIPPED if problem.outcome is Outcome.SKIPPED else Standing.FAILED, problem.reason
    if source not in known.hashes:
        return Standing.WAITING, ""
    return (Standing.READ if _hash(file.path) == known.hashes[source] else Standing.CHANGED), ""


def _moment(written: str) -> float:
    from datetime import datetime

    try:
        return datetime.fromisoformat(written).timestamp()
    except ValueError:
        return 0.0


def _stat(path: Path) -> tuple[float, int]:
    try:
        seen = path.stat()
    except OSError:
        return 0.0, 0
    return seen.st_mtime, seen.st_size


def _hash(path: Path) -> str:
    try:
        seen = path.stat()
        return _hashed(str(path), seen.st_mtime_ns, seen.st_size, seen.st_ino)
    except OSError:
        return ""


@lru_cache(maxsize=50_000)
def _hashed(path: str, changed: int, size: int, inode: int) -> str:
    """Return a file's hash; it is read once, and again when it was written."""
    return sha256_of(Path(path))


def narrowed(entries: Sequence[Entry], words: str, standings: Sequence[str] = ()) -> list[Entry]:
    """Return the documents whose path, tags, purpose or groups hold all of some words, and that stand in one of some ways."""
    wanted = [word.casefold() for word in words.split()]

    def told(entry: Entry) -> str:
        record = entry.record
        return " ".join([entry.source, record.purpose, *record.tags, *record.access]).casefold()

    return [
        entry
        for entry in entries
        if (not standings or entry.standing in standings) and all(word in told(entry) for word in wanted)
    ]


def name_of(source: str) -> str:
    """Return a short name for a document that may stand in a page's own names, whatever its own name holds."""
    return sha256_text(source)[:12]


def check_open(listing: Listing, source: str) -> Entry:
    """Return a document that a reader named.

    Raises:
        UserError: They see none of that name, be there one or not.
    """
    entry = listing.of(source)
    if entry is None:
        raise UserError("There is no such document here, or it is not open to you.")
    return entry
