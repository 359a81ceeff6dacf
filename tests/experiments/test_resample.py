"""Intervals by resampling cover the truth, and the permutation test alarms as often as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.statistics.resample import mean_interval, quantile_interval, ratio_interval, sign_flip
from experiments.statistics.stats import Interval, mcnemar_mid_p, paired_interval

RUNS = 600


def covers(found: Interval | None, truth: float) -> bool:
    return found is not None and found.low <= truth <= found.high


@pytest.mark.parametrize(("n", "skew"), [(60, 0.3), (120, 0.5)])
def test_the_interval_of_a_mean_of_tokens_or_money_covers_the_truth_in_93_to_97_percent(
    n: int, skew: float
) -> None:
    drawn = np.random.default_rng(1).lognormal(0, skew, (RUNS, n))
    truth = math.exp(skew**2 / 2)
    covered = [covers(mean_interval(row.tolist(), seed, 1_000), truth) for seed, row in enumerate(drawn)]
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize("n", [60, 120])
def test_the_interval_of_a_lift_for_each_100_ms_covers_the_truth_in_93_to_97_percent(n: int) -> None:
    rng = np.random.default_rng(11)
    lifts = rng.choice([1.0, -1.0, 0.0], p=[0.3, 0.1, 0.6], size=(RUNS, n))
    times = rng.lognormal(0, 0.4, (RUNS, n)) - 0.3
    truth = 0.2 / (math.exp(0.08) - 0.3)
    covered = [
        covers(ratio_interval(lift.tolist(), time.tolist(), seed, 500), truth)
        for seed, (lift, time) in enumerate(zip(lifts, times, strict=True))
    ]
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize(("at", "n"), [(0.5, 100), (0.5, 120), (0.95, 72), (0.95, 120), (0.95, 300)])
def test_the_interval_of_a_latency_quantile_covers_the_truth_in_93_to_97_percent(at: float, n: int) -> None:
    """Of any distribution: it runs from the r-th to the s-th value if r to s − 1 of n lie below the truth."""
    from scipy.stats import binom

    found = quantile_interval([[float(rank)] for rank in range(1, n + 1)], at)
    assert found is not None
    covered = binom.cdf(found.high - 1, n, at) - binom.cdf(found.low - 1, n, at)
    assert 0.93 <= covered <= 0.97


def test_the_interval_of_a_quantile_takes_answers_to_one_question_for_one() -> None:
    rng = np.random.default_rng(4)
    hardness = rng.lognormal(0, 0.5, 60)
    once = quantile_interval([[one] for one in hardness], 0.5)
    often = quantile_interval([[one] * 10 for one in hardness], 0.5)
    assert once is not None and often is not None
    assert often.high - often.low > 0.7 * (once.high - once.low)  # as 600 questions it would be 0.32 of it
    uneven = quantile_interval([[one] * (1 + at % 3) for at, one in enumerate(hardness)], 0.5)
    assert uneven is not None and uneven.low < uneven.mean < uneven.high


def test_a_quantile_that_the_values_can_not_bound_has_no_interval() -> None:
    values = [[float(at)] for at in range(200)]
    assert quantile_interval(values[:71], 0.95) is None  # .95^71 = .0262: the largest is below it too often
    assert quantile_interval(values[:72], 0.95) is not None  # .95^72 = .0249
    assert quantile_interval(values[:5], 0.5) is None
    for nothing in ([], [[1.0]], [[1.0]] * 50, [[1.0, 2.0]]):
        assert quantile_interval(nothing, 0.5) is None


def test_values_that_are_all_the_same_have_no_interval() -> None:
    for values in ([], [3.0], [3.0] * 50):
        assert mean_interval(values) is None
    assert mean_interval([1.0, 2.0]) is not None


def test_a_ratio_over_what_may_be_nothing_does_not_exist() -> None:
    lifts = [1.0, 0.0, -1.0, 1.0] * 10
    assert ratio_interval(lifts, [-1.0, 1.0] * 20) is None
    assert ratio_interval(lifts, [0.0] * 40) is None
    assert ratio_interval(lifts, [-2.0] * 40) is None
    assert ratio_interval([1.0] * 40, [1.0, 2.0] * 20) is None
    assert ratio_interval([], []) is None
    found = ratio_interval(lifts, [2.0] * 40)
    assert found is not None
    assert found.mean == pytest.approx(0.125)
    assert found.low == pytest.approx(paired_interval(lifts).low / 2, abs=0.02)


def test_equals_asked_three_times_and_compared_2000_times_alarm_in_4_to_6_percent() -> None:
    rng = np.random.default_rng(5)
    hardness = rng.random((2_000, 40, 1))
    one, other = (np.mean(rng.random((2_000, 40, 3)) < hardness, axis=2) for _ in range(2))
    alarms = [sign_flip(row.tolist(), seed, 299) < 0.05 for seed, row in enumerate((one - other).round(9))]
    assert 0.04 <= np.mean(alarms) <= 0.06


def test_the_test_that_takes_every_answer_for_a_question_of_its_own_alarms_too_often() -> None:
    rng = np.random.default_rng(6)
    # each setup knows an answer or does not, and says the same three times
    one, other = (rng.random((500, 40)) < 0.5 for _ in range(2))
    wins, losses = (one & ~other).sum(axis=1), (other & ~one).sum(axis=1)
    naive = [mcnemar_mid_p(3 * a, 3 * b) < 0.05 for a, b in zip(wins.tolist(), losses.tolist(), strict=True)]
    held = [
        sign_flip([1.0] * a + [-1.0] * b, resamples=499) < 0.05
        for a, b in zip(wins.tolist(), losses.tolist(), strict=True)
    ]
    assert np.mean(naive) > 0.15
    assert np.mean(held) < 0.08


def test_the_permutation_test_is_mcnemars_mid_p_where_every_question_was_asked_once() -> None:
    assert sign_flip([1.0] * 5) == pytest.approx(mcnemar_mid_p(5, 0))
    assert sign_flip([1.0] * 9 + [-1.0] * 2 + [0.0] * 50) == pytest.approx(mcnemar_mid_p(9, 2))
    assert sign_flip([1.0] * 30 + [-1.0] * 14) == pytest.approx(mcnemar_mid_p(30, 14), abs=0.005)


def test_the_permutation_test_is_worked_out_by_hand_on_few_values() -> None:
    # ± 1/3 ± 2/3 gives −1, −1/3, 1/3, 1: two of four as large as 1, each counted half
    assert sign_flip([1 / 3, 2 / 3]) == pytest.approx(0.25)
    assert sign_flip([0.5]) == pytest.approx(0.5)
    for nothing in ([], [0.0, 0.0], [0.5, -0.5]):
        assert sign_flip(nothing) == 1.0


def test_an_interval_of_a_quantile_holds_it_though_it_lies_between_two_values() -> None:
    for groups in ([[0.83, 0.83], [0.93, 0.93]], [[0.83], [0.93]] * 8, [[1.0, 1.0, 2.0], [1.0, 2.0, 2.0]]):
        found = quantile_interval(groups, 0.5)
        assert found is not None
        assert found.low <= found.mean <= found.high
