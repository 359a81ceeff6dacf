"""Intervals and a test by resampling, for values that are not just passed or failed: seconds, tokens, money, repeats.

Knows nothing of questions or setups, only numbers, one or several a question. scipy does the work and is
imported when first needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from experiments.statistics.stats import ALPHA, CONFIDENCE, RESAMPLES, Interval

FEWER_RESAMPLES = 2_000
"""Where values are many and different, and resampling them takes longer."""


def mean_interval(
    values: Sequence[float], seed: int = 0, resamples: int = FEWER_RESAMPLES
) -> Interval | None:
    """Return the mean of values without bounds (seconds, tokens, money), with its 95 % bootstrap interval.

    Bias-corrected and accelerated, as `scipy.stats.bootstrap` does it (Efron 1987), because such values lean to
    one side. None where there are fewer than two values or all are the same: resampling can't tell anything.
    """
    if len(set(values)) < 2:
        return None
    import numpy as np

    return _bootstrap((np.asarray(values, dtype=float),), lambda x, axis: x.mean(axis=axis), seed, resamples)


def ratio_interval(
    gains: Sequence[float], costs: Sequence[float], seed: int = 0, resamples: int = FEWER_RESAMPLES
) -> Interval | None:
    """Return mean gain over mean cost, one of each a question, with its 95 % bootstrap interval.

    Questions are resampled whole. None where the mean cost may be 0 or below: then there is no ratio; and where
    no two questions gained differently.
    """
    if len(set(gains)) < 2:
        return None
    cost = mean_interval(costs, seed, resamples)
    if (cost.low if cost else costs[0]) <= 0:
        return None
    import numpy as np

    rows = (np.asarray(gains, dtype=float), np.asarray(costs, dtype=float))
    return _bootstrap(rows, lambda x, y, axis: x.mean(axis=axis) / y.mean(axis=axis), seed, resamples)


def _bootstrap(
    rows: tuple[Any, ...], statistic: Callable[..., Any], seed: int, resamples: int
) -> Interval | None:
    from scipy.stats import bootstrap

    found = bootstrap(
        rows,
        statistic,
        paired=len(rows) > 1,
        n_resamples=resamples,
        confidence_level=CONFIDENCE,
        batch=250,  # a resample holds every question
        method="BCa",
        rng=seed,
    ).confidence_interval
    low, high = float(found.low), float(found.high)
    return Interval(float(statistic(*rows, axis=-1)), low, high) if math.isfinite(low + high) else None


def quantile_interval(groups: Sequence[Sequence[float]], at: float, seed: int = 0) -> Interval | None:
    """Return a quantile of all values with its 95 % interval; None where the values can't bound it.

    With one value a question the ends are order statistics (scipy's `quantile_test`; Conover 1999), which hold
    for every distribution: the 95 % quantile takes 72 values. With several, questions are resampled whole.

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
        found = _resampled_quantiles(groups, at, seed)
        low, high = np.quantile(found, [ALPHA / 2, 1 - ALPHA / 2]).tolist()
    if math.isnan(low) or math.isnan(high):
        return None
    return Interval(
        middle, min(low, middle), max(high, middle)
    )  # the ends are values, the middle lies between two


def _resampled_quantiles(groups: Sequence[Sequence[float]], at: float, seed: int) -> Any:
    """Return the quantile in many resamples of the groups: a value counts as often as its group was drawn."""
    import numpy as np

    values = np.concatenate([np.asarray(group, dtype=float) for group in groups])
    owners = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    order = np.argsort(values)
    even = np.full(len(groups), 1 / len(groups))
    drawn = np.random.default_rng(seed).multinomial(len(groups), even, size=FEWER_RESAMPLES // 2)
    reached = drawn[:, owners[order]].cumsum(axis=1)
    return values[order][(reached >= at * reached[:, -1:]).argmax(axis=1)]


def sign_flip(values: Sequence[float], seed: int = 0, resamples: int = RESAMPLES - 1) -> float:
    """Return the two-sided mid-p of the paired permutation test: between equals a difference may as well be turned.

    scipy's `permutation_test` on the sum (Fisher 1935), exact where all ways to turn them are no more than
    `resamples`. Sums as large as the one seen count half, as in McNemar's mid-p, which it is where every value is
    −1, 0 or 1: means of a few repeats often give the same sum, and the whole p alarms too seldom.

    Args:
        values: One difference a question.
        seed: Of the random numbers.
        resamples: How many ways to turn them are tried.
    """
    apart = [value for value in values if value]  # turning 0 changes nothing
    if abs(sum(apart)) < 1e-9:
        return 1.0
    import numpy as np
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.asarray([*apart, 0.0]),),  # scipy wants two at least
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        batch=1_000,
        rng=seed,
    )
    sums, seen = np.abs(found.null_distribution), abs(float(found.statistic))
    alike = np.isclose(sums, seen, rtol=0, atol=1e-9)
    drawn = (
        2 ** (len(apart) + 1) > resamples
    )  # then what was seen is not among what was drawn, and counts too
    more, same = int((sums > seen)[~alike].sum()), int(alike.sum()) + drawn
    return float(min(1.0, (more + same / 2) / (len(sums) + drawn)))
