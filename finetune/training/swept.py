"""What a sweep found: settings, how each went, and which is surely better than the rules' on the same validation rows.

Only numbers: knows nothing of how settings are proposed or trained, or of how results are shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from finetune.probes import intervals
from finetune.probes.intervals import Interval

By = Literal["rule", "own", "search"]
Outcome = Literal["done", "pruned", "failed", "left out"]
Verdict = Literal["better", "open", "rule", "alone"]


@dataclass(frozen=True)
class Trial:
    """One setting, and how it went."""

    number: int
    """From 0."""
    by: By
    """Who proposed it: the rules, rungwise.toml, or the search."""
    rank: int
    """Rank of the LoRA factors."""
    learning_rate: float
    """Highest learning rate."""
    epochs: int
    """Passes over the rows, at most."""
    outcome: Outcome
    """`left out` was not begun: what was left of the budget did not suffice."""
    why: str
    """A sentence, where it is not done."""
    seconds: float
    """How long it took, all in all."""
    kept_epoch: float | None
    """The epoch whose weights were kept; None where it is not done."""
    losses: tuple[float, ...]
    """Each validation row's loss, nats a token; empty where it is not done."""

    @cached_property
    def loss(self) -> Interval | None:
        """The mean of the rows' losses, with its 95 % interval; None where it is not done."""
        return intervals.mean(self.losses) if self.losses else None


@dataclass(frozen=True)
class Sweep:
    """What a search found."""

    base: str
    """The base's name."""
    rows: int
    """Rows that were learned from."""
    validation_rows: int
    """Rows that settings were compared on."""
    budget: float
    """Seconds that it might take."""
    trials: tuple[Trial, ...]
    """In the order in which they were tried; that of the rules is first, and done."""

    @property
    def spent(self) -> float:
        """Seconds that all trials took."""
        return sum(trial.seconds for trial in self.trials)

    @property
    def rule(self) -> Trial:
        """What the rules choose."""
        return next(trial for trial in self.trials if trial.by == "rule" and trial.losses)

    @cached_property
    def best(self) -> Trial:
        """The lowest mean loss; where two are equal, the earlier one."""
        return min(
            (trial for trial in self.trials if trial.losses), key=lambda trial: float(np.mean(trial.losses))
        )

    @cached_property
    def differences(self) -> dict[int, Interval]:
        """By number, how much more each finished setting loses than the rule's; 95 % intervals that hold for all at once."""
        others = [trial for trial in self.trials if trial.losses and trial != self.rule]
        if not others:
            return {}
        paired = np.array([trial.losses for trial in others]) - np.array(self.rule.losses)
        found = intervals.together(paired)
        return {trial.number: interval for trial, interval in zip(others, found, strict=True)}

    @property
    def verdict(self) -> Verdict:
        """`better`: the best surely is; `open`: can't be told apart; `rule`: the rule's is best; `alone`: nothing to compare."""
        if not self.differences:
            return "alone"
        if self.best == self.rule:
            return "rule"
        return "better" if self.differences[self.best.number].high < 0 else "open"

    @property
    def advised(self) -> Trial:
        """The best where it surely is better, and what the rules choose everywhere else."""
        return self.best if self.verdict == "better" else self.rule

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values, without the losses of single rows."""
        return {
            "base": self.base,
            "rows": self.rows,
            "validation_rows": self.validation_rows,
            "budget_seconds": self.budget,
            "spent_seconds": round(self.spent, 1),
            "trials": [self._row(trial) for trial in self.trials],
            "rule": self.rule.number,
            "best": self.best.number,
            "advised": self.advised.number,
            "verdict": self.verdict,
        }

    def _row(self, trial: Trial) -> dict[str, Any]:
        told = asdict(trial)
        del told["losses"]
        difference = self.differences.get(trial.number)
        return {
            **told,
            "seconds": round(trial.seconds, 1),
            "validation_loss": trial.loss.to_dict() if trial.loss else None,
            "difference": difference.to_dict() if difference else None,
        }
