"""Periodic destruction: what ended is erased, and what was done is written into a book that is kept.

The by-law on the deletion, destruction or anonymisation of personal data (Official Gazette no. 30224 of 28 October 2017) asks for
a destruction every six months at most (article 11) and for records that are kept for three years at least (article 7(3)); GDPR
article 5(1)(e) and (2) ask for the same in principle. The book is therefore never shortened here. It holds kinds, counts, reasons
and dates: no name, no path, no content. A run that was killed is finished by the next. Knows nothing of when it is run.
"""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from assistant.workspace import Workspace
from finetune import registry
from finetune.lineage import LEARNED_FROM
from foundation.chain import Said
from governance import weights
from governance.book import FOLDER, Book
from governance.datasets import DATA_SETS, Dated, read_register
from governance.due import ADAPTER, DOCUMENT, Deadline, deadlines
from governance.erasure import forget
from governance.rows import take_out
from rag import Library

WHY = "the retention that the house stated has ended"
COMMAND_LINE = "command line"
"""Who did it where nobody is named: whoever may write the workspace's files."""


@dataclass(frozen=True)
class Step:
    """What was destroyed of one kind."""

    kind: str
    """`document`, `adapter`, or a data set's name."""
    count: int
    """How many documents, rows, files or adapters."""
    retention_days: tuple[int, ...]
    """The periods that ended."""
    certificate: str = ""
    """The hash of the certificate of erasure, where documents were erased."""
    killed_run: bool = False
    """Whether a run that was killed had destroyed it before it could write so."""


@dataclass(frozen=True)
class Destroyed:
    """A finished destruction."""

    plan: str
    """Drawn by lot; names it in the book."""
    steps: tuple[Step, ...]
    """What was destroyed."""
    remaining: int
    """Files in which text of erased documents was still found; they are the user's own."""
    by_hand: tuple[Deadline, ...]
    """What ended and is left to people, with why."""
    retrain_due: bool
    """Whether the adapter that serves learned from what was destroyed, and is served no more."""
    embedder_due: str
    """The embedder that is used, where it learned from what was destroyed; empty where it did not."""
    left_in: tuple[str, ...] = ()
    """These files, for whoever is at the keyboard; never written down."""

    def to_dict(self) -> dict[str, Any]:
        """The destruction as plain JSON values, without names of files."""
        return {key: value for key, value in asdict(self).items() if key != "left_in"}


def book_of(workspace: Workspace) -> Book:
    """Return the book of a workspace's destructions."""
    return Book(workspace.built / FOLDER / "destructions.jsonl")


def last_finished(workspace: Workspace) -> str:
    """Return when the last destruction ended, ISO 8601 in UTC; empty where there was none."""
    ends = [str(one["at"]) for one in book_of(workspace).records() if one["step"] == "finished"]
    return ends[-1] if ends else ""


def unfinished(workspace: Workspace) -> Said | None:
    """Return the record that began a destruction which was killed before its end; None where none was."""
    begun: Said | None = None
    for one in book_of(workspace).records():
        if one["step"] == "begun":
            begun = one
        elif one["step"] == "finished":
            begun = None
    return begun


def destroy(
    workspace: Workspace,
    library: Library,
    now: datetime,
    who: str = COMMAND_LINE,
    progress: Callable[[str], None] = lambda stage: None,
) -> Destroyed:
    """Destroy everything whose time ended, and write it into the book, also where nothing had.

    Args:
        workspace: Where.
        library: Its library.
        now: The moment, with its time zone.
        who: Who has it done, for the book.
        progress: Called with what is being done.

    Raises:
        UserError: `documents.toml` or `data.toml` holds mistakes, the book was changed, or another process writes.
    """
    book = book_of(workspace)
    ended = [one for one in deadlines(workspace, library, now) if one.over]
    mine = [one for one in ended if not one.by_hand]
    steps = _finish_killed(workspace, book, mine, now)
    plan = secrets.token_hex(4)
    book.add({"step": "begun", "plan": plan, "by": who, "why": WHY, "planned": _counts(mine)}, now)
    left_in: list[str] = []
    for kind in _in_order(mine):
        progress(f"Destroying: {kind}")
        step, left = _destroy_kind(workspace, library, kind, [one for one in mine if one.kind == kind], now)
        left_in += left
        steps.append(step)
        book.add({"step": "destroyed", "plan": plan, **_said(step)}, now)
    book.add({"step": "finished", "plan": plan}, now)
    by_hand = tuple(one for one in ended if one.by_hand)
    return Destroyed(plan, tuple(steps), len(left_in), by_hand, workspace.adapters.due,
                     weights.embedding(workspace), tuple(left_in))  # fmt: skip


