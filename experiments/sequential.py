"""Tests that may be looked at after every question: they keep their error however often, and whenever, one stops.

Knows nothing of questions or setups, only counts. A test made for one look, taken at every look, finds a
difference between equals in a quarter of all comparisons of 300 questions (McNemar's mid-p at 5 %); these do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock

from experiments.stats import ALPHA, Interval

SCALE = 20.0
"""After about so many disagreements a good part of α is spent. Smaller: sooner sure of large differences."""

DECAY = 2.5
"""How fast what is left of α is spent after that. Larger: nearly all of it within a hundred disagreements.

Computed exactly, α .05, 30 % disagreement, a look after every question: equals alarm in 4.5 % of comparisons of
120 questions and 4.9 % of 300. A difference of 15 points, which one look at 103 questions finds in 80 %, is found
in 64 % by then and in 80 % by 161; without an end it takes 101 questions on average. SCALE 5 with DECAY .5
alarms in 3.2 and 3.8 %; SCALE 5 with DECAY 3 in 5.0 and 5.0 %, but finds 15 points in 50 % by 103 questions.
"""

LEVELS: tuple[float, ...] = (
    1.0,
    *(m / 10**k for k in range(1, 7) for m in (8, 6, 5, 4, 3, 2.5, 2, 1.5, 1.25, 1)),
)
"""The p values there are, from the largest on: a boundary is computed for each."""

BETS = tuple(0.98 / 2**k for k in range(8))
"""How much of the most that can be lost is bet on each answer; one of them is near the best bet."""


def decided(wins: int, losses: int, alpha: float = ALPHA) -> bool:
    """Return whether wins and losses are surely not equally likely, however often this was asked before.

    A sign test on the questions on which two setups disagree. Between equals each of them is a fair coin, so
    wins less losses is a fair random walk; it leaves `bound` in at most `alpha` of all walks, ever. Whoever
    looks seldom alarms less often still.
    """
    return abs(wins - losses) >= bound(wins + losses, alpha)


def bound(pairs: int, alpha: float = ALPHA) -> int:
    """Return the smallest |wins − losses| that decides after so many disagreements; above `pairs`: none does.

    α is spent along f(d) = α (1 − (1 + d/SCALE)^−DECAY), which has no last look (alpha spending: Lan & DeMets
    1983, Biometrika 70:659). The bound is the lowest one with which no more than f(d) of the fair walks have
    ever left it by d, found by following the chance of each place of a walk that is still inside. Only even or
    odd places can be reached, so a part of f(d) stays unspent and is carried on.
    """
    return _walk(alpha).bound(pairs)


def p_value(wins: int, losses: int) -> float:
    """Return an always-valid p: the smallest level at which these counts decide, and at every larger one too.

    It is one of `LEVELS`, so it is rounded up. Smaller than a in at most a of all walks of equals, whenever one
    looks (Johari et al. 2022, Operations Research 70:1806).
    """
    found = LEVELS[0]
    for level in LEVELS[1:]:
        if not decided(wins, losses, level):
            break
        found = level
    return found


def shown_below(wins: int, losses: int, ties: int, margin: float, alpha: float = ALPHA) -> bool:
    """Return whether the true difference is surely below `margin`, however often this was asked before.

    One-sided, for questions that are won (1), lost (−1) or tied (0).
    """
    return mean_below({1.0: wins, -1.0: losses, 0.0: ties}, margin, alpha)


def mean_below(counts: Mapping[float, int], margin: float, alpha: float = ALPHA) -> bool:
    """Return whether the true mean of values up to 1 is surely below `margin`, whenever one looks.

    Somebody who bets on every value x, at a price that is fair or bad if the mean is the margin m or above,
    multiplies a fortune by 1 + λ(m − x). It grows to 1/α in at most α of all cases (Ville 1939); λ is a mixture
    of `BETS`/(1 − m), so the product depends on the counts alone (Waudby-Smith & Ramdas 2023, JRSS B 86:1).

    Args:
        counts: How often each value was seen; none above 1.
        margin: What the mean must be below.
        alpha: How often it may be claimed wrongly.
    """
    return _log_fortune(counts, margin) >= -math.log(alpha)


def confidence_sequence(counts: Mapping[float, int], lowest: float = -1.0, alpha: float = ALPHA) -> Interval:
    """Return the mean of values from `lowest` to 1 with an interval that holds whenever one stops.

    Its ends are the means that the bets of `mean_below`, and of its mirror image, do not refute, each side at
    half of `alpha`.

    Raises:
        ValueError: There are no values.
    """
    n = sum(counts.values())
    if n < 1:
        raise ValueError("An interval needs at least one value, but there is none.")
    mean = sum(value * count for value, count in counts.items()) / n
    mirrored: dict[float, int] = {}
    for value, count in counts.items():
        mirrored[lowest + 1.0 - value] = mirrored.get(lowest + 1.0 - value, 0) + count
    high = _edge(counts, mean, alpha / 2)
    low = lowest + 1.0 - _edge(mirrored, lowest + 1.0 - mean, alpha / 2)
    return Interval(mean, max(lowest, low), high)


def _edge(counts: Mapping[float, int], mean: float, alpha: float) -> float:
    """Return the smallest margin that the mean is shown to be below; 1 where there is none."""
    low, high = mean, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if mean_below(counts, middle, alpha):
            high = middle
        else:
            low = middle
    return high


def _log_fortune(counts: Mapping[float, int], margin: float) -> float:
    room = max(1e-9, 1.0 - margin)
    logs = [
        sum(count * math.log1p(bet * (margin - value) / room) for value, count in counts.items() if count)
        if all(bet * (margin - value) / room > -1 for value in counts)
        else -math.inf
        for bet in BETS
    ]
    top = max(logs)
    return top + math.log(sum(math.exp(log - top) for log in logs) / len(logs)) if top > -math.inf else top


class _Walk:
    """The bounds of one α, computed as far as they were asked for and kept."""

    def __init__(self, alpha: float) -> None:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must be between 0 and 1, but is {alpha}.")
        self._alpha = alpha
        self._inside = [1.0]  # chance of the places −top, −top + 2, … top, of walks that never left
        self._top = 0
        self._spent = 0.0
        self._bounds = [2]  # after no disagreement nothing is decided
        self._lock = Lock()  # several visitors of one page may ask at once

    def bound(self, pairs: int) -> int:
        with self._lock:
            while len(self._bounds) <= pairs:
                self._step()
            return self._bounds[pairs]

    def _step(self) -> None:
        allowed = self._alpha * (1 - (1 + len(self._bounds) / SCALE) ** -DECAY)
        inside = self._inside
        moved = [(a + b) / 2 for a, b in zip([0.0, *inside], [*inside, 0.0], strict=True)]
        top = self._top + 1
        while top > 0 and self._spent + 2 * moved[0] <= allowed:
            self._spent += 2 * moved[0]
            moved = moved[1:-1]
            top -= 2
        self._inside, self._top = moved, top
        self._bounds.append(top + 2)


@lru_cache(maxsize=256)
def _walk(alpha: float) -> _Walk:
    return _Walk(alpha)
