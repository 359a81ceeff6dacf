"""The nearest vectors by a first look at a part of their numbers, held against comparing all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rag.retrieval.nearest import FEWEST, KEPT, Nearest

ROWS, SIZE = FEWEST + 1_000, 96


def rows(directions: int) -> NDArray[np.float32]:
    """Vectors of length 1 whose numbers come from so many directions, and a little noise."""
    rng = np.random.default_rng(5)
    mixed = rng.standard_normal((ROWS, directions)) @ rng.standard_normal((directions, SIZE))
    mixed += 0.3 * rng.standard_normal(mixed.shape)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def by_hand(vectors: NDArray[np.float32], vector: NDArray[np.float32], n: int) -> list[int]:
    scores = (vectors @ vector).tolist()
    return sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:n]


def test_the_exact_answer_is_the_n_best_in_order() -> None:
    vectors = rows(8)
    nearest = Nearest(vectors)
    for row in (0, 7, 4_321):
        assert nearest.best(vectors[row], 20, exact=True).tolist() == by_hand(vectors, vectors[row], 20)
    assert not nearest.looks_first


def test_a_first_look_keeps_the_nearest_where_vectors_lie_like_those_of_texts() -> None:
    vectors = rows(8)
    nearest = Nearest(vectors)
    asked = vectors[3::500] + np.float32(0.02)
    nearest.best(asked[0], 10)
    assert not nearest.looks_first  # a process that asks one question does not wait for it
    kept = [np.isin(by_hand(vectors, one, 50), nearest.best(one, 50)).mean() for one in asked]
    assert nearest.looks_first
    assert np.mean(kept) >= KEPT
    found = nearest.best(asked[1], 50)
    assert found.tolist() == sorted(
        found.tolist(), key=lambda row: (-float(vectors[row] @ asked[1]), row)
    )  # what was found is ranked by all numbers


def test_where_a_first_look_would_lose_hits_there_is_none() -> None:
    drawn = np.random.default_rng(5).standard_normal(
        (4 * ROWS, SIZE), np.float32
    )  # no direction tells more than another
    vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    nearest = Nearest(vectors)
    for row in range(4):
        assert nearest.best(vectors[row], 20).tolist() == by_hand(vectors, vectors[row], 20)
    assert not nearest.looks_first


def test_few_rows_are_compared_whole_and_more_than_there_are_can_be_asked_for() -> None:
    vectors = np.eye(4, dtype=np.float32)
    nearest = Nearest(vectors)
    for _ in range(3):
        assert nearest.best(vectors[2], 9).tolist() == [2, 0, 1, 3]
    assert not nearest.looks_first


def test_of_equal_rows_the_first_ones_are_taken() -> None:
    vectors = np.tile(np.eye(4, dtype=np.float32), (5, 1))
    assert Nearest(vectors).best(vectors[1], 3).tolist() == [1, 5, 9]
