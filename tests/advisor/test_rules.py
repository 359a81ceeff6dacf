"""The rules and their data, swept: every rule reachable, worded and cited; every question of some influence."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import advisor
from advisor import Answers, Axis, Language, Rung, recommend
from advisor.answers import CHOICES, FIELDS, FLAGS
from advisor.catalog import efforts, gain_data, sources, thresholds, wordings
from advisor.evidence import Evidence
from advisor.ladder import Balance, Force, settle
from advisor.questionnaire import Kind, questionnaire, relevant
from advisor.recommend import DEFAULTS, decide
from advisor.rules import RULES, fired
from tests.advisor.advisor_strategies import values_of

PACKAGE = Path(advisor.__file__).parent
IDS = [rule.id for rule in RULES]
MEASURED = {
    "retrieval_measured_to_help",
    "retrieval_measured_not_to_help",
    "adapter_measured_to_help",
    "adapter_measured_not_to_help",
    "retrieval_measured_to_miss",
    "documents_measured_to_lack",
    "form_measured_to_break",
    "form_measured_to_hold",
    "passages_measured_to_be_ignored",
    "lowest_measured_to_do",
    "nearest_measured",
    "best_measured",
    "simpler_does_too",
    "measured_too_low",
}
EXTRA: dict[str, dict[str, object]] = {
    "facts_change_slowly": {},
    "knowledge_too_large_for_prompt": {"knowledge_tokens": 500_000},
    "knowledge_fits_prompt": {"change_rate": "never", "window_tokens": 32_000, "knowledge_tokens": 1_000},
    "gap_without_missing_facts": {
        "prompt_tried": "with_examples",
        "knowledge": "input",
        "prompt_pass_rate": 50,
        "target_pass_rate": 80,
    },
    "gap_though_model_knows": {
        "prompt_tried": "with_examples",
        "knowledge": "model",
        "prompt_pass_rate": 50,
        "target_pass_rate": 80,
    },
    "good_answers_to_copy": {
        "prompt_pass_rate": 90,
        "target_pass_rate": 80,
        "base_size": "frontier",
        "latency_ms": 300,
    },
    "examples_unlike_live_prompts": {"knowledge": "private", "example_quality": "reviewed"},
    "no_gpu_for_a_large_base": {"base_size": "medium", "gpu_hours": 0},
    "volume_forces_smaller": {"base_size": "medium", "requests_per_month": 10**7, "prompt_tokens": 900},
    "volume_pays_short_prompts": {"base_size": "small", "requests_per_month": 10**7, "prompt_tokens": 900},
    "latency_forces_smaller": {"base_size": "frontier", "latency_ms": 300},
    "privacy_forces_local": {"data_may_leave": "no", "base_weights": "closed"},
    "prompt_meets_target": {"prompt_pass_rate": 90, "target_pass_rate": 80},
    "training_would_leave": {"data_may_leave": "no", "base_weights": "provider"},
}
"""Answers that make a rule about several questions true; rules about one question are found by trying its values."""


def _reaching(rule_id: str) -> Iterator[Answers]:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    if rule_id in EXTRA:
        yield Answers.from_mapping(EXTRA[rule_id])
    for value in values_of(rule.reads[0]):
        yield Answers(**{rule.reads[0]: value})


@pytest.mark.parametrize("rule_id", IDS)
def test_every_rule_is_reachable_by_answers_that_are_asked(rule_id: str) -> None:
    reached = [a for a in _reaching(rule_id) if rule_id in [rule.id for rule in fired(relevant(a))]]

    assert reached


@pytest.mark.parametrize("rule_id", IDS)
def test_no_rule_fires_on_answers_that_nobody_knows(rule_id: str) -> None:
    assert rule_id not in [rule.id for rule in fired(Answers())]


def test_a_rule_reads_the_questions_it_names_and_only_those() -> None:
    known = set(FIELDS)
    for rule in RULES:
        assert set(rule.reads) <= known and rule.reads, rule.id
        assert bool(rule.pushes) is (rule.force is Force.PUSH), rule.id
        assert bool(rule.forbids) is (rule.force in (Force.VETO, Force.GATE)), rule.id
        assert Rung.PROMPT not in rule.forbids, "prompting is the rung that is always left"
    assert len(IDS) == len(set(IDS))


def test_every_rule_has_wording_in_both_languages_and_a_source() -> None:
    worded = wordings("rules")

    assert set(worded) == {*IDS, *MEASURED, "start_low", *DEFAULTS.values()}
    for name, wording in worded.items():
        assert wording.source is not None, name
        assert all(wording.text[language].strip() for language in Language), name
        assert wording.text[Language.EN] != wording.text[Language.TR], name


@pytest.mark.parametrize("kind", ["rules", "methods", "steps", "missing"])
def test_both_languages_name_the_same_answers_and_thresholds(kind: str) -> None:
    measured = {
        "asked",
        "mean",
        "low",
        "high",
        "rate",
        "bar",
        "margin",
        "form",
        "ignored",
        "missed",
        "lacking",
    }
    for name, wording in wordings(kind).items():
        holes = [
            {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for text in wording.text.values()
        ]
        assert holes[0] == holes[1], name
        assert holes[0] <= {*FIELDS, *thresholds(), *measured}, name


def test_every_threshold_is_used_and_cited_with_source_and_date() -> None:
    code = " ".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py"))
    for name, threshold in thresholds().items():
        assert f'"{name}"' in code, f"{name} is used by no rule"
        assert threshold.source.id in sources() and threshold.note.strip() and threshold.unit
        assert threshold.date[:4].isdigit(), name
        assert threshold.question is None or threshold.question in FIELDS


def test_every_limit_that_the_code_asks_for_exists() -> None:
    asked = {
        node.args[0].value
        for path in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "limit"
        for _ in [0]
        if isinstance(node.args[0], ast.Constant)
    }
    assert asked and asked <= set(thresholds())


def test_rules_hold_no_numbers_of_their_own() -> None:
    for name in ("pushes.py", "rules.py"):
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        numbers = {
            n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) in (int, float)
        }
        assert numbers <= {0}, (name, numbers)


def test_every_source_is_cited_by_something() -> None:
    kinds = ("rules", "methods", "steps", "risks")
    worded = [wording for kind in kinds for wording in wordings(kind).values()]
    worded += [one.wording for one in (*gain_data().values(), *efforts().values())]
    cited = {wording.source.id for wording in worded if wording.source}

    assert set(sources()) == cited | {threshold.source.id for threshold in thresholds().values()}


BACKGROUND: tuple[dict[str, object], ...] = (
    {},
    {"knowledge": "private", "tone": "ours", "output_form": "own"},
    {"prompt_tried": "with_examples", "prompt_pass_rate": 70, "target_pass_rate": 60, "tone": "ours"},
    {"gain_right": 20, "cost_handoff": 40, "cost_wrong": 1000, "caught_share": 95},
    {"base_size": "frontier", "requests_per_month": 10**7, "prompt_tokens": 900, "base_weights": "closed"},
    {"tone": "ours", "output_form": "own", "examples": 20, "gpu_hours": 10, "base_size": "medium"},
    {"knowledge": "private", "change_rate": "never", "knowledge_tokens": 9_000, "window_tokens": 8_000},
)


@pytest.mark.parametrize("name", FIELDS)
def test_every_question_influences_what_is_advised(name: str) -> None:
    def seen(a: Answers) -> object:
        advice = recommend(a)
        reasons = tuple(
            reason.rule for reason in advice.reasons + advice.against + advice.gates + advice.vetoes
        )
        return advice.rung, reasons, advice.method, advice.missing, advice.steps, advice.target, advice.costs

    for background in sorted(BACKGROUND, key=lambda answers: name not in answers):
        filled = Answers.from_mapping({**background, name: None})
        for value in values_of(name):
            changed = Answers.from_mapping({**filled.to_mapping(), name: value})
            if seen(changed) != seen(filled):
                return
    pytest.fail(f"{name} changes nothing")


def test_the_questionnaire_covers_all_27_dimensions_and_says_why_one_is_split_or_merged() -> None:
    questions = questionnaire()
    covering = {d: [q for q in questions if d in q.dimensions] for d in range(1, 28)}

    assert all(covering.values())
    assert {d for q in questions for d in q.dimensions} == set(covering)
    for question in questions:
        one_to_one = len(question.dimensions) == 1 and len(covering[question.dimensions[0]]) == 1
        assert one_to_one or question.arranged, question.id


@pytest.mark.parametrize("language", Language)
def test_every_question_and_option_has_wording(language: Language) -> None:
    for question in questionnaire(language):
        assert question.text and question.help and question.example, question.id
        values = [option.value for option in question.options]
        if question.kind is Kind.WORD:
            assert values == [member.value for member in CHOICES[question.id]]
        elif question.kind is Kind.YES_NO:
            assert question.id in FLAGS and values == ["yes", "no"]
        else:
            assert not values and question.number is not None and question.number.unit
        assert all(option.label for option in question.options)


def test_the_questionnaire_asks_in_the_order_of_the_answers_and_hangs_on_earlier_ones_only() -> None:
    ids = [question.id for question in questionnaire()]

    assert tuple(ids) == FIELDS
    for question in questionnaire():
        for parent, values in question.unless.items():
            assert ids.index(parent) < ids.index(question.id)
            if parent in CHOICES:
                assert values <= {member.value for member in CHOICES[parent]}


def test_training_must_earn_more_on_top_of_retrieval_than_alone() -> None:
    some = Balance(pro=3, con=0, needed=True)
    none = Balance(pro=0, con=0, needed=False)

    assert settle(none, some, frozenset()) is Rung.FINETUNE
    assert settle(some, some, frozenset()) is Rung.RAG


def test_means_without_a_need_switch_nothing_on() -> None:
    means = Balance(pro=9, con=0, needed=False)

    assert settle(means, means, frozenset()) is Rung.PROMPT


def test_what_may_not_be_trained_alone_becomes_hybrid_only_if_training_is_worth_it_there() -> None:
    forbidden = frozenset({Rung.FINETUNE})
    none = Balance(pro=0, con=0, needed=False)

    assert settle(none, Balance(4, 0, True), forbidden) is Rung.HYBRID
    assert settle(none, Balance(3, 0, True), forbidden) is Rung.PROMPT


def test_a_decision_weighs_every_rule_that_fired() -> None:
    a = Answers.from_mapping({"knowledge": "private", "change_rate": "weekly", "search_skill": "none"})
    decision = decide(a, Evidence(questions=0))

    assert decision.balances[Axis.RETRIEVAL] == Balance(pro=5, con=1, needed=True)
