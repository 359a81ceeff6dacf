"""Evidence: measured answers replace guessed ones, weak ones stand beside them, and no veto is lifted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor import Answers, Evidence, Rung, questions_needed, recommend, to_text
from foundation.errors import UserError

SHOP = {
    "knowledge": "private",
    "change_rate": "yearly",
    "output_form": "own",
    "tone": "ours",
    "examples": 320,
    "example_quality": "live",
    "test_questions": 120,
    "prompt_tried": "with_examples",
    "target_pass_rate": 80,
    "base_weights": "open",
}


def _measured(questions: int = 120, **rates: float) -> dict[str, Any]:
    return {
        "questions": questions,
        "setups": {
            name: {"n": questions, "pass_rate": rate, "low": max(0, rate - 0.08), "high": min(1, rate + 0.08)}
            for name, rate in rates.items()
        },
    }


def _effects(retrieval: tuple[float, float, float], adapter: tuple[float, float, float]) -> dict[str, Any]:
    named = {"retrieval": retrieval, "adapter": adapter}
    return {name: {"mean": mean, "low": low, "high": high} for name, (mean, low, high) in named.items()}


def test_the_lowest_setup_that_meets_the_target_is_advised() -> None:
    answers = Answers.from_mapping(SHOP)
    evidence = Evidence.from_dict(_measured(prompt=0.1, rag=0.86, lora=0.1, hybrid=0.97))

    assert recommend(answers).rung is Rung.HYBRID
    advice = recommend(answers, evidence)
    assert advice.rung is Rung.RAG
    assert advice.reasons[0].rule == "lowest_measured_to_do"
    assert {one.rung: one.reason.rule for one in advice.passed_over}[Rung.HYBRID] == "simpler_does_too"


def test_a_prompt_that_is_measured_to_do_ends_the_climb() -> None:
    evidence = Evidence.from_dict(_measured(prompt=0.83, rag=0.9, lora=0.9, hybrid=0.99))

    assert recommend(Answers.from_mapping(SHOP), evidence).rung is Rung.PROMPT


def test_when_nothing_meets_the_target_the_lowest_within_five_points_of_the_best_wins() -> None:
    answers = Answers.from_mapping(SHOP)

    close = Evidence.from_dict(_measured(prompt=0.1, rag=0.71, lora=0.2, hybrid=0.75))
    apart = Evidence.from_dict(_measured(prompt=0.1, rag=0.6, lora=0.2, hybrid=0.75))
    assert recommend(answers, close).rung is Rung.RAG
    assert recommend(answers, apart).rung is Rung.HYBRID


def test_a_vetoed_best_setup_does_not_lower_the_bar_for_the_others() -> None:
    evidence = Evidence.from_dict(_measured(prompt=0.52, rag=0.56, lora=0.6, hybrid=0.4))
    slow, fast = (Answers.from_mapping({**SHOP, "change_rate": rate}) for rate in ("never", "weekly"))

    # Fine-tuning is vetoed for the second; the prompt is still eight points below it, and retrieval four.
    assert recommend(slow, evidence).rung is recommend(fast, evidence).rung is Rung.RAG


def test_measured_effects_replace_opinions_on_their_axis() -> None:
    value = _measured() | {"effects": _effects((0.5, 0.4, 0.6), (0.01, -0.03, 0.04))}
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert advice.rung is Rung.RAG
    assert {"own_form", "unmistakable_tone"} <= {reason.rule for reason in advice.overruled}
    assert "adapter_measured_not_to_help" in {reason.rule for reason in advice.reasons}


def test_the_advice_before_the_measurement_is_kept_with_the_rules_that_changed_its_mind() -> None:
    value = _measured(150, prompt=0.1, rag=0.74, lora=0.2, hybrid=0.75) | {
        "effects": _effects((0.5, 0.4, 0.6), (0.01, -0.03, 0.04))
    }
    answers = Answers.from_mapping(SHOP)
    before, after = recommend(answers), recommend(answers, Evidence.from_dict(value))

    assert (before.rung, after.rung) == (Rung.HYBRID, Rung.RAG)
    assert after.unmeasured is not None and after.unmeasured.rung is before.rung
    assert {"nearest_measured", "adapter_measured_not_to_help"} <= set(after.unmeasured.spoke)
    assert {"own_form", "unmistakable_tone"} <= set(after.unmeasured.silent)
    assert not set(after.unmeasured.spoke) & set(after.unmeasured.silent)
    assert "Before the measurement: Hybrid (RAG and fine-tune) → now: RAG" in to_text(after, width=120)
    assert after.to_dict()["unmeasured"]["rung"] == "hybrid"


def test_without_a_measurement_that_counts_there_is_no_before() -> None:
    answers = Answers.from_mapping(SHOP)
    assert recommend(answers).unmeasured is None
    assert recommend(answers, Evidence.from_dict(_measured(12, prompt=0.9))).unmeasured is None


def test_effects_from_few_questions_stand_beside_opinions_and_say_how_many_are_missing() -> None:
    value = _measured(30) | {"effects": _effects((0.5, 0.4, 0.6), (0.01, -0.03, 0.04))}
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert advice.overruled == ()
    assert "adapter_measured_not_to_help" in {reason.rule for reason in advice.reasons + advice.against}
    assert {one.id: one.short for one in advice.missing}["evidence"] == 70
    assert "measure_more" in [step.id for step in advice.steps]


def test_effects_from_a_handful_of_questions_count_for_nothing() -> None:
    value = _measured(12, prompt=0.9) | {"effects": _effects((-0.5, -0.6, -0.4), (-0.5, -0.6, -0.4))}
    answers = Answers.from_mapping(SHOP)

    assert recommend(answers, Evidence.from_dict(value)).rung is recommend(answers).rung
    assert recommend(answers, Evidence.from_dict(value)).overrides == ()


def test_measured_answers_take_the_place_of_guessed_ones_and_are_named() -> None:
    value = _measured(140, prompt=0.4) | {"failures": {"prompt": {"missing fact": 0.9, "form": 0.05}}}
    answers = Answers.from_mapping(
        {**SHOP, "prompt_pass_rate": 90, "failures_form": 70, "failures_reasoning": 20}
    )
    advice = recommend(answers, Evidence.from_dict(value))

    assert {one.question: (one.said, one.measured) for one in advice.overrides} == {
        "test_questions": ("120", "140"),
        "prompt_pass_rate": ("90", "40"),
        "failures_facts": (None, "90"),
        "failures_form": ("70", "5"),
        "failures_reasoning": ("20", None),
    }
    assert advice.rung is Rung.RAG


def test_a_measurement_lifts_no_veto() -> None:
    answers = Answers.from_mapping(
        {**SHOP, "citations": "must", "base_weights": "closed", "may_switch_model": False}
    )
    evidence = Evidence.from_dict(_measured(prompt=0.1, rag=0.5, lora=0.99, hybrid=0.99))

    assert recommend(answers, evidence).rung is Rung.RAG


def test_retrieval_measured_to_miss_is_mended_before_hybrid_is_tried() -> None:
    value = _measured(120, prompt=0.1, rag=0.5) | {"failures": {"rag": {"retrieval miss": 0.6}}}
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert advice.rung is Rung.RAG
    assert "retrieval_measured_to_miss" in {reason.rule for reason in advice.gates}


def test_a_clear_measurement_is_surer_than_a_close_one() -> None:
    answers = Answers.from_mapping(SHOP)
    clear = recommend(answers, Evidence.from_dict(_measured(prompt=0.1, rag=0.95, lora=0.1, hybrid=0.97)))
    close = recommend(answers, Evidence.from_dict(_measured(prompt=0.1, rag=0.81, lora=0.1, hybrid=0.97)))

    assert clear.rung is close.rung is Rung.RAG
    assert clear.confidence > 0.95 > 0.7 > close.confidence


@pytest.mark.parametrize("points, needed", [(0.05, 940), (0.10, 234), (0.15, 103), (0.20, 57)])
def test_questions_needed_agree_with_the_table_of_the_evidence(points: float, needed: int) -> None:
    assert questions_needed(points) == needed


def test_evidence_is_read_from_the_file_that_compare_writes(tmp_path: Path) -> None:
    value = _measured(120, prompt=0.2, hybrid=0.9) | {
        "effects": {"interaction": {"mean": 0.1, "low": -0.05, "high": 0.2}},
        "failures": {"hybrid": {"form": 1.0}},
    }
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    evidence = Evidence.read(path)

    assert evidence.setups[Rung.HYBRID].mean == 0.9
    assert evidence.effects["interaction"].low == -0.05
    assert evidence.failures[Rung.HYBRID] == {"form": 1.0}


@pytest.mark.fault(132)
def test_all_mistakes_of_an_evidence_file_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    value = {
        "questions": -1,
        "setups": {"raag": {}, "rag": {"pass_rate": 70, "low": 0.6, "high": 0.8}},
        "effects": {"adapter": {"mean": 0.5, "low": 0.6, "high": 0.7}},
        "extra": 1,
    }
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        Evidence.read(path)

    message = str(caught.value)
    for part in (
        'evidence has no "extra"',
        "questions must be a whole number from 0 to 1,000,000, but is -1.",
        'setups has no "raag", only prompt, rag, lora or hybrid. Did you mean "rag"?',
        "setups.rag.pass_rate must be a fraction between 0 and 1, but is 70.",
        "effects.adapter must have low <= mean <= high, but has 0.6, 0.5, 0.7.",
        "Run `rungwise compare` to write it anew.",
    ):
        assert part in message


@pytest.mark.parametrize("text", ["", "{", "[]", '{"questions": true}', '{"questions": 3, "setups": []}'])
def test_a_broken_evidence_file_is_one_sentence_and_no_traceback(tmp_path: Path, text: str) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UserError, match="the evidence file"):
        Evidence.read(path)


def test_an_interaction_may_reach_beyond_one_because_it_is_a_difference_of_differences() -> None:
    row = {"mean": 0.98, "low": 0.9, "high": 1.06}
    assert (
        Evidence.from_dict({"questions": 60, "effects": {"interaction": row}}).effects["interaction"].high
        == 1.06
    )
    with pytest.raises(
        UserError, match="effects.retrieval.high must be a fraction between -1 and 1, but is 1.06"
    ):
        Evidence.from_dict({"questions": 60, "effects": {"retrieval": row}})


def test_what_retrieval_leaves_over_is_read_for_form_and_not_what_a_prompt_without_facts_failed_by() -> None:
    value = _measured(150, prompt=0.05, rag=0.55) | {
        "failures": {
            "prompt": {"missing fact": 0.95, "form": 0.05},
            "rag": {"form": 0.8, "retrieval miss": 0.05, "passage ignored": 0.15},
        }
    }
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert advice.rung is Rung.HYBRID
    reason = next(one for one in advice.reasons if one.rule == "form_measured_to_break")
    assert "80 % has its facts and breaks the form" in reason.sentence(advice.answers)


def test_passages_that_are_measured_to_be_ignored_speak_for_training_on_real_rows() -> None:
    value = _measured(150, prompt=0.05, rag=0.4) | {
        "failures": {
            "rag": {"context ignored": 0.3, "abstained wrongly": 0.2, "form": 0.2, "retrieval miss": 0.1}
        }
    }
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert "passages_measured_to_be_ignored" in {one.rule for one in advice.reasons}


def test_shares_below_one_percent_and_shares_rounded_one_by_one_are_no_mistake() -> None:
    value = _measured(300, prompt=0.002, rag=0.5) | {
        "failures": {"prompt": {"missing fact": 0.7695, "form": 0.2305, "error": 0.0004}}
    }
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert advice.answers.prompt_pass_rate == 0.2
    assert to_text(advice)


def test_a_few_questions_whose_interval_holds_the_target_do_not_end_the_climb() -> None:
    value = {"questions": 20, "setups": {"prompt": {"n": 20, "pass_rate": 0.8, "low": 0.58, "high": 0.92}}}
    unsure = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert unsure.rung is Rung.HYBRID and unsure.answers.prompt_pass_rate is None


def test_when_nothing_meets_the_target_the_card_says_so_and_is_not_highly_confident() -> None:
    evidence = Evidence.from_dict(_measured(prompt=0.1, rag=0.5, lora=0.2, hybrid=0.72))
    advice = recommend(Answers.from_mapping(SHOP), evidence)

    assert advice.rung is Rung.HYBRID and advice.reasons[0].rule == "nearest_measured"
    assert "no allowed rung meets the target" in " ".join(to_text(advice).split())
    assert advice.confidence > 0.8 and advice.level.value == "medium"


def test_what_no_document_tells_is_no_missing_fact_and_asks_for_documents_instead_of_a_rung() -> None:
    known = {**SHOP, "output_form": "free", "tone": "none", "knowledge": "model"}
    gaps = _measured(150, prompt=0.4) | {"failures": {"prompt": {"no evidence": 0.9, "missing fact": 0.05}}}
    facts = _measured(150, prompt=0.4) | {"failures": {"prompt": {"missing fact": 0.95}}}
    without, with_facts = (
        recommend(Answers.from_mapping(known), Evidence.from_dict(one)) for one in (gaps, facts)
    )

    assert without.answers.failures_facts == 5
    assert without.rung is Rung.PROMPT and with_facts.rung is Rung.RAG
    assert "write_documents" in [step.id for step in without.steps]
    assert "write_documents" not in [step.id for step in with_facts.steps]


def test_documents_that_lack_most_of_what_retrieval_loses_are_written_before_hybrid_is_tried() -> None:
    lost = {"no evidence": 0.6, "form": 0.4}
    advice = recommend(
        Answers.from_mapping(SHOP),
        Evidence.from_dict(_measured(120, prompt=0.1, rag=0.5) | {"failures": {"rag": lost}}),
    )
    gate = next(reason for reason in advice.gates if reason.rule == "documents_measured_to_lack")

    assert advice.rung is Rung.RAG
    assert "of what retrieval loses, 60 % stands in no document" in gate.sentence(advice.answers)
    some = Evidence.from_dict(
        _measured(120, prompt=0.1, rag=0.5) | {"failures": {"rag": {"no evidence": 0.3, "form": 0.7}}}
    )
    assert "documents_measured_to_lack" not in {
        one.rule for one in recommend(Answers.from_mapping(SHOP), some).gates
    }


def test_facts_invented_beside_passages_speak_for_training_as_ignored_ones_do() -> None:
    value = _measured(150, prompt=0.05, rag=0.4) | {
        "failures": {"rag": {"wrong fact invented": 0.2, "asked back": 0.2, "form": 0.2}}
    }
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))
    reason = next(one for one in advice.reasons if one.rule == "passages_measured_to_be_ignored")

    assert "40 % had the fact in its passages" in reason.sentence(advice.answers)


def test_mistaken_labels_are_behaviour() -> None:
    value = _measured(150, prompt=0.5) | {"failures": {"prompt": {"wrong label": 0.7, "form": 0.2}}}
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value))

    assert advice.answers.failures_form == 90


def test_answers_that_were_cut_off_ask_for_room_and_for_no_rung() -> None:
    cut = _measured(150, prompt=0.5, rag=0.5) | {"failures": {"rag": {"cut off": 0.9, "form": 0.1}}}
    advice = recommend(Answers.from_mapping(SHOP), Evidence.from_dict(cut))

    assert "allow_longer_answers" in [step.id for step in advice.steps]
    assert not {"form_measured_to_break", "passages_measured_to_be_ignored"} & {
        one.rule for one in advice.reasons
    }


def test_examples_that_were_measured_in_the_prompt_count_as_tried() -> None:
    value = _measured(150, prompt=0.5)
    value["setups"]["prompt"] |= {"variant": "prompt+shots", "tried": ["prompt", "prompt+shots"]}
    plain = Answers.from_mapping({**SHOP, "prompt_tried": "plain"})
    advice = recommend(plain, Evidence.from_dict(value))

    assert advice.answers.prompt_tried == "with_examples"
    assert "try_prompt" not in [step.id for step in advice.steps]
    assert recommend(plain, Evidence.from_dict(_measured(150, prompt=0.5))).answers.prompt_tried == "plain"
    value["setups"]["prompt"]["tried"] = "prompt+shots"
    with pytest.raises(UserError, match="setups.prompt.tried must be a list of names"):
        Evidence.from_dict(value)


def test_evidence_of_earlier_versions_is_still_read() -> None:
    old = {
        "rag": {"error": 0.1, "missing fact": 0.1, "retrieval miss": 0.2, "passage ignored": 0.3, "form": 0.3}
    }
    assert Evidence.from_dict(_measured() | {"failures": old}).failures[Rung.RAG] == old["rag"]


def test_a_cause_that_no_comparison_names_is_refused_and_every_cause_of_a_comparison_is_known() -> None:
    from advisor.evidence import CAUSES
    from experiments.attribute import Cause

    assert set(CAUSES) == {cause.value for cause in Cause}
    with pytest.raises(UserError, match='failures.rag has no "bananas"'):
        Evidence.from_dict(_measured() | {"failures": {"rag": {"bananas": 0.5}}})


def test_the_card_shows_what_every_setup_passed_and_the_interaction() -> None:
    value = _measured(prompt=0.1, rag=0.5, lora=0.2, hybrid=0.72) | {
        "effects": _effects((0.46, 0.4, 0.5), (0.16, 0.1, 0.2))
    }
    value["effects"]["interaction"] = {"mean": 0.12, "low": -0.02, "high": 0.26}
    card = to_text(recommend(Answers.from_mapping(SHOP), Evidence.from_dict(value)), width=200)

    assert "Hybrid (RAG and fine-tune): 72 % (64 … 80)" in card
    assert "Interaction: what both together bring beyond the sum: 12 points (-2 … 26)" in card
