"""Traces: one line of every answer that was served, in a file a day that only grows, and how long they are kept.

A trace holds hashes, ids, scores, times and counts. It holds words of question and answer only where the workspace's settings
say so (`[monitor] text`), and those are taken out again after `text_days`. Hashes are keyed: without the workspace's key nobody
can try questions out on them. Knows nothing of how an answer is made, or of what traces tell.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.config.monitor_settings import MonitorSettings
from foundation.files import write_text_atomic
from monitoring.sketch import NUMBERS

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TEXTS = ("asked", "answered")
_MOST = 1e12


class Ended(StrEnum):
    """How an answer ended."""

    ANSWERED = "answered"
    """Told."""
    ABSTAINED = "abstained"
    """It says that it can't be told."""
    ASKED_BACK = "asked back"
    """It asks what was meant."""
    FAILED = "failed"
    """An error came instead."""
    STOPPED = "stopped"
    """Whoever asked left before its end."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is kept of one answer."""

    id: str
    """Names the trace."""
    when: str
    """When the question was asked, ISO 8601 in UTC."""
    setup: str
    """The setup, as `rag` or `rag+shots`."""
    ended: str
    """How it ended, as `Ended`."""
    question: str
    """A keyed hash of the question."""
    who: str = ""
    """A keyed hash of who asked; empty where nobody was named."""
    conversation: str = ""
    """A keyed hash of who asked and the conversation's first turn: the same for all turns of a conversation."""
    turn: int = 0
    """Turns before it, the assistant's included."""
    error: str = ""
    """The kind of error that came instead of an answer; none of its words."""
    chunks: tuple[str, ...] = ()
    """The ledger's ids of the passages that were found, the best first."""
    documents: tuple[str, ...] = ()
    """A keyed hash of each passage's document."""
    scores: tuple[float, ...] = ()
    """Each passage's cosine to the question, −1 to 1."""
    retrieved: bool = False
    """Whether the setup looks passages up."""
    answerability: float | None = None
    """What retrieval alone said, 0 to 1; None where the workspace has no gate."""
    abstained_by: str = ""
    """Who declined: `retrieval`, `model`, or nobody."""
    broken: tuple[str, ...] = ()
    """The rules of the form that it breaks, by name."""
    repaired: bool = False
    """Whether a first answer broke the form, and this is the second."""
    carried: int = 0
    """Its sentences that passages carry."""
    uncarried: int = 0
    """Its sentences that none carries."""
    citations: tuple[int, ...] = ()
    """The passages that it cites, by their place from 1."""
    removed: tuple[str, ...] = ()
    """What the guard took out, by kind."""
    cut: bool = False
    """Whether it was cut off at the limit of its length."""
    seconds: float = 0.0
    """Seconds from question to end."""
    first: float | None = None
    """Seconds to the first text; None where none came."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by step, as `Reply.timings`."""
    tokens_in: int = 0
    """Tokens of the prompt."""
    tokens_out: int = 0
    """Tokens of the answer."""
    model: str = ""
    """The base's name, without its folder."""
    adapter: str = ""
    """The adapter's name; empty where it was off."""
    index: str = ""
    """The generation of the index; empty where none was asked."""
    sketch: tuple[float, ...] = ()
    """A sketch of the question's vector (`monitoring.sketch`); empty where the setup did not look anything up."""
    space: str = ""
    """A keyed name of what made the vector."""
    asked: str = ""
    """The question, only where the workspace keeps text."""
    answered: str = ""
    """The answer, only where the workspace keeps text."""

    @property
    def day(self) -> str:
        """Its day in UTC, YYYY-MM-DD."""
        return self.when[:10]

    @property
    def whole(self) -> bool:
        """Whether an answer came, whatever it says."""
        return self.ended not in (Ended.FAILED, Ended.STOPPED)


_KNOWN = frozenset(one.name for one in fields(Trace))
_LISTS = ("chunks", "documents", "scores", "broken", "citations", "removed", "sketch")
_DEFAULTS = Trace("", "", "", "", "")


