"""Intervals and a test by resampling, for values that are not just passed or failed: seconds, tokens, money, repeats.

Knows nothing of questions or setups, only numbers, one or several a question. scipy does the work and is
imported when first needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from experiments.stats import ALPHA, CONFIDENCE, RESAMPLES, Interval

FEWER_RESAMPLES = 2_000
"""Where values are many and different, and resampling them takes longer."""


def mean_interval(values: Sequence[float], seed: int = 0) -> Interval | None:
    """Return the mean of values without bounds (seconds, tokens, money), with its 95 % bootstrap interval.

    Bias-corrected and accelerated, as `scipy.stats.bootstrap` does it (Efron 1987), because such values lean to
    one side. None where there are fewer than two values or all are the same: resampling can't tell anything.
    """
    if len(set(values)) < 2:
        return None
    import numpy as np

    return _bootstrap((np.asarray(values, dtype=float),), lambda x, axis: x.mean(axis=axis), seed)


def ratio_interval(gains: Sequence[float], costs: Sequence[float], seed: int = 0) -> Interval | None:
    """Return mean gain over mean cost, one of each a question, with its 95 % bootstrap interval.

    Questions are resampled whole. None where the mean cost may be 0 or below: then there is no ratio; and where
    no two questions gained differently.
    """
    if len(set(gains)) < 2:
        return None
    cost = mean_interval(costs, seed)
    if (cost.low if cost else costs[0]) <= 0:
        return None
    import numpy as np

    rows = (np.asarray(gains, dtype=float), np.asarray(costs, dtype=float))
    return _bootstrap(rows, lambda x, y, axis: x.mean(axis=axis) / y.mean(axis=axis), seed)


def _bootstrap(rows: tuple[Any, ...], statistic: Callable[..., Any], seed: int) -> Interval:
    from scipy.stats import bootstrap

    found = bootstrap(
        rows,
        statistic,
        paired=len(rows) > 1,
        n_resamples=FEWER_RESAMPLES,
        confidence_level=CONFIDENCE,
        batch=250,  # a resample holds every question
        method="BCa",
        rng=seed,
    ).confidence_interval
    return Interval(float(statistic(*rows, axis=-1)), float(found.low), float(found.high))


def quantile_interval(groups: Sequence[Sequence[float]], at: float, seed: int = 0) -> Interval | None:
    """Return a quantile of all values with its 95 % interval; None where the values can't bound it.

    With one value a question the ends are order statistics (scipy's `quantile_test`; Conover 1999), which hold
    for every distribution: the 95 % quantile takes 73 values. With several, questions are resampled whole.

    Args:
        groups: The values of each question.
        at: Which quantile; 0.5 is the median.
        seed: Of the random numbers.
    """
    import numpy as np

    values = np.concatenate([np.asarray(group, dtype=float) for group in groups]) if groups else np.zeros(0)
    if len(groups) < 2 or len(np.unique(values)) < 2:
        return None
    middle = float(np.quantile(values, at))
    if all(len(group) <= 1 for group in groups):
        from scipy.stats import quantile_test

        told = quantile_test(values, q=middle, p=at).confidence_interval(CONFIDENCE)
        low, high = float(told.low), float(told.high)
    else:
        rng = np.random.default_rng(seed)
        draws = rng.integers(len(groups), size=(FEWER_RESAMPLES // 2, len(groups)))
        found = [np.quantile(np.concatenate([groups[one] for one in draw]), at) for draw in draws]
        low, high = np.quantile(found, [ALPHA / 2, 1 - ALPHA / 2]).tolist()
    return None if math.isnan(low) or math.isnan(high) else Interval(middle, low, high)


def sign_flip(values: Sequence[float], seed: int = 0, resamples: int = RESAMPLES - 1) -> float:
    """Return the two-sided p of the paired permutation test: between equals each difference may as well be turned.

    scipy's `permutation_test` on the mean (Fisher 1935); exact where all the ways to turn them are no more than
    `resamples`.

    Args:
        values: One difference a question.
        seed: Of the random numbers.
        resamples: How many ways to turn them are tried.
    """
    apart = [value for value in values if value]  # turning 0 changes nothing
    if not apart:
        return 1.0
    import numpy as np
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.asarray(apart),),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        batch=1_000,
        rng=seed,
    )
    return min(1.0, float(found.pvalue))
