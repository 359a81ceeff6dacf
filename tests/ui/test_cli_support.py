"""`ask` says what carries an answer and what nothing carries; abstaining from retrieval alone, told everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from advisor import Language
from assistant.engines.engine import Generated
from rag.attribution.support import support
from rag.retrieval.answerability import SHIPPED, write_fit
from ui.conversations.held import pieces, reason
from ui.schemas import schema
from ui.show import show_marked

pytestmark = pytest.mark.usefixtures("fakes")
QUESTION = "What does the Ostra kettle cost?"


class Says:
    """Says what it is told."""

    name = "says"

    def __init__(self, text: str) -> None:
        self.text = text

    def identity(self, adapter: bool) -> str:
        return "says"

    def adapter_name(self) -> str:
        return "house"

    def room(self) -> int | None:
        return None

    def count(self, prompt: Sequence[Any]) -> int:
        return sum(len(str(turn["content"]).split()) for turn in prompt)

    def generate(self, prompts: Sequence[Any], adapter: bool, *_: object) -> list[Generated]:
        return [Generated(self.text, 10, 5, True, 0.01) for _ in prompts]

    def stream(self, prompt: Sequence[Any], adapter: bool, *_: object) -> Iterator[str | Generated]:
        yield self.text
        yield Generated(self.text, 10, 5, True, 0.01)


@pytest.fixture
def synced(rungwise, house: Path) -> Path:
    assert rungwise("sync", "-w", house).code == 0
    return house


def saying(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("assistant.open.open_engine", lambda workspace: Says(text))


def asked(rungwise, house: Path, question: str = QUESTION) -> dict[str, Any]:
    value = json.loads(rungwise("ask", question, "-w", house, "--setup", "rag", "--json").out)
    Draft202012Validator(schema("reply")).validate(value)
    return value


def test_what_carries_the_answer_is_marked_below_it(rungwise, synced: Path) -> None:
    ended = rungwise("ask", QUESTION, "-w", synced, "--setup", "rag")
    assert "»The Ostra kettle costs 49 EUR.«" in ended.out
    assert "No passage" not in ended.out
    told = asked(rungwise, synced)
    (cited,), (sentence,) = told["citations"], told["support"]
    assert [cited["text"][one["start"] : one["end"]] for one in cited["spans"]] == [
        "The Ostra kettle costs 49 EUR."
    ]
    assert (sentence["verdict"], sentence["cited"], told["abstained_by"]) == ("supported", [1], None)


def test_a_wrong_number_is_said_to_be_carried_by_nothing(
    rungwise, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying(monkeypatch, "Hello! The Ostra kettle costs 59 EUR [1].")
    ended = rungwise("ask", QUESTION, "-w", synced, "--setup", "rag")
    assert 'No passage carries this: "The Ostra kettle costs 59 EUR [1]." (59 does not stand' in ended.out
    assert "1 of 1 sentences are carried by no passage." in ended.out
    told = asked(rungwise, synced)
    assert [one["verdict"] for one in told["support"]] == ["no claim", "unsupported"]
    assert told["support"][1]["missing"] == ["59"]


def test_a_setup_without_documents_promises_no_support(
    rungwise, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying(monkeypatch, "It costs 59 EUR.")
    ended = rungwise("ask", QUESTION, "-w", synced, "--setup", "prompt")
    assert "passage" not in ended.out


def settled(house: Path, threshold: float, recipe: str | None = None) -> None:
    from assistant.open import open_library
    from assistant.workspace import Workspace

    (house / "rungwise.toml").write_text('name = "Tea"\n[retrieval]\nabstain = true\n', encoding="utf-8")
    workspace = Workspace.open(house)
    with open_library(workspace) as library:
        own = library.recipe
    write_fit(workspace.answerability, replace(SHIPPED, threshold=threshold, recipe=recipe or own))


def test_a_declined_question_is_told_with_score_and_threshold(rungwise, synced: Path) -> None:
    settled(synced, 0.999)
    ended = rungwise("ask", QUESTION, "-w", synced, "--setup", "rag")
    assert "The documents do not say." in ended.out and "49 EUR" not in ended.out
    assert "The model was not asked: the documents hardly answer this (score 0." in ended.out
    told = asked(rungwise, synced)
    assert (told["abstained"], told["abstained_by"]) == (True, "retrieval")
    assert told["answerability"]["score"] < told["answerability"]["threshold"] == 0.999


def test_a_fit_for_another_index_declines_nothing_and_doctor_says_so(rungwise, synced: Path) -> None:
    settled(synced, 0.999, "something else")
    assert asked(rungwise, synced)["answerability"] is None
    told = rungwise("doctor", "-w", synced).out
    assert "on, but its score was fitted for other chunks or vectors and is not used" in told
    assert "rungwise tune-retrieval" in told


def test_doctor_tells_each_state_of_abstaining(rungwise, synced: Path) -> None:
    line = lambda: next(
        one for one in rungwise("doctor", "-w", synced).out.splitlines() if "abstaining" in one
    )
    assert line().endswith("off")
    settled(synced, 0.4)
    assert "on, declines below 0.40, fitted on 369 + 369 questions" in line()
    (synced / "form.yaml").write_text("name: Tea\npattern: '^[0-9]+$'\n", encoding="utf-8")
    assert "on, but not used" in line()
    (synced / ".rungwise" / "answerability.json").unlink()
    assert "on, but no score is fitted" in line()
    (synced / "rungwise.toml").write_text('name = "Tea"\n', encoding="utf-8")
    settled_off = rungwise("doctor", "-w", synced, "--json")
    Draft202012Validator(schema("doctor")).validate(json.loads(settled_off.out))


def test_a_comparison_declines_the_same_questions(rungwise, synced: Path) -> None:
    settled(synced, 0.999)
    ended = rungwise("compare", "--setups", "prompt,rag", "-w", synced, "--json")
    kept = [
        json.loads(one)
        for one in (synced / ".rungwise/runs/replies/replies.jsonl").read_text("utf-8").splitlines()
    ]
    assert ended.code == 0
    assert [one["text"] for one in kept if one["passages"]] == ["The documents do not say."] * 2


@pytest.mark.parametrize(("styled", "shown"), [(False, "a »b« c\n"), (True, "a \x1b[1mb\x1b[0m c\n")])
def test_marks_are_bold_on_a_terminal_and_quotes_elsewhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, styled: bool, shown: str
) -> None:
    monkeypatch.setattr("ui.show._styled", lambda: styled)
    show_marked([("a ", False), ("b\x1b[2J", True), (" c", False)])
    assert capsys.readouterr().out == shown.replace("b", "b[2J")


def test_a_text_cut_at_its_marks_is_still_the_text() -> None:
    cut = pieces("one two three", [(4, 7), (0, 3)])
    assert cut == [("one", True), (" ", False), ("two", True), (" three", False)]
    assert pieces("", []) == [] and pieces("abc", []) == [("abc", False)]


def test_why_is_told_in_english_and_turkish() -> None:
    from tests.rag.test_support import SHOWN

    (lost,) = support("The stove costs 59 EUR [1].", SHOWN)
    assert reason(lost) == "59 does not stand in the passage that it cites"
    assert reason(lost, Language.TR) == "59 andığı pasajda geçmiyor"
    (moved,) = support("The Fellmark stove costs 49 EUR [2].", SHOWN)
    assert reason(moved).endswith("; passage [1] says so, which it does not cite")
