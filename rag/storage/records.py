"""`documents.toml`: what is known about documents besides their text, with every mistake named at once.

Who may see a document, when it holds, what it replaces, and why it is kept. It stands in a file of the house and not
in the documents themselves, so that no document can open itself to readers. Knows nothing of what is indexed.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foundation.errors import UserError, did_you_mean
from foundation.files import listed, read_text

_WHAT = "what is known about the documents"
_PERIOD = re.compile(r"(\d{1,4}) (day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Record:
    """What is known about one document besides its text."""

    access: frozenset[str] = frozenset()
    """The groups that may see it; empty: everybody."""
    valid_from: datetime | None = None
    """When it begins to hold; None: always held."""
    valid_until: datetime | None = None
    """When it no longer holds (the first moment of that); None: no end."""
    supersedes: tuple[str, ...] = ()
    """The documents that end where this one begins."""
    tags: frozenset[str] = frozenset()
    """What it can be filtered by."""
    purpose: str = ""
    """What it is kept for."""
    legal_basis: str = ""
    """What allows that, in the words of the law that applies."""
    retention_days: int | None = None
    """How long it is kept, in days (a month counts 30, a year 365); None: not said."""
    owner: str = ""
    """Who answers for it in the house: a role or a team rather than a person."""
    password_env: str = ""
    """The environment variable that holds the password of an encrypted file; no password stands in a file of ours."""

    @property
    def lacking(self) -> tuple[str, ...]:
        """What strict mode demands and is not said, by the keys of `documents.toml`."""
        return unsaid(self.purpose, self.legal_basis, self.retention_days, self.owner)


def unsaid(purpose: str, legal_basis: str, retention_days: int | None, owner: str) -> tuple[str, ...]:
    """Return which of the four that strict mode demands, of documents and of all else that is kept, are not said."""
    said = {"purpose": purpose, "legal_basis": legal_basis, "retention": retention_days, "owner": owner}
    return tuple(key for key, value in said.items() if not value)


EVERYBODY = Record()
"""A document about which nothing is said."""


_WILD = frozenset("*?[")  # what makes a path a pattern


@dataclass(frozen=True)
class Records:
    """The entries of `documents.toml`, in order."""

    entries: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    """Pattern, and the fields that it sets."""

    def of(self, source: str) -> Record:
        """Return what is known about a document: of entries that fit it, later ones win, key by key."""
        given: dict[str, Any] = {}
        for place in sorted([*self._plain.get(source, ()), *self._fitting(source)]):
            given |= dict(self.entries[place][1])
        return replace(EVERYBODY, **given)

    def idle(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Return the patterns that fit no document: most are slips of the pen, and would leave one open to all."""
        known = set(sources)
        return tuple(
            pattern
            for pattern, _ in self.entries
            if pattern not in known
            and not (_WILD & set(pattern) and any(fnmatchcase(one, pattern) for one in sources))
        )

    @functools.cached_property
    def _plain(self) -> dict[str, list[int]]:
        """The places of entries that name one document, by its name: thousands of these are looked up, not tried."""
        found: dict[str, list[int]] = {}
        for place, (pattern, _) in enumerate(self.entries):
            if not _WILD & set(pattern):
                found.setdefault(pattern, []).append(place)
        return found

    @functools.cached_property
    def _patterns(self) -> list[tuple[int, str]]:
        return [(place, pattern) for place, (pattern, _) in enumerate(self.entries) if _WILD & set(pattern)]

    def _fitting(self, source: str) -> list[int]:
        return [place for place, pattern in self._patterns if fnmatchcase(source, pattern)]


def read_records(path: Path) -> Records:
    """Read `documents.toml`; a file that is not there says nothing.

    The file holds an optional `timezone` (an IANA name; UTC where it is absent) and `[[document]]` entries, each with a
    `path` (`*` and `?` stand for any letters, `/` included) and any of the fields of `Record`. A day in `valid_until` is
    the last one on which the document holds.

    Raises:
        UserError: It can't be read, or holds mistakes; all are named with the number of their entry.
    """
    if not path.exists():
        return Records()
    try:
        data = tomllib.loads(read_text(path, _WHAT))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {_WHAT} is not TOML: {error}.") from None
    mistakes: list[str] = []
    zone = _zone(data.pop("timezone", "UTC"), mistakes)
    listed_entries = data.pop("document", [])
    mistakes += [f'"{key}" is not a key here.{did_you_mean(key, ["timezone", "document"])}' for key in data]
    entries: list[tuple[str, tuple[tuple[str, Any], ...]]] = []
    if not isinstance(listed_entries, list) or not all(isinstance(entry, dict) for entry in listed_entries):
        mistakes.append(
            "documents are written as entries: [[document]], with two brackets, and keys below it."
        )
        listed_entries = []
    for number, entry in enumerate(listed_entries, start=1):
        read = _entry(dict(entry), f"entry {number}", zone, mistakes)
        if read:
            entries.append(read)
    if mistakes:
        raise UserError(listed(path, _WHAT, mistakes))
    return Records(tuple(entries))


