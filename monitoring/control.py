"""Control limits: where a day's number lies as long as nothing changes, and how often it lies outside all the same.

Shares: limits of the p-chart (Shewhart 1931), by the exact quantiles of what a day's count will be given the reference days: beta
binomial, with Jeffreys' prior, so that a short reference gives wide limits. At most `ALPHA_POINT` of quiet days are outside.

Everything else: the XmR chart (Wheeler & Chambers 1992, "Understanding Statistical Process Control"): the mean of the reference
days ± 2.66 times the mean difference between one day and the next; of what is positive and skewed, on its logarithm. About 0.3 %
of quiet days are outside where the reference is long, and about 1 % with four weeks, which tests/monitoring measures.

Both take days for independent: where weekdays differ by nature, or every day brings another kind of question, more are outside.
Knows nothing of traces.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

ALPHA_POINT = 0.0027
"""Of three standard deviations, Shewhart's choice."""
FEWEST_DAYS = 14
"""Reference days of an XmR chart; with fewer its limits are guesswork."""
FEWEST = 50
"""Reference answers of a p-chart."""
_XMR = 2.66  # 3 / d2, with d2 = 1.128 for ranges of two


@dataclass(frozen=True)
class Limits:
    """Where a day's number lies as long as nothing changes."""

    center: float
    """In the middle."""
    lower: float
    """At least."""
    upper: float
    """At most."""

    def out(self, value: float) -> bool:
        """Whether a value is outside."""
        return not self.lower <= value <= self.upper


def share_limits(passed: int, n: int, day: int) -> Limits | None:
    """Return the limits of a day's share.

    Args:
        passed: Of the reference answers, how many were so.
        n: How many reference answers there are.
        day: How many answers the day has.

    Returns:
        The limits; None with fewer than `FEWEST` reference answers, or a day without any.
    """
    if n < FEWEST or day < 1:
        return None
    low, high = _predicted(passed, n, day)
    return Limits(passed / n, low / day, high / day)


@functools.lru_cache(maxsize=8192)
def _predicted(passed: int, n: int, day: int) -> tuple[int, int]:
    """Return the quantiles of a day's count: beta binomial with a = passed + ½, b = n − passed + ½."""
    import numpy as np
    from scipy.special import betaln, gammaln

    a, b = passed + 0.5, n - passed + 0.5
    count = np.arange(day + 1)
    ways = gammaln(day + 1) - gammaln(count + 1) - gammaln(day - count + 1)
    below = np.cumsum(np.exp(ways + betaln(count + a, day - count + b) - betaln(a, b)))
    low = int(np.searchsorted(below, ALPHA_POINT / 2))
    return low, min(day, int(np.searchsorted(below, 1 - ALPHA_POINT / 2)))


def moving_limits(days: Sequence[float], skewed: bool) -> Limits | None:
    """Return the limits of an XmR chart.

    Args:
        days: The numbers of the reference days, oldest first.
        skewed: Whether they are positive and their logarithm is looked at.

    Returns:
        The limits; None with fewer than `FEWEST_DAYS` days, or with a number that has no logarithm.
    """
    if len(days) < FEWEST_DAYS or (skewed and min(days) <= 0):
        return None
    told = [math.log(day) for day in days] if skewed else list(days)
    center = math.fsum(told) / len(told)
    moved = math.fsum(abs(one - two) for one, two in itertools.pairwise(told)) / (len(told) - 1)
    found = Limits(center, center - _XMR * moved, center + _XMR * moved)
    return Limits(*map(math.exp, (found.center, found.lower, found.upper))) if skewed else found
