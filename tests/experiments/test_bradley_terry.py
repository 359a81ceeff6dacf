"""Bradley and Terry's model: planted strengths come back, intervals hold what they promise, and gaps are said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from experiments.compare import CONTRASTS
from experiments.opinions.bradley_terry import PRIOR, Counts, fitted, strengths

SETUPS = ("prompt", "rag", "lora", "hybrid")
PLANTED = np.array([-0.6, 0.2, -0.3, 0.7])


def chances(planted: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(planted[None, :] - planted[:, None]))


def drawn(planted: np.ndarray, n: int, rng: np.random.Generator, tie: float = 0.0) -> dict:
    """Return `n` votes a pair of setups that are this strong."""
    p = chances(planted)
    pairs = {}
    for one in range(len(planted)):
        for other in range(one):
            odds = [p[one, other] * (1 - tie), (1 - p[one, other]) * (1 - tie), tie]
            pairs[SETUPS[one], SETUPS[other]] = Counts(*(int(count) for count in rng.multinomial(n, odds)))
    return pairs


def shares(planted: np.ndarray, tie: float = 0.0) -> np.ndarray:
    """Return the share of votes that each truly wins against the others, ties as half."""
    p = chances(planted) * (1 - tie) + tie / 2
    return (p.sum(axis=1) - 0.5) / (len(planted) - 1)


def test_planted_strengths_are_recovered() -> None:
    found = strengths(SETUPS, drawn(PLANTED, 4_000, np.random.default_rng(1)))
    assert [row.setup for row in found.rows] == list(SETUPS) and not found.note
    for row, truth in zip(found.rows, PLANTED, strict=True):
        assert row.strength.mean == pytest.approx(truth, abs=0.06)
        assert row.strength.high - row.strength.low < 0.2
    assert sum(row.strength.mean for row in found.rows) == pytest.approx(0, abs=1e-9)


def test_the_fit_is_where_a_general_optimiser_finds_the_posterior_highest() -> None:
    points = np.array([[[0, 7.5, 3, 1], [2.5, 0, 4, 2], [1, 3, 0, 0], [8, 1, 9, 0]]])

    def cost(s: np.ndarray) -> float:
        p = chances(s)
        ahead = (points[0] * np.log(p)).sum()
        return -(ahead + PRIOR * (np.log(1 / (1 + np.exp(-s))) + np.log(1 / (1 + np.exp(s)))).sum())

    best = minimize(cost, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    assert fitted(points)[0] == pytest.approx(best - best.mean(), abs=1e-5)


def test_two_setups_with_ties_as_half_can_be_worked_out_by_hand() -> None:
    # 8 of 10 points for the one; without a prior its odds are 4, so its strength is half of log 4
    assert fitted(np.array([[[0.0, 8.0], [2.0, 0.0]]]), prior=1e-9)[0, 0] == pytest.approx(
        math.log(4) / 2, abs=1e-4
    )
    half = strengths(("prompt", "rag"), {("rag", "prompt"): Counts(0, 0, 30)})
    assert [row.share.mean for row in half.rows] == [0.5, 0.5]


@pytest.mark.parametrize(("n", "tie"), [(15, 0.0), (40, 0.3)])
def test_intervals_hold_the_truth_as_often_as_they_say(n: int, tie: float) -> None:
    rng = np.random.default_rng(3)
    truth, held = shares(PLANTED, tie), []
    for _ in range(250):
        found = strengths(SETUPS, drawn(PLANTED, n, rng, tie), resamples=400)
        held += [
            row.share.low <= right <= row.share.high for row, right in zip(found.rows, truth, strict=True)
        ]
    assert 0.93 <= np.mean(held) <= 0.97


def test_who_won_everything_has_a_finite_strength_and_no_certainty() -> None:
    found = strengths(("prompt", "rag"), {("rag", "prompt"): Counts(12, 0, 0)})
    prompt, rag = found.rows
    assert math.isfinite(rag.strength.high) and rag.share.mean < 1
    assert rag.share.low < rag.share.high
    assert prompt.share.mean == pytest.approx(1 - rag.share.mean)


def test_setups_that_no_chain_of_votes_joins_can_not_be_placed() -> None:
    votes = Counts(5, 5, 0)
    apart = strengths(SETUPS, {("rag", "prompt"): votes, ("hybrid", "lora"): votes})
    assert apart.rows == () and apart.note.startswith("not enough data")
    assert "prompt, rag to lora, hybrid" in apart.note
    joined = {("rag", "prompt"): votes, ("hybrid", "lora"): votes, ("lora", "rag"): Counts(1, 0, 0)}
    assert len(strengths(SETUPS, joined).rows) == 4
    assert strengths(("rag",), {}).note.startswith("not enough data")
    assert strengths(("prompt", "rag"), {("rag", "prompt"): Counts(0, 0, 0)}).note


def test_the_two_by_two_effects_are_contrasts_of_expected_shares() -> None:
    found = strengths(SETUPS, drawn(PLANTED, 2_000, np.random.default_rng(5)), CONTRASTS)
    by_name = dict(zip(SETUPS, shares(PLANTED), strict=True))
    truth = (by_name["rag"] + by_name["hybrid"] - by_name["prompt"] - by_name["lora"]) / 2
    effect = found.effects["retrieval"]
    assert effect.low <= truth <= effect.high and effect.high - effect.low < 0.06
    three = strengths(SETUPS[:2], {("rag", "prompt"): Counts(3, 1, 0)}, CONTRASTS)
    assert three.effects == {}
