"""What ends when: documents, rows, kept runs and adapters, by what the house said of how long each is kept.

Looks only. Knows nothing of how anything is erased.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from assistant.workspace import Workspace
from finetune import registry
from foundation.errors import UserError
from governance.datasets import DATA_SETS, Dated, Entry, read_register
from governance.rows import Aged, aged
from rag import Library
from rag.storage.records import read_records

DOCUMENT, ADAPTER = "document", "adapter"
"""Kinds besides the names of data sets."""
SOON = timedelta(days=7)
"""An end is told of this long before."""
_BY_HAND = "its lines are bound to one another; close the log by hand and note its head"


@dataclass(frozen=True)
class Deadline:
    """Something that is kept, and when its time ends."""

    kind: str
    """`document`, `adapter`, or a data set's name."""
    name: str
    """Which: a document's path, an adapter's name, a data set's file. It may name somebody, so no record holds it."""
    count: int
    """How many rows or files end (of an adapter: 1; of a document: 1)."""
    ends: str
    """When the first of them ends, ISO 8601 in UTC; empty where nobody can tell: no date, and no `since`."""
    retention_days: int
    """How long each is kept."""
    over: bool
    """Whether that is over."""
    by_hand: str = ""
    """Why `rungwise govern destroy` leaves it to people; empty where it does not."""

    def to_dict(self) -> dict[str, Any]:
        """The deadline as plain JSON values."""
        return asdict(self)


def deadlines(workspace: Workspace, library: Library, now: datetime) -> tuple[Deadline, ...]:
    """Return everything with a period, the earliest end first; what can't be told of comes last.

    Args:
        workspace: Where.
        library: Its library.
        now: The moment, with its time zone.

    Raises:
        UserError: `documents.toml` or `data.toml` holds mistakes.
    """
    found = [*_documents(workspace, library, now), *_adapters(workspace, now), *_rows(workspace, now)]
    return tuple(sorted(found, key=lambda one: (not one.ends, one.ends, one.kind, one.name)))


def _documents(workspace: Workspace, library: Library, now: datetime) -> Iterator[Deadline]:
    if not library.status().built:
        return
    records = read_records(workspace.records)
    for source, since in library.first_indexed().items():
        days = records.of(source).retention_days
        if days is not None:
            end = datetime.fromisoformat(since) + timedelta(days=days)
            yield Deadline(DOCUMENT, source, 1, _iso(end), days, now >= end)


def _adapters(workspace: Workspace, now: datetime) -> Iterator[Deadline]:
    """Yield the adapters whose documents may be kept for so long only: weights hold what they learned from them."""
    for name in workspace.adapters.names():
        try:
            manifest = registry.read(workspace.adapters.home / name)
        except UserError:
            continue
        days = manifest.papers.get("retention_days")
        if isinstance(days, int) and manifest.created:
            end = datetime.fromisoformat(manifest.created) + timedelta(days=days)
            yield Deadline(ADAPTER, name, 1, _iso(end), days, now >= end)


def _rows(workspace: Workspace, now: datetime) -> Iterator[Deadline]:
    register = read_register(workspace)
    for data_set in DATA_SETS:
        entry = register.of(data_set.name)
        if entry.retention_days is None:
            continue
        by_hand = _BY_HAND if data_set.dated is Dated.CHAIN else ""
        for found in aged(workspace, data_set, entry, now):
            yield from _of_rows(data_set.name, found, entry, by_hand)


def _of_rows(kind: str, found: Aged, entry: Entry, by_hand: str) -> Iterator[Deadline]:
    days = entry.retention_days or 0
    for ends, over in ((found.ended, True), (found.open, False)):
        if ends:
            yield Deadline(kind, found.place, len(ends), _iso(ends[0]), days, over, by_hand)
    if found.undated:
        yield Deadline(kind, found.place, found.undated, "", days, False, by_hand)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
