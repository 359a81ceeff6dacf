"""Is the winner of a search really better? One paired test on questions that did not choose it.

The best of many is partly the luckiest: its advantage shrinks on other questions, nobody knows how far. So the advantage on the
questions that chose is never taken for a result. Pure; knows nothing of prompts or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.stats import ALPHA, Interval, mcnemar_exact, paired_interval


@dataclass(frozen=True)
class Confirmation:
    """The winner against the present prompting, on held-out questions."""

    questions: int
    """Questions that both answered."""
    present: int
    """How many the present one passed."""
    winner: int
    """How many the winner passed."""
    difference: Interval
    """The winner's pass rate less the present one's, with its 95 % interval."""
    wins: int
    """Questions that only the winner passed."""
    losses: int
    """Questions that only the present one passed."""
    p: float
    """Two-sided p of McNemar's exact test, times `times` (Bonferroni), at most 1."""
    times: int
    """How many winners these questions have judged, this one included: each is one more chance for luck."""

    @property
    def confirmed(self) -> bool:
        """Whether the winner is surely better (5 %)."""
        return self.wins > self.losses and self.p <= ALPHA


def confirm(present: Sequence[bool], winner: Sequence[bool], times: int = 1, seed: int = 0) -> Confirmation:
    """Hold a winner against the present prompting.

    Args:
        present: Whether it passed, question by question.
        winner: The same of the winner, in the same order.
        times: How many winners these questions have judged, this one included.
        seed: Of the interval's bootstrap.

    Raises:
        ValueError: They are not as many, or fewer than two.
    """
    pairs = list(zip(winner, present, strict=True))
    wins = sum(new and not old for new, old in pairs)
    losses = sum(old and not new for new, old in pairs)
    return Confirmation(
        questions=len(pairs),
        present=sum(present),
        winner=sum(winner),
        difference=paired_interval([float(new) - float(old) for new, old in pairs], seed),
        wins=wins,
        losses=losses,
        p=min(1.0, times * mcnemar_exact(wins, losses)),
        times=times,
    )
