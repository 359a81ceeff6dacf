"""A comparison is paired, says how sure it is, and never fails for want of data."""

from __future__ import annotations

import pytest

from experiments import Failure, Verdict, compare
from experiments.verdict import NOT_ENOUGH
from tests.experiments.worlds import luck, result, results


def square(n: int, prompt: int, rag: int, lora: int, hybrid: int) -> Verdict:
    """Compare four setups that each pass their first so many questions of `n`."""
    passed = {"prompt": prompt, "rag": rag, "lora": lora, "hybrid": hybrid}
    return compare(
        one for setup, count in passed.items() for one in results(setup, [at < count for at in range(n)])
    )


def test_rates_are_counted_and_carry_intervals() -> None:
    rows = [result("rag", "a"), result("rag", "b", facts=False), result("rag", "c", form=False, seconds=3.0)]
    standing = compare(rows).standings[0]
    assert (standing.both.passed, standing.facts.passed, standing.form.passed, standing.n) == (1, 2, 2, 3)
    assert standing.facts.rate is not None
    assert standing.facts.rate.low < 2 / 3 < standing.facts.rate.high
    assert (standing.seconds_p50, standing.tokens_in, standing.tokens_out) == (1.0, 100.0, 10.0)
    assert standing.seconds_p95 == pytest.approx(2.8)


def test_errors_count_as_failed_answers_and_not_in_the_times() -> None:
    rows = [result("rag", "a"), result("rag", "b", failure=Failure.ERROR, error="x", seconds=99.0)]
    standing = compare(rows).standings[0]
    assert (standing.n, standing.both.passed, standing.errors, standing.seconds_p95) == (2, 1, 1, 1.0)


def test_pairs_are_counted_question_by_question_and_not_rate_by_rate() -> None:
    one = results("prompt", [True] * 10 + [False] * 30)
    two = results("rag", [False] * 10 + [True] * 30)
    row = compare(one + two).difference("rag", "prompt")
    assert row is not None and row.difference is not None
    assert (row.wins, row.losses, row.n) == (30, 10, 40)
    assert row.difference.mean == pytest.approx(0.5)
    assert row.difference.low > 0
    assert row.p is not None and row.p_exact is not None and row.p_holm is not None
    assert row.p < row.p_exact < 0.01
    assert row.p_holm == row.p  # one comparison only


def test_only_questions_that_both_were_asked_are_compared() -> None:
    row = compare(results("prompt", [True] * 30) + results("rag", [False] * 25)).differences[0]
    assert row.n == 25


def test_the_two_by_two_finds_planted_effects_and_no_interaction() -> None:
    verdict = square(100, prompt=20, rag=60, lora=30, hybrid=70)
    effect = {(one.name, one.measure): one.effect for one in verdict.effects}
    for name, truth in (("retrieval", 0.4), ("adapter", 0.1), ("interaction", 0.0)):
        found = effect[name, "both"]
        assert found is not None
        assert found.mean == pytest.approx(truth)
        assert found.low <= truth <= found.high
    assert effect["retrieval", "facts"] == effect["retrieval", "both"]  # only facts were lost here
    on_form = effect["adapter", "form"]
    assert on_form is not None and on_form.mean == 0.0


def test_the_interaction_is_what_the_adapter_adds_to_retrieval_less_what_it_adds_alone() -> None:
    effects = {one.name: one.effect for one in square(100, 0, 0, 0, 80).effects if one.measure == "both"}
    interaction = effects["interaction"]
    assert interaction is not None and interaction.mean == pytest.approx(0.8)


def test_the_best_wins_when_it_is_far_ahead() -> None:
    verdict = square(120, prompt=5, rag=60, lora=10, hybrid=110)
    assert (verdict.winner, verdict.sure, verdict.needed) == ("hybrid", True, 0)
    assert verdict.reason.endswith("The intervals settle it.")


def test_the_simplest_wins_a_tie() -> None:
    assert square(120, 100, 100, 100, 100).winner == "prompt"


