"""`data.toml`: what each data set besides the documents is kept for, by what right, how long, and who answers for it.

It stands beside `documents.toml`, which says the same of documents. Knows nothing of what is in a data set, or of erasing any.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.workspace import Workspace
from foundation.errors import UserError, did_you_mean
from foundation.files import listed, read_text
from rag.storage.records import days_of, unsaid

FILE = "data.toml"
_WHAT = "the register of data sets"
_KEYS = ("name", "purpose", "legal_basis", "retention", "owner", "since")


class Dated(StrEnum):
    """By what the age of a data set is told."""

    ROWS = "rows"
    """Each row says when it was written (`when`, `at`, `date`, `created`); what does not is counted from `since`."""
    FILES = "files"
    """Each file is as old as its last change."""
    CHAIN = "chain"
    """Its lines are bound to one another, so none is taken out."""


@dataclass(frozen=True)
class DataSet:
    """A data set that a workspace may have."""

    name: str
    """What `data.toml` calls it."""
    places: tuple[str, ...]
    """Its files, as patterns below the workspace."""
    dated: Dated
    """By what its age is told."""
    journal: bool = False
    """Whether its rows stand in the database, where [storage] names one."""


DATA_SETS = (
    DataSet("examples", ("examples.jsonl",), Dated.ROWS),
    DataSet("questions", ("questions.jsonl",), Dated.ROWS),
    DataSet("preferences", ("preferences.jsonl",), Dated.ROWS),
    DataSet("votes", (".rungwise/votes/*.jsonl", ".rungwise/thumbs.jsonl"), Dated.ROWS, journal=True),
    DataSet("traces", (".rungwise/traces.jsonl", ".rungwise/traces/**/*.jsonl"), Dated.ROWS),
    DataSet("clicks", (".rungwise/clicks.jsonl", ".rungwise/clicks/**/*.jsonl"), Dated.ROWS, journal=True),
    DataSet("conversations", (".rungwise/chats/**/*",), Dated.FILES),
    DataSet("runs", (".rungwise/runs/**/*",), Dated.FILES),
    DataSet("jobs", (".rungwise/jobs/**/*",), Dated.FILES),
    DataSet("logs", (".rungwise/log/*",), Dated.FILES),
    DataSet("audit", (".rungwise/access/audit.jsonl",), Dated.CHAIN),
)
"""Every data set besides the documents."""
NAMES = tuple(one.name for one in DATA_SETS)


@dataclass(frozen=True)
class Entry:
    """What is said of one data set."""

    purpose: str = ""
    """What it is kept for."""
    legal_basis: str = ""
    """What allows that, in the words of the law that applies."""
    retention_days: int | None = None
    """How long each of its rows is kept, in days; None: not said."""
    owner: str = ""
    """Who answers for it in the house: a role or a team rather than a person."""
    since: datetime | None = None
    """From when what holds no date of its own is counted; None: it is not counted."""

    @property
    def lacking(self) -> tuple[str, ...]:
        """What strict mode demands and is not said, by the keys of `data.toml`."""
        return unsaid(self.purpose, self.legal_basis, self.retention_days, self.owner)


NOTHING = Entry()
"""A data set of which nothing is said."""


@dataclass(frozen=True)
class Register:
    """The entries of `data.toml`."""

    entries: Mapping[str, Entry]
    """By the data set's name."""

    def of(self, name: str) -> Entry:
        """Return what is said of a data set."""
        return self.entries.get(name, NOTHING)


def read_register(workspace: Workspace) -> Register:
    """Read a workspace's `data.toml`; a file that is not there says nothing.

    Traces are kept for as long as [monitor] says, unless `data.toml` says a shorter time.

    Raises:
        UserError: It can't be read, or holds mistakes; all are named with the number of their entry.
    """
    entries = read_entries(workspace.root / FILE)
    traces, most = entries.get("traces", NOTHING), workspace.settings.monitor.keep_days
    kept = replace(traces, retention_days=min(traces.retention_days or most, most))
    return Register({**entries, "traces": kept})


def read_entries(path: Path) -> dict[str, Entry]:
    """Return the entries of a register; none where there is no file.

    Raises:
        UserError: As of `read_register`.
    """
    if not path.exists():
        return {}
    try:
        data = tomllib.loads(read_text(path, _WHAT))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {_WHAT} is not TOML: {error}.") from None
    rows = data.pop("dataset", [])
    mistakes = [f'"{key}" is not a key here.{did_you_mean(key, ["dataset"])}' for key in data]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        mistakes.append(
            "data sets are written as entries: [[dataset]], with two brackets, and keys below it."
        )
        rows = []
    entries: dict[str, Entry] = {}
    for number, row in enumerate(rows, start=1):
        name, entry = _entry(row, f"entry {number}", mistakes)
        if name in entries:
            mistakes.append(f'entry {number}: "{name}" has an entry already.')
        entries[name] = entry
    if mistakes:
        raise UserError(listed(path, _WHAT, mistakes))
    return entries


def _entry(row: Mapping[str, Any], where: str, mistakes: list[str]) -> tuple[str, Entry]:
    name = str(row.get("name", ""))
    if name not in NAMES:
        mistakes.append(
            f'{where}: name must be one of {", ".join(NAMES)}, not "{name}".{did_you_mean(name, NAMES)}'
        )
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in _KEYS:
            mistakes.append(
                f'{where} ("{name}"): "{key}" is not a key of a data set.{did_you_mean(key, _KEYS)}'
            )
        elif key == "retention":
            try:
                values["retention_days"] = days_of(value)
            except ValueError as error:
                mistakes.append(f'{where} ("{name}"): retention {error}, but is {value!r}.')
        elif key == "since":
            if isinstance(value, date):
                values["since"] = _moment(value)
            else:
                mistakes.append(f'{where} ("{name}"): since must be a date without quotes, as in 2026-12-31.')
        elif key != "name" and isinstance(value, str) and value.strip():
            values[key] = " ".join(value.split())
        elif key != "name":
            mistakes.append(f'{where} ("{name}"): {key} must be text, but is {value!r}.')
    return name, Entry(**values)


def _moment(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def files_of(workspace: Workspace, data_set: DataSet) -> list[Path]:
    """Return the files of a data set that are there, by name."""
    found = {path for place in data_set.places for path in workspace.root.glob(place)}
    return sorted(path for path in found if path.is_file() and not path.is_symlink())
