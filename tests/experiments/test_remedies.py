"""Every cause of a lost question has its next rung or repair, and a command that there really is."""

from __future__ import annotations

import json
import shlex

import pytest
import typer

from experiments import Cause, Loss, attribute
from experiments.remedies import REMEDIES, Adds, next_setup, todo, todo_dict, todo_lines
from tests.experiments.worlds import result
from ui.cli.commands import app

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_sentence_and_commands_that_exist(cause: Cause) -> None:
    remedy = REMEDIES[cause]
    assert remedy.repair.endswith(".")
    assert remedy.commands
    for command in remedy.commands:
        program, name, *options = shlex.split(command)
        assert program == "rungwise"
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert set(options) <= known, command


def test_the_next_rung_adds_what_is_missing_and_nothing_twice() -> None:
    facts, form = REMEDIES[Cause.MISSING_FACT], REMEDIES[Cause.FORM]
    assert [next_setup(name, facts) for name in ("prompt", "prompt+shots", "rag", "lora", "hybrid")] == [
        "rag",
        "rag",
        None,
        "hybrid",
        None,
    ]
    assert [next_setup(name, form) for name in ("prompt", "rag+repair", "lora", "hybrid")] == [
        "lora",
        "hybrid",
        None,
        None,
    ]


@pytest.mark.parametrize("cause", [Cause.NO_EVIDENCE, Cause.RETRIEVAL_MISS, Cause.CUT_OFF, Cause.ERROR])
def test_what_no_rung_mends_leads_up_nowhere(cause: Cause) -> None:
    assert REMEDIES[cause].adds is None
    assert all(next_setup(name, REMEDIES[cause]) is None for name in ("prompt", "rag", "lora", "hybrid"))


def lost() -> list[Loss]:
    rows = [result("rag", f"form-{n}", form=False) for n in range(6)]
    rows += [result("rag", f"made-up-{n}", facts=False) for n in range(2)]
    return attribute([*rows, result("prompt", "a", form=False, facts=False, passages=())])


def test_the_most_frequent_cause_comes_first_with_its_share_and_its_questions() -> None:
    first, second = (row for row in todo(lost()) if row.setup == "rag")
    assert (first.cause, first.share.mean, first.lost) == (Cause.FORM, 0.75, 8)
    assert first.questions == tuple(f"form-{n}" for n in range(6))
    assert (second.cause, second.invented) == (Cause.INVENTED, 2)
    assert first.share.low < 0.75 < first.share.high
    assert (first.next, first.remedy.adds) == ("hybrid", Adds.ADAPTER)


def test_a_question_that_lost_facts_and_form_is_named_under_both() -> None:
    rows = [row for row in todo(lost()) if row.setup == "prompt"]
    assert {row.cause: row.questions for row in rows} == {Cause.MISSING_FACT: ("a",), Cause.FORM: ("a",)}


def test_the_lines_say_why_what_and_how() -> None:
    form, invented = todo_lines(lost(), "rag")
    assert form.startswith(
        "form, 75 % (41–93) of 8 lost questions of rag (form-0, form-1, form-2 and 3 more): Show the form: "
    )
    assert form.endswith("Next rung: hybrid. Run `rungwise check` and `rungwise train`.")
    assert invented.startswith(
        "wrong fact invented, 25 % (7–59) of 8 lost questions of rag (made-up-0, made-up-1): "
    )
    assert todo_lines(lost(), "hybrid") == todo_lines(lost(), None) == []
    assert "1 of these answers made something up." in todo_lines(lost(), "prompt")[0]


def test_what_to_do_is_plain_json() -> None:
    found = todo_dict(lost())
    assert json.loads(json.dumps(found)) == found
    assert found[0]["cause"] == "form" and found[0]["commands"] == ["rungwise check", "rungwise train"]
