"""Measured values with their 95 % intervals, for the probes of an adapter.

Knows nothing of models or rows, only numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation import proportion

Values = NDArray[np.float64]
CONFIDENCE = 0.95
RESAMPLES = 2_000


@dataclass(frozen=True)
class Interval:
    """A value and where the truth likely is."""

    value: float
    """What was measured."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""

    def to_dict(self) -> dict[str, Any]:
        """Return the interval as JSON values, to four places."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def ends(resampled: Values) -> tuple[float, float]:
    """Return the percentile interval of a bootstrap (Efron 1979) from the values of its resamples, shape (resamples,)."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return float(low), float(high)


def mean(values: Sequence[float] | Values, seed: int = 0) -> Interval:
    """Return the mean of values with its percentile bootstrap interval; for paired values give their differences.

    Raises:
        ValueError: There are no values.
    """
    given = np.asarray(values, dtype=np.float64)
    if not len(given):
        raise ValueError("A mean needs at least one value, but there are none.")
    rng = np.random.default_rng(seed)
    drawn = given[rng.integers(0, len(given), (RESAMPLES, len(given)))].mean(axis=1)
    return Interval(float(given.mean()), *ends(drawn))


def together(differences: Values, seed: int = 0) -> list[Interval]:
    """Return means of paired differences with intervals that hold for all settings at once, however many were looked at.

    The bootstrap of the largest studentised deviation (max-t; Westfall & Young 1993, Romano & Wolf 2005): with 95 % confidence no
    interval misses, so the one of the best, chosen after looking, holds too.

    Args:
        differences: A setting a row, the same things in each column; shape (settings, things).
        seed: Of the resampling, the same for all settings.

    Raises:
        ValueError: There is nothing to compare, or fewer than two things.
    """
    if not differences.shape[0] or differences.shape[1] < 2:
        raise ValueError(f"At least one setting and two things are needed, not {differences.shape}.")
    means = differences.mean(axis=1)
    errors = differences.std(axis=1, ddof=1) / np.sqrt(differences.shape[1])
    largest = np.zeros(RESAMPLES)
    rng = np.random.default_rng(seed)
    for place in range(RESAMPLES):
        drawn = differences[:, rng.integers(0, differences.shape[1], differences.shape[1])]
        spread = drawn.std(axis=1, ddof=1) / np.sqrt(differences.shape[1])
        moved = np.abs(drawn.mean(axis=1) - means)
        largest[place] = np.max(np.divide(moved, spread, out=np.zeros_like(moved), where=spread > 0))
    reach = float(np.percentile(largest, 100 * CONFIDENCE)) * errors
    return [
        Interval(float(mean), float(mean - by), float(mean + by))
        for mean, by in zip(means, reach, strict=True)
    ]


def share(found: int, n: int) -> Interval:
    """Return a share with its Wilson score interval (Wilson 1927).

    Raises:
        ValueError: There is nothing to count (`n` is 0).
    """
    return Interval(found / n if n else 0.0, *proportion.wilson(found, n, CONFIDENCE))
