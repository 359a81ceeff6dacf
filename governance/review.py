"""The access review: who may see what, what of it looks stale, and who confirmed that it is right, and when.

Who may come in is told to it by whoever knows (the layer above). Knows nothing of passwords, sessions or requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from assistant.workspace import Workspace
from foundation.chain import Said, hash_of
from foundation.errors import UserError
from governance.book import FOLDER, Book
from rag import Library
from rag.storage.records import Records, read_records

_WHO = 80


@dataclass(frozen=True)
class Person:
    """Somebody who may come in."""

    name: str
    """The name they sign in with."""
    role: str
    """What they are trusted with."""
    groups: tuple[str, ...]
    """The groups whose documents they may see."""
    suspended: bool
    """Whether they may not come in for now."""
    made: str
    """When they were added, ISO 8601 in UTC."""
    seen: str
    """When they did something last, as far as the audit log and their keys tell, ISO 8601; empty: not known."""


@dataclass(frozen=True)
class Key:
    """An API key, without the key."""

    id: str
    """Its first letters."""
    name: str
    """Whose it is."""
    made: str
    """When it was made, ISO 8601 in UTC."""
    until: str
    """The day after which it opens nothing; empty: none."""
    used: str
    """The day on which it was used last; empty: never."""


@dataclass(frozen=True)
class Finding:
    """Something that a reviewer should look at."""

    kind: str
    """`person not seen`, `person suspended`, `key unused`, `key expired`, `key lasts for ever`, `key of nobody`,
    `group of nobody`, `group without documents`, `pattern fits nothing` or `every document open`."""
    name: str
    """Whom or what it is about."""
    why: str
    """What was seen."""


@dataclass(frozen=True)
class Review:
    """Who may see what."""

    at: str
    """When it was looked at, ISO 8601 in UTC."""
    login: str
    """How people come in: `none`, `local` or `oidc`."""
    people: tuple[Person, ...]
    """Everybody who may come in; none where nobody signs in."""
    keys: tuple[Key, ...]
    """All API keys."""
    documents: int
    """Documents of the library."""
    open_to_all: int
    """How many of them everybody may see."""
    by_group: dict[str, int]
    """How many of the others each group may see."""
    findings: tuple[Finding, ...]
    """What a reviewer should look at."""

    @property
    def sha256(self) -> str:
        """The hash of everything that was looked at, the time apart: it is what a confirmation is bound to."""
        return hash_of({key: value for key, value in asdict(self).items() if key != "at"})

    def to_dict(self) -> dict[str, Any]:
        """The review as plain JSON values."""
        return {**asdict(self), "sha256": self.sha256}


def review(
    workspace: Workspace, library: Library, people: Sequence[Person], keys: Sequence[Key], now: datetime
) -> Review:
    """Look over who may see what.

    Args:
        workspace: Where.
        library: Its library.
        people: Everybody who may come in.
        keys: All API keys.
        now: The moment, with its time zone.

    Raises:
        UserError: `documents.toml` holds mistakes.
    """
    sources = library.sources() if library.status().built else []
    records = read_records(workspace.records)
    by_group: Counter[str] = Counter()
    open_to_all = 0
    for source in sources:
        access = records.of(source).access
        by_group.update(access)
        open_to_all += not access
    stale = now.astimezone(UTC).date() - timedelta(days=workspace.settings.governance.review_days)
    login = workspace.settings.serve.login
    findings = [
        *_of_people(people, stale),
        *_of_keys(keys, {one.name for one in people}, login, stale, now.astimezone(UTC).date()),
        *_of_groups(people, by_group, login),
        *_of_documents(records, sources, open_to_all, login),
    ]
    return Review(
        now.astimezone(UTC).isoformat(timespec="seconds"), login, tuple(people), tuple(keys), len(sources), open_to_all,
        dict(sorted(by_group.items())), tuple(findings),
    )  # fmt: skip


def _of_people(people: Sequence[Person], stale: date) -> list[Finding]:
    found = []
    for one in people:
        last = (one.seen or one.made)[:10]
        if one.suspended:
            found.append(
                Finding(
                    "person suspended",
                    one.name,
                    f"{one.role}, may not come in for now; remove whom nobody awaits",
                )
            )
        elif last < stale.isoformat():
            found.append(Finding("person not seen", one.name, f"{one.role}, nothing since {last}"))
    return found


def _of_keys(keys: Sequence[Key], names: set[str], login: str, stale: date, today: date) -> list[Finding]:
    found = []
    for key in keys:
        if key.name not in names:
            found.append(Finding("key of nobody", key.id, f"{key.name} is not let in any more"))
        if key.until and today.isoformat() > key.until:
            found.append(Finding("key expired", key.id, f"of {key.name}, opens nothing since {key.until}"))
        elif (last := (key.used or key.made)[:10]) < stale.isoformat():
            found.append(
                Finding(
                    "key unused", key.id, f"of {key.name}, {'used' if key.used else 'made'} last on {last}"
                )
            )
        elif not key.until:
            found.append(
                Finding(
                    "key lasts for ever",
                    key.id,
                    f"of {key.name}; `rungwise keys make --days` makes one that ends",
                )
            )
    return found


def _of_groups(people: Sequence[Person], by_group: Counter[str], login: str) -> list[Finding]:
    if login == "none":
        return []
    held = {group for one in people for group in one.groups}
    nobody = [
        Finding("group of nobody", group, f"{by_group[group]} documents that nobody of it can see")
        for group in sorted(by_group.keys() - held)
    ]
    idle = [
        Finding("group without documents", group, "no document is opened to it")
        for group in sorted(held - by_group.keys())
    ]
    return [*nobody, *idle]


def _of_documents(records: Records, sources: Sequence[str], open_to_all: int, login: str) -> list[Finding]:
    found = [
        Finding("pattern fits nothing", pattern, "what documents.toml says of it holds for no document")
        for pattern in records.idle(sources)
    ]
    if login != "none" and sources and open_to_all == len(sources):
        found.append(
            Finding("every document open", "documents", f"all {len(sources)} may be seen by whoever signs in")
        )
    return found


# ---------------------------------------------------------------- the book


def book_of(workspace: Workspace) -> Book:
    """Return the book of a workspace's reviews."""
    return Book(workspace.built / FOLDER / "reviews.jsonl")


def confirm(workspace: Workspace, looked: Review, who: str, now: datetime) -> Said:
    """Note that somebody looked at a review and confirms it.

    Args:
        workspace: Where.
        looked: What was looked at.
        who: The reviewer's name or role.
        now: When.

    Raises:
        UserError: Nobody is named.
    """
    who = " ".join(who.split())[:_WHO]
    if not who:
        raise UserError("A review is confirmed by somebody: name them with --by, as in `--by 'head of IT'`.")
    counts = {"people": len(looked.people), "keys": len(looked.keys), "documents": looked.documents,
              "findings": len(looked.findings)}  # fmt: skip
    return book_of(workspace).add({"step": "confirmed", "by": who, **counts, "sha256": looked.sha256}, now)


def last_confirmed(workspace: Workspace) -> str:
    """Return when access was confirmed last, ISO 8601 in UTC; empty where it never was."""
    found = [str(one["at"]) for one in book_of(workspace).records()]
    return found[-1] if found else ""
