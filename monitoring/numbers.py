"""Numbers over time: of every setup each measure by day, with intervals and control limits, and over all days.

Knows nothing of files, of signals, or of what is done about any of it.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.statistics.resample import quantile_interval
from experiments.statistics.stats import wilson
from monitoring.control import Limits, moving_limits, share_limits
from monitoring.findings import Measure, Point, Series, SetupNumbers, Unit, Value, Windows
from monitoring.traces import Ended, Trace

if TYPE_CHECKING:
    from experiments.worth import Prices

_SUMS = (Unit.COUNT, Unit.TOKENS, Unit.MONEY)


@dataclass(frozen=True)
class Thumb:
    """What somebody thought of an answer."""

    day: str
    """When, YYYY-MM-DD."""
    setup: str
    """Of which setup."""
    good: bool
    """Whether it was up."""


_wilson = functools.lru_cache(maxsize=8192)(
    wilson
)  # days have few answers, so the same counts come again and again
_Values = dict[str, list[float]]
"""Values by day; of a share 0 or 1."""


def numbers(
    traces: Sequence[Trace], thumbs: Sequence[Thumb], windows: Windows, prices: Prices | None
) -> tuple[tuple[SetupNumbers, ...], tuple[Series, ...]]:
    """Return every setup over all days, and day by day.

    Args:
        traces: Oldest first, of the windows' days only.
        thumbs: Of the same days.
        windows: Which days are usual.
        prices: What tokens cost; None: it is not known.
    """
    by_setup: dict[str, list[Trace]] = defaultdict(list)
    for trace in traces:
        by_setup[trace.setup].append(trace)
    for thumb in thumbs:
        by_setup[thumb.setup]  # somebody may judge today what was answered before the first trace
    setups, series = [], []
    for setup in sorted(by_setup, key=lambda name: (-len(by_setup[name]), name)):
        held = _held(by_setup[setup], [one for one in thumbs if one.setup == setup], prices)
        setups.append(SetupNumbers(setup, {one: _over_all(one, held[one]) for one in held}))
        series += [_series(setup, one, held[one], windows) for one in held]
    return tuple(setups), tuple(series)


_SHARES: dict[Measure, Callable[[Trace], bool | None]] = {
    Measure.ABSTAINED: lambda one: one.ended == Ended.ABSTAINED if one.whole else None,
    Measure.ASKED_BACK: lambda one: one.ended == Ended.ASKED_BACK if one.whole else None,
    Measure.FAILED: lambda one: one.ended == Ended.FAILED,
    Measure.STOPPED: lambda one: one.ended == Ended.STOPPED,
    Measure.FORM_BROKEN: lambda one: bool(one.broken) if one.whole else None,
    Measure.SUPPORTED: lambda one: not one.uncarried if one.carried + one.uncarried else None,
}
_TIMES: dict[Measure, Callable[[Trace], float | None]] = {
    Measure.ANSWERS: lambda one: 1.0,
    Measure.SECONDS_P50: lambda one: one.seconds if one.whole else None,
    Measure.SECONDS_P95: lambda one: one.seconds if one.whole else None,
    Measure.FIRST_P50: lambda one: one.first,
    Measure.SCORE: lambda one: max(one.scores) if one.scores else None,
    Measure.TOKENS: lambda one: float(one.tokens_in + one.tokens_out),
}
_UNITS = {
    Measure.ANSWERS: Unit.COUNT,
    Measure.SECONDS_P50: Unit.SECONDS,
    Measure.SECONDS_P95: Unit.SECONDS,
    Measure.FIRST_P50: Unit.SECONDS,
    Measure.SCORE: Unit.SCORE,
    Measure.TOKENS: Unit.TOKENS,
    Measure.COST: Unit.MONEY,
}


def unit_of(measure: Measure) -> Unit:
    """Return what a measure is counted in."""
    return _UNITS.get(measure, Unit.SHARE)


def _held(traces: Sequence[Trace], thumbs: Sequence[Thumb], prices: Prices | None) -> dict[Measure, _Values]:
    """Return every measure's values by day; without prices no cost."""
    told: dict[Measure, Callable[[Trace], float | bool | None]] = {**_TIMES, **_SHARES}
    if prices is not None:
        told[Measure.COST] = lambda one: _cost(one, prices)
    found = {
        one: _by_day((trace.day, told[one](trace)) for trace in traces) for one in Measure if one in told
    }
    found[Measure.THUMBS_UP] = _by_day((thumb.day, thumb.good) for thumb in thumbs)
    return {one: found[one] for one in Measure if one in found}


