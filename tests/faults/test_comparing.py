"""What can go wrong with a comparison: a winner by chance, the wrong test, an arm of one, answers that are dropped."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import Failure, compare
from experiments.statistics.stats import mcnemar_exact, wilson
from experiments.verdict import NOT_ENOUGH
from tests import naive
from tests.experiments.worlds import result, results


@pytest.mark.fault(133)
def test_the_higher_rate_wins_among_equals_nearly_always_and_a_paired_test_in_five_percent_at_most() -> None:
    rng = np.random.default_rng(11)
    one, other = rng.random((2, 1_000, 60)) < 0.5
    wins, losses = (one & ~other).sum(axis=1), (other & ~one).sum(axis=1)
    held = [mcnemar_exact(int(a), int(b)) < 0.05 for a, b in zip(wins, losses, strict=True)]
    fallen = [naive.higher(a, b) or naive.higher(b, a) for a, b in zip(one[:200], other[:200], strict=True)]
    assert np.mean(held) <= 0.05
    assert np.mean(fallen) > 0.8, "naive: somebody always wins"


@pytest.mark.fault(134)
def test_an_interval_from_the_normal_curve_misses_rare_failures_and_the_kept_one_does_not() -> None:
    rng = np.random.default_rng(12)
    passed = rng.binomial(30, 0.97, 2_000)
    kept = [wilson(int(n), 30) for n in passed]
    spread = 1.96 * np.sqrt(passed / 30 * (1 - passed / 30) / 30)
    naive_covers = np.mean(np.abs(passed / 30 - 0.97) <= spread)
    assert np.mean([one.low <= 0.97 <= one.high for one in kept]) >= 0.93
    assert naive_covers < 0.75, "naive: rate ± 1.96 standard errors is certain where nothing failed yet"


@pytest.mark.fault(135)
def test_one_question_and_arms_of_unequal_size_give_no_winner_and_no_crash() -> None:
    assert naive.higher([True], [False]), "naive: one question decides"
    assert compare(results("prompt", [False]) + results("rag", [True])).reason.startswith(NOT_ENOUGH)
    uneven = compare(results("prompt", [True] * 3) + results("rag", [True] * 40))
    assert not uneven.sure and uneven.differences[0].n == 3
    with pytest.raises(ZeroDivisionError):
        naive.higher([True], [])  # naive: an arm without answers
    assert not compare(results("prompt", [True] * 3)).sure


@pytest.mark.fault(136)
def test_a_difference_that_only_pairs_show_is_found_and_strangers_do_not_show_it() -> None:
    hard = [False] * 200 + [True] * 200
    better = [True] * 12 + hard[12:]
    assert naive.unpaired(hard, better) > 0.3, "naive: two groups of strangers"
    row = compare(results("prompt", hard) + results("rag", better)).difference("rag", "prompt")
    assert row is not None and row.p_holm is not None and row.p_holm < 0.001


@pytest.mark.fault(137)
def test_a_setup_that_answers_only_what_it_knows_does_not_look_perfect() -> None:
    rows = [result("rag", f"q-{at}") for at in range(10)]
    rows += [result("rag", f"q-{at}", failure=Failure.TIMEOUT, error="x") for at in range(10, 20)]
    outcomes = [True] * 10 + [None] * 10
    assert naive.of_those_that_answered(outcomes) == 1.0, "naive: what did not come is not counted"
    both = compare(rows).standings[0].both
    assert (both.passed, both.n) == (10, 20)
