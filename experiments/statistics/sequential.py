"""Tests that may be looked at after every question: they keep their error however often, and whenever, one stops.

Knows nothing of questions or setups, only counts. A test made for one look, taken at every look, finds a
difference between equals in a quarter of all comparisons of 300 questions (McNemar's mid-p at 5 %); these do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from statistics import NormalDist
from threading import Lock

from experiments.statistics.stats import ALPHA, POWER, Interval

SCALE = 15.0
"""After about so many disagreements a good part of α is spent. Smaller: sooner sure of large differences."""

DECAY = 1.8
"""How fast what is left of α is spent after that. Larger: less is left for small differences in large comparisons.

Computed exactly, α .05, 30 % disagreement, a look after every question. Equals alarm in 4.4 % of comparisons of 120
questions, in 4.8 % of 300. For 80 % power a difference of 20 points takes 77 questions (57 with one look), 15 points
159 (103), 10 points 470 (234); without an end, on average, 52, 102 and 285. SCALE 20 with DECAY 2.5 alarms in 4.5 and
4.9 %, but 10 points take 520; SCALE 20 with DECAY 1 alarms in 3.1 and 4.1 %, and 10 points take 377.
"""

LEVELS: tuple[float, ...] = (
    1.0,
    *(m / 10**k for k in range(1, 7) for m in (8, 6, 5, 4, 3, 2.5, 2, 1.5, 1.25, 1)),
)
"""The p values there are, from the largest on: a boundary is computed for each."""

FAR = 3_000
"""So many disagreements are looked ahead; what takes more is not told."""

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


def mean_below(counts: Mapping[float, float], margin: float, alpha: float = ALPHA) -> bool:
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


def confidence_sequence(
    counts: Mapping[float, float], lowest: float = -1.0, alpha: float = ALPHA
) -> Interval:
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
    mirrored: dict[float, float] = {}
    for value, count in counts.items():
        mirrored[lowest + 1.0 - value] = mirrored.get(lowest + 1.0 - value, 0) + count
    high = _edge(counts, mean, alpha / 2)
    low = lowest + 1.0 - _edge(mirrored, lowest + 1.0 - mean, alpha / 2)
    return Interval(mean, max(lowest, low), high)


def _edge(counts: Mapping[float, float], mean: float, alpha: float) -> float:
    """Return the smallest margin that the mean is shown to be below; 1 where there is none."""
    low, high = mean, 1.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if mean_below(counts, middle, alpha):
            high = middle
        else:
            low = middle
    return high


def _log_fortune(counts: Mapping[float, float], margin: float) -> float:
    room = max(1e-9, 1.0 - margin)
    logs = [
        sum(count * math.log1p(bet * (margin - value) / room) for value, count in counts.items() if count)
        if all(bet * (margin - value) / room > -1 for value in counts)
        else -math.inf
        for bet in BETS
    ]
    top = max(logs)
    return top + math.log(sum(math.exp(log - top) for log in logs) / len(logs)) if top > -math.inf else top


def questions_for(difference: float, discordance: float) -> int:
    """Return how many questions the sign test needs to decide in 80 % of comparisons, looked at after each.

    Args:
        difference: Of the pass rates.
        discordance: The share of questions on which the two setups disagree.

    Raises:
        ValueError: The difference is 0 or above the discordance, or too small for a number to be told.
    """
    if not 0 < abs(difference) <= discordance + 1e-12:
        raise ValueError(
            f"a difference of {difference} can't be seen where {discordance} of the questions disagree"
        )
    win = min(1.0, (1 + abs(difference) / discordance) / 2)
    inside, top, pairs = [1.0], 0, 0
    while sum(inside) > 1 - POWER:
        pairs += 1
        if pairs > FAR:
            raise ValueError(f"a difference of {difference} takes more than {FAR} disagreements")
        inside, top = _moved(inside, win), top + 1
        while top >= bound(pairs):
            inside, top = inside[1:-1], top - 2
    return math.ceil(pairs / discordance - 1e-9)


def questions_to_bound(difference: float, discordance: float, margin: float) -> int:
    """Return about how many questions show that a difference stays below `margin` (two-sided 95 %, power 80 %).

    So many that `mean_below` holds with the measured shares even where the difference comes out as much above
    its true value as it does in one of five comparisons.

    Raises:
        ValueError: The difference is not below the margin, or too near to it for a number to be told.
    """
    if difference >= margin:
        raise ValueError(f"a difference of {difference} is not below the margin of {margin}")
    n = 1.0
    while not _bounds(n, difference, discordance, margin):
        n *= 1.02
        if n > FAR / 0.01:
            raise ValueError(f"a difference of {difference} is too near to the margin of {margin}")
    return math.ceil(n)


def _bounds(n: float, difference: float, discordance: float, margin: float) -> bool:
    spread = math.sqrt(max(0.0, discordance - difference**2) / n)
    found = difference + NormalDist().inv_cdf(POWER) * spread
    if found >= margin:
        return False
    disagree = min(1.0, max(discordance, abs(found)))
    counts = {1.0: n * (disagree + found) / 2, -1.0: n * (disagree - found) / 2, 0.0: n * (1 - disagree)}
    return mean_below(counts, margin, ALPHA / 2)


def _moved(inside: list[float], win: float) -> list[float]:
    """Return the chances of the places −top − 1, … top + 1, one step after those of −top, −top + 2, … top."""
    return [up * win + down * (1 - win) for up, down in zip([0.0, *inside], [*inside, 0.0], strict=True)]


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
        moved, top = _moved(self._inside, 0.5), self._top + 1
        while top > 0 and self._spent + 2 * moved[0] <= allowed:
            self._spent += 2 * moved[0]
            moved = moved[1:-1]
            top -= 2
        self._inside, self._top = moved, top
        self._bounds.append(top + 2)


@lru_cache(maxsize=256)
def _walk(alpha: float) -> _Walk:
    return _Walk(alpha)
