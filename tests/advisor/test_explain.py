"""A recommendation in words, as JSON, and what would change it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import Answers, Evidence, Language, Rung, recommend, to_markdown, to_text
from advisor.answers import FIELDS
from advisor.questionnaire import question, relevant
from advisor.recommend import decide
from tests.advisor.advisor_strategies import answers

FEW = settings(max_examples=40)
SCHEMA: dict[str, Any] = json.loads(
    (files("advisor") / "data" / "recommendation.schema.json").read_text("utf-8")
)
MEASURED = Evidence.from_dict(
    {
        "questions": 120,
        "setups": {
            "prompt": {"pass_rate": 0.1, "low": 0.05, "high": 0.2},
            "rag": {"pass_rate": 0.9, "low": 0.8, "high": 1},
        },
        "effects": {"retrieval": {"mean": 0.8, "low": 0.7, "high": 0.9}},
        "failures": {"prompt": {"missing fact": 0.9}},
    }
)


@FEW
@given(answers(), st.sampled_from(Language), st.sampled_from([None, MEASURED]))
def test_the_json_keeps_to_the_published_schema(
    a: Answers, language: Language, evidence: Evidence | None
) -> None:
    value = recommend(a, evidence).to_dict(language)

    jsonschema.validate(json.loads(json.dumps(value)), SCHEMA)


def test_the_schema_itself_is_sound_and_describes_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert set(SCHEMA["properties"]) == set(SCHEMA["required"]) == set(recommend(Answers()).to_dict())


@FEW
@given(answers(), st.integers(40, 140), st.sampled_from(Language))
def test_the_card_keeps_to_the_width_has_no_colour_codes_and_no_open_holes(
    a: Answers, width: int, language: Language
) -> None:
    card = to_text(recommend(a), width, language)

    assert all(len(line) <= width for line in card.splitlines())
    assert "\x1b" not in card and "{" not in card and "None" not in card


@pytest.mark.parametrize("write", [to_text, to_markdown])
def test_the_words_name_rung_reasons_sources_and_commands(write: Any) -> None:
    advice = recommend(Answers.from_mapping({"knowledge": "private", "change_rate": "daily", "examples": 3}))
    words = " ".join(write(advice).split())

    for part in (
        "Advice: RAG",
        "Ovadia et al.",
        "Every day or faster",
        "rungwise sync",
        "Fine-tune: Facts that change",
    ):
        assert part in words


def test_the_card_speaks_turkish() -> None:
    card = to_text(recommend(Answers.from_mapping({"knowledge": "private"})), language="tr")

    assert "Öneri: RAG" in card and "Sonraki adımlar" in card and "Advice" not in card


@pytest.mark.fault(131)
def test_language_changes_nothing_but_the_sentences() -> None:
    advice = recommend(
        Answers.from_mapping({"knowledge": "private", "tone": "ours", "examples": 20}), MEASURED
    )
    english, turkish = advice.to_dict("en"), advice.to_dict("tr")

    def silent(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: silent(one) for key, one in value.items() if key not in ("sentence", "duty", "language")
            }
        return [silent(one) for one in value] if isinstance(value, list) else value

    assert silent(english) == silent(turkish)
    assert english["reasons"][0]["sentence"] != turkish["reasons"][0]["sentence"]


@FEW
@given(answers())
def test_a_flip_leads_to_the_rung_it_names(a: Answers) -> None:
    advice = recommend(a)

    for flip in advice.flips:
        values = {one.question: one.after for one in flip.changes}
        changed = Answers.from_mapping({**advice.answers.to_mapping(), **values})
        assert decide(relevant(changed)).rung is flip.rung is not advice.rung


def test_thirty_more_examples_are_named_as_what_would_make_it_hybrid() -> None:
    filled = {"knowledge": "private", "output_form": "own", "tone": "ours", "tasks": "narrow", "examples": 20}
    advice = recommend(Answers.from_mapping(filled))
    by_examples = [(flip.after, flip.rung) for flip in advice.flips if flip.question == "examples"]

    assert advice.rung is Rung.RAG
    assert by_examples == [("50", Rung.HYBRID)]
    assert question(advice.flips[0].question).changeable


def test_every_step_names_a_command_of_rungwise_or_is_work_by_hand() -> None:
    from advisor.catalog import wordings

    verbs = {"advise", "sync", "search", "check", "train", "ask", "compare", "climb", "app"}
    commands = [wording.command for wording in wordings("steps").values() if wording.command]

    assert {command.split()[1] for command in commands} == verbs
    assert all(command.split()[0] == "rungwise" for command in commands)


@pytest.mark.fault(130)
def test_open_questions_are_named_with_what_decides_most_first() -> None:
    unknown = recommend(Answers()).unknown

    assert set(unknown) == set(FIELDS)
    assert unknown.index("citations") < unknown.index("keep_skills")