def line_of(trace: Trace) -> str:
    """Return a trace as a line of its file, without what is empty."""
    told = {
        name: value
        for name, value in asdict(trace).items()
        if name in ("id", "when", "setup", "ended", "question") or value != getattr(_DEFAULTS, name)
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def append(folder: Path, trace: Trace) -> None:
    """Write a trace at the end of its day's file: one write of one whole line, so that processes do not mix theirs.

    It is not waited for until it is on the disk: a machine that loses its power loses the last traces, and no answer waits.

    Args:
        folder: Where the files are.
        trace: What to keep.

    Raises:
        OSError: It can't be written.
    """
    line = line_of(trace).encode("utf-8")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    path = folder / f"{trace.day}.jsonl"
    try:
        handle = os.open(path, flags, 0o600)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def read(folder: Path, since: date, until: date) -> tuple[list[Trace], int]:
    """Return the traces of some days, oldest first, and how many lines can't be read.

    Args:
        folder: Where the files are.
        since: The first day, in UTC.
        until: The last day.
    """
    found: list[Trace] = []
    damaged = 0
    for path in _files(folder):
        if not since.isoformat() <= path.stem <= until.isoformat():
            continue
        for line in path.read_bytes().split(b"\n"):
            if not line.strip():
                continue
            trace = _parsed(line)
            if trace is None:
                damaged += 1
            else:
                found.append(trace)
    found.sort(key=lambda one: one.when)
    return found, damaged


def tidy(folder: Path, settings: MonitorSettings, today: date) -> tuple[int, int]:
    """Remove the days that are kept no longer, and take words out of lines that may hold them no longer.

    Args:
        folder: Where the files are.
        settings: How long each is kept; where no text is kept, words of earlier days go at once.
        today: The day, in UTC. Its file is being written to, and stays as it is.

    Returns:
        How many files were removed, and out of how many lines words were taken.

    Raises:
        OSError: A file can't be changed.
    """
    removed = thinned = 0
    words = settings.text_days if settings.text else 1
    for path in _files(folder):
        if path.stem <= (today - timedelta(days=settings.keep_days)).isoformat():
            path.unlink(missing_ok=True)
            removed += 1
        elif path.stem <= (today - timedelta(days=words)).isoformat():
            thinned += _without_words(path)
    return removed, thinned


def _without_words(path: Path) -> int:
    """Take the words out of every line of a file, and return out of how many."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if not any(f'"{name}":' in text for name in _TEXTS):
        return 0
    lines, thinned = [], 0
    for line in text.split("\n"):
        row = _row(line)
        if row is not None and any(name in row for name in _TEXTS):
            kept = {name: value for name, value in row.items() if name not in _TEXTS}
            line, thinned = json.dumps(kept, ensure_ascii=False, separators=(",", ":")), thinned + 1
        elif row is None and any(name in line for name in _TEXTS):
            continue  # a torn line may hold half of a question, and tells nothing else
        lines.append(line)
    write_text_atomic(path, "\n".join(lines))
    path.chmod(0o600)
    return thinned


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of days, oldest first."""
    if folder.is_dir():
        yield from sorted(path for path in folder.glob("*.jsonl") if _DAY.fullmatch(path.stem))


def _parsed(line: bytes) -> Trace | None:
    row = _row(line)
    if row is None:
        return None
    try:
        for name in _LISTS:
            if name in row:
                row[name] = tuple(row[name])
        trace = Trace(**row) if row.keys() <= _KNOWN else Trace(**_only_known(row))
        datetime.fromisoformat(trace.when)
    except (TypeError, ValueError):
        return None
    return trace if _sound(trace) else None


def _sound(trace: Trace) -> bool:
    """Whether everything that is counted is of its kind: a line may be whole JSON, and still have been written over."""
    numbers = (trace.seconds, trace.carried, trace.uncarried, trace.tokens_in, trace.tokens_out, trace.turn, *trace.scores,
               *trace.sketch)  # fmt: skip
    maybe = tuple(one for one in (trace.first, trace.answerability) if one is not None)
    words = (trace.id, trace.setup, trace.ended, trace.conversation, trace.space, trace.asked, *trace.chunks, *trace.documents,
             *trace.broken)  # fmt: skip
    counted = all(
        isinstance(one, int | float) and abs(one) < _MOST for one in numbers + maybe
    )  # no number is not below it either
    return counted and all(isinstance(one, str) for one in words) and len(trace.sketch) in (0, NUMBERS)


def _only_known(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without what a later version wrote besides."""
    return {name: value for name, value in row.items() if name in _KNOWN}


def _row(line: str | bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)
