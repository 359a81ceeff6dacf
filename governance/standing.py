"""How a workspace stands by its own rules: what ended, who waits for an answer, what is not said, which review is over.

Looks only, and decides nothing. Knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from assistant.workspace import Workspace
from governance.datasets import DATA_SETS, FILE, files_of, read_register
from governance.due import SOON, Deadline, deadlines
from governance.requests import Request, every
from governance.weights import embedding
from rag import Library
from rag.storage.records import read_records


@dataclass(frozen=True)
class Unsaid:
    """Something that is kept, and of which the house does not say why, by what right, how long or who answers for it."""

    kind: str
    """`document`, or a data set's name."""
    name: str
    """A document's path; of a data set its name once more."""
    lacking: tuple[str, ...]
    """What is not said: `purpose`, `legal_basis`, `retention`, `owner`."""
    file: str
    """The file that should say it."""


@dataclass(frozen=True)
class Standing:
    """How a workspace stands."""

    at: str
    """When it was looked at, ISO 8601 in UTC."""
    due: tuple[Deadline, ...]
    """What ended, the earliest first."""
    soon: tuple[Deadline, ...]
    """What ends within seven days."""
    undated: tuple[Deadline, ...]
    """What has a period that nobody can count."""
    destroyed: str
    """When the last destruction ended, ISO 8601 in UTC; empty: there was none."""
    destroy_by: str
    """The day by which the next one is due; empty: nothing was ever kept with a period."""
    destruction_overdue: bool
    """Whether that day is over."""
    unfinished: bool
    """Whether a destruction was killed before its end; the next one finishes it."""
    requests: tuple[Request, ...]
    """Open requests, overdue ones first."""
    overdue_requests: int
    """How many of them are overdue."""
    reviewed: str
    """When access was reviewed and confirmed last, ISO 8601 in UTC; empty: never."""
    review_by: str
    """The day by which the next review is due; empty where nobody ever reviewed."""
    review_overdue: bool
    """Whether that day is over; where nobody ever reviewed, whether people sign in here."""
    unsaid: tuple[Unsaid, ...]
    """What is kept without purpose, legal basis, retention or owner."""
    retrain_due: bool
    """Whether the adapter that serves learned from what was erased."""
    embedder_due: str
    """The embedder that is used, where it learned from what was erased; empty where it did not."""
    damaged: tuple[str, ...]
    """A sentence for each book that is not as it was written."""

    @property
    def fine(self) -> bool:
        """Whether nothing is late and no book was changed."""
        late = self.due or self.overdue_requests or self.destruction_overdue or self.review_overdue
        return not (late or self.damaged or self.unfinished)

    def to_dict(self) -> dict[str, Any]:
        """The standing as plain JSON values."""
        return {**asdict(self), "fine": self.fine}


def standing(workspace: Workspace, now: datetime, library: Library | None = None) -> Standing:
    """Return how a workspace stands.

    Args:
        workspace: Which.
        now: The moment, with its time zone.
        library: Its library; None: it is opened, which loads no model.

    Raises:
        UserError: `documents.toml` or `data.toml` holds mistakes.
    """
    if library is None:
        from assistant.open import open_library

        with open_library(workspace) as opened:
            return standing(workspace, now, opened)
    from governance.destruction import book_of as destructions
    from governance.destruction import last_finished, unfinished
    from governance.requests import book_of as requests
    from governance.review import book_of as reviews
    from governance.review import last_confirmed

    found, today = deadlines(workspace, library, now), now.astimezone(UTC).date()
    asked = tuple(one for one in every(workspace, today) if one.open)
    destroyed, reviewed = last_finished(workspace), last_confirmed(workspace)
    settings = workspace.settings.governance
    destroy_by = _on(destroyed or _first(found), settings.destroy_every_days)
    review_by = _on(reviewed, settings.review_days)
    books = (destructions(workspace), requests(workspace), reviews(workspace))
    return Standing(
        at=now.astimezone(UTC).isoformat(timespec="seconds"),
        due=tuple(one for one in found if one.over and not one.by_hand),
        soon=tuple(one for one in found if _soon(one, now)),
        undated=tuple(one for one in found if not one.ends),
        destroyed=destroyed,
        destroy_by=destroy_by,
        destruction_overdue=bool(destroy_by) and today.isoformat() > destroy_by,
        unfinished=unfinished(workspace) is not None,
        requests=asked,
        overdue_requests=sum(one.overdue(today) for one in asked),
        reviewed=reviewed,
        review_by=review_by,
        review_overdue=today.isoformat() > review_by
        if review_by
        else workspace.settings.serve.login != "none",
        unsaid=unsaid(workspace, library),
        retrain_due=workspace.adapters.due,
        embedder_due=embedding(workspace),
        damaged=tuple(f"{book.path}: {why}" for book in books if (why := book.check())),
    )


def unsaid(workspace: Workspace, library: Library) -> tuple[Unsaid, ...]:
    """Return the documents of the library, and the data sets that are there, of which the house does not say all it should."""
    records, register = read_records(workspace.records), read_register(workspace)
    sources: Iterable[str] = library.sources() if library.status().built else ()
    found = [
        Unsaid("document", source, lacking, workspace.records.name)
        for source in sources
        if (lacking := records.of(source).lacking)
    ]
    for data_set in DATA_SETS:
        lacking = register.of(data_set.name).lacking
        if lacking and files_of(workspace, data_set):
            found.append(Unsaid(data_set.name, data_set.name, lacking, FILE))
    return tuple(found)


def _soon(one: Deadline, now: datetime) -> bool:
    return bool(one.ends) and not one.over and datetime.fromisoformat(one.ends) - now <= SOON


def _first(found: Iterable[Deadline]) -> str:
    """Return since when something with a period is kept; empty where nothing is."""
    begins = [
        datetime.fromisoformat(one.ends) - timedelta(days=one.retention_days) for one in found if one.ends
    ]
    return min(begins).isoformat() if begins else ""


def _on(moment: str, days: int) -> str:
    """Return the day so many days after a moment; empty where there is none."""
    return (date.fromisoformat(moment[:10]) + timedelta(days=days)).isoformat() if moment else ""
