"""Tests that may be looked at all the time keep their error all the time; a test made for one look does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from experiments.statistics import sequential
from experiments.statistics.sequential import (
    LEVELS,
    bound,
    confidence_sequence,
    decided,
    mean_below,
    p_value,
)
from experiments.statistics.stats import mcnemar_mid_p, questions_for

RUNS = 2_000
Walks = NDArray[np.int64]


def answers(seed: int, n: int, win: float, loss: float, runs: int = RUNS) -> Walks:
    """Return `runs` comparisons of `n` questions: 1 won, −1 lost, 0 tied."""
    drawn = np.random.default_rng(seed).random((runs, n))
    return (drawn < win).astype(np.int64) - (drawn > 1 - loss).astype(np.int64)


def stops(values: Walks, bounds: Callable[[int], int]) -> Walks:
    """Return after how many questions each comparison was decided, looking after every one; 0 for never."""
    table = np.array([bounds(pairs) for pairs in range(values.shape[1] + 1)])
    left = np.abs(values.cumsum(axis=1)) >= table[np.abs(values).cumsum(axis=1)]
    return np.where(left.any(axis=1), left.argmax(axis=1) + 1, 0)


def shown_below(wins: int, losses: int, ties: int, margin: float, alpha: float = 0.05) -> bool:
    """Return whether questions won (1), lost (-1) and tied (0) differ by less than `margin` in the mean."""
    return mean_below({1.0: wins, -1.0: losses, 0.0: ties}, margin, alpha)


def naive(pairs: int) -> int:
    """Return what McNemar's mid-p test at 5 %, made for one look, takes to be a difference."""
    leads = (
        lead
        for lead in range(pairs % 2, pairs + 1, 2)
        if mcnemar_mid_p((pairs + lead) // 2, (pairs - lead) // 2) < 0.05
    )
    return next(leads, pairs + 1)


@pytest.mark.fault(133)
@pytest.mark.parametrize("n", [120, 300])
def test_equals_looked_at_after_every_question_2000_times_alarm_in_4_to_6_percent(n: int) -> None:
    assert 0.04 <= np.mean(stops(answers(1, n, 0.15, 0.15), bound) > 0) <= 0.06


@pytest.mark.parametrize("n", [120, 300])
def test_the_chance_that_equals_alarm_is_4_to_5_percent_over_all_their_walks(n: int) -> None:
    from scipy.stats import binom

    left, inside = [0.0], {0: 1.0}
    for pairs in range(1, n + 1):
        moved: dict[int, float] = {}
        for place, chance in inside.items():
            for step in (-1, 1):
                moved[place + step] = moved.get(place + step, 0.0) + chance / 2
        inside = {place: chance for place, chance in moved.items() if abs(place) < bound(pairs)}
        left.append(1 - sum(inside.values()))
    chance = float(binom.pmf(range(n + 1), n, 0.30) @ np.array(left))
    assert 0.04 <= chance <= 0.05


@pytest.mark.fault(133)
@pytest.mark.parametrize(("n", "at_least"), [(120, 0.18), (300, 0.25)])
def test_the_test_for_one_look_alarms_far_too_often_when_it_is_looked_at_all_the_time(
    n: int, at_least: float
) -> None:
    assert np.mean(stops(answers(1, n, 0.15, 0.15), naive) > 0) > at_least


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6, 0.001])
def test_the_chance_of_ever_leaving_the_bounds_comes_near_alpha_and_never_above(alpha: float) -> None:
    inside, spent = {0: 1.0}, 0.0
    for pairs in range(1, 301):
        moved: dict[int, float] = {}
        for place, chance in inside.items():
            for step in (-1, 1):
                moved[place + step] = moved.get(place + step, 0.0) + chance / 2
        spent += sum(chance for place, chance in moved.items() if abs(place) >= bound(pairs, alpha))
        inside = {place: chance for place, chance in moved.items() if abs(place) < bound(pairs, alpha)}
        assert spent <= alpha + 1e-12
    assert spent > 0.95 * alpha


@pytest.mark.fault(134)
def test_a_planted_difference_is_found_at_the_power_that_the_module_states_and_sooner_on_average() -> None:
    found = stops(answers(2, 159, 0.225, 0.075), bound)
    assert 0.76 <= np.mean(found > 0) <= 0.84
    asked = np.where(found > 0, found, 159)
    assert np.mean(asked) < 90 < questions_for(0.15, 0.30) == 103


@pytest.mark.parametrize(("difference", "n"), [(0.20, 77), (0.15, 159), (0.10, 470)])
def test_questions_for_is_what_finds_a_planted_difference_at_80_percent(difference: float, n: int) -> None:
    assert sequential.questions_for(difference, 0.30) == pytest.approx(n, rel=0.1)  # in whole disagreements
    assert sequential.questions_for(-difference, 0.30) == sequential.questions_for(difference, 0.30)
    win = 0.15 + difference / 2
    found = stops(answers(6, sequential.questions_for(difference, 0.30), win, 0.30 - win), bound)
    assert 0.74 <= np.mean(found > 0) <= 0.85


def test_questions_to_bound_show_equals_to_differ_by_less_than_the_margin_at_80_percent() -> None:
    n = sequential.questions_to_bound(0.0, 0.30, 0.20)
    counts = np.random.default_rng(7).multinomial(n, [0.15, 0.15, 0.70], size=500).tolist()
    assert 0.75 <= np.mean([shown_below(a, b, ties, 0.20, 0.025) for a, b, ties in counts]) <= 0.87


