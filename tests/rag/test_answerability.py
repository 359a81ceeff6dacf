"""The features and the fit of the score of answerability, on numbers that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foundation.errors import UserError
from rag.retrieval.answerability import FEATURES, SHIPPED, Fit, features, fit, read_fit, write_fit
from rag.retrieval.choose import Candidate, Lookup
from rag.types import Chunk

PLAIN = Fit(-1.0, (2.0, 0.0, 0.0, 0.0), 0.5, 0.1, 10, 10, "recipe")


def candidate(name: str, dense: float, keyword: float, text: str) -> Candidate:
    chunk = Chunk(name, f"{name}.md", "Title", "", text, 0, len(text), None, 0)
    return Candidate(chunk.id, chunk.source, dense, keyword, np.ones(1, np.float32), lambda _: chunk)


def test_each_feature_is_what_it_says() -> None:
    lookup = Lookup(
        (
            candidate("a", 0.8, 3.0, "The stove costs much."),
            candidate("b", 0.5, 0.0, "Nothing of that."),
            candidate("c", 0.3, 1.0, "A kettle costs."),
        ),
        ((("stove",), 3.0), (("cost", "costs"), 1.0), (("zeppelin",), 4.0)),
    )
    assert dict(zip(FEATURES, features(lookup), strict=True)) == {
        "dense": 0.8,
        "lead": pytest.approx(0.8 - 0.4),
        "covered": pytest.approx((3.0 + 1.0) / 8.0),
        "agreement": pytest.approx(2 / 3),
    }


def test_a_lookup_of_nothing_or_of_one_has_features_too() -> None:
    assert features(Lookup()) == (0.0,) * 4
    alone = features(Lookup((candidate("a", 0.8, 0.0, "x"),)))
    assert alone == (0.8, 0.0, 0.0, 0.0)


def test_features_do_not_hang_on_the_order_of_the_candidates() -> None:
    rows = [candidate(str(n), n % 3 / 3, n % 4, f"word{n} asked") for n in range(12)]
    words = ((("ask",), 2.0),)
    assert features(Lookup(tuple(rows), words)) == features(Lookup(tuple(rows[::-1]), words))


def test_the_score_is_a_probability_whatever_the_features() -> None:
    assert PLAIN.score((0.5, 0, 0, 0)) == 0.5
    assert PLAIN.score((0.9, 0, 0, 0)) > 0.5
    assert 0.0 <= PLAIN.score((-1e9, 0, 0, 0)) < PLAIN.score((1e9, 0, 0, 0)) <= 1.0
    assert 0.0 < SHIPPED.score((0.0,) * 4) < 0.5 < SHIPPED.score((0.8, 0.3, 1.0, 1.0)) < 1.0


def world(n: int, weight: float, seed: int = 1) -> tuple[np.ndarray, list[bool]]:  # type: ignore[type-arg]
    """Questions that are answerable with log-odds `weight · (dense - 0.5)`, the other features being noise."""
    rng = np.random.default_rng(seed)
    rows = rng.random((n, 4))
    return rows, list(rng.random(n) < 1 / (1 + np.exp(-weight * (rows[:, 0] - 0.5))))


def test_with_many_questions_the_fit_finds_the_truth_and_is_calibrated() -> None:
    rows, truth = world(20_000, 6.0)
    found = fit(rows, truth, "recipe", PLAIN)
    assert found.weights[0] == pytest.approx(6.0, abs=0.4)
    assert all(abs(weight) < 0.4 for weight in found.weights[1:])
    scores = np.array([found.score(row) for row in rows])
    for low in (0.1, 0.4, 0.8):
        band = (scores >= low) & (scores < low + 0.1)
        assert np.mean(np.array(truth)[band]) == pytest.approx(scores[band].mean(), abs=0.04)
    assert np.mean(scores) == pytest.approx(np.mean(truth), abs=0.005)


def test_with_few_questions_the_fit_stays_near_where_it_started() -> None:
    rows, truth = world(16, 6.0)
    few, many = fit(rows, truth, "r", PLAIN), fit(*world(20_000, -8.0), "r", PLAIN)
    start = np.array(PLAIN.weights)
    assert np.abs(np.array(few.weights) - start).max() < np.abs(np.array(many.weights) - start).max()


def test_questions_that_are_told_apart_perfectly_give_finite_weights() -> None:
    rows = [(x, 0.0, 0.0, 0.0) for x in np.linspace(0, 1, 40)]
    found = fit(rows, [row[0] > 0.5 for row in rows], "r", PLAIN)
    assert all(abs(weight) < 1e3 for weight in (found.bias, *found.weights))
    assert found.score(rows[-1]) > 0.9 > 0.1 > found.score(rows[0])


def test_too_few_of_a_sort_can_not_be_fitted() -> None:
    with pytest.raises(ValueError, match="not 20 and 4"):
        fit([(0.5,) * 4] * 24, [True] * 20 + [False] * 4, "r")


def test_a_fit_is_kept_and_serves_only_the_library_it_was_made_for(tmp_path: Path) -> None:
    path = tmp_path / "answerability.json"
    assert read_fit(path, "recipe") is None
    write_fit(path, PLAIN)
    assert read_fit(path, "recipe") == PLAIN
    assert read_fit(path, "another chunker") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"features": [], "bias": 1}', "not json"])
def test_a_damaged_fit_is_said_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answerability.json"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match="is damaged. Remove the file, or run `rungwise tune-retrieval`"):
        read_fit(path, "recipe")
