"""What is handed on: the HTML report, the graph of rules, one rule laid open, and two recommendations compared."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import (
    Answers,
    Diff,
    Evidence,
    Language,
    Rung,
    recommend,
    rule_card,
    rule_text,
    to_html,
    to_mermaid,
)
from advisor.answers import FIELDS
from advisor.catalog import wordings
from advisor.rules import RULES
from foundation.errors import UserError
from tests.advisor.advisor_strategies import answers

FEW = settings(max_examples=25)
SHOP = Answers.from_mapping(
    {
        "knowledge": "private",
        "change_rate": "monthly",
        "tone": "ours",
        "output_form": "own",
        "examples": 320,
        "test_questions": 130,
    }
)


def schema(name: str) -> Any:
    return json.loads((files("advisor") / "data" / f"{name}.schema.json").read_text("utf-8"))


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(html: str) -> Page:
    parser = Page()
    parser.feed(html)
    assert not parser.open
    return parser


@FEW
@given(answers(), st.sampled_from(Language))
def test_the_report_is_one_whole_file_that_fetches_and_runs_nothing(a: Answers, language: Language) -> None:
    html = to_html(recommend(a), language)
    seen = page(html)
    assert not {tag for tag, _ in seen.seen} & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert "http" not in html and "url(" not in html and "{" not in seen.text.split("}")[-1]
    assert not [name for _, attrs in seen.seen for name in attrs if name.startswith("on")]


def test_the_report_lights_the_chosen_rung_alone() -> None:
    seen = page(to_html(recommend(SHOP)))
    lit = [attrs for tag, attrs in seen.seen if tag == "li" and "aria-current" in attrs]
    assert len(lit) == 1 and sum(tag == "h1" for tag, _ in seen.seen) == 1
    assert "Hybrid" in seen.text


def test_the_report_has_a_row_of_costs_for_every_rung_and_every_answer() -> None:
    html = to_html(recommend(SHOP))
    assert html.count("<tr>") == 1 + len(Rung) + len(SHOP.to_mapping())
    priced = replace(SHOP, requests_per_month=1000, prompt_tokens=500, token_price=2.0)
    assert "in your currency" not in html and "in your currency" in to_html(recommend(priced))


def test_the_graph_names_every_question_and_every_rule_and_marks_what_spoke() -> None:
    plain, marked = to_mermaid(), to_mermaid(recommend(SHOP))
    assert plain.startswith("flowchart LR\n") and ":::" not in plain
    for name in FIELDS:
        assert f"q_{name}[{name}]" in plain
    for rule in RULES:
        assert f"r_{rule.id}({rule.id})" in plain
    assert "hybrid([hybrid]):::chosen" in marked and "q_examples[examples]:::told" in marked
    nodes = set(re.findall(r"^ +(?:q_|r_)?(\w+)[\[({]", plain, re.M))
    ends = {
        one for pair in re.findall(r"(\w+) (?:-->|==>|-- .* -->|-\. .* \.-x) (\w+)", plain) for one in pair
    }
    assert {re.sub("^[qr]_", "", one) for one in ends} <= nodes


@pytest.mark.parametrize("name", wordings("rules"))
def test_every_rule_can_be_laid_open_in_both_languages(name: str) -> None:
    for language in Language:
        assert name in rule_text(name, language) and "{" not in rule_text(name, language)
    jsonschema.validate(rule_card(name).to_dict(), schema("rule"))


def test_a_rule_that_turns_on_a_number_names_it_with_its_source() -> None:
    card = rule_card("too_few_examples")
    assert any(one.name == "examples_minimum" and one.value == 50 for one in card.thresholds)
    assert "turns on examples_minimum = 50 examples" in rule_text("too_few_examples")


def test_an_unknown_rule_is_a_sentence_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match='no rule "too_few_example". Did you mean "too_few_examples"'):
        rule_card("too_few_example")


def test_two_recommendations_differ_by_the_answer_that_changed_and_the_rules_it_woke() -> None:
    diff = Diff(recommend(SHOP), recommend(replace(SHOP, examples=10)))
    assert diff.rung == (Rung.HYBRID, Rung.RAG)
    assert diff.answers == (("examples", 320, 10),)
    assert "too_few_examples" in diff.spoke
    assert "320 examples → 10 examples" in diff.to_text() and "320 örnek → 10 örnek" in diff.to_text("tr")


def test_evidence_shows_in_the_difference_as_what_was_measured() -> None:
    rates = {
        "prompt": {"pass_rate": 0.1, "low": 0.05, "high": 0.2},
        "rag": {"pass_rate": 0.9, "low": 0.8, "high": 1},
    }
    effects = {"retrieval": {"mean": 0.8, "low": 0.7, "high": 0.9}}
    measured = Evidence.from_dict({"questions": 120, "setups": rates, "effects": effects})
    diff = Diff(recommend(SHOP), recommend(SHOP, measured))
    assert diff.to_dict()["measured_on"] == {"before": None, "after": 120}
    assert "retrieval_measured_to_help" in diff.spoke


@FEW
@given(answers(), answers())
def test_a_difference_keeps_to_its_schema_and_is_empty_for_the_same(a: Answers, b: Answers) -> None:
    first, second = recommend(a), recommend(b)
    jsonschema.validate(json.loads(json.dumps(Diff(first, second).to_dict())), schema("diff"))
    same = Diff(first, recommend(a))
    assert same.rung is None and same.answers == () and same.spoke == same.silent == ()