def test_what_no_number_of_questions_shows_is_refused() -> None:
    for difference in (0.0, 0.4):
        with pytest.raises(ValueError, match="can't be seen"):
            sequential.questions_for(difference, 0.30)
    with pytest.raises(ValueError, match="more than 3000 disagreements"):
        sequential.questions_for(0.01, 0.50)
    with pytest.raises(ValueError, match="not below the margin"):
        sequential.questions_to_bound(0.1, 0.3, 0.1)
    with pytest.raises(ValueError, match="too near"):
        sequential.questions_to_bound(0.0999, 0.3, 0.1)


def test_the_first_bounds_are_worked_out_by_hand() -> None:
    # f(7) = .05 (1 − (22/15)^−1.8) = .0249 allows the two walks of seven alike, 2/128 = .0156; f(6) = .0227 does
    # not allow two of six alike, 2/64 = .0313
    assert [bound(pairs) for pairs in (0, 5, 6, 7)] == [2, 7, 8, 7]
    assert not decided(6, 0)
    assert decided(7, 0) and decided(0, 7)
    assert not decided(0, 0)


def test_bounds_are_the_same_whatever_was_asked_before() -> None:
    later = bound(200, 0.0123)
    assert [bound(pairs, 0.0123) for pairs in (10, 200)] == [bound(10, 0.0123), later]


def test_an_always_valid_p_decides_as_the_bounds_do_and_is_small_only_as_often_as_it_says() -> None:
    assert p_value(0, 0) == p_value(10, 10) == 1.0
    assert p_value(30, 10) == p_value(10, 30) <= 0.05
    assert p_value(400, 0) == LEVELS[-1]
    for wins in range(0, 40, 3):
        for losses in range(0, 40, 3):
            assert (p := p_value(wins, losses)) == 1.0 or decided(wins, losses, p)
    least = np.ones(400)
    values = answers(3, 100, 0.15, 0.15, runs=400)
    wins, losses = (values == 1).cumsum(axis=1), (values == -1).cumsum(axis=1)
    for run in range(400):
        least[run] = min(
            p_value(a, b) for a, b in {*zip(wins[run].tolist(), losses[run].tolist(), strict=True)}
        )
    for level in (0.05, 0.2):
        assert np.mean(least <= level) <= level + 3 * (level * (1 - level) / 400) ** 0.5


@pytest.mark.parametrize(("win", "loss"), [(0.15, 0.10), (0.05, 0.0), (0.40, 0.35)])
def test_a_difference_of_the_margin_is_claimed_to_be_below_it_in_5_percent_at_most(
    win: float, loss: float
) -> None:
    values = answers(4, 300, win, loss)
    wins, losses = (values == 1).cumsum(axis=1), (values == -1).cumsum(axis=1)
    table = {
        (a, b, at): shown_below(a, b, at - a - b, 0.05)
        for at in range(10, 301, 10)
        for a, b in {*zip(wins[:, at - 1].tolist(), losses[:, at - 1].tolist(), strict=True)}
    }
    claimed = [
        any(table[int(wins[run, at - 1]), int(losses[run, at - 1]), at] for at in range(10, 301, 10))
        for run in range(RUNS)
    ]
    assert np.mean(claimed) <= 0.05


def test_questions_without_any_difference_show_in_the_end_that_there_is_none() -> None:
    # the largest bet multiplies by 1 + .98 · .05/.95; one of eight: 8/.05 = 160 times after 99 questions at most
    assert not shown_below(0, 0, 20, 0.05)
    assert shown_below(0, 0, 100, 0.05)
    assert not shown_below(100, 0, 0, 0.05)
    assert shown_below(0, 10, 0, 0.05)


def test_an_interval_that_holds_whenever_one_stops_covers_the_truth_and_narrows() -> None:
    values = answers(5, 200, 0.25, 0.10, runs=150)
    covered = []
    for run in values:
        looks = []
        for at in range(20, 201, 20):
            wins, losses = int((run[:at] == 1).sum()), int((run[:at] == -1).sum())
            found = confidence_sequence({1.0: wins, -1.0: losses, 0.0: at - wins - losses})
            looks.append(found.low <= 0.15 <= found.high)
        covered.append(all(looks))
    assert np.mean(covered) >= 0.95
    few, many = (confidence_sequence({1.0: 3 * n, -1.0: n, 0.0: 6 * n}) for n in (3, 30))
    assert few.low < many.low < 0.2 < many.high < few.high
    share = confidence_sequence({1.0: 30, 0.0: 70}, lowest=0.0)
    assert 0 < share.low < 0.3 < share.high < 1


def test_values_between_are_bet_on_as_well_and_what_can_not_be_is_never_claimed() -> None:
    assert mean_below({0.5: 10, -0.5: 200}, 0.0)
    assert not mean_below({0.5: 200, -0.5: 200}, 0.0)
    assert not mean_below({-1.0: 50}, -1.0)
    assert not mean_below({}, 0.5)
    with pytest.raises(ValueError, match="at least one value"):
        confidence_sequence({})
    for alpha in (0.0, 1.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            bound(3, alpha)
