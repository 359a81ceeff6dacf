"""Stopping early: what is said to be settled stays settled, whatever else is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import Answers, Rung
from advisor.answers import FIELDS
from advisor.questionnaire import relevant
from advisor.recommend import decide
from advisor.settled import reachable
from tests.advisor.advisor_strategies import answers

MANY = settings(max_examples=60)


@MANY
@given(answers(), st.integers(0, len(FIELDS)))
def test_the_rung_of_the_whole_questionnaire_was_reachable_from_every_part_of_it(
    whole: Answers, place: int
) -> None:
    part = replace(whole, **{name: None for name in FIELDS[place:]})
    assert decide(relevant(whole)).rung in reachable(relevant(part), FIELDS[place:])


@MANY
@given(answers())
def test_with_nothing_open_only_the_advice_itself_is_reachable(a: Answers) -> None:
    assert reachable(relevant(a), ()) == {decide(relevant(a)).rung}


@given(answers(), st.integers(0, len(FIELDS)), st.integers(0, len(FIELDS)))
@settings(max_examples=20)
def test_more_open_questions_never_leave_fewer_rungs(a: Answers, one: int, other: int) -> None:
    few, many = FIELDS[max(one, other) :], FIELDS[min(one, other) :]
    known = relevant(replace(a, **{name: None for name in many}))
    assert reachable(known, few) <= reachable(known, many)


def test_before_the_first_answer_every_rung_is_open() -> None:
    assert reachable(Answers(), FIELDS) == set(Rung)


@pytest.mark.parametrize(
    ("said", "last", "rung"),
    [
        ({"knowledge": "private", "change_rate": "daily", "citations": "must", "base_weights": "closed", "may_switch_model": False,
          "prompt_tried": "with_examples", "test_questions": 100}, "failures_facts", Rung.RAG),
    ],
)  # fmt: skip
def test_a_closed_model_and_private_daily_facts_settle_it_before_the_end(
    said: dict[str, object], last: str, rung: Rung
) -> None:
    still_open = FIELDS[FIELDS.index(last) + 1 :]
    assert len(still_open) > 10
    assert reachable(Answers.from_mapping(said), still_open) == {rung}
