"""Which adapters a workspace has, which one serves, which served before it, and which answers which task.

Each adapter is a folder of its own that is never changed once it is published; one small file says which serves, another which
answers a task, and each is replaced whole. Knows nothing of what is in a folder beyond its manifest.
"""

from __future__ import annotations

import datetime
import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from finetune import registry
from finetune.registry import Manifest
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import dated_name, write_json_atomic

_SERVING = "serving.json"
_TASKS = "tasks.json"
_FORGOTTEN = "forgotten.json"
_FIRST = "house"
"""The only adapter of a workspace that was made before there could be several; it serves where nothing else is said."""

LEARNED_FROM = {"examples": "examples", "preferences": "alignment"}
"""The data sets that adapters learn from, and what the manifest of one that did calls their hash."""


class Lineage:
    """The adapters of one workspace.

    Args:
        home: The folder that holds them; need not be there.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    def names(self) -> list[str]:
        """Return the adapters that are whole enough to have a manifest, oldest first."""
        found = [
            path.parent.name
            for path in self.home.glob(f"*/{registry.MANIFEST}")
            if path.parent.name[0] != "."
        ]
        return sorted(found, key=lambda name: (self._created(name), name))

    def _created(self, name: str) -> str:
        try:
            return registry.read(self.home / name).created
        except UserError:
            return ""

    @property
    def served(self) -> list[str]:
        """What served, oldest first; the last one serves. Only adapters that are still there."""
        try:
            told = json.loads((self.home / _SERVING).read_text(encoding="utf-8"))
            named = [str(name) for name in told["served"]]
        except (OSError, ValueError, KeyError, TypeError):
            named = [_FIRST]
        return [name for name in named if (self.home / name / registry.MANIFEST).is_file()]

    @property
    def serving(self) -> Path:
        """The folder of the adapter that serves; one that is not there where none does."""
        served = self.served
        return self.home / (served[-1] if served else _FIRST)

    @property
    def due(self) -> bool:
        """Whether the adapter that serves learned from what was forgotten since, so that a new one should be trained."""
        return (self.serving / registry.TAINTED).is_file()

    def by_task(self) -> dict[str, str]:
        """Return the adapter of every task that has one; only adapters that are still there."""
        try:
            told = json.loads((self.home / _TASKS).read_text(encoding="utf-8"))
            named = {str(task): str(name) for task, name in told["tasks"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
        return {
            task: name for task, name in named.items() if (self.home / name / registry.MANIFEST).is_file()
        }

    def fresh(self) -> Path:
        """Return a folder for a new adapter; it is not made."""
        return self.home / dated_name()

    def manifest(self, name: str) -> Manifest:
        """Return an adapter's manifest, unchecked.

        Raises:
            UserError: There is no such adapter, or its manifest can't be understood.
        """
        if name not in self.names():
            known = self.names()
            there = (
                f" There is {one_of(known)}." if known else " There is none yet; `rungwise train` makes one."
            )
            raise UserError(f'{self.home}: there is no adapter "{name}".{did_you_mean(name, known)}{there}')
        return registry.read(self.home / name)

    def folder(self, name: str) -> Path:
        """Return the folder of an adapter.

        Raises:
            UserError: There is no such adapter, or its manifest can't be understood.
        """
        self.manifest(name)
        return self.home / name

    def use(self, name: str) -> None:
        """Have an adapter serve from now on.

        Raises:
            UserError: There is no such adapter.
        """
        self.manifest(name)
        served = self.served
        if not served or served[-1] != name:
            write_json_atomic(self.home / _SERVING, {"served": [*served, name]})

    def use_for(self, task: str, name: str) -> None:
        """Have an adapter answer a task from now on; what serves goes on serving.

        Raises:
            UserError: There is no such adapter.
        """
        self.manifest(name)
        write_json_atomic(self.home / _TASKS, {"tasks": {**self.by_task(), task: name}})

    def rollback(self) -> str:
        """Have the adapter serve again that served before this one, and return its name.

        Raises:
            UserError: None served before.
        """
        served = self.served
        before = [name for name in served if name != served[-1]]
        if not before:
            raise UserError(
                f"{self.home}: no other adapter served before. `rungwise adapters list` shows what there is."
            )
        place = len(served) - 1 - served[::-1].index(before[-1])
        write_json_atomic(self.home / _SERVING, {"served": served[: place + 1]})
        return before[-1]

    def remove(self, name: str) -> None:
        """Remove an adapter's folder.

        Raises:
            UserError: There is no such adapter, or it serves or answers a task.
        """
        self.manifest(name)
        if tasks := [task for task, one in self.by_task().items() if one == name]:
            raise UserError(
                f"{self.home}: {name} answers the task {tasks[0]}. Have another answer it first: "
                f"`rungwise adapters use NAME --task {tasks[0]}`."
            )
        if self.serving.name == name:
            raise UserError(f"{self.home}: {name} serves. Use another first: `rungwise adapters use NAME`.")
        gone = (
            self.home / f".{name}.removed"
        )  # out of sight at once: a kill in between leaves no half adapter
        (self.home / name).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def marked(self, name: str) -> bool:
        """Whether an adapter is marked as trained on what was forgotten."""
        return (self.home / name / registry.TAINTED).is_file()

    def taint(self, date: str, rows: Mapping[str, int]) -> list[str]:
        """Mark the adapters that learned from what was forgotten, and return their names.

        Args:
            date: When it was forgotten, YYYY-MM-DD.
            rows: How many rows were, by the data set (`LEARNED_FROM`) that they stood in.
        """
        if self.home.is_dir():  # before the marks: what is published after them sees this
            write_json_atomic(self.home / _FORGOTTEN, {"mark": secrets.token_hex(8), "date": date})
        learned = {name: self._learned(name, rows) for name in self.names()}
        return [name for name, of in learned.items() if of and registry.taint(self.home / name, date, of)]

    def _learned(self, name: str, rows: Mapping[str, int]) -> int:
        """Return from how many of these rows an adapter may have learned; all, where its papers don't tell."""
        try:
            made_from = registry.read(self.home / name).made_from
        except UserError:
            made_from = {}
        return sum(of for kind, of in rows.items() if not made_from or LEARNED_FROM[kind] in made_from)

    @property
    def forgotten(self) -> str:
        """Another word each time that something is forgotten which adapters learn from; empty: nothing ever was."""
        try:
            told = json.loads((self.home / _FORGOTTEN).read_text(encoding="utf-8"))
            return str(told["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def check_since(self, before: str, name: str) -> None:
        """Check that nothing was forgotten while an adapter was made; it is marked where something was.

        Args:
            before: What `forgotten` said before its rows were read.
            name: The adapter, published.

        Raises:
            UserError: Something was.
        """
        if self.forgotten != before:
            registry.taint(self.home / name, datetime.datetime.now(datetime.UTC).date().isoformat(), 0)
            raise UserError(
                f"What {name} was trained on was forgotten while it was trained, so it is marked and does not serve. Run "
                "`rungwise train` again: it takes the examples that are left."
            )
