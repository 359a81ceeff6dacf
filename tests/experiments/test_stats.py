"""The statistics do what they claim: alarms, power and coverage are simulated, small cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.stats import (
    holm,
    mcnemar_exact,
    mcnemar_mid_p,
    paired_interval,
    questions_for,
    questions_to_bound,
    smallest_difference,
    wilson,
)

RUNS = 2_000


def pairs(seed: int, n: int, win: float, loss: float, runs: int = RUNS) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Return wins and losses of `runs` comparisons of `n` questions."""
    counts = np.random.default_rng(seed).multinomial(n, [win, loss, 1 - win - loss], size=runs)
    return counts[:, 0], counts[:, 1]


def alarms(wins: np.ndarray, losses: np.ndarray) -> float:  # type: ignore[type-arg]
    cache: dict[tuple[int, int], bool] = {}
    for pair in set(zip(wins.tolist(), losses.tolist(), strict=True)):
        cache[pair] = mcnemar_mid_p(*pair) < 0.05
    return sum(cache[pair] for pair in zip(wins.tolist(), losses.tolist(), strict=True)) / len(wins)


@pytest.mark.fault(133)
@pytest.mark.parametrize("n", [60, 120, 300])
def test_equals_compared_2000_times_alarm_in_4_to_6_percent(n: int) -> None:
    assert 0.04 <= alarms(*pairs(seed=11, n=n, win=0.15, loss=0.15)) <= 0.06


@pytest.mark.parametrize(
    ("n", "disagree"), [(60, 0.2), (60, 0.3), (120, 0.1), (120, 0.3), (300, 0.1), (300, 0.5)]
)
def test_the_chance_of_a_false_alarm_summed_over_all_outcomes_is_4_to_5_percent(
    n: int, disagree: float
) -> None:
    from scipy.stats import binom

    chance = sum(
        float(binom.pmf(total, n, disagree) * binom.pmf(wins, total, 0.5))
        for total in range(n + 1)
        if binom.pmf(total, n, disagree) > 1e-6
        for wins in range(total + 1)
        if mcnemar_mid_p(wins, total - wins) < 0.05
    )
    assert 0.04 <= chance <= 0.05


def test_the_exact_test_never_alarms_more_often_than_the_mid_p_one_and_stays_below_5_percent() -> None:
    wins, losses = pairs(seed=2, n=60, win=0.15, loss=0.15)
    exact = np.mean([mcnemar_exact(a, b) < 0.05 for a, b in zip(wins.tolist(), losses.tolist(), strict=True)])
    assert exact <= alarms(wins, losses)
    assert exact < 0.05


@pytest.mark.fault(134)
@pytest.mark.parametrize(("difference", "n"), [(0.10, 234), (0.15, 103), (0.20, 57)])
def test_a_planted_effect_is_found_at_the_planned_power(difference: float, n: int) -> None:
    win, loss = (0.30 + difference) / 2, (0.30 - difference) / 2
    assert 0.76 <= alarms(*pairs(seed=3, n=n, win=win, loss=loss)) <= 0.84


@pytest.mark.parametrize(("difference", "n"), [(0.05, 940), (0.10, 234), (0.15, 103), (0.20, 57)])
def test_sample_sizes_are_the_published_ones_at_30_percent_disagreement(difference: float, n: int) -> None:
    assert questions_for(difference, 0.30) == n
    assert questions_for(-difference, 0.30) == n


@pytest.mark.parametrize(("n", "smallest"), [(20, 0.35), (50, 0.21), (100, 0.15)])
def test_the_smallest_difference_seen_is_the_published_one(n: int, smallest: float) -> None:
    found = smallest_difference(n, 0.30)
    assert found is not None
    assert round(found, 2) == smallest
    assert questions_for(found, max(found, 0.30)) <= n


def test_a_difference_beyond_the_disagreement_or_of_nothing_has_no_sample_size() -> None:
    assert smallest_difference(3, 0.30) is None
    assert smallest_difference(30, 0.0) == smallest_difference(30, 0.1)
    for difference in (0.0, 0.4):
        with pytest.raises(ValueError, match="can't be seen"):
            questions_for(difference, 0.30)


