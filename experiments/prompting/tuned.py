"""What a search over promptings found: the nouns of `experiments.prompting.search`, frozen and free of any arithmetic but shares.

Knows nothing of how they are computed or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic

from experiments.prompting.confirm import Confirmation
from experiments.protocols import SetupT
from foundation.errors import UserError


@dataclass(frozen=True)
class Space(Generic[SetupT]):
    """What is searched: the caller's setups, each a prompting of the same cell of the 2×2."""

    present: SetupT
    """How prompts are made now."""
    others: Sequence[SetupT]
    """What is tried instead, the simplest first."""
    around: Callable[[SetupT], Sequence[SetupT]] = lambda best: ()
    """Returns what differs from the best in one example only; nothing where there is none to exchange."""

    def __post_init__(self) -> None:
        """Check the names."""
        names = [str(one) for one in (self.present, *self.others)]
        if len(set(names)) < len(names):
            raise UserError("Two promptings have one name, so their answers could not be told apart.")


class Outcome(StrEnum):
    """How a search ended."""

    CONFIRMED = "confirmed"
    """The winner is surely better on held-out questions too."""
    UNCONFIRMED = "unconfirmed"
    """It led on the dev questions, and held-out questions do not show that it is better: keep the present one."""
    KEEP = "keep"
    """Nothing led the present prompting on the dev questions."""
    UNFINISHED = "unfinished"
    """The budget ended before it could be told; the same search goes on from there."""


@dataclass(frozen=True)
class Tried:
    """One candidate, as far as it was asked."""

    setup: str
    """Its name, as `rungwise compare --setups` takes it."""
    asked: int
    """Dev questions that it answered; the same first ones for all."""
    passed: int
    """How many of them with the right facts in the right form."""
    near: float
    """How near it came to both, 0 to 1: the mean of facts and form. It ranks candidates that passed as often."""

    @property
    def rate(self) -> float:
        """The share that it passed."""
        return self.passed / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Found:
    """What a search on the dev questions came to."""

    present: Tried
    """How prompts are made now."""
    winner: Tried
    """The best candidate; the present one where none passes more."""
    tried: tuple[Tried, ...]
    """Every candidate, the one that was asked most and passed most first."""
    questions: int
    """Dev questions there are."""
    answers: int
    """Answers that the search looked at, those that were kept from before among them."""
    grid: int
    """Answers that it would have taken to ask every candidate every question."""
    spent: str
    """Why it ended early; empty where it did not."""

    @property
    def advantage(self) -> float:
        """The winner's pass rate on the dev questions less the present one's. It flatters the winner: they chose it."""
        return self.winner.rate - self.present.rate


@dataclass(frozen=True)
class Tuned:
    """A search and its confirmation."""

    found: Found
    """What the dev questions say."""
    held_out: Confirmation | None
    """What the test questions say; None where nothing led, or the budget ended before."""
    outcome: Outcome
    """How it ended."""
    reason: str
    """Why, in a sentence or two."""
    asked: int
    """Answers that the model gave in this run; all others were kept from before."""
    seconds: float
    """What this run took."""
