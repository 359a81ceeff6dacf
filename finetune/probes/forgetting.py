"""What an adapter makes a base forget: small talk, plain instructions and reading, before and after, answer by answer.

The rows are packaged, in our own words, and unlike what any house trains on. Knows nothing of workspaces or of what an
adapter was trained on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from finetune.probes import intervals
from finetune.probes.intervals import Interval, Values
from finetune.probes.likelihood import losses
from finetune.render import render, terminators

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

MARGIN = 0.10
"""Nats a token that an adapter may cost, by choice: each right token is then a tenth less likely (e^-0.1 = 0.905), and an answer
of ten tokens e times."""


@dataclass(frozen=True)
class General:
    """A question that has nothing to do with any house, and a plain answer to it."""

    kind: str
    """`talk`, `instruction` or `reading`."""
    language: str
    """`en` or `tr`."""
    question: str
    """What is asked, below the passage where there is one."""
    answer: str
    """A good answer."""


@dataclass(frozen=True)
class Forgetting:
    """What became of the base's skills."""

    rows: int
    """Rows that were read."""
    before: float
    """Mean loss with the adapter off, or with another one on that it is held against, in nats a token."""
    after: float
    """The same with the adapter on."""
    change: Interval
    """After minus before, paired by row: above 0 the adapter forgot."""
    kinds: dict[str, Interval]
    """The change by the kind of row."""

    @property
    def verdict(self) -> str:
        """`regressed` where the change is surely above the margin, `held` where it is surely below, else `open`."""
        if self.change.low > MARGIN:
            return "regressed"
        return "held" if self.change.high < MARGIN else "open"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "rows": self.rows,
            "before": round(self.before, 4),
            "after": round(self.after, 4),
            "change": self.change.to_dict(),
            "kinds": {name: value.to_dict() for name, value in self.kinds.items()},
            "margin": MARGIN,
            "verdict": self.verdict,
        }


@cache
def general() -> tuple[General, ...]:
    """Return the packaged rows."""
    lines = resources.files("finetune").joinpath("data", "general.jsonl").read_text(encoding="utf-8")
    found = []
    for line in lines.splitlines():
        told = json.loads(line)
        passage = told.pop("passage", "")
        told["question"] = f"{passage}\n{told['question']}" if passage else told["question"]
        found.append(General(**told))
    return tuple(found)


def costs(
    model: PeftModel,
    base: Base,
    on: bool = True,
    rows: Sequence[General] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Values:
    """Return what each row's answer costs, in nats a token; shape (rows,).

    Args:
        model: The base with an adapter on it, in evaluation mode.
        base: The base.
        on: Whether the adapter is on.
        rows: What to ask; the packaged rows where nothing is given.
        progress: Called with how many rows are done, and how many there are.
    """
    stops = terminators(base.tokenizer, base.model.generation_config.eos_token_id)
    rendered = [
        render(base.tokenizer, [{"role": "user", "content": row.question}], row.answer, stops)
        for row in (general() if rows is None else rows)
    ]
    return losses(model, base, rendered, on, progress)


def probe(
    model: PeftModel,
    base: Base,
    rows: Sequence[General] | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    before: Values | None = None,
) -> Forgetting:
    """Measure what an adapter costs a base, row by row.

    Args:
        model: The base with the adapter on it, in evaluation mode.
        base: The base.
        rows: What to ask; the packaged rows where nothing is given.
        seed: Of the resampling.
        progress: Called with how many rows are done, and how many there are.
        before: What the same rows cost with another adapter on (`costs`), to hold it against that one; None: the base alone.
    """
    rows = general() if rows is None else rows
    before = costs(model, base, False, rows) if before is None else before
    after = costs(model, base, True, rows, progress)
    change = after - before
    kinds = {
        kind: intervals.mean(change[[row.kind == kind for row in rows]], seed)
        for kind in dict.fromkeys(row.kind for row in rows)
    }
    return Forgetting(
        len(rows), float(before.mean()), float(after.mean()), intervals.mean(change, seed), kinds
    )
