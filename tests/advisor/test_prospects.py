"""What a rung brings, takes and risks: swept over the data, bounded, and tied to the answers that say so."""

from __future__ import annotations

import pytest
from hypothesis import given

from advisor import Answers, Evidence, Language, Rung, recommend
from advisor.catalog import gain_data, wordings
from advisor.costs import costs
from advisor.gains import NEAR, gains
from advisor.prospects import amount, span
from advisor.risks import WATCHES, risks
from tests.advisor.advisor_strategies import answers


def test_every_finding_and_every_risk_has_its_condition_and_its_words() -> None:
    assert set(NEAR) == set(gain_data())
    assert {watch.id for watch in WATCHES} == set(wordings("risks"))
    assert all(wording.duty and wording.source for wording in wordings("risks").values())


def test_every_finding_is_ordered_and_no_range_is_a_promise_without_a_source() -> None:
    for data in gain_data().values():
        assert data.low <= data.high and data.wording.source is not None


@pytest.mark.parametrize("name", NEAR)
def test_every_finding_is_near_to_some_answers_and_not_to_none(name: str) -> None:
    cases = (
        {"knowledge": "recent"},
        {"knowledge": "recent", "example_quality": "reviewed"},
        {"knowledge": "input"},
        {"tasks": "narrow", "base_size": "small"},
        {"far_from_english": True},
        {"tone": "ours"},
    )
    assert not NEAR[name](Answers())
    assert any(NEAR[name](Answers.from_mapping(case)) for case in cases)


@pytest.mark.parametrize("watch", WATCHES, ids=lambda watch: watch.id)
def test_every_risk_can_be_raised(watch: object) -> None:
    worst = Answers.from_mapping(
        {
            "knowledge": "private", "change_rate": "daily", "personal_data": "special", "data_may_leave": False,
            "base_weights": "closed", "access_differs": True, "deletable": True, "keep_skills": True, "examples": 60,
            "example_quality": "unreviewed", "retrieval_recall": 60, "test_questions": 5, "gain_right": 1,
            "cost_wrong": 50, "cost_handoff": 5,
        }
    )  # fmt: skip
    assert watch in [one for one in WATCHES if any(risk.id == one.id for risk in risks(Rung.HYBRID, worst))]


@given(answers())
def test_a_risk_names_only_answers_that_were_given(a: Answers) -> None:
    for rung in Rung:
        for risk in risks(rung, a):
            assert all(a.get(name) is not None for name in risk.answers)


@given(answers())
def test_training_risks_stay_away_from_rungs_that_do_not_train(a: Answers) -> None:
    training = {"memorisation", "deletion", "taught_to_invent", "wrong_examples", "overfitting", "forgetting"}
    for rung in (Rung.PROMPT, Rung.RAG):
        assert not training & {risk.id for risk in risks(rung, a)}


@given(answers())
def test_every_cost_is_a_range_from_least_to_most_and_a_higher_rung_never_takes_less_work(a: Answers) -> None:
    prompt, rag, finetune, hybrid = costs(a)
    for one in (prompt, rag, finetune, hybrid):
        for low, high in (
            one.preparation_hours,
            one.upkeep_hours,
            one.gpu_hours or (0, 0),
            one.tokens or (0, 0),
        ):
            assert 0 <= low <= high
    for lower, higher in ((prompt, rag), (prompt, finetune), (rag, hybrid), (finetune, hybrid)):
        assert lower.preparation_hours <= higher.preparation_hours
        assert lower.upkeep_hours <= higher.upkeep_hours


def test_the_price_of_a_training_is_six_operations_a_weight_and_token() -> None:
    trained = costs(Answers.from_mapping({"base_size": "small", "examples": 1000, "prompt_tokens": 500}))[2]
    least = 6 * 0.5e9 * 1000 * 500 * 2 / 200e12 / 3600
    most = 6 * 9e9 * 1000 * 500 * 4 / 60e12 / 3600
    assert trained.gpu_hours == (round(least, 3), round(most, 3))


def test_what_is_not_known_costs_no_invented_number() -> None:
    for one in costs(Answers()):
        assert one.tokens is None and one.money is None
    assert costs(Answers.from_mapping({"base_size": "frontier"}))[3].gpu_hours is None
    assert costs(Answers())[0].gpu_hours == (0.0, 0.0)


def test_a_price_turns_tokens_into_money() -> None:
    one = costs(
        Answers.from_mapping({"requests_per_month": 10_000, "prompt_tokens": 600, "token_price": "2.5 EUR"})
    )[0]
    assert one.tokens == (6e6, 6e6) and one.money == (15.0, 15.0)


def test_a_knowledge_that_stands_in_every_prompt_is_paid_for_in_every_prompt() -> None:
    said = {
        "knowledge": "private", "change_rate": "never", "knowledge_tokens": 20_000, "window_tokens": 128_000,
        "requests_per_month": 100, "prompt_tokens": 500,
    }  # fmt: skip
    assert costs(Answers.from_mapping(said))[0].tokens == (2_050_000.0, 2_050_000.0)


def test_a_measurement_is_held_against_the_range_of_the_study() -> None:
    rates = {
        name: {"pass_rate": p, "low": p, "high": p}
        for name, p in (("prompt", 0.1), ("rag", 0.4), ("hybrid", 0.45))
    }
    evidence = Evidence.from_dict({"questions": 120, "setups": rates})
    found = {one.id: one for one in gains(Answers.from_mapping({"knowledge": "private"}), evidence)}
    assert found["retrieval_of_new_facts"].measured == 30.0 and found["retrieval_of_new_facts"].agrees
    assert found["training_under_retrieval"].measured == 5.0 and not found["training_under_retrieval"].agrees
    assert found["training_on_new_facts"].measured is None


def test_the_sample_says_what_it_can_show() -> None:
    told = recommend(Answers.from_mapping({"test_questions": 100})).sample
    assert told.sees == 16 and dict(told.needs) == {5: 940, 10: 234, 15: 103, 20: 57}
    assert recommend(Answers()).sample.sees is None


def test_numbers_are_written_as_people_of_the_language_write_them() -> None:
    assert [amount(n, Language.EN) for n in (0.19, 8, 1234, 5.4e6, 2.5e9)] == [
        "0.19",
        "8",
        "1,234",
        "5.4 million",
        "2.5 billion",
    ]
    assert amount(1234, Language.TR) == "1.234" and amount(5.4e6, Language.TR) == "5,4 milyon"
    assert (
        span(None, Language.EN) == "?"
        and span((3, 3), Language.EN) == "3"
        and span((1, 4), Language.EN) == "1–4"
    )
