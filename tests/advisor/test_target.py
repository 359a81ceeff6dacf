"""The accuracy to reach, from what right, wrong and handed-off answers are worth."""

from __future__ import annotations

import pytest

from advisor import Answers
from advisor.target import abstain_below, break_even, target

CASE = {"gain_right": 20, "cost_handoff": 40, "cost_wrong": 1000, "caught_share": 95}


def test_openai_worked_case_breaks_even_at_81_5_percent() -> None:
    assert break_even(Answers.from_mapping(CASE)) == 81.5


@pytest.mark.parametrize("open_question", CASE)
def test_without_one_of_the_four_numbers_there_is_no_break_even(open_question: str) -> None:
    assert break_even(Answers.from_mapping({**CASE, open_question: None})) is None


@pytest.mark.parametrize("stated, percent", [(90, 90), (70, 81.5)])
def test_the_higher_of_wish_and_break_even_is_the_target(stated: float, percent: float) -> None:
    assert target(Answers.from_mapping({**CASE, "target_pass_rate": stated})).percent == percent


def test_where_a_wrong_answer_costs_no_more_than_a_hand_off_nothing_is_handed_over() -> None:
    assert abstain_below(Answers.from_mapping({**CASE, "cost_wrong": 40})) == 0


def test_answering_and_handing_over_are_worth_the_same_at_the_threshold() -> None:
    chance = (abstain_below(Answers.from_mapping(CASE)) or 0) / 100

    assert chance * 20 - (1 - chance) * 1000 == pytest.approx(-40, abs=1)


def test_nothing_at_stake_gives_no_target() -> None:
    free = Answers.from_mapping(dict.fromkeys(CASE, 0))

    assert break_even(free) is None and abstain_below(free) is None and target(Answers()).percent is None
