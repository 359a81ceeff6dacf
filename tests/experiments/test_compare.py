"""A comparison is paired, says how sure it is, and never fails for want of data."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from experiments import Failure, PairTest, Result, Verdict, compare, settled_early
from experiments.answered import Look
from experiments.statistics.sequential import p_value
from experiments.statistics.stats import ALPHA, holm
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


@pytest.mark.fault(136)
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


@pytest.mark.fault(135)
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


@pytest.mark.fault(135)
def test_one_question_is_not_enough_data() -> None:
    verdict = square(1, 0, 1, 0, 1)
    assert verdict.winner is None
    assert verdict.reason.startswith(NOT_ENOUGH)
    assert all(row.note.startswith(NOT_ENOUGH) and row.p is None for row in verdict.differences)
    assert all(effect.effect is None for effect in verdict.effects)


@pytest.mark.fault(135)
def test_setups_that_agree_on_every_question_are_not_told_apart() -> None:
    row = square(30, 10, 10, 10, 10).differences[0]
    assert row.note.startswith(f"{NOT_ENOUGH}: all 30 questions came out alike")
    assert (row.p, row.needed) == (1.0, 155 - 30)  # (1.96·√.05 + .8416·√.0475)² / .0025
    assert row.difference is not None and row.difference.low < 0 < row.difference.high


@pytest.mark.fault(135)
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


def repeated(setup: str, passes: Iterable[Sequence[bool]]) -> list[Result]:
    """Return several results a question, passed or lost as each row says."""
    return [
        replace(one, repeat=repeat)
        for at, row in enumerate(passes)
        for repeat, passed in enumerate(row)
        for one in [result(setup, f"q-{at:03}", facts=passed)]
    ]


@pytest.mark.fault(137)
def test_timeouts_and_refusals_are_counted_apart_from_errors_and_fail_everywhere() -> None:
    rows = [
        result("rag", "a"),
        *(
            result("rag", name, failure=failure, error="x")
            for name, failure in zip("bcd", Failure, strict=True)
        ),
    ]
    standing = compare(rows).standings[0]
    assert (standing.n, standing.answers) == (4, 4)
    assert (standing.errors, standing.timeouts, standing.refusals) == (1, 1, 1)
    assert (standing.both.passed, standing.both.n, standing.form.passed) == (1, 4, 1)


def test_a_question_asked_three_times_counts_once_with_the_mean_of_its_answers() -> None:
    verdict = compare(
        repeated("prompt", [[False, False, True]] * 20 + [[False] * 3] * 20)
        + repeated("rag", [[True, True, False]] * 20 + [[False] * 3] * 20)
    )
    row = verdict.differences[0]
    assert (verdict.questions, verdict.repeats) == (40, 3)
    assert (verdict.standings[1].n, verdict.standings[1].answers) == (40, 120)
    assert (row.n, row.wins, row.losses) == (40, 20, 0)
    assert row.difference is not None and row.difference.mean == pytest.approx(1 / 6)
    assert row.spread == pytest.approx(1 / 18)
    assert (row.test, row.p_exact) == (PairTest.SIGN_FLIP, None)
    assert row.p is not None and row.p < 0.001
    rag = verdict.standings[1].both
    assert (rag.passed, rag.n) == (40, 120)
    assert rag.rate is not None and rag.rate.mean == pytest.approx(1 / 3)


def test_a_test_that_holds_at_every_look_counts_who_passed_a_question_more_often() -> None:
    one = repeated("prompt", [[False, False]] * 12 + [[True, True]] * 3 + [[True, False]] * 20)
    two = repeated("rag", [[True, False]] * 12 + [[True, False]] * 3 + [[False, True]] * 20)
    row = compare(one + two, sequential=True).differences[0]
    assert (row.wins, row.losses, row.test) == (12, 3, PairTest.SEQUENTIAL)
    assert row.p == p_value(12, 3)
    assert row.difference is not None and row.difference.mean == pytest.approx(0.5 * 9 / 35)


def test_saying_the_same_three_times_makes_nothing_surer() -> None:
    one, two = [luck(str(at), "p") < 0.4 for at in range(60)], [luck(str(at), "r") < 0.6 for at in range(60)]
    once = compare(results("prompt", one) + results("rag", two))
    often = compare(repeated("prompt", [[p] * 3 for p in one]) + repeated("rag", [[p] * 3 for p in two]))
    assert often.differences == once.differences
    a, b = once.standings[0].both.rate, often.standings[0].both.rate
    assert a is not None and b is not None
    assert b.high - b.low == pytest.approx(a.high - a.low, rel=0.1)


def test_a_question_asked_again_counts_as_a_repeat_only_under_another_number() -> None:
    again = results("prompt", [False] * 5) + results("prompt", [True] * 5)
    assert compare(again).standings[0].both.passed == 5
    assert compare(again).repeats == 1


def test_uneven_repeats_weigh_questions_alike() -> None:
    verdict = compare(repeated("prompt", [[True], [False] * 9] * 15) + repeated("rag", [[True] * 2] * 30))
    rate = verdict.standings[0].both.rate
    assert rate is not None and rate.mean == pytest.approx(0.5)
    assert verdict.winner == "rag"


def test_one_question_asked_often_is_one_question() -> None:
    verdict = compare(repeated("prompt", [[True, False] * 20]) + repeated("rag", [[True] * 40]))
    assert verdict.reason.startswith(NOT_ENOUGH)
    rate = verdict.standings[0].both.rate
    assert rate is not None and (rate.mean, rate.low, rate.high) == (0.5, 0.0, 1.0)


def test_variants_stand_behind_the_setup_that_they_vary() -> None:
    rows = [
        one
        for setup in ("hybrid", "rag+shots", "odd+shots", "prompt+repair", "rag", "prompt")
        for one in results(setup, [True, False])
    ]
    order = [row.setup for row in compare(rows).standings]
    assert order == ["prompt", "prompt+repair", "rag", "rag+shots", "hybrid", "odd+shots"]


def test_setups_that_never_differ_on_many_questions_are_equivalent() -> None:
    row = square(400, 200, 200, 200, 200).differences[0]
    assert row.equivalent and row.not_worse and row.other_not_worse
    few = square(30, 15, 15, 15, 15).differences[0]
    assert not (few.equivalent or few.not_worse or few.other_not_worse)


def test_what_is_far_ahead_is_not_worse_but_not_equivalent() -> None:
    row = compare(results("prompt", [False] * 60) + results("rag", [True] * 60)).differences[0]
    assert (row.not_worse, row.other_not_worse, row.equivalent) == (True, False, False)


def test_two_one_sided_tests_call_setups_equivalent_that_differ_by_the_margin_in_5_percent_at_most() -> None:
    look, drawn, claims = Look(margin=0.10), random.Random(1), 0
    for _ in range(250):
        values = drawn.choices([1.0, -1.0, 0.0], [0.15, 0.05, 0.80], k=200)
        claims += all(look.no_worse(values))
    assert 250 * 0.02 <= claims <= 250 * 0.08  # 5 %, give or take two standard errors


def test_equals_compared_100_times_are_told_apart_in_about_5_percent() -> None:
    rows = [compare(coins(seed, 80, prompt=0.5, rag=0.5)).differences[0] for seed in range(100)]
    assert 1 <= sum(row.p_holm is not None and row.p_holm < ALPHA for row in rows) <= 9  # two standard errors


def coins(seed: int, n: int, **skills: float) -> list[Result]:
    """Return setups that pass each question with their own chance."""
    drawn = random.Random(seed)
    return [_pooled(setup, at, drawn.random() < skill) for at in range(n) for setup, skill in skills.items()]


_POOL: dict[tuple[str, int, bool], Result] = {}


def _pooled(setup: str, at: int, passed: bool) -> Result:
    if (setup, at, passed) not in _POOL:
        _POOL[setup, at, passed] = result(setup, f"q-{at:03}", facts=passed)
    return _POOL[setup, at, passed]


def stopped(rows: Sequence[Result], setups: int, every: int = 10) -> list[Result]:
    """Return the results that there are when `settled_early` stops, looking after so many questions."""
    for at in range(every, len(rows) // setups + 1, every):
        if settled_early(rows[: at * setups]):
            return list(rows[: at * setups])
    return list(rows)


def test_equals_that_may_be_stopped_early_are_told_apart_in_6_percent_at_most() -> None:
    alarms = 0
    for seed in range(150):
        rows = coins(seed, 100, prompt=0.5, rag=0.5)
        asked = stopped(rows, setups=2)
        alarms += len(asked) < len(rows) and compare(asked, sequential=True).winner != "prompt"
    assert alarms <= 150 * 0.06


def test_six_pairs_of_equals_looked_at_all_the_time_alarm_in_6_percent_at_most() -> None:
    alarms = 0
    for seed in range(400):
        drawn = random.Random(seed)
        counts = {pair: [0, 0] for pair in [(a, b) for a in range(4) for b in range(a)]}
        for at in range(1, 121):
            passed = [drawn.random() < 0.5 for _ in range(4)]
            for a, b in counts:
                counts[a, b][0] += passed[a] > passed[b]
                counts[a, b][1] += passed[a] < passed[b]
            if at % 5 == 0 and min(holm([p_value(*pair) for pair in counts.values()])) < ALPHA:
                alarms += 1
                break
    assert alarms <= 400 * 0.06


def test_planted_differences_stop_early_and_name_the_right_winner() -> None:
    asked = []
    for seed in range(40):
        rows = stopped(coins(seed, 120, prompt=0.2, rag=0.8), setups=2)
        verdict = compare(rows, sequential=True)
        assert (verdict.winner, verdict.sure) == ("rag", True)
        asked.append(len(rows) // 2)
    assert sum(asked) / len(asked) < 40  # of 120


def test_equals_on_120_questions_are_not_sure_and_tell_how_many_it_would_take() -> None:
    verdict = compare(coins(7, 120, prompt=0.5, rag=0.5), sequential=True)
    assert not verdict.sure  # five points are too little to be seen
    assert verdict.needed is not None and verdict.needed > 100


def test_the_stop_wants_at_least_twenty_questions_and_two_setups() -> None:
    apart = [
        one for at in range(19) for one in (result("prompt", str(at), facts=False), result("rag", str(at)))
    ]
    assert not settled_early(apart)
    assert settled_early([*apart, result("prompt", "19", facts=False), result("rag", "19")])
    assert not settled_early(results("prompt", [True] * 100))
    assert not settled_early([])


def test_intervals_that_hold_at_every_look_are_wider() -> None:
    rows = coins(3, 100, prompt=0.3, rag=0.6, lora=0.3, hybrid=0.7)
    once, anytime = compare(rows), compare(rows, sequential=True)
    assert anytime.sequential and not once.sequential
    for a, b in zip(once.differences, anytime.differences, strict=True):
        assert a.difference is not None and b.difference is not None
        assert a.difference.mean == pytest.approx(b.difference.mean)
        assert b.difference.low < a.difference.low < a.difference.high < b.difference.high
        assert b.p is not None and a.p is not None and b.p >= a.p
        assert b.p_exact is None
    for one, other in zip(once.effects, anytime.effects, strict=True):
        if one.effect is not None and other.effect is not None and one.effect.mean != 0.0:
            assert other.effect.high - other.effect.low > one.effect.high - one.effect.low
    rates = [row.both.rate for row in (once.standings[0], anytime.standings[0])]
    assert rates[0] is not None and rates[1] is not None and rates[1].high > rates[0].high
