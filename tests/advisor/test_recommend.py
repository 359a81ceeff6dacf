"""A recommendation for every combination of answers: one rung, with reasons, monotone, and no veto violated."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import Answers, Evidence, Language, Rung, recommend, to_text
from advisor.conditions import must_shrink
from advisor.explain import shown_flips
from advisor.recommend import decide
from advisor.target import target
from advisor.vocabulary import ChangeRate, ExampleQuality, PersonalData, PromptTried
from tests.advisor.advisor_strategies import answers

ANY = settings(max_examples=60)
MANY = settings(max_examples=200)
COUNTS = [0, 30, 60, 200, 600]
RATES = st.floats(0, 1).map(lambda rate: round(rate, 2))


def rung_of(a: Answers, evidence: Evidence | None = None) -> Rung:
    """Return the rung alone, without the search for flips."""
    return decide_relevant(a, evidence).rung


def decide_relevant(a: Answers, evidence: Evidence | None = None) -> Any:
    from advisor.questionnaire import relevant

    corrected = evidence.correct(a)[0] if evidence else a
    return decide(relevant(corrected), evidence)


@st.composite
def measurements(draw: st.DrawFn) -> Evidence:
    """Draw a comparison of some setups, with effects or without."""
    names = draw(st.lists(st.sampled_from(["prompt", "rag", "lora", "hybrid"]), unique=True))
    rates = {name: draw(RATES) for name in names}
    around = {
        n: {"pass_rate": r, "low": max(0.0, r - 0.08), "high": min(1.0, r + 0.08)} for n, r in rates.items()
    }
    effects = {
        name: {"mean": mean, "low": max(-1.0, mean - 0.1), "high": min(1.0, mean + 0.1)}
        for name in draw(st.lists(st.sampled_from(["retrieval", "adapter", "interaction"]), unique=True))
        for mean in [draw(st.sampled_from([-0.3, 0.0, 0.04, 0.2, 0.6]))]
    }
    questions = draw(st.sampled_from([0, 19, 20, 60, 99, 100, 300]))
    return Evidence.from_dict({"questions": questions, "setups": around, "effects": effects})


maybe_measured = st.one_of(st.none(), measurements())


@pytest.mark.fault(128)
@ANY
@given(answers(), maybe_measured)
def test_any_answers_give_one_rung_with_at_least_one_reason(a: Answers, evidence: Evidence | None) -> None:
    advice = recommend(a, evidence)

    assert advice.rung in Rung
    assert advice.reasons and advice.method and advice.steps
    assert [one.rung for one in advice.passed_over] == [rung for rung in Rung if rung is not advice.rung]
    assert advice.runner_up is not advice.rung
    assert 0 <= advice.confidence <= 1
    assert all(
        reason.sentence(advice.answers, language) for reason in advice.reasons for language in Language
    )


@pytest.mark.fault(131)
@ANY
@given(answers(), st.randoms(use_true_random=False), st.sampled_from(Language))
def test_order_of_answers_and_language_change_nothing(
    a: Answers, shuffle: random.Random, language: Language
) -> None:
    pairs = list(a.to_mapping().items())
    shuffle.shuffle(pairs)
    advice = recommend(a)
    to_text(advice, language=language)

    assert recommend(Answers.from_mapping(dict(pairs))) == advice


@MANY
@given(answers(), maybe_measured)
def test_no_rung_is_advised_that_a_veto_or_gate_forbids(a: Answers, evidence: Evidence | None) -> None:
    decision = decide_relevant(a, evidence)

    for rule in decision.rules:
        assert decision.rung not in rule.forbids, rule.id


@pytest.mark.fault(129)
@MANY
@given(answers(), st.sampled_from(ChangeRate), st.sampled_from(ChangeRate), maybe_measured)
def test_faster_changing_facts_never_give_less_retrieval(
    a: Answers, one: ChangeRate, other: ChangeRate, evidence: Evidence | None
) -> None:
    slower, faster = sorted((one, other), key=list(ChangeRate).index)
    before = rung_of(replace(a, change_rate=slower), evidence)
    after = rung_of(replace(a, change_rate=faster), evidence)

    assert after.retrieves or not before.retrieves, (before, after)


@pytest.mark.fault(129)
@MANY
@given(answers(), st.sampled_from(COUNTS), st.sampled_from(COUNTS), maybe_measured)
def test_fewer_examples_never_give_more_training(
    a: Answers, x: int, y: int, evidence: Evidence | None
) -> None:
    more = rung_of(replace(a, examples=max(x, y)), evidence)
    fewer = rung_of(replace(a, examples=min(x, y)), evidence)

    assert more.trains or not fewer.trains, (more, fewer)


@pytest.mark.fault(129)
@MANY
@given(answers(), st.sampled_from(ExampleQuality), st.sampled_from(ExampleQuality), maybe_measured)
def test_worse_examples_never_give_more_training(
    a: Answers, one: ExampleQuality, other: ExampleQuality, evidence: Evidence | None
) -> None:
    worse, better = sorted((one, other), key=list(ExampleQuality).index)
    after = rung_of(replace(a, example_quality=worse), evidence)

    assert rung_of(replace(a, example_quality=better), evidence).trains or not after.trains


@pytest.mark.fault(129)
@MANY
@given(answers(), st.sampled_from(PersonalData), st.sampled_from(PersonalData), maybe_measured)
def test_more_personal_data_never_gives_more_training(
    a: Answers, one: PersonalData, other: PersonalData, evidence: Evidence | None
) -> None:
    less, more = sorted((one, other), key=list(PersonalData).index)
    after = rung_of(replace(a, personal_data=more), evidence)

    assert rung_of(replace(a, personal_data=less), evidence).trains or not after.trains


@MANY
@given(answers(prompt_tried=PromptTried.WITH_EXAMPLES), st.sampled_from([50.0, 80.0, 81.5, 95.0]))
def test_a_met_target_never_gives_a_higher_rung_unless_cost_latency_or_privacy_ask(
    a: Answers, wanted: float
) -> None:
    aimed = replace(a, target_pass_rate=wanted)
    bar = target(aimed).percent
    assert bar is not None
    met = rung_of(replace(aimed, prompt_pass_rate=bar))
    missed = rung_of(replace(aimed, prompt_pass_rate=max(0.0, bar - 10)))

    if must_shrink(aimed):
        # one thing may make it higher: good answers can teach the smaller model, and bad ones can't
        rules = {rule.id for rule in decide_relevant(replace(aimed, prompt_pass_rate=bar)).rules}
        assert met.height <= missed.height or (met.trains and "good_answers_to_copy" in rules)
        assert missed.retrieves or not met.retrieves
    else:
        assert met is Rung.PROMPT


@pytest.mark.fault(130)
def test_dont_knows_and_conflicts_lower_the_confidence() -> None:
    clear = Answers.from_mapping(
        {"knowledge": "private", "change_rate": "daily", "citations": "must", "tone": "none"}
    )
    half = replace(clear, citations=None)
    conflict = replace(clear, summaries=Answers.from_mapping({"summaries": "mainly"}).summaries)

    assert recommend(Answers()).confidence == 0
    assert recommend(half).confidence < recommend(clear).confidence
    # One more answer is known now, and still the whole is less sure.
    assert recommend(conflict).confidence < recommend(clear).confidence
    assert "mostly_summaries" in [reason.rule for reason in recommend(conflict).against]


def test_answers_to_questions_that_are_not_asked_count_for_nothing_and_are_named() -> None:
    advice = recommend(
        Answers.from_mapping({"knowledge": "input", "change_rate": "daily", "citations": "must"})
    )

    assert advice.ignored == ("change_rate", "citations")
    assert advice.vetoes == () and advice.rung is Rung.PROMPT


def test_the_strongest_reason_against_a_rung_is_the_veto_when_there_is_one() -> None:
    advice = recommend(
        Answers.from_mapping(
            {"knowledge": "private", "citations": "must", "tone": "ours", "test_questions": 40}
        )
    )
    against = {one.rung: one.reason.rule for one in advice.passed_over}

    assert advice.rung is Rung.RAG
    assert against[Rung.FINETUNE] == "weights_cannot_cite"
    assert against[Rung.PROMPT] == "private_knowledge"
    assert against[Rung.HYBRID] in ("both_must_be_earned", "no_need_of_training")


def test_reasons_come_strongest_first() -> None:
    filled = {"knowledge": "private", "change_rate": "weekly", "citations": "nice", "base_size": "small"}
    weights = [reason.weight for reason in recommend(Answers.from_mapping(filled)).reasons]

    assert weights == sorted(weights, reverse=True) and len(weights) > 2


@pytest.mark.parametrize("have, short", [(0, 50), (10, 40), (49, 1)])
def test_examples_still_missing_are_counted(have: int, short: int) -> None:
    advice = recommend(Answers.from_mapping({"tone": "ours", "output_form": "own", "examples": have}))

    assert advice.rung is Rung.PROMPT
    assert [(one.id, one.short, one.blocks) for one in advice.missing if one.id == "examples"] == [
        ("examples", short, True)
    ]


def test_two_answers_about_style_do_not_end_in_a_training_run() -> None:
    wish = {"output_form": "own", "tone": "ours", "knowledge": "input"}
    assert recommend(Answers.from_mapping(wish)).rung is Rung.PROMPT
    assert recommend(Answers.from_mapping({**wish, "examples": 300})).rung is Rung.FINETUNE


def test_where_no_single_answer_leads_to_a_rung_two_improvements_are_tried_together() -> None:
    advice = recommend(
        Answers.from_mapping(
            {
                "knowledge": "private", "citations": "must", "output_form": "own", "tone": "ours", "tasks": "narrow",
                "test_questions": 120, "prompt_tried": "with_examples", "examples": 20, "example_quality": "unreviewed",
                "base_weights": "open", "base_size": "small",
            }
        )
    )  # fmt: skip
    joint = next(flip for flip in advice.flips if flip.rung is Rung.HYBRID)

    assert advice.rung is Rung.RAG
    assert {change.question for change in joint.changes} == {"examples", "example_quality"}
    assert "20 examples → 50 examples and " in " ".join(to_text(advice, width=200).split())


def test_a_card_names_no_change_that_nobody_would_work_towards() -> None:
    advice = recommend(
        Answers.from_mapping(
            {
                "knowledge": "private", "output_form": "own", "tone": "ours", "tasks": "narrow", "test_questions": 4500,
                "prompt_tried": "with_examples", "examples": 900, "example_quality": "live", "base_weights": "open",
                "personal_data": "anonymised",
            }
        )
    )  # fmt: skip
    lost = [flip for flip in advice.flips if flip.worsens]

    assert lost and not set(lost) & set(shown_flips(advice))


def test_data_of_special_categories_are_to_be_anonymised_and_not_called_ordinary() -> None:
    advice = recommend(
        Answers.from_mapping(
            {
                "knowledge": "input", "output_form": "own", "tone": "ours", "test_questions": 120, "examples": 600,
                "prompt_tried": "with_examples", "example_quality": "live", "base_weights": "open", "personal_data": "special",
            }
        )
    )  # fmt: skip
    flip = next(flip for flip in advice.flips if flip.question == "personal_data")

    assert (flip.after, flip.rung) == ("anonymised", Rung.FINETUNE)
    assert "anonymise" in [step.id for step in advice.steps]


def test_answers_that_leave_no_model_are_said_to() -> None:
    given = {
        "knowledge": "private",
        "base_weights": "closed",
        "may_switch_model": "no",
        "data_may_leave": "no",
    }
    steps = [step.id for step in recommend(Answers.from_mapping(given)).steps]

    assert "no_model_is_left" in steps and "choose_open_model" not in steps


@pytest.mark.parametrize(
    ("more", "rung", "compared"),
    [
        ({"knowledge": "input"}, Rung.FINETUNE, "rungwise compare --setups lora,lora+routed"),
        ({"knowledge": "private"}, Rung.HYBRID, "rungwise compare --setups hybrid,hybrid+routed"),
    ],
)
def test_a_few_tasks_are_trained_an_adapter_each_and_held_against_one_for_all(
    more: dict[str, str], rung: Rung, compared: str
) -> None:
    given = {
        "output_form": "own", "tone": "ours", "test_questions": 120, "examples": 600, "tasks": "few",
        "prompt_tried": "with_examples", "example_quality": "live", "base_weights": "open", **more,
    }  # fmt: skip
    advice = recommend(Answers.from_mapping(given))
    commands = [step.command for step in advice.steps]

    assert advice.rung is rung and "adapter_per_task" in advice.method
    assert (
        commands.index("rungwise train")
        < commands.index("rungwise train --task NAME")
        < commands.index(compared)
    )
    one = recommend(Answers.from_mapping({**given, "tasks": "narrow"}))
    assert not {"rungwise train --task NAME", compared} & {step.command for step in one.steps}
