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


def share(found: int, n: int) -> Interval:
    """Return a share with its Wilson score interval (Wilson 1927).

    Raises:
        ValueError: There is nothing to count (`n` is 0).
    """
    return Interval(found / n if n else 0.0, *proportion.wilson(found, n, CONFIDENCE))
