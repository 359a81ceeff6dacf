"""Fusion and metrics on numbers that can be worked out by hand."""

from __future__ import annotations

import math

import pytest

from rag.metrics import mean_reciprocal_rank, ndcg_at, recall_at, reciprocal_rank
from rag.retrieval.retrieve import fuse, fuse_ranks, min_max


def test_min_max_puts_the_lowest_at_0_and_the_highest_at_1() -> None:
    assert min_max([2.0, 4.0, 3.0]) == [0.0, 1.0, 0.5]
    assert min_max([2.0, 4.0], floor=0.0) == [0.5, 1.0]


def test_min_max_of_equal_scores_is_all_or_nothing() -> None:
    assert min_max([0.3, 0.3]) == [1.0, 1.0]
    assert min_max([0.0, 0.0], floor=0.0) == [0.0, 0.0]
    assert min_max([]) == []


def test_fusion_is_the_weighted_sum_of_both_normalised_scores() -> None:
    dense, keyword = {"a": 0.9, "b": 0.5, "c": 0.1}, {"b": 6.0, "c": 3.0}
    assert fuse(dense, keyword, 0.6) == [
        ("b", pytest.approx(0.6 * 0.5 + 0.4)), ("a", pytest.approx(0.6)), ("c", pytest.approx(0.4 * 0.5))
    ]  # fmt: skip


def test_the_ends_of_alpha_are_the_two_rankings_alone() -> None:
    dense, keyword = {"a": 0.9, "b": 0.1}, {"b": 6.0, "a": 1.0}
    assert [key for key, _ in fuse(dense, keyword, 1.0)] == ["a", "b"]
    assert [key for key, _ in fuse(dense, keyword, 0.0)] == ["b", "a"]


def test_fusion_does_not_change_when_a_score_is_scaled_or_the_dense_one_shifted() -> None:
    dense, keyword = {"a": 0.9, "b": 0.5, "c": 0.1}, {"a": 1.0, "b": 6.0, "c": 3.0}
    shifted = fuse({k: 2 * v + 5 for k, v in dense.items()}, {k: 10 * v for k, v in keyword.items()}, 0.3)
    assert shifted == [(key, pytest.approx(score)) for key, score in fuse(dense, keyword, 0.3)]


def test_ties_are_broken_by_id_whatever_the_order_they_come_in() -> None:
    assert (
        fuse({"b": 1.0, "a": 1.0}, {}, 0.5) == fuse({"a": 1.0, "b": 1.0}, {}, 0.5) == [("a", 0.5), ("b", 0.5)]
    )


def test_recall_counts_a_document_once() -> None:
    assert recall_at(3, ["a", "a", "b", "c"], {"a", "c"}) == 1.0
    assert recall_at(1, ["a", "b"], {"a", "b"}) == 0.5
    assert recall_at(5, ["a"], set()) == 0.0


def test_reciprocal_rank_is_one_over_the_first_right_place() -> None:
    assert reciprocal_rank(["x", "x", "a"], {"a"}) == 0.5
    assert reciprocal_rank(["x"], {"a"}) == 0.0
    assert mean_reciprocal_rank([(["a"], {"a"}), (["x"], {"a"})]) == 0.5
    assert mean_reciprocal_rank([]) == 0.0


def test_ndcg_discounts_by_the_logarithm_of_the_place() -> None:
    assert ndcg_at(10, ["a", "b"], {"a", "b"}) == 1.0
    assert ndcg_at(10, ["x", "a"], {"a"}) == pytest.approx(1 / math.log2(3))
    assert ndcg_at(1, ["x", "a"], {"a"}) == 0.0


def test_reciprocal_ranks_add_up_and_a_word_that_is_not_shared_gives_none() -> None:
    dense, keyword = {"a": 0.9, "b": 0.5, "c": 0.1}, {"b": 6.0, "a": 0.0}
    best = 2 / 61
    assert fuse_ranks(dense, keyword) == [
        ("b", pytest.approx((1 / 62 + 1 / 61) / best)), ("a", pytest.approx(1 / 61 / best)), ("c", pytest.approx(1 / 63 / best))
    ]  # fmt: skip
    assert fuse_ranks({}, {}) == []


def test_reciprocal_ranks_see_the_order_only() -> None:
    dense, keyword = {"a": 0.9, "b": 0.5, "c": 0.1}, {"a": 1.0, "b": 6.0}
    assert fuse_ranks(dense, keyword) == fuse_ranks({"a": 9.0, "b": 8.9, "c": -3.0}, {"a": 5.9, "b": 6.0})
