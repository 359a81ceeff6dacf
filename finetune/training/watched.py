"""A training as an onlooker sees it: how far it is, its losses by step and by epoch, whether it still runs, and how it ended.

Reads a run's directory and takes no lock, so that looking never disturbs. Knows nothing of how any of it is drawn.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from finetune.training.runs import Run

State = Literal["running", "done", "failed", "silent"]
_SILENT = 60.0  # seconds without a sign after which a training is taken for stopped or killed
_GAPS = 5.0  # or so many times the longest gap that it had, where that is more


@dataclass(frozen=True)
class Watched:
    """One training, as its directory tells it."""

    name: str
    """The directory's name: when it began, UTC."""
    plan: dict[str, Any]
    """Base, rows, settings, versions."""
    state: State
    """`silent`: it did not end, but nothing was heard of it for long; it was stopped or killed, and can go on."""
    why: str
    """Why it failed; empty where it did not."""
    adapter: str
    """The adapter that it made; empty as long as there is none."""
    step: int
    """Steps taken; 0 before the first."""
    steps: int
    """Steps that it takes at most; 0 before the first."""
    seconds: float
    """How long they took, in all attempts."""
    losses: tuple[tuple[float, float], ...]
    """Each step's place, in epochs, and its loss in nats a token."""
    curve: tuple[dict[str, float], ...]
    """Per finished epoch `epoch`, `loss` (the mean of its steps) and `validation_loss`."""

    @property
    def best(self) -> dict[str, float] | None:
        """The epoch that validated best; None before the first."""
        return min(self.curve, key=lambda point: point["validation_loss"], default=None)

    @property
    def left(self) -> float | None:
        """Seconds that are left at most, by the pace so far; None where nothing is to come or nothing is known."""
        if self.state != "running" or not self.step:
            return None
        return self.seconds / self.step * (self.steps - self.step)


def watched(run: Run, now: float | None = None) -> Watched:
    """Look at a run.

    Args:
        run: Its directory.
        now: Seconds since 1970; None: now.
    """
    plan, ended, lines = run.plan, run.ended, run.curve()
    # A run that went on after a kill took some steps twice: the later line counts.
    steps = {int(line["step"]): line for line in lines if "step" in line}
    last = steps[max(steps)] if steps else {}
    of = int(last.get("steps", 0))
    epochs = float(plan.get("settings", {}).get("epochs", 0))
    losses = tuple((number / of * epochs, float(steps[number]["loss"])) for number in sorted(steps))
    checked = {
        float(line["epoch"]): float(line["validation_loss"]) for line in lines if "validation_loss" in line
    }
    means = {epoch: _mean(losses, epoch) for epoch in sorted(checked)}
    curve = tuple(
        {"epoch": epoch, "loss": mean, "validation_loss": checked[epoch]}
        for epoch, mean in means.items()
        if mean is not None
    )
    how = str(ended.get("ended", ""))
    state: State = "done" if how == "done" else "failed" if how else "running"
    if state == "running" and (now or time.time()) - run.last_sign > _patience(lines):
        state = "silent"
    return Watched(
        name=run.folder.name,
        plan=plan,
        state=state,
        why=str(ended.get("reason", "")),
        adapter=str(ended.get("adapter", "")),
        step=max(steps, default=0),
        steps=of,
        seconds=max((float(line.get("seconds", 0.0)) for line in lines), default=0.0),
        losses=losses,
        curve=curve,
    )


def _mean(losses: Sequence[tuple[float, float]], epoch: float) -> float | None:
    """Return the mean loss of the epoch that ends here; None where none of its steps is known."""
    within = [loss for place, loss in losses if epoch - 1 < place <= epoch + 1e-6]
    return sum(within) / len(within) if within else None


def _patience(lines: list[dict[str, float]]) -> float:
    times = [float(line["seconds"]) for line in lines if "seconds" in line]
    longest = max((after - before for before, after in pairwise(times)), default=0.0)
    return max(_SILENT, _GAPS * longest)