def test_bounding_a_difference_needs_the_planned_number_of_questions() -> None:
    # Two equals at margin 10 points: in about 80 of 100 comparisons the interval must end below 10.
    n = questions_to_bound(0.0, 0.30, 0.10)
    assert n == 236  # (1.96 + 0.8416)² · 0.3 / 0.01
    wins, losses = pairs(seed=4, n=n, win=0.15, loss=0.15)
    means, spread = (
        (wins - losses) / n,
        np.sqrt(np.maximum(wins + losses, 1) / n - ((wins - losses) / n) ** 2),
    )
    assert 0.76 <= np.mean(means + 1.96 * spread / np.sqrt(n) < 0.10) <= 0.84
    assert questions_to_bound(0.0, 0.0, 0.05) == 73  # 1.96² · (1/0.05 − 1)
    with pytest.raises(ValueError, match="not below the margin"):
        questions_to_bound(0.1, 0.3, 0.1)


@pytest.mark.fault(134)
@pytest.mark.parametrize(("win", "loss"), [(0.15, 0.15), (0.25, 0.05), (0.6, 0.1)])
def test_the_bootstrap_interval_covers_the_truth_in_93_to_97_percent(win: float, loss: float) -> None:
    wins, losses = pairs(seed=5, n=120, win=win, loss=loss, runs=1_000)
    covered = 0
    for seed, (a, b) in enumerate(zip(wins.tolist(), losses.tolist(), strict=True)):
        found = paired_interval([1.0] * a + [-1.0] * b + [0.0] * (120 - a - b), seed, resamples=1_000)
        covered += found.low <= win - loss <= found.high
    assert 930 <= covered <= 970


@pytest.mark.fault(134)
@pytest.mark.parametrize("truth", [0.3, 0.5, 0.8, 0.93])
def test_the_wilson_interval_covers_the_truth_in_93_to_97_percent(truth: float) -> None:
    passed, times = np.unique(np.random.default_rng(6).binomial(120, truth, size=RUNS), return_counts=True)
    covered = sum(
        int(count)
        for value, count in zip(passed.tolist(), times.tolist(), strict=True)
        if wilson(value, 120).low <= truth <= wilson(value, 120).high
    )
    assert 0.93 <= covered / RUNS <= 0.97


def test_the_bootstrap_agrees_with_scipys() -> None:
    from scipy.stats import bootstrap

    values = [1.0] * 30 + [-1.0] * 12 + [0.0] * 78
    ours = paired_interval(values, seed=7)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=9_999, rng=7).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert ours.mean == pytest.approx(0.15)
    assert ours == paired_interval(values, seed=7)


@pytest.mark.fault(135)
def test_an_interval_over_values_that_are_all_the_same_does_not_claim_certainty() -> None:
    none = paired_interval([0.0] * 50)
    assert none.low == -none.high
    assert none.high == pytest.approx(wilson(0, 50).high)
    all_won = paired_interval([1.0] * 50)
    assert all_won.high == 1.0
    assert 0.8 < all_won.low < 1.0
    assert paired_interval([0.0] * 500).high < none.high
    for values in ([], [1.0]):
        with pytest.raises(ValueError, match="at least two questions"):
            paired_interval(values)


def test_an_interval_that_may_miss_more_often_lies_within_the_other_one() -> None:
    for values in ([1.0] * 30 + [-1.0] * 12 + [0.0] * 78, [0.0] * 50):
        wide, narrow = paired_interval(values), paired_interval(values, confidence=0.90)
        assert wide.low < narrow.low <= narrow.mean <= narrow.high < wide.high
    assert paired_interval([0.0] * 50, confidence=0.90).high == pytest.approx(
        1.645**2 / (50 + 1.645**2), abs=1e-4
    )


def test_mcnemar_is_worked_out_by_hand_on_small_counts() -> None:
    assert mcnemar_exact(0, 5) == pytest.approx(2 / 32)
    assert mcnemar_mid_p(0, 5) == pytest.approx(1 / 32)
    assert mcnemar_mid_p(5, 0) == mcnemar_mid_p(0, 5)
    assert mcnemar_mid_p(3, 3) == pytest.approx(1.0)
    assert mcnemar_exact(0, 0) == mcnemar_mid_p(0, 0) == 1.0


def test_holm_is_worked_out_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.fault(136)
def test_holm_keeps_false_alarms_among_six_comparisons_of_equals_below_6_percent() -> None:
    wins, losses = pairs(seed=8, n=120, win=0.15, loss=0.15, runs=6 * 1_000)
    p_values = [mcnemar_mid_p(a, b) for a, b in zip(wins.tolist(), losses.tolist(), strict=True)]
    families = [holm(p_values[start : start + 6]) for start in range(0, len(p_values), 6)]
    assert np.mean([min(family) < 0.05 for family in families]) < 0.065


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        wilson(0, 0)
