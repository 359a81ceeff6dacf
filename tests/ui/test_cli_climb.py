"""climb over an engine whose answers can be read off the documents: budgets, tuning, bad examples, advice before and after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from assistant.open import open_assistant
from assistant.workspace import Workspace
from experiments import Question, load_questions
from foundation.errors import ExitCode
from ui.climbing import Makers, holds, ways
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


def told(out: str) -> dict:
    value = json.loads(out)
    Draft202012Validator(schema("climb")).validate(value)
    return value


def written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def test_climb_as_json_tells_the_advice_before_and_after_and_what_is_missing(rungwise, house: Path) -> None:
    ended = rungwise("climb", "-w", house, "--json")
    found = told(ended.out)
    assert ended.code == ExitCode.BELOW_TARGET
    assert found["chosen"] == "rag"
    assert [step["target"] for step in found["steps"]] == ["missed", "open"]
    assert found["advice"] == {"before": "rag", "after": "rag"}
    assert [need["what"] for need in found["missing"]] == ["questions"]


def test_climb_says_what_is_missing(rungwise, house: Path) -> None:
    out = rungwise("climb", "-w", house).out
    assert "What is missing\n  Questions: About " in out


def test_an_adapter_is_made_anew_when_examples_change_and_not_when_documents_do(
    rungwise, house: Path
) -> None:
    assert rungwise("sync", "-w", house).code == 0
    assert rungwise("train", "-w", house).code == 0
    workspace = Workspace.open(house)
    trained: list[str] = []
    looked: list[str] = []

    def check() -> None:
        looked.append("looked")

    found = ways(
        workspace,
        open_assistant(workspace),
        Makers(lambda: None, lambda: trained.append("trained"), None, check),
    )
    assert found.train is not None and found.check is not None
    written(house / "documents" / "kettle.md", "# Kettle\n\nThe Ostra kettle costs 59 EUR.\n")
    found.check()
    found.train()
    assert trained == looked == []
    turns = [
        {"role": "user", "content": "Who?"},
        {"role": "assistant", "content": "The documents do not say."},
    ]
    with (house / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "new", "messages": turns}) + "\n")
    found.check()
    found.train()
    assert (trained, looked) == (["trained"], ["looked"])


def test_examples_that_teach_something_wrong_are_not_trained_on(rungwise, house: Path) -> None:
    # The engine never closes its answers, and neither do the examples.
    written(house / "form.yaml", 'name: Tea\nclosing: "Yours."\nabstain: "The documents do not say."\n')
    found = told(rungwise("climb", "-w", house, "--json").out)
    assert [step["setup"] for step in found["steps"]][-1] != "hybrid"
    assert "But nothing was trained: " in found["reason"]
    assert "12 findings must be mended before anything is trained, the first in line 1: " in found["reason"]
    assert not (house / ".rungwise" / "adapters").exists()
    assert rungwise("check", "-w", house).code == ExitCode.USER


def test_too_few_examples_are_not_trained_on_and_are_said_to_be_missing(rungwise, house: Path) -> None:
    written(house / "form.yaml", 'name: Tea\nclosing: "Yours."\n')
    turns = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Nobody. Yours."}]
    written(house / "examples.jsonl", json.dumps({"id": "one", "messages": turns}) + "\n")
    found = told(rungwise("climb", "-w", house, "--json").out)
    needs = {need["what"]: need["why"] for need in found["missing"]}
    assert "examples are usable. Training starts to make sense at 10" in needs["examples"]


def test_examples_and_other_wordings_are_searched_before_training(rungwise, house: Path) -> None:
    written(house / "form.yaml", 'name: Tea\nclosing: "Yours."\nabstain: "The documents do not say."\n')
    found = told(rungwise("climb", "-w", house, "--json").out)
    assert any("No other prompting of rag leads" in step["decision"] for step in found["steps"])
    assert "rag+nearest=3" in found["evidence"]["setups"]["rag"]["tried"]
    for section in ("setups", "failures"):
        assert set(found["evidence"][section]) <= {"prompt", "rag", "lora", "hybrid"}
    assert rungwise("advise", "-w", house).code == 0


@pytest.mark.parametrize("option", ["--budget", "--step-budget"])
def test_a_budget_that_is_spent_at_once_ends_the_climb_and_leaves_what_was_measured_before(
    rungwise, house: Path, option: str
) -> None:
    evidence = house / ".rungwise" / "evidence.json"
    ended = rungwise("climb", "-w", house, option, "0.000001")
    assert ended.code == ExitCode.BELOW_TARGET
    assert "The budget of 1e-06 s" in ended.out
    assert "Time: The budget" in ended.out
    assert not evidence.exists()
    rungwise("climb", "-w", house)
    before = evidence.read_text(encoding="utf-8")
    found = told(rungwise("climb", "-w", house, option, "0.000001", "--json").out)
    assert (found["spent"], found["steps"]) == (True, [])
    assert evidence.read_text(encoding="utf-8") == before


def test_a_budget_of_nothing_is_refused(rungwise, house: Path) -> None:
    ended = rungwise("climb", "-w", house, "--budget", "0")
    assert ended.code == ExitCode.USER
    assert "The budget must be above 0 seconds, but is 0." in ended.err


CROWD = 12


def crowded(house: Path) -> None:
    """Let many documents look like a question by their first letters, and only the right one by its words."""
    for number in range(CROWD):
        written(
            house / "documents" / f"noise-{number}.md",
            f"# Note\n\nWell, does that old kiosk close? {number}\n",
        )
    written(house / "rungwise.toml", 'name = "Tea"\n\n[retrieval]\nk = 1\nalpha = 1.0 # by meaning alone\n')


def test_a_search_that_misses_is_tuned_and_measured_again(rungwise, house: Path) -> None:
    crowded(house)
    ended = rungwise("climb", "-w", house, "--json")
    found = told(ended.out)
    steps = [(step["setup"], "tuning" in step["made"]) for step in found["steps"]]
    assert steps == [("prompt", False), ("rag", False), ("rag", True)]
    before, after = found["steps"][1:]
    assert before["after"]["both"]["passed"] < after["after"]["both"]["passed"] == 2
    assert "rungwise.toml: changed" in ended.err
    toml = (house / "rungwise.toml").read_text(encoding="utf-8")
    assert "# by meaning alone" in toml and "alpha = 1.0" not in toml
    again = told(rungwise("climb", "-w", house, "--json").out)
    assert [step["after"] for step in again["steps"]] == [step["after"] for step in found["steps"]]


def test_with_no_tune_the_search_stays_as_it_is(rungwise, house: Path) -> None:
    crowded(house)
    before = (house / "rungwise.toml").read_text(encoding="utf-8")
    found = told(rungwise("climb", "-w", house, "--no-tune", "--json").out)
    assert [step["made"] for step in found["steps"]] == [[], ["index"]]
    assert (house / "rungwise.toml").read_text(encoding="utf-8") == before


def test_the_documents_are_asked_anew_after_every_sync(rungwise, house: Path) -> None:
    workspace = Workspace.open(house)
    held = holds(open_assistant(workspace).library)
    assert held is not None
    kettle: Question = load_questions(workspace.questions)[0]
    assert held(kettle) is None
    rungwise("sync", "-w", house)
    assert held(kettle) is True
    written(house / "documents" / "kettle.md", "# Kettle\n\nThe Ostra kettle costs 59 EUR.\n")
    rungwise("sync", "-w", house)
    assert held(kettle) is False
    assert holds(None) is None


def test_a_fact_that_no_document_tells_ends_the_climb_with_the_document_to_write(
    rungwise, house: Path
) -> None:
    for document, text in {
        "kettle.md": "The Ostra kettle is blue.",
        "hours.txt": "The shop opens late.",
    }.items():
        written(house / "documents" / document, text)
    rungwise("sync", "-w", house)
    out = " ".join(rungwise("climb", "-w", house).out.split())
    assert "No document tells what 2 of 2 questions ask" in out
    assert "Documents: No document tells what 2 questions ask." in out