def _zone(name: Any, mistakes: list[str]) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        mistakes.append(f'timezone must be a name such as "Europe/Istanbul", but is {name!r}.')
        return UTC


def _entry(
    entry: dict[str, Any], where: str, zone: tzinfo, mistakes: list[str]
) -> tuple[str, tuple[tuple[str, Any], ...]] | None:
    pattern = entry.pop("path", None)
    before = len(mistakes)
    if not isinstance(pattern, str) or not pattern.strip():
        mistakes.append(f'{where}: path must name documents, as in path = "hr/*", but is {pattern!r}.')
        pattern = "?"
    where = f'{where} ("{pattern}")'
    values: dict[str, Any] = {}
    for key, value in entry.items():
        name = "retention_days" if key == "retention" else key
        if key not in _READ:
            mistakes.append(
                f'{where}: "{key}" is not a key of a document.{did_you_mean(key, ["path", *_READ])}'
            )
            continue
        try:
            values[name] = _READ[key](value, zone)
        except ValueError as error:
            mistakes.append(f"{where}: {key} {error}, but is {value!r}.")
    begins, ends = values.get("valid_from"), values.get("valid_until")
    if begins and ends and begins >= ends:
        mistakes.append(f"{where}: valid_from must be before valid_until.")
    return (pattern, tuple(values.items())) if len(mistakes) == before else None


def _names(value: Any, zone: tzinfo) -> frozenset[str]:
    return frozenset(_sources(value, zone))


def _sources(value: Any, zone: tzinfo) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if (
        not isinstance(items, list)
        or not items
        or not all(isinstance(one, str) and one.strip() for one in items)
    ):
        raise ValueError('must be a list of texts, as in ["hr", "management"]')
    return tuple(one.strip() for one in items)


def _words(value: Any, zone: tzinfo) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    return " ".join(value.split())


def _begin(value: Any, zone: tzinfo) -> datetime:
    return _moment(value, zone, last=False)


def _end(value: Any, zone: tzinfo) -> datetime:
    return _moment(value, zone, last=True)


def _moment(value: Any, zone: tzinfo, last: bool) -> datetime:
    """Return a moment; a plain day is its first one, or, where it is the `last` day, the first one after it."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value + timedelta(days=1 if last else 0), time(), zone)
    raise ValueError("must be a date without quotes, as in 2026-12-31")


def _retention(value: Any, zone: tzinfo) -> int:
    return days_of(value)


def days_of(value: Any) -> int:
    """Return a period such as "3 years" in days: a month counts 30, a year 365.

    Raises:
        ValueError: It is no period.
    """
    found = _PERIOD.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or not int(found[1]):
        raise ValueError('must be a period, as in "90 days", "6 months" or "3 years"')
    return int(found[1]) * _DAYS[found[2]]


_READ: dict[str, Callable[[Any, tzinfo], Any]] = {
    "access": _names,
    "valid_from": _begin,
    "valid_until": _end,
    "supersedes": _sources,
    "tags": _names,
    "purpose": _words,
    "legal_basis": _words,
    "retention": _retention,
    "owner": _words,
    "password_env": _words,
}
assert {field.name.removesuffix("_days") for field in fields(Record)} == set(_READ)


def spans(records: dict[str, Record]) -> dict[str, tuple[float, float]]:
    """Return from when until when each document holds, in seconds since 1970: what supersedes it ends it.

    Args:
        records: What is known, by source, of every document in the library.

    Raises:
        UserError: Documents supersede each other in a circle, so that none of them would hold.
    """
    begins = {
        source: one.valid_from.timestamp() if one.valid_from else float("-inf")
        for source, one in records.items()
    }
    ends = {
        source: one.valid_until.timestamp() if one.valid_until else float("inf")
        for source, one in records.items()
    }
    for source, one in records.items():
        if source in _superseded(source, records):
            raise UserError(
                f"documents.toml: {source} supersedes itself, by way of others. Take one of these `supersedes` out."
            )
        for older in one.supersedes:
            if older in ends:
                ends[older] = min(ends[older], begins[source])
    return {source: (begins[source], ends[source]) for source in records}


def _superseded(source: str, records: dict[str, Record]) -> set[str]:
    """Return everything that a document supersedes, directly or by way of others."""
    reached: set[str] = set()
    open_ends = list(records[source].supersedes)
    while open_ends:
        older = open_ends.pop()
        if older in records and older not in reached:
            reached.add(older)
            open_ends += records[older].supersedes
    return reached
