"""How strong each setup is, from who was preferred to whom: Bradley and Terry's model (1952, Biometrika 39:324).

The chance that i is preferred to j is exp(s_i) / (exp(s_i) + exp(s_j)); a tie is half a vote for each. Knows
nothing of votes: it takes counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.statistics.stats import ALPHA, Interval
from experiments.verdict import NOT_ENOUGH

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR = 0.5
"""Each setup has won and lost so many votes against an average one before anybody voted: a setup that won everything
then has a finite strength."""
RESAMPLES = 2_000
_STEPS = 100
_CLOSE = 1e-6
_LONGEST = 2.0  # Newton's first step from 0 may be far too long where one side won everything


@dataclass(frozen=True)
class Counts:
    """How one setup fared against another."""

    wins: int
    """Votes for the first."""
    losses: int
    """Votes for the second."""
    ties: int
    """Votes for neither."""

    @property
    def n(self) -> int:
        """All of them."""
        return self.wins + self.losses + self.ties


@dataclass(frozen=True)
class Strength:
    """One setup's place."""

    setup: str
    """Its name."""
    strength: Interval
    """s: the logarithm of its odds against an average setup, with its 95 % bootstrap interval; all of them sum to 0."""
    share: Interval
    """The share of votes that it is expected to win, ties as half, when it meets each other setup equally often."""


@dataclass(frozen=True)
class Strengths:
    """What the model says."""

    rows: tuple[Strength, ...]
    """By setup, as they were named; empty without enough data."""
    effects: Mapping[str, Interval]
    """Contrasts of the expected shares, by name; empty where a setup of a contrast has no vote."""
    note: str
    """Why there are no numbers; empty when there are."""


Pairs = Mapping[tuple[str, str], Counts]
"""Counts by (the one, the other); a pair stands in it once."""


def strengths(
    setups: Sequence[str],
    pairs: Pairs,
    contrasts: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Strengths:
    """Fit the model by Newton's method and resample it.

    Votes are resampled within their pair. The shares that they are drawn from are smoothed by half a vote for
    each outcome that a pair can have, because a pair that was always won would otherwise claim certainty.

    Args:
        setups: Every setup that is to be placed.
        pairs: Who was preferred to whom.
        contrasts: Weights of setups by the contrast's name.
        seed: Of the bootstrap.
        resamples: How many times the votes are drawn again.
    """
    import numpy as np

    if note := _apart(setups, pairs):
        return Strengths((), {}, note)
    index = {setup: place for place, setup in enumerate(setups)}
    seen = {pair: counts for pair, counts in pairs.items() if counts.n}
    generator = np.random.default_rng(seed)
    measured, drawn = np.zeros((1, len(setups), len(setups))), np.zeros((resamples, len(setups), len(setups)))
    for (one, other), counts in seen.items():
        outcomes = np.array([[counts.wins, counts.losses, counts.ties]])
        _put(measured, index[one], index[other], outcomes)
        smooth = outcomes[0] + np.array([0.5, 0.5, 0.5 if counts.ties else 0.0])
        again = generator.multinomial(counts.n, smooth / smooth.sum(), size=resamples)
        _put(drawn, index[one], index[other], again)
    found, again = fitted(measured), fitted(drawn)
    share, shares = _shares(found), _shares(again)
    rows = tuple(
        Strength(
            setup,
            _interval(found[0, place], again[:, place]),
            _interval(share[0, place], shares[:, place]),
        )
        for setup, place in index.items()
    )
    effects = {
        name: _interval(*(part @ _weights(index, weights) for part in (share[0], shares)))
        for name, weights in (contrasts or {}).items()
        if weights.keys() <= index.keys()
    }
    return Strengths(rows, effects, "")


def fitted(points: NDArray[Any], prior: float = PRIOR) -> NDArray[Any]:
    """Return the strengths s of many tables at once, each centred at 0: where the log posterior, which is concave, is highest.

    Args:
        points: `points[r, i, j]` is what i won against j in table r, ties as half; shape (tables, setups, setups).
        prior: Votes that each setup has won, and lost, against an average one.

    Returns:
        Strengths of shape (tables, setups).
    """
    import numpy as np

    won = points.sum(axis=2) + prior
    met = points + points.transpose(0, 2, 1)
    found = np.zeros(won.shape)
    diagonal = np.arange(won.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(found[:, None, :] - found[:, :, None]))
        average = 1 / (1 + np.exp(-found))
        slope = won - (met * chance).sum(axis=2) - 2 * prior * average
        spread = met * chance * (1 - chance)
        bend = -spread
        bend[:, diagonal, diagonal] += spread.sum(axis=2) + 2 * prior * average * (1 - average)
        step = np.clip(np.linalg.solve(bend, slope[:, :, None])[:, :, 0], -_LONGEST, _LONGEST)
        found += step
        if float(np.max(np.abs(step))) < _CLOSE:
            break
    centred: NDArray[Any] = found - found.mean(axis=1, keepdims=True)
    return centred


def _put(table: NDArray[Any], one: int, other: int, outcomes: NDArray[Any]) -> None:
    """Write wins, losses and ties of a pair into every table as points."""
    table[:, one, other] = outcomes[:, 0] + outcomes[:, 2] / 2
    table[:, other, one] = outcomes[:, 1] + outcomes[:, 2] / 2


def _shares(found: NDArray[Any]) -> NDArray[Any]:
    """Return the mean chance of being preferred to each of the others."""
    import numpy as np

    chances = 1 / (1 + np.exp(found[:, None, :] - found[:, :, None]))
    shares: NDArray[Any] = (chances.sum(axis=2) - 0.5) / (found.shape[1] - 1)  # against itself it is one half
    return shares


def _interval(mean: float, draws: NDArray[Any]) -> Interval:
    import numpy as np

    low, high = np.quantile(draws, [ALPHA / 2, 1 - ALPHA / 2])
    return Interval(float(mean), float(low), float(high))


def _weights(index: Mapping[str, int], weights: Mapping[str, float]) -> NDArray[Any]:
    import numpy as np

    return np.array([weights.get(setup, 0.0) for setup in index])


def _apart(setups: Sequence[str], pairs: Pairs) -> str:
    """Return why the setups can't be placed on one scale: no chain of votes leads from one to another."""
    if len(setups) < 2:
        return f"{NOT_ENOUGH}: votes on two setups at least are needed"
    linked, grown = {setups[0]}, True
    while grown:
        met = {name for pair, counts in pairs.items() if counts.n and linked & set(pair) for name in pair}
        grown = not met <= linked
        linked |= met
    missing = [setup for setup in setups if setup not in linked]
    if not missing:
        return ""
    there = ", ".join(setup for setup in setups if setup in linked)
    return f"{NOT_ENOUGH}: no chain of votes leads from {there} to {', '.join(missing)}"
