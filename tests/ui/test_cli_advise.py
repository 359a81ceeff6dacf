"""advise: from a file, from a conversation on a terminal, and where there is neither."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from advisor import load_answers, questionnaire
from foundation.errors import ExitCode
from ui.cli.interview import interview
from ui.schemas import schema


def reader(lines: list[str]) -> Callable[[str], str]:
    left = iter(lines)
    return lambda prompt: next(left)


def first(number: int) -> list[str]:
    return [question.id for question in questionnaire()][:number]


def test_a_file_gives_a_recommendation(rungwise, house: Path) -> None:
    ended = rungwise("advise", "-w", house)
    assert ended.code == 0
    assert ended.out.startswith("Advice: ")
    assert ended.err == ""


@pytest.mark.fault(139)
def test_json_keeps_the_published_schema_and_is_alone_on_stdout(rungwise, house: Path) -> None:
    ended = rungwise("advise", house / "answers.yaml", "--json", "--lang", "tr")
    found = json.loads(ended.out)
    Draft202012Validator(schema("recommendation")).validate(found)
    assert found["language"] == "tr"
    assert ended.err == ""


@pytest.mark.parametrize(("name", "start"), [("advice.html", "<!doctype html>"), ("advice.md", "# Advice: ")])
def test_a_report_is_written_by_the_ending_of_its_name(
    rungwise, house: Path, tmp_path: Path, name: str, start: str
) -> None:
    ended = rungwise("advise", "-w", house, "--report", tmp_path / name)
    assert ended.code == 0 and ended.out == "" and name in ended.err
    assert (tmp_path / name).read_text("utf-8").startswith(start)


@pytest.mark.parametrize("name", ["advice.pdf", "none/advice.html"])
def test_a_report_that_can_not_be_written_is_a_sentence(
    rungwise, house: Path, tmp_path: Path, name: str
) -> None:
    ended = rungwise("advise", "-w", house, "--report", tmp_path / name)
    assert ended.code == ExitCode.USER and name in ended.err
    assert not (tmp_path / name).exists()


def test_one_rule_is_explained_without_any_answers(rungwise, tmp_path: Path) -> None:
    ended = rungwise("advise", "-w", tmp_path, "--explain", "must_cite")
    assert ended.code == 0 and "rests on: AWS Prescriptive Guidance" in ended.out
    found = json.loads(rungwise("advise", "-w", tmp_path, "--explain", "must_cite", "--json").out)
    Draft202012Validator(schema("rule")).validate(found)
    wrong = rungwise("advise", "-w", tmp_path, "--explain", "must_site")
    assert wrong.code == ExitCode.USER and 'Did you mean "must_cite"' in wrong.err


def test_the_graph_is_drawn_with_and_without_answers(rungwise, house: Path, tmp_path: Path) -> None:
    assert ":::chosen" in rungwise("advise", "-w", house, "--graph").out
    bare = rungwise("advise", "-w", tmp_path, "--graph")
    assert bare.code == 0 and bare.out.startswith("flowchart LR") and ":::" not in bare.out


def test_two_answers_files_are_compared(rungwise, house: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("knowledge: model\n", "utf-8")
    ended = rungwise("advise", "-w", house, "--diff", tmp_path / "other.yaml")
    assert ended.code == 0 and "knowledge:" in ended.out and "→" in ended.out
    found = json.loads(rungwise("advise", "-w", house, "--diff", tmp_path / "other.yaml", "--json").out)
    Draft202012Validator(schema("diff")).validate(found)


def test_before_and_after_a_measurement_can_be_compared(rungwise, house: Path, tmp_path: Path) -> None:
    measured = {
        "questions": 120,
        "setups": {"prompt": {"n": 120, "pass_rate": 0.1, "low": 0.05, "high": 0.17}},
    }
    (tmp_path / "evidence.json").write_text(json.dumps(measured), "utf-8")
    words = (
        "advise",
        "-w",
        house,
        "--evidence",
        tmp_path / "evidence.json",
        "--diff",
        house / "answers.yaml",
    )
    same, other = rungwise(*words), rungwise(*words, "--diff-evidence", "/dev/null")

    assert same.code == other.code == 0
    assert "prompt_pass_rate" not in same.out and "prompt_pass_rate" in other.out


def test_the_interview_says_once_that_nothing_open_can_change_the_rung(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = {
        "knowledge": "private", "change_rate": "daily", "citations": "must", "prompt_tried": "with_examples",
        "test_questions": "100", "base_weights": "closed", "may_switch_model": "no",
    }  # fmt: skip
    interview("en", reader([said.get(one.id, "") for one in questionnaire()]))
    assert capsys.readouterr().err.count("can change the rung: RAG") == 1


def test_measured_evidence_is_taken_where_it_is(rungwise, house: Path) -> None:
    assert json.loads(rungwise("advise", "-w", house, "--json").out)["measured_on"] is None
    folder = house / ".rungwise"
    folder.mkdir()
    rate = {"n": 60, "passed": 50, "pass_rate": 0.83, "low": 0.72, "high": 0.9}
    evidence = {"questions": 60, "setups": {"prompt": rate}, "effects": {}, "failures": {}}
    (folder / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")
    assert json.loads(rungwise("advise", "-w", house, "--json").out)["measured_on"] == 60


def test_broken_evidence_is_said_and_not_passed_over(rungwise, house: Path) -> None:
    (house / "other.json").write_text("{", encoding="utf-8")
    ended = rungwise("advise", "-w", house, "--evidence", house / "other.json")
    assert ended.code == ExitCode.USER
    assert "other.json" in ended.err


def test_mistakes_of_the_answers_are_named_with_lines_and_suggestions(rungwise, house: Path) -> None:
    (house / "answers.yaml").write_text("knowlege: private\nchange_rate: montly\n", encoding="utf-8")
    ended = rungwise("advise", "-w", house)
    assert ended.code == ExitCode.USER
    assert "line 1" in ended.err
    assert 'Did you mean "knowledge"?' in ended.err
    assert 'Did you mean "monthly"?' in ended.err


def test_a_language_that_is_not_spoken(rungwise, house: Path) -> None:
    ended = rungwise("advise", "-w", house, "--lang", "de")
    assert ended.code == ExitCode.USER
    assert "en or tr" in ended.err


def test_without_answers_and_without_a_terminal_it_says_so(rungwise, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    ended = rungwise("advise", "-w", tmp_path)
    assert ended.code == ExitCode.USER
    assert "no terminal to ask on" in ended.err
    assert not list(tmp_path.iterdir())


def test_a_named_file_that_is_missing_is_an_error_even_on_a_terminal(rungwise, tmp_path: Path) -> None:
    ended = rungwise("advise", tmp_path / "none.yaml")
    assert ended.code == ExitCode.USER
    assert "none.yaml" in ended.err


def test_on_a_terminal_it_asks_and_keeps_the_answers(rungwise, tmp_path: Path, monkeypatch) -> None:
    import io

    typed = io.StringIO("private\nmonthly\nq\n")
    monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ended = rungwise("advise", "-w", tmp_path)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("Advice: ")
    kept = load_answers(tmp_path / "answers.yaml").to_mapping()
    assert kept == {"knowledge": "private", "change_rate": "monthly"}


def test_enter_means_that_it_is_not_known() -> None:
    answers = interview("en", reader(["", "monthly", "q"]))
    assert answers.to_mapping() == {"change_rate": "monthly"}


def test_b_goes_back_one_question_and_the_new_answer_counts() -> None:
    answers = interview("en", reader(["b", "private", "weekly", "b", "monthly", "q"]))
    assert answers.to_mapping() == {"knowledge": "private", "change_rate": "monthly"}


def test_a_wrong_answer_is_explained_and_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    answers = interview("en", reader(["privat", "private", "q"]))
    assert answers.to_mapping() == {"knowledge": "private"}
    assert 'Did you mean "private"?' in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_every_question_can_be_passed_over_to_the_end_with_its_help_shown(lang: str, capsys) -> None:
    answers = interview(lang, lambda prompt: "")
    assert answers.to_mapping() == {}
    told = capsys.readouterr().err
    for question in questionnaire(lang):
        assert question.help.split()[0] in told


def test_a_closed_terminal_in_the_middle_keeps_nothing(rungwise, tmp_path: Path, monkeypatch) -> None:
    import io

    typed = io.StringIO("private\n")
    monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert rungwise("advise", "-w", tmp_path).code == ExitCode.INTERRUPTED
    assert not (tmp_path / "answers.yaml").exists()
