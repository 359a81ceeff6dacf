"""adapters route, train --task and setups with adapters on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


def with_settings(house: Path, lines: str) -> None:
    path = house / "rungwise.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[adapters]\n{lines}\n", "utf-8")


def with_tasks(house: Path, task_of: dict[int, str]) -> None:
    """Write a task into some of the examples, by their place modulo so many as there are."""
    path = house / "examples.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for place, row in enumerate(rows):
        if task := task_of.get(place % len(task_of)):
            row["task"] = task
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def routed(rungwise: Any, house: Path, *words: str) -> tuple[int, dict[str, Any]]:
    ended = rungwise("adapters", "route", *words, "--json", "-w", house)
    told = json.loads(ended.out)
    Draft202012Validator(schema("route")).validate(told)
    return ended.code, told


def test_an_adapter_that_is_trained_for_a_task_answers_it_and_what_serves_goes_on_serving(
    rungwise, house: Path
) -> None:
    with_tasks(house, {0: "prices"})
    with_settings(house, 'route = "rules"\nrules = ["prices: cost, price"]')
    assert rungwise("sync", "-w", house).code == 0
    assert rungwise("train", "-w", house).code == 0
    serving = json.loads(rungwise("adapters", "list", "--json", "-w", house).out)["adapters"][0]["name"]
    ended = rungwise("train", "--task", "prices", "-w", house)
    assert ended.code == 0 and "It answers the task prices where a setup is +routed" in ended.out
    rows = json.loads(rungwise("adapters", "list", "--json", "-w", house).out)["adapters"]
    rows.sort(
        key=lambda row: not row["serves"]
    )  # two that were trained in one second are listed in any order
    assert [(row["serves"], row["task"]) for row in rows] == [(True, None), (False, "prices")]
    code, told = routed(rungwise, house, "What does the Ostra kettle cost?")
    assert code == 0 and told["usable"] and told["otherwise"] == serving
    assert told["question"]["adapter"] == rows[1]["name"] and told["question"]["task"] == "prices"
    code, told = routed(rungwise, house, "When do you open?")
    assert told["question"] == {
        "question": "When do you open?",
        "task": None,
        "adapter": serving,
        "why": "no rule fits",
    }
    shown = rungwise("adapters", "route", "What does it cost?", "-w", house).out
    assert f'This question is of the task prices and goes to {rows[1]["name"]}: "cost" tells it.' in " ".join(
        shown.split()
    )

    assert rungwise("adapters", "use", serving, "--task", "prices", "-w", house).code == 0
    assert routed(rungwise, house)[1]["tasks"][0]["adapter"] == serving


def test_a_task_that_no_example_has_is_a_sentence(rungwise, house: Path) -> None:
    assert rungwise("sync", "-w", house).code == 0
    ended = rungwise("train", "--task", "prices", "-w", house)
    assert ended.code == ExitCode.USER and 'No example is of the task "prices"' in ended.err


def test_without_a_route_the_tasks_are_shown_and_a_question_is_refused(rungwise, house: Path) -> None:
    code, told = routed(rungwise, house)
    assert code == 0 and not told["usable"] and told["route"] is None
    assert "Nothing is routed" in rungwise("adapters", "route", "-w", house).out
    ended = rungwise("adapters", "route", "Why?", "-w", house)
    assert ended.code == ExitCode.USER and "Nothing says which adapter answers what" in ended.err


def test_a_classifier_that_is_no_better_than_chance_is_told_and_ends_with_4(rungwise, house: Path) -> None:
    with_tasks(house, {0: "odd", 1: "even"})
    with_settings(house, 'route = "classifier"')
    assert rungwise("sync", "-w", house).code == 0
    code, told = routed(rungwise, house, "What does the Ostra kettle cost?")
    assert code == ExitCode.BELOW_TARGET and not told["usable"]
    assert "not surely better than chance" in told["why_not"] and told["measured"]["n"] > 0
    ended = rungwise("ask", "What does the Ostra kettle cost?", "--setup", "hybrid+routed", "-w", house)
    assert ended.code == ExitCode.USER and "not surely better than chance" in ended.err
