"""The statistics of paired answers: intervals, tests, corrections and sample sizes.

Knows nothing of questions or setups, only numbers. scipy is imported when first needed, so importing this is
cheap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from foundation import proportion

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
POWER = 0.80
RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A value and where the truth likely is."""

    mean: float
    """The measured value."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""


def wilson(passed: int, n: int) -> Interval:
    """Return a pass rate with its 95 % Wilson score interval (Wilson 1927; scipy's `proportion_ci`).

    Raises:
        ValueError: There is nothing to count (`n` is 0).
    """
    return Interval(passed / n if n else 0.0, *proportion.wilson(passed, n, CONFIDENCE))


def paired_interval(
    values: Sequence[float],
    seed: int = 0,
    resamples: int = RESAMPLES,
    reach: float = 1.0,
    lowest: float | None = None,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return the mean of one value a question with its percentile bootstrap interval (Efron 1979).

    Questions are resampled whole, so differences stay paired. The values are few and discrete (−1, 0, 1,
    halves), and resampling n questions is drawing how often each value occurs: one multinomial draw a
    resample, the same distribution as `scipy.stats.bootstrap` in a hundredth of the time.

    Where every value is the same there is nothing to resample, and [d, d] would claim certainty. The interval
    then opens by the Wilson bound of "0 of n differ": that share of questions, not seen yet, may lie anywhere
    in reach.

    Args:
        values: One number a question.
        seed: Of the random numbers; the same seed gives the same interval.
        resamples: How many resamples are drawn.
        reach: No value can be above it.
        lowest: No value can be below it; None: the negative of `reach`.
        confidence: How often such an interval holds the truth.

    Raises:
        ValueError: Fewer than two values.
    """
    import numpy as np

    n = len(values)
    if n < 2:
        raise ValueError(f"an interval needs at least two questions, but there are {n}")
    levels, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
    if len(levels) == 1:
        unseen = proportion.wilson(0, n, confidence)[1]
        return _unvarying(float(levels[0]), unseen, -reach if lowest is None else lowest, reach)
    draws = np.random.default_rng(seed).multinomial(n, counts / n, size=resamples)
    means = draws @ levels / n
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(levels @ counts / n), float(low), float(high))


def _unvarying(value: float, unseen: float, lowest: float, reach: float) -> Interval:
    return Interval(value, value - unseen * (value - lowest), value + unseen * (reach - value))


def mcnemar_exact(wins: int, losses: int) -> float:
    """Return the two-sided p of McNemar's exact test: never too small, often too large."""
    if wins + losses == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(min(wins, losses), wins + losses, 0.5).pvalue)


def mcnemar_mid_p(wins: int, losses: int) -> float:
    """Return the two-sided mid-p of McNemar's test: the exact p less half the probability of what was seen.

    The exact test alarms well below α when wins and losses are few; the mid-p version holds α closely and
    rarely passes it (Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91).
    """
    n = wins + losses
    if n == 0:
        return 1.0
    from scipy.stats import binom

    fewer = min(wins, losses)
    return float(min(1.0, 2 * binom.cdf(fewer, n, 0.5) - binom.pmf(fewer, n, 0.5)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for their number by Holm's step-down method (1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def questions_for(difference: float, discordance: float) -> int:
    """Return how many questions a paired test needs to see `difference` (α .05 two-sided, power 80 %).

    n = (z_α √D + z_β √(D − δ²))² / δ² (Connor 1987, Biometrics 43:207), with D the share of questions on
    which the two setups disagree, and δ the difference of their pass rates.

    Raises:
        ValueError: The difference is 0 or above the discordance, which no number of questions can show.
    """
    delta = abs(difference)
    if not 0 < delta <= discordance + 1e-12:
        raise ValueError(
            f"a difference of {difference} can't be seen where {discordance} of the questions disagree"
        )
    z_alpha, z_beta = _z(1 - ALPHA / 2), _z(POWER)
    spread = math.sqrt(max(0.0, discordance - delta**2))
    return math.ceil((z_alpha * math.sqrt(discordance) + z_beta * spread) ** 2 / delta**2 - 1e-9)


def questions_to_bound(difference: float, discordance: float, margin: float) -> int:
    """Return how many questions show that a difference stays below `margin` (two-sided 95 %, power 80 %).

    n = (z_α + z_β)² (D − δ²) / (margin − δ)², the usual size of a non-inferiority trial on paired pass/fail
    answers. Where no question told the two apart, n is where the Wilson bound of "0 of n differ" falls to the
    margin.

    Raises:
        ValueError: The difference is not below the margin, so no number of questions can show that it is.
    """
    if difference >= margin:
        raise ValueError(f"a difference of {difference} is not below the margin of {margin}")
    z_alpha, z_beta = _z(1 - ALPHA / 2), _z(POWER)
    if discordance <= 0:
        return math.ceil(z_alpha**2 * (1 / margin - 1) - 1e-9)
    spread = max(0.0, discordance - difference**2)
    return math.ceil((z_alpha + z_beta) ** 2 * spread / (margin - difference) ** 2 - 1e-9)


def smallest_difference(n: int, discordance: float) -> float | None:
    """Return the smallest difference that `n` questions can show (α .05, power 80 %), or None.

    Setups that differ by δ disagree on δ of the questions at least: there, the discordance is taken as δ.
    None: not even a difference of 1 could be shown.
    """
    low, high = 0.0, 1.0
    if n < questions_for(high, 1.0):
        return None
    while high - low > 1e-6:
        middle = (low + high) / 2
        if questions_for(middle, max(middle, discordance)) <= n:
            high = middle
        else:
            low = middle
    return high


def _z(probability: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)
