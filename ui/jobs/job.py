"""The nouns of long work: a job, its state, and what its folder tells of it.

Read-only: it looks into a folder that `supervise` writes. Knows nothing of what the work is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from foundation.errors import ExitCode
from ui.show import plain

JOB, ALIVE, STOP, ENDED, PROGRESS = "job.json", "alive.json", "stop", "ended.json", "progress.json"
OUT, SAID = "out.json", "said.log"
"""The files of a job's folder. `said.log` is called so because an erasure goes through logs, line by line."""

_LINES = 12
_LETTERS = 600  # of a line
_TAIL = 16_384  # bytes
_MOST = 20_000_000  # bytes of a result
_FINE = frozenset({ExitCode.OK, ExitCode.PARTIAL, ExitCode.BELOW_TARGET})
_TRACE = "Traceback (most recent call last)"
_PLAIN_LINE = re.compile(r"^(?P<title>.+?)( …$|: \d)")
_SIGINT = 2


class State(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    """At work."""
    DONE = "done"
    """It did what it was to do, or as much of it as could be done."""
    FAILED = "failed"
    """It could not; what it said last says why."""
    STOPPED = "stopped"
    """Somebody stopped it; what was finished is kept."""
    LOST = "lost"
    """It vanished without a word: killed, or the machine went down. The command goes on where it was."""


@dataclass(frozen=True)
class Job:
    """One piece of long work."""

    id: str
    """Drawn by lot; names its folder."""
    kind: str
    """What it is, as `kinds.KINDS` names it."""
    words: tuple[str, ...]
    """The words behind `rungwise`; the first alone where the rest can hold what is to be erased."""
    who: str
    """The person who began it."""
    began: float
    """When, in seconds since 1970."""
    folder: Path
    """Where it is told of."""
    state: State
    """Where it stands."""
    ended: float | None = None
    """When it ended; None while it runs, and where it is lost."""
    code: int | None = None
    """The exit status of the command; negative is the signal that ended it."""
    title: str = ""
    """What it does just now."""
    done: int = 0
    """How much of that is done."""
    total: int = 0
    """How much of that there is; 0 where it can't be told."""
    note: str = ""
    """What else is worth seeing."""
    left: float | None = None
    """About how many seconds this step still takes; None where that can't be told."""

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self.state is State.RUNNING

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The last lines that the command wrote for people; no line of a stack trace is among them."""
        return tuple(_without_trace(_tail(self.folder / SAID)))[-_LINES:]

    @cached_property
    def result(self) -> Any:
        """What the command gave back, as JSON values; None where it gave nothing, or something else."""
        path = self.folder / OUT
        try:
            if path.stat().st_size > _MOST:
                return None
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None

    @cached_property
    def printed(self) -> str:
        """What the command printed for people, where it was not asked for JSON; its end only, where that is long."""
        return "\n".join(_tail(self.folder / OUT)[-_LINES:])

    @property
    def why(self) -> str:
        """Why it failed: the sentence that the command ended with, below its lines of progress; empty where it said none."""
        told: list[str] = []
        for line in self.said:
            told = [] if self._is_progress(line) else [*told, line]
        return "\n".join(told).strip()

    def _is_progress(self, line: str) -> bool:
        found = _PLAIN_LINE.match(line)
        return found is not None and (line.endswith(" …") or found["title"] == self.title)


def read(folder: Path, is_alive: bool) -> Job | None:
    """Return the job of a folder; None where it holds none.

    Args:
        folder: The job's folder.
        is_alive: Whether its processes are there.
    """
    born = values(folder / JOB)
    try:
        kind, words, who = str(born["kind"]), tuple(map(str, born["words"])), str(born["who"])
        began = float(born["began"])
    except (KeyError, TypeError, ValueError):
        return None
    end, now = values(folder / ENDED), values(folder / PROGRESS)
    code = end.get("code") if isinstance(end.get("code"), int) else None
    state = _state(end, code, is_alive)
    done, total = _count(now, "done"), _count(now, "total")
    return Job(
        folder.name, kind, words, who, began, folder, state, _moment(end, "ended"), code, _text(now, "title"), done, total,
        _text(now, "note"), _left(now, done, total) if state is State.RUNNING else None,
    )  # fmt: skip


def values(path: Path) -> dict[str, Any]:
    """Return a small JSON file's object; empty where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _state(end: dict[str, Any], code: int | None, is_alive: bool) -> State:
    if not end:
        return State.RUNNING if is_alive else State.LOST
    if code in _FINE:
        return State.DONE
    # Python that hears Ctrl-C before it has come to our code ends with a status of its own.
    stopped = end.get("stopped") is True or code in (ExitCode.INTERRUPTED, -_SIGINT)
    return State.STOPPED if stopped else State.FAILED


def _left(now: dict[str, Any], done: int, total: int) -> float | None:
    began, at = _moment(now, "began"), _moment(now, "at")
    if began is None or at is None or not 0 < done < total:
        return None
    return (at - began) * (total - done) / done


def _count(told: dict[str, Any], name: str) -> int:
    value = told.get(name)
    return max(0, value) if isinstance(value, int) else 0


def _moment(told: dict[str, Any], name: str) -> float | None:
    value = told.get(name)
    return float(value) if isinstance(value, int | float) else None


def _text(told: dict[str, Any], name: str) -> str:
    return plain(str(told.get(name, "")))[:_LETTERS]


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = text.splitlines()[1 if size > _TAIL else 0 :]
    return [plain(line)[:_LETTERS] for line in lines if line.strip()]


def _without_trace(lines: list[str]) -> list[str]:
    """Leave a stack trace out: its head, the indented lines below, and the exception's own line."""
    kept, inside = [], False
    for line in lines:
        if line.startswith(_TRACE):
            inside = True
        elif inside and not line[:1].isspace():
            inside = False
        elif not inside:
            kept.append(line)
    return kept
