"""How far a share that was counted may be from the true one. The comparison and the probes of adapters both need it.

Knows nothing of what was counted. scipy is imported when first needed, so that importing this is cheap.
"""

from __future__ import annotations


def wilson(found: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the ends of a share's Wilson score interval (Wilson 1927; scipy's `proportion_ci`).

    Raises:
        ValueError: There is nothing to count (`n` is 0).
    """
    if n < 1:
        raise ValueError("A share needs at least one case, but n is 0.")
    from scipy.stats import binomtest

    told = binomtest(found, n).proportion_ci(confidence, method="wilson")
    return float(told.low), float(told.high)
