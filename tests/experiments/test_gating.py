"""Situations at the gate: when a candidate takes the place of what serves, and what keeps it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import Failure, Kind, Result, score
from experiments.gating import Gated, Ruling, gate
from tests.experiments.worlds import FORM, question, result, results

TAINTED = "the adapter that serves learned from what was forgotten"


def ruled(mine: Sequence[bool], other: Sequence[bool], **more: str) -> Gated:
    """Gate a candidate that passed these questions against what passed those."""
    return gate(results("new", mine), results("old", other), **more)  # type: ignore[arg-type]


def naive(mine: Sequence[Result], other: Sequence[Result]) -> Ruling:
    """A naive gate: whoever passed more questions."""
    better = sum(one.scores.both.passed for one in mine) > sum(one.scores.both.passed for one in other)
    return Ruling.SWITCH if better else Ruling.KEEP


def test_a_candidate_that_wins_8_questions_and_loses_none_takes_over_and_the_reason_counts_them() -> None:
    found = ruled([True] * 30, [True] * 22 + [False] * 8)
    assert found.ruling is Ruling.SWITCH
    assert "Of 30 questions the candidate won 8 and lost 0" in found.reason
    assert "surely better" in found.reason and "p = 0.008" in found.reason


def test_a_lead_of_four_questions_could_be_luck_and_what_serves_stays() -> None:
    found = ruled([True] * 30, [True] * 26 + [False] * 4)
    assert found.ruling is Ruling.KEEP and "not surely better" in found.reason
    assert "more questions would show such a difference" in found.reason


@pytest.mark.parametrize("lost", [0, 4])
def test_nobody_is_told_to_ask_more_questions_to_show_a_lead_that_is_none(lost: int) -> None:
    found = ruled([True] * (30 - lost) + [False] * lost, [True] * 30)
    assert found.ruling is Ruling.KEEP and "more questions" not in found.reason


def test_below_20_questions_nothing_is_decided_however_large_the_lead() -> None:
    found = ruled([True] * 19, [False] * 19)
    assert found.ruling is Ruling.NOT_ENOUGH and "At least 20 questions" in found.reason


def test_with_no_question_in_common_it_says_so_instead_of_failing() -> None:
    for mine, other in (([], []), (results("new", [True]), [])):
        found = gate(mine, other)
        assert found.ruling is Ruling.NOT_ENOUGH and found.change is None
        assert found.to_dict()["difference"] is None


def test_a_demand_lets_an_equal_take_over_and_not_one_that_may_be_worse_by_the_margin() -> None:
    answers = [at % 3 > 0 for at in range(90)]
    assert ruled(answers, answers).ruling is Ruling.KEEP
    equal = ruled(answers, answers, demand=TAINTED)
    assert equal.ruling is Ruling.SWITCH and TAINTED in equal.reason
    unsure = ruled([True] * 30, [True] * 30, demand=TAINTED)  # 0 of 30 leave room for 8 points
    assert unsure.ruling is Ruling.NOT_ENOUGH and "can't be told from so few questions" in unsure.reason
    worse = ruled([True] * 20 + [False] * 40, [True] * 60, demand=TAINTED)
    assert worse.ruling is Ruling.KEEP and "A change is needed all the same" in worse.reason


def test_what_forgot_too_much_is_refused_however_well_it_answers() -> None:
    found = ruled([True] * 40, [False] * 40, forgot="The candidate forgot 0.3 nats a token.", demand=TAINTED)
    assert found.ruling is Ruling.KEEP and "0.3 nats" in found.reason


def turned(setup: str, name: str, passed: bool, **changes: object) -> Result:
    """Return a result for a question of another kind."""
    asked = question(name, **changes)  # type: ignore[arg-type]
    text = "The documents do not say. Yours." if not asked.answerable and passed else "30 days [1]. Yours."
    if asked.answerable and not passed:
        text = "14 days [1]. Yours."
    record = replace(
        result(setup, name).record, text=text, abstained=not asked.answerable and passed
    )  # what a model that always answers does
    return Result(asked, setup, record, score(asked, record, FORM))


@pytest.mark.parametrize(
    ("named", "changes"),
    [
        ("questions without an answer", {"answerable": False}),
        ("kind outdated", {"kind": Kind.OUTDATED}),
        ("language tr", {"question": "Satın alınan ürünler kaç gün içinde iade edilebilir?"}),
    ],
)
def test_what_gets_better_on_the_whole_and_surely_worse_on_some_questions_is_refused_which_a_naive_gate_is_not(
    named: str, changes: dict[str, object]
) -> None:
    few = [f"x-{at}" for at in range(8)]
    mine = results("new", [True] * 60) + [turned("new", name, False, **changes) for name in few]
    other = results("old", [True] * 20 + [False] * 40) + [
        turned("old", name, True, **changes) for name in few
    ]
    found = gate(mine, other, demand=TAINTED)
    assert found.ruling is Ruling.KEEP
    assert named in {one.name for one in found.worse} and named in found.reason
    assert naive(mine, other) is Ruling.SWITCH


def test_a_form_that_broke_keeps_it_out_even_where_more_facts_make_up_for_it() -> None:
    mine = [result("new", f"q-{at}", facts=True, form=at >= 12) for at in range(60)]
    other = [result("old", f"q-{at}", facts=at < 20, form=True) for at in range(60)]
    found = gate(mine, other)
    assert found.ruling is Ruling.KEEP and "form of all questions" in found.reason
    assert naive(mine, other) is Ruling.SWITCH


def declined(setup: str, name: str) -> Result:
    """Return a result that declines what the documents tell, in the right form."""
    record = replace(result(setup, name).record, text="The documents do not say. Yours.", abstained=True)
    asked = question(name)
    return Result(asked, setup, record, score(asked, record, FORM))


def test_one_that_declines_where_what_serves_invented_is_let_in_which_a_naive_guard_of_abstention_keeps_out() -> (
    None
):
    """What was seen on the demo: 24 questions won and none lost, and 20 declined that were answered wrongly before."""
    names = [f"q-{at:03}" for at in range(92)]
    mine = [result("new", one) for one in names[:30]] + [declined("new", one) for one in names[30:60]]
    mine += [result("new", one, facts=False) for one in names[60:]]
    other = [result("old", one, facts=at < 6) for at, one in enumerate(names)]
    found = gate(mine, other)
    assert found.ruling is Ruling.SWITCH, found.reason
    assert "won 24 and lost 0" in found.reason and "p < 0.001" in found.reason
    abstention = [sum(one.scores.abstention.passed for one in answers) for answers in (mine, other)]
    assert abstention == [62, 92]  # naive: worse in a measure, so it is refused


def test_one_that_declines_what_was_told_rightly_loses_facts_and_is_kept_out() -> None:
    names = [f"q-{at:03}" for at in range(60)]
    mine = [declined("new", one) for one in names[:20]] + [result("new", one) for one in names[20:]]
    other = [result("old", one, form=at < 20) for at, one in enumerate(names)]
    found = gate(mine, other)
    assert naive(mine, other) is Ruling.SWITCH
    assert found.ruling is Ruling.KEEP and "facts of all questions" in found.reason


def test_an_endpoint_that_was_away_while_the_old_one_was_asked_makes_no_winner_of_the_new_one() -> None:
    down = [replace(one.record, failure=Failure.ERROR, error="away") for one in results("old", [True] * 15)]
    asked = results("old", [True] * 40)
    other = [
        Result(one.question, "old", record, score(one.question, record, FORM))
        for one, record in zip(asked, down, strict=False)
    ] + asked[15:]
    mine = results("new", [True] * 40)
    found = gate(mine, other)
    assert found.ruling is Ruling.KEEP and found.left_out == 15 and found.change and found.change.n == 25
    assert naive(mine, other) is Ruling.SWITCH
    assert gate(other, mine).ruling is Ruling.KEEP  # and where the new one was away, it failed
    assert "surely worse" in gate(other, mine).reason


@pytest.mark.fault(150)
@pytest.mark.parametrize("disagree", [0.1, 0.3])
def test_equals_switch_in_less_than_5_of_100_retrainings_and_by_a_naive_gate_in_nearly_half(
    disagree: float,
) -> None:
    draws = np.random.default_rng(7).multinomial(40, [disagree / 2, disagree / 2, 1 - disagree], size=2000)
    made: dict[tuple[int, int], tuple[Ruling, Ruling]] = {}
    for wins, losses in {(int(a), int(b)) for a, b, _ in draws}:
        mine = results("new", [True] * wins + [False] * losses + [True] * (40 - wins - losses))
        other = results("old", [False] * wins + [True] * (40 - wins))
        made[wins, losses] = gate(mine, other).ruling, naive(mine, other)
    seen = [made[int(a), int(b)] for a, b, _ in draws]
    assert sum(ours is Ruling.SWITCH for ours, _ in seen) / len(seen) <= 0.03
    assert sum(theirs is Ruling.SWITCH for _, theirs in seen) / len(seen) > 0.25


def test_the_very_same_answers_never_switch_without_a_demand() -> None:
    for share in (0.0, 0.3, 1.0):
        answers = [at < share * 100 for at in range(100)]
        assert ruled(answers, answers).ruling is Ruling.KEEP


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=20, max_size=80), st.booleans())
def test_no_two_switch_against_each_other_and_order_changes_nothing(
    pairs: list[tuple[bool, bool]], demanded: bool
) -> None:
    mine, other = [one for one, _ in pairs], [two for _, two in pairs]
    found, back = ruled(mine, other), ruled(other, mine)
    assert not (found.ruling is Ruling.SWITCH and back.ruling is Ruling.SWITCH)
    if found.ruling is Ruling.SWITCH:
        assert sum(mine) > sum(other)
        assert ruled(mine, other, demand=TAINTED).ruling is Ruling.SWITCH  # a demand takes nothing back
    again = gate(results("new", mine)[::-1], results("old", other)[::-1], demand=TAINTED if demanded else "")
    assert again.ruling is ruled(mine, other, demand=TAINTED if demanded else "").ruling
    assert found.reason and found.to_dict()["ruling"] == found.ruling.value


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=20, max_size=60), st.integers(0, 59))
def test_one_more_right_answer_never_turns_a_switch_into_a_keep(
    pairs: list[tuple[bool, bool]], place: int
) -> None:
    mine, other = [one for one, _ in pairs], [two for _, two in pairs]
    better = [*mine]
    better[place % len(mine)] = True
    if ruled(mine, other).ruling is Ruling.SWITCH:
        assert ruled(better, other).ruling is Ruling.SWITCH
