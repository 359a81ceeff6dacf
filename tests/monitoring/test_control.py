"""Control limits: quiet days stay inside at the stated rate, planted shifts get outside, and naive rules alarm all the time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from monitoring.control import ALPHA_POINT, FEWEST, FEWEST_DAYS, moving_limits, share_limits

HISTORIES, DAYS, A_DAY = 2_000, 28, 20
"""Histories, reference days of each, answers a day."""


def shares(rate: float, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return of each history the count of its reference, and of each of seven days after."""
    rng = np.random.default_rng(seed)
    reference = rng.binomial(DAYS * A_DAY, 0.1, HISTORIES)
    return reference, rng.binomial(A_DAY, rate, (HISTORIES, 7))


def outside(reference: np.ndarray[Any, Any], days: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found = np.zeros(days.shape, bool)
    for at, passed in enumerate(reference.tolist()):
        limits = share_limits(passed, DAYS * A_DAY, A_DAY)
        assert limits is not None
        found[at] = [limits.out(day / A_DAY) for day in days[at].tolist()]
    return found


@pytest.mark.fault(148)
def test_a_quiet_days_share_is_outside_no_oftener_than_stated() -> None:
    found = outside(*shares(0.1, seed=1))
    assert found.sum() <= binom.ppf(0.999, found.size, ALPHA_POINT)


@pytest.mark.fault(148)
def test_a_share_that_triples_is_outside_within_a_week_four_times_in_five() -> None:
    found = outside(*shares(0.3, seed=2))
    assert found.any(axis=1).mean() >= 0.8


@pytest.mark.fault(148)
def test_a_naive_rule_that_alarms_at_a_tenth_more_or_less_alarms_on_most_quiet_days() -> None:
    reference, days = shares(0.1, seed=1)
    usual = reference[:, None] / (DAYS * A_DAY)
    naive = np.abs(days / A_DAY - usual) > 0.1 * usual
    assert naive.mean() > 100 * ALPHA_POINT


@pytest.mark.fault(148)
def test_a_quiet_days_median_is_outside_one_time_in_a_hundred_or_less() -> None:
    rng = np.random.default_rng(3)
    days = np.median(rng.lognormal(0, 0.5, (HISTORIES, DAYS + 7, A_DAY)), axis=2)
    found = 0
    for one in days.tolist():
        limits = moving_limits(one[:DAYS], skewed=True)
        assert limits is not None
        found += sum(map(limits.out, one[DAYS:]))
    assert found <= binom.ppf(0.999, HISTORIES * 7, 0.011)


def test_times_that_double_are_outside_at_once() -> None:
    rng = np.random.default_rng(4)
    caught = 0
    for _ in range(200):
        days = np.median(rng.lognormal(0, 0.5, (DAYS + 1, A_DAY)), axis=1)
        limits = moving_limits(days[:DAYS].tolist(), skewed=True)
        assert limits is not None
        caught += limits.out(2 * float(days[DAYS]))
    assert caught >= 180


def test_limits_by_hand() -> None:
    limits = moving_limits([1.0, 3.0] * 7, skewed=False)  # the mean is 2, each day 2 from the next
    assert limits is not None
    assert (limits.center, limits.lower, limits.upper) == pytest.approx((2, 2 - 5.32, 2 + 5.32))
    log = moving_limits([1.0] * 14, skewed=True)
    assert log is not None and (log.lower, log.center, log.upper) == (1, 1, 1)


def test_too_little_gives_no_limits() -> None:
    assert share_limits(1, FEWEST - 1, 10) is None and share_limits(5, FEWEST, 0) is None
    assert moving_limits([1.0] * (FEWEST_DAYS - 1), skewed=False) is None
    assert moving_limits([0.0] * 20, skewed=True) is None


def test_a_short_reference_gives_wider_limits_than_a_long_one_of_the_same_share() -> None:
    short, long = share_limits(5, 50, 40), share_limits(500, 5_000, 40)
    assert short is not None and long is not None and short.upper > long.upper
