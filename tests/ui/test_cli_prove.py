"""ask, compare and climb over an engine whose answers can be read off the documents."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def built(rungwise, house: Path) -> Path:
    """A house with its index and its adapter."""
    assert rungwise("sync", "-w", house).code == 0
    assert rungwise("train", "-w", house).code == 0
    return house


def told(out: str, name: str) -> dict:
    value = json.loads(out)
    Draft202012Validator(schema(name)).validate(value)
    return value


def test_ask_streams_the_answer_then_citations_and_timings(rungwise, house: Path) -> None:
    rungwise("sync", "-w", house)
    ended = rungwise("ask", "What does the Ostra kettle cost?", "-w", house, "--setup", "rag")
    assert ended.code == 0
    answer, citation, carrying, timings = ended.out.splitlines()
    assert answer == "The Ostra kettle costs 49 EUR [1]."
    assert citation.startswith("[1] kettle.md (")
    assert carrying == "    »The Ostra kettle costs 49 EUR.«"
    assert timings.startswith("setup rag, ")


def test_ask_uses_the_most_that_is_built_and_says_which(rungwise, house: Path) -> None:
    question = ("ask", "What does the Ostra kettle cost?", "-w", house)
    assert "in the setup prompt" in rungwise(*question).err
    rungwise("sync", "-w", house)
    assert "in the setup rag" in rungwise(*question).err
    rungwise("train", "-w", house)
    assert "in the setup hybrid" in rungwise(*question).err
    assert "in the setup" not in rungwise(*question, "--setup", "rag").err


@pytest.mark.parametrize(
    ("setup", "knows"), [("prompt", False), ("rag", True), ("lora", False), ("hybrid", True)]
)
def test_ask_as_json_in_every_setup(rungwise, built: Path, setup: str, knows: bool) -> None:
    ended = rungwise("ask", "What does the Ostra kettle cost?", "-w", built, "--setup", setup, "--json")
    assert ended.code == 0
    reply = told(ended.out, "reply")
    assert reply["setup"] == setup
    assert ("49 EUR" in reply["text"]) is knows
    assert reply["abstained"] is not knows
    assert bool(reply["citations"]) is knows


@pytest.mark.parametrize("setup", ["lora", "hybrid"])
def test_a_setup_with_an_adapter_that_is_not_there_says_how_to_make_it(
    rungwise, house: Path, setup: str
) -> None:
    rungwise("sync", "-w", house)
    for words in (["ask", "why?", "--setup", setup], ["compare", "--setups", setup]):
        ended = rungwise(*words, "-w", house)
        assert ended.code == ExitCode.USER
        assert "`rungwise train`" in ended.err
        assert ended.out == ""


def test_an_adapter_of_another_base_is_refused_before_anything_is_asked(
    rungwise, built: Path, monkeypatch
) -> None:
    import assistant.engines.local
    import assistant.open as opening
    from finetune.base import Base, Precision

    model = SimpleNamespace(prepare_inputs_for_generation=None)
    base = Base("starter", model, None, "c" * 64, Precision("float32", "cpu", ""), 512)  # type: ignore[arg-type]
    monkeypatch.setattr(assistant.engines.local, "load_base", lambda name: base)
    monkeypatch.setattr(
        opening,
        "open_engine",
        lambda workspace: assistant.engines.local.LocalEngine("starter", lambda: workspace.adapter),
    )
    ended = rungwise("compare", "--setups", "lora", "-w", built)
    assert ended.code == ExitCode.USER
    assert "trained on the base" in ended.err
    assert "rungwise train" in ended.err
    assert not (built / ".rungwise" / "comparison.json").exists()


def test_compare_measures_and_writes_what_the_page_and_the_advisor_read(rungwise, built: Path) -> None:
    ended = rungwise("compare", "-w", built, "--json")
    assert ended.code == 0
    found = told(ended.out, "comparison")
    assert {row["setup"]: row["facts"]["passed"] for row in found["standings"]} == {
        "prompt": 0,
        "rag": 2,
        "lora": 0,
        "hybrid": 2,
    }
    assert json.loads((built / ".rungwise" / "comparison.json").read_text(encoding="utf-8")) == found
    evidence = json.loads((built / ".rungwise" / "evidence.json").read_text(encoding="utf-8"))
    assert evidence["questions"] == 2
    assert rungwise("advise", "-w", built).code == 0


def test_compare_asks_nothing_twice(rungwise, built: Path) -> None:
    rungwise("compare", "-w", built)
    kept = built / ".rungwise" / "runs" / "replies" / "replies.jsonl"
    lines = len(kept.read_text(encoding="utf-8").splitlines())
    assert lines == 8
    rungwise("compare", "-w", built)
    assert len(kept.read_text(encoding="utf-8").splitlines()) == lines


def test_compare_shows_a_table_with_intervals(rungwise, built: Path) -> None:
    ended = rungwise("compare", "-w", built, "--setups", "hybrid, rag", "--part", "dev", "--limit", "1")
    assert ended.code == 0
    assert "Share of 1 questions passed, with 95 % intervals" in ended.out
    assert "hybrid − rag" in ended.out
    assert [line.split()[0] for line in ended.out.splitlines()[2:4]] == ["rag", "hybrid"]


def test_an_unknown_part_gets_a_suggestion(rungwise, built: Path) -> None:
    ended = rungwise("compare", "-w", built, "--part", "tset")
    assert ended.code == ExitCode.USER
    assert 'Did you mean "test"?' in ended.err


def test_no_setups_at_all_are_refused(rungwise, house: Path) -> None:
    ended = rungwise("compare", "-w", house, "--setups", ",")
    assert ended.code == ExitCode.USER
    assert "--setups names no setup" in ended.err


def test_missing_questions_are_said(rungwise, built: Path) -> None:
    (built / "questions.jsonl").unlink()
    for command in ("compare", "climb"):
        ended = rungwise(command, "-w", built)
        assert ended.code == ExitCode.USER
        assert "questions.jsonl" in ended.err


def test_climb_makes_what_it_needs_and_ends_with_4_below_the_target(rungwise, house: Path) -> None:
    ended = rungwise("climb", "-w", house)
    # Two right answers of two can't prove 80 %: the interval is too wide.
    assert ended.code == ExitCode.BELOW_TARGET
    assert ended.out.startswith("Before: Advice:")
    assert "\nAfter: Advice:" in ended.out
    assert (house / ".rungwise" / "library").is_dir()
    assert (house / ".rungwise" / "evidence.json").is_file()
    assert (house / ".rungwise" / "comparison.json").is_file()


def test_climb_ends_with_0_where_the_target_is_met(rungwise, house: Path) -> None:
    config = house / "rungwise.toml"
    config.write_text(config.read_text(encoding="utf-8") + "[target]\npass_rate = 0.3\n", encoding="utf-8")
    ended = rungwise("climb", "-w", house, "--json")
    found = told(ended.out, "climb")
    assert ended.code == 0, found["reason"]
    assert found["chosen"] == "rag"
    assert [step["setup"] for step in found["steps"]] == ["prompt", "rag"]
    assert not (house / ".rungwise" / "adapters").exists()


def test_a_climb_where_nothing_passes_does_not_claim_that_no_test_question_was_asked(
    rungwise, house: Path
) -> None:
    path = house / "questions.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8").replace("49 EUR", "7 EUR").replace("09:00", "23:00"),
        encoding="utf-8",
    )
    ended = rungwise("climb", "-w", house)
    assert ended.code == ExitCode.BELOW_TARGET
    assert "No setup passed a single question" in ended.out
    assert "No test question was asked" not in ended.out