def _by_day(values: Iterable[tuple[str, float | bool | None]]) -> _Values:
    found: _Values = defaultdict(list)
    for day, value in values:
        if value is not None:
            found[day].append(float(value))
    return dict(sorted(found.items()))


def _cost(trace: Trace, prices: Prices) -> float:
    tokens = trace.tokens_in * prices.per_million_in + trace.tokens_out * prices.per_million_out
    return tokens / 1e6 + trace.seconds * prices.per_hour / 3600


# one number of many values


def _over_all(measure: Measure, days: _Values) -> Value:
    values = [value for day in days.values() for value in day]
    value, low, high = _told(measure, values)
    return Value(value, len(values), low, high)


def _told(measure: Measure, values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Return a measure's number of some values, with the ends of its interval where it has one."""
    if not values:
        return None, None, None
    unit = unit_of(measure)
    if unit in _SUMS:
        return math.fsum(values), None, None
    if unit is Unit.SHARE:
        share = _wilson(int(sum(values)), len(values))
        return share.mean, share.low, share.high
    if unit is Unit.SCORE:
        return _mean(values)
    at = 0.95 if measure is Measure.SECONDS_P95 else 0.5
    import numpy as np

    found = quantile_interval([[value] for value in values], at)
    middle = float(np.quantile(values, at))
    return (middle, found.low, found.high) if found else (middle, None, None)


def _mean(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return a mean with Student's 95 % interval."""
    n, mean = len(values), math.fsum(values) / len(values)
    if n < 2:
        return mean, None, None
    from scipy.special import stdtrit

    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)
    reach = float(stdtrit(n - 1, 0.975)) * spread
    return mean, mean - reach, mean + reach


# day by day


def _series(setup: str, measure: Measure, days: _Values, windows: Windows) -> Series:
    unit = unit_of(measure)
    usual = {day: values for day, values in days.items() if day <= windows.reference[1]}
    told = {day: _told(measure, values) for day, values in days.items()}
    if unit is Unit.SHARE:
        passed, n = (
            sum(len(one) if all_ else int(sum(one)) for one in usual.values()) for all_ in (False, True)
        )
        limits = {day: share_limits(passed, n, len(values)) for day, values in days.items()}
        center = passed / n if n and any(limits.values()) else None
    else:
        found = moving_limits([told[day][0] or 0.0 for day in usual], skewed=unit is not Unit.SCORE)
        limits, center = dict.fromkeys(days, found), found.center if found else None
    points = []
    for day, (value, low, high) in told.items():
        point = Point(day, len(days[day]), value, low, high)
        points.append(_limited(point, limits[day], unit, windows))
    return Series(setup, measure, unit, center, tuple(points))


def _limited(point: Point, limits: Limits | None, unit: Unit, windows: Windows) -> Point:
    """Return a point with its limits, and whether it is outside; today is not over, so its sums are still small."""
    if limits is None or point.value is None:
        return point
    lower = None if unit in _SUMS and point.day == windows.until else limits.lower
    out = point.value > limits.upper or (lower is not None and point.value < lower)
    outside = out and point.day > windows.reference[1]
    return Point(point.day, point.n, point.value, point.low, point.high, lower, limits.upper, outside)
