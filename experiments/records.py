"""What was answered, kept in a file that only grows, so that a killed run asks nothing twice.

Knows nothing of scores: what a record says is judged anew on every reading, so a mended scorer needs no new
answers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from experiments.protocols import Conversation, ReplyLike
from foundation.discreet import discreet
from foundation.files import sha256_text


class Failure(StrEnum):
    """How asking itself went wrong."""

    ERROR = "error"
    """The asker raised."""
    TIMEOUT = "timeout"
    """The answer came too late, or never."""
    REFUSAL = "refusal"
    """The model's host declined, as a content filter does."""


@dataclass(frozen=True)
class Passage:
    """A passage that was given to the model."""

    source: str
    """Path of its document, relative to `documents/`."""
    text: str
    """Its heading, if any, and its text."""


@dataclass(frozen=True)
class Record:
    """One reply as a run keeps it, or what was raised instead of one."""

    text: str = ""
    """The answer as the user sees it."""
    passages: tuple[Passage, ...] = ()
    """What it could cite: `[1]` is the first."""
    abstained: bool = False
    """Whether it said that the documents do not tell."""
    finished: bool = True
    """Whether the model ended by itself."""
    seconds: float = 0.0
    """How long the reply took, as the asker says; in a batch, its share of the batch's time."""
    tokens_in: int = 0
    """Tokens of the prompt."""
    tokens_out: int = 0
    """Tokens of the answer."""
    failure: Failure | None = None
    """How asking went wrong; None when there is an answer."""
    error: str = ""
    """The error's own words."""
    asked_back: bool = False
    """Whether it asked back instead of answering."""
    timings: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Seconds by stage, as the asker names them: `retrieve`, `prefill`, `decode` and others."""
    steps: tuple[str, ...] = ()
    """What was done for it, by name, where the asker tells."""
    model: str = ""
    """The base that answered."""
    adapter: str = ""
    """The adapter that was on; empty: none."""
    index: str = ""
    """The generation of the index that was searched; empty: none."""
    unsupported: int = 0
    """Sentences that no passage carries."""
    run: str = field(default="", compare=False)
    """Names the run that asked: another one may have found the machine busier, so their seconds are not compared."""


def record_of(reply: ReplyLike) -> Record:
    """Return what a run keeps of a reply; a refusal is kept as one, with what there is of an answer."""
    timings = {name: float(seconds) for name, seconds in reply.timings.items()}
    refusal = str(getattr(reply, "refusal", ""))
    return Record(
        text=reply.text,
        passages=tuple(
            Passage(hit.chunk.source, f"{hit.chunk.heading or ''}\n{hit.chunk.text}".strip())
            for hit in reply.hits
        ),
        abstained=bool(reply.abstained),
        finished=bool(reply.finished),
        seconds=timings["total"] if "total" in timings else sum(timings.values()),
        tokens_in=int(reply.tokens_in),
        tokens_out=int(reply.tokens_out),
        failure=Failure.REFUSAL if refusal else None,
        error=refusal,
        asked_back=bool(getattr(reply, "asked_back", False)),
        timings=timings,
        steps=tuple(str(step) for step in getattr(reply, "steps", ())),
        model=str(getattr(reply, "model", "")),
        adapter=str(getattr(reply, "adapter", "")),
        index=str(getattr(reply, "index", "")),
        unsupported=len(getattr(reply, "unsupported", ())),
    )


def failed(error: Exception) -> Record:
    """Return what a run keeps of an error in the place of a reply."""
    if getattr(error, "refused", False):
        kind = Failure.REFUSAL
    else:
        kind = Failure.TIMEOUT if isinstance(error, TimeoutError) else Failure.ERROR
    return Record(failure=kind, error=f"{type(error).__name__}: {discreet(str(error))}")


def key_of(
    question: str,
    conversation: Conversation,
    setup: str,
    fingerprint: str,
    seed: int | None = None,
    temperature: float = 0.0,
) -> str:
    """Return the content hash under which an answer is kept.

    Args:
        question: What is asked.
        conversation: Earlier turns.
        setup: The setup's name.
        fingerprint: Whatever else decides the answer: base, adapter, index, prompt and form.
        seed: Of sampling; None: nothing is drawn.
        temperature: Of sampling.
    """
    turns = [[turn["role"], turn["content"]] for turn in conversation]
    told: list[Any] = [question, turns, setup, fingerprint]
    if seed is not None:
        told += [seed, temperature]
    return sha256_text(json.dumps(told, ensure_ascii=False))


class RecordFile:
    """An append-only JSONL file of records by key.

    A line that a kill tore, or that can't be read for another reason, counts as not asked; `damaged` counts
    them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self._records: dict[str, Record] = {}
        self._ends_in_the_middle = False
        if path.exists():
            self._read()

    def get(self, key: str) -> Record | None:
        """Return the record kept under `key`, the latest if there are several."""
        return self._records.get(key)

    def append(self, records: Iterable[tuple[str, Record]]) -> None:
        """Write records and flush them to the disk before returning."""
        rows = list(records)
        lines = [json.dumps({"key": key, **asdict(record)}, ensure_ascii=False) for key, record in rows]
        start = (
            "\n" if self._ends_in_the_middle else ""
        )  # or a torn last line would swallow the first new one
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(start + "".join(line + "\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        self._ends_in_the_middle = False
        self._records.update(rows)

    def _read(self) -> None:
        text = self.path.read_bytes().decode("utf-8", errors="replace")
        self._ends_in_the_middle = bool(text) and not text.endswith("\n")
        for line in filter(str.strip, text.split("\n")):
            try:
                row: dict[str, Any] = json.loads(line)
                key = row.pop("key")
                self._records[key] = _record(row)
            except (ValueError, TypeError, KeyError, AttributeError):
                self.damaged += 1


_FIELDS = frozenset(field.name for field in fields(Record))


def _record(row: dict[str, Any]) -> Record:
    """Return a record as it was written, by this version or another one: what is not known is passed over."""
    known = {name: value for name, value in row.items() if name in _FIELDS}
    known["passages"] = tuple(Passage(**passage) for passage in known["passages"])
    known["failure"] = Failure(known["failure"]) if known["failure"] else None
    known["steps"] = tuple(known.get("steps", ()))
    return Record(**known)