def _destroy_kind(
    workspace: Workspace, library: Library, kind: str, ended: Sequence[Deadline], now: datetime
) -> tuple[Step, tuple[str, ...]]:
    """Destroy what ended of one kind; return what was done, and the files in which text of documents is left."""
    days = tuple(sorted({one.retention_days for one in ended}))
    if kind == DOCUMENT:
        done = forget(workspace, library, [one.name for one in ended], now=lambda: now)
        return Step(kind, done.certificate.documents, days, done.certificate.sha256), done.remaining
    if kind == ADAPTER:
        return Step(kind, sum(_remove_adapter(workspace, one.name, now) for one in ended), days), ()
    data_set = next(one for one in DATA_SETS if one.name == kind)
    rows = sum(one.count for one in ended)
    learned = {kind: rows} if kind in LEARNED_FROM else {}
    taught = rows if kind in weights.TAUGHT_FROM else 0
    marks = partial(weights.mark, workspace, now.date().isoformat(), learned, taught)
    marks()  # first: a kill in between must leave nothing that learned from it and that nobody marked
    entry = read_register(workspace).of(kind)
    count = sum(take_out(workspace, data_set, one.name, entry, now) for one in ended)
    marks()  # of what was published meanwhile
    if data_set.dated is Dated.FILES:
        _sweep_folders(workspace, data_set.places)
    return Step(kind, count, days), ()


def _remove_adapter(workspace: Workspace, name: str, now: datetime) -> bool:
    """Remove an adapter; the one that serves is marked, so that it is served no more, and goes once another serves."""
    if workspace.adapters.serving.name != name:
        workspace.adapters.remove(name)
        return True
    folder = workspace.adapters.home / name
    return not (folder / registry.TAINTED).is_file() and registry.taint(folder, now.date().isoformat(), 0)


def _sweep_folders(workspace: Workspace, places: Sequence[str]) -> None:
    """Remove the folders that are empty now, below those that a data set's patterns begin with."""
    for place in places:
        top = workspace.root / place.split("*")[0]
        for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)


def _finish_killed(workspace: Workspace, book: Book, still: Sequence[Deadline], now: datetime) -> list[Step]:
    """Write down what a killed run had planned and is gone; return it."""
    begun = unfinished(workspace)
    if begun is None:
        return []
    written = Counter[str]()
    for one in book.records():
        if one["step"] == "destroyed" and one["plan"] == begun["plan"]:
            written[one["kind"]] += one["count"]
    steps = []
    for kind, planned in begun["planned"].items():
        left = sum(one.count for one in still if one.kind == kind)
        if (gone := planned - written[kind] - left) > 0:
            steps.append(Step(kind, gone, (), killed_run=True))
            book.add({"step": "destroyed", "plan": begun["plan"], **_said(steps[-1])}, now)
    book.add({"step": "finished", "plan": begun["plan"], "killed": True}, now)
    return steps


def _in_order(ended: Sequence[Deadline]) -> list[str]:
    """Return the kinds, documents first: with them go rows that rest on them."""
    kinds = dict.fromkeys(one.kind for one in ended)
    return sorted(kinds, key=lambda kind: (kind != DOCUMENT, kind != ADAPTER, kind))


def _counts(ended: Sequence[Deadline]) -> dict[str, int]:
    counted = Counter[str]()
    for one in ended:
        counted[one.kind] += one.count
    return dict(sorted(counted.items()))


def _said(step: Step) -> dict[str, Any]:
    told = {"kind": step.kind, "count": step.count, "retention_days": list(step.retention_days)}
    if step.certificate:
        told["certificate"] = step.certificate
    return {**told, "killed_run": True} if step.killed_run else told