def test_the_simplest_within_the_margin_of_the_best_wins() -> None:
    verdict = square(120, prompt=5, rag=100, lora=10, hybrid=104)
    assert verdict.winner == "rag"
    assert "rag is simpler and 3.3 points behind, within the margin of 5." in verdict.reason


def test_the_margin_decides() -> None:
    rows = results("prompt", [True] * 80 + [False] * 20) + results("rag", [True] * 90 + [False] * 10)
    assert compare(rows, margin=0.05).winner == "rag"
    assert compare(rows, margin=0.10).winner == "prompt"


def test_a_lead_within_the_noise_is_not_sure_and_tells_how_many_questions_are_missing() -> None:
    one = results("prompt", [luck(str(at), "p") < 0.6 for at in range(60)])
    two = results("rag", [luck(str(at), "r") < 0.7 for at in range(60)])
    verdict = compare(one + two)
    assert not verdict.sure
    assert verdict.needed is not None and verdict.needed > 0
    row = verdict.differences[0]
    assert row.smallest is not None and row.difference is not None
    assert (row.needed or 0) > 0


def test_enough_questions_make_a_tie_sure() -> None:
    few, many = (square(n, *[n - 5] * 4) for n in (40, 400))
    assert (few.winner, few.sure) == ("prompt", False)
    assert few.needed == 73 - 40
    assert (many.winner, many.sure) == ("prompt", True)


def test_when_nothing_passed_nobody_wins() -> None:
    verdict = square(30, 0, 0, 0, 0)
    assert (verdict.winner, verdict.sure) == (None, False)
    assert verdict.reason == "No setup passed a single question, so none of them wins."


def test_nothing_measured_is_not_enough_data() -> None:
    verdict = compare([])
    assert (verdict.winner, verdict.standings, verdict.differences) == (None, (), ())
    assert verdict.reason.startswith(NOT_ENOUGH)
    assert all(effect.note.startswith(NOT_ENOUGH) for effect in verdict.effects)


def test_one_question_is_not_enough_data() -> None:
    verdict = square(1, 0, 1, 0, 1)
    assert verdict.winner is None
    assert verdict.reason.startswith(NOT_ENOUGH)
    assert all(row.note.startswith(NOT_ENOUGH) and row.p is None for row in verdict.differences)
    assert all(effect.effect is None for effect in verdict.effects)


def test_setups_that_agree_on_every_question_are_not_told_apart() -> None:
    row = square(30, 10, 10, 10, 10).differences[0]
    assert row.note.startswith(f"{NOT_ENOUGH}: all 30 questions came out alike")
    assert (row.p, row.needed) == (1.0, 155 - 30)  # (1.96·√.05 + .8416·√.0475)² / .0025
    assert row.difference is not None and row.difference.low < 0 < row.difference.high


def test_a_missing_setup_leaves_the_effects_without_data_and_the_rest_as_it_is() -> None:
    verdict = compare(results("prompt", [True] * 10 + [False] * 30) + results("rag", [True] * 40))
    assert verdict.winner == "rag"
    assert {effect.note for effect in verdict.effects} == {f"{NOT_ENOUGH}: lora and hybrid not measured"}


def test_one_setup_alone_has_nobody_to_win_against() -> None:
    assert compare(results("prompt", [True] * 30)).reason.startswith(
        f"{NOT_ENOUGH}: only prompt was measured"
    )


def test_fewer_than_twenty_questions_are_never_sure() -> None:
    verdict = square(12, 0, 0, 0, 12)
    assert (verdict.winner, verdict.sure) == ("hybrid", False)
    assert "write at least 20 questions" in verdict.reason
    assert verdict.needed == 8


def test_setups_stand_in_the_order_of_the_ladder_and_unknown_ones_after_them() -> None:
    rows = [one for setup in ("hybrid", "other", "prompt") for one in results(setup, [True, False])]
    assert [row.setup for row in compare(rows).standings] == ["prompt", "hybrid", "other"]


def test_the_order_of_results_changes_nothing() -> None:
    rows = results("prompt", [True] * 20 + [False] * 20) + results("rag", [False] * 10 + [True] * 30)
    assert compare(rows) == compare(rows[::-1])
