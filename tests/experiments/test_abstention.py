"""AUROC, risk and coverage on scores that can be worked out by hand, and intervals that keep what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.finding.abstention import auroc, auroc_interval, judge, risk_coverage, threshold_for


def test_auroc_counts_pairs_and_ties_as_half() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.1], [0.9]) == 0.0
    assert auroc([0.5, 0.9], [0.5, 0.1]) == pytest.approx((0.5 + 1 + 1 + 1) / 4)


def test_auroc_is_what_counting_all_pairs_gives() -> None:
    rng = np.random.default_rng(3)
    good, bad = rng.integers(0, 9, 40) / 9, rng.integers(0, 7, 30) / 9
    pairs = [1.0 if g > b else 0.5 if g == b else 0.0 for g in good for b in bad]
    assert auroc(list(good), list(bad)) == pytest.approx(np.mean(pairs))


def test_the_interval_of_the_auroc_holds_the_truth_19_times_of_20() -> None:
    # two normal distributions one standard deviation apart: the true area is Φ(1/√2)
    truth, rng = 0.7602, np.random.default_rng(5)
    held = 0
    for _ in range(200):
        found = auroc_interval(list(rng.normal(1, 1, 60)), list(rng.normal(0, 1, 40)))
        held += found.low <= truth <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_a_perfect_score_on_few_questions_is_no_certainty() -> None:
    found = auroc_interval([0.9, 0.8, 0.7], [0.1, 0.2])
    assert (found.mean, found.high) == (1.0, 1.0)
    assert found.low < 0.5
    assert auroc_interval([0.1], [0.9, 0.8]).low == 0.0


def test_risk_falls_with_coverage_where_the_score_tells() -> None:
    scores, truth = [0.9, 0.8, 0.7, 0.6], [True, True, False, False]
    curve = risk_coverage(scores, truth)
    assert [(point.coverage, point.risk) for point in curve] == [
        (1.0, 0.5), (0.75, pytest.approx(1 / 3)), (0.5, 0.0), (0.25, 0.0)
    ]  # fmt: skip
    assert [point.threshold for point in curve] == [0.6, 0.7, 0.8, 0.9]


def test_equal_scores_are_answered_or_left_together() -> None:
    (point,) = risk_coverage([0.5] * 4, [True, False, True, False])
    assert (point.coverage, point.risk) == (1.0, 0.5)


@pytest.mark.parametrize(("share", "threshold"), [(0.0, 0.1), (0.2, 0.2), (0.25, 0.2), (1.0, 0.5)])
def test_the_threshold_loses_at_most_the_share_that_was_allowed(share: float, threshold: float) -> None:
    scores, truth = [0.3, 0.1, 0.5, 0.2, 0.4, 0.9], [True] * 5 + [False]
    assert threshold_for(scores, truth, share) == threshold
    assert sum(score < threshold for score in scores[:5]) <= share * 5


def test_what_was_judged_counts_both_sides_of_the_threshold() -> None:
    judged = judge([0.9, 0.2, 0.1, 0.8], [True, True, False, False], 0.5)
    assert judged is not None
    assert (judged.false_abstention.mean, judged.caught.mean, judged.auroc.mean) == (0.5, 0.5, 0.75)
    assert judged.brier == pytest.approx((0.01 + 0.64 + 0.01 + 0.64) / 4)
    assert judged.brier_of_share == 0.25


def test_with_one_sort_of_question_there_is_nothing_to_tell_apart() -> None:
    assert judge([0.9, 0.8], [True, True], 0.5) is None
    assert judge([0.9], [False], 0.5) is None
