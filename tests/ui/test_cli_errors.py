"""What goes wrong: one sentence on stderr, the right exit code, no traceback, nothing on stdout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foundation.errors import ExitCode

REPOSITORY = Path(__file__).resolve().parents[2]
IN_A_WORKSPACE = (
    ["sync"],
    ["search", "kettle"],
    ["check"],
    ["train"],
    ["ask", "why?"],
    ["compare"],
    ["climb"],
    ["app"],
    ["doctor"],
)


@pytest.mark.parametrize("words", [*IN_A_WORKSPACE, ["advise"]])
def test_a_folder_that_does_not_exist(rungwise, tmp_path: Path, words: list[str]) -> None:
    ended = rungwise(*words, "--workspace", tmp_path / "nowhere")
    assert ended.code == ExitCode.USER
    assert "nowhere: there is no such folder" in ended.err
    assert "rungwise init" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("words", IN_A_WORKSPACE)
def test_a_folder_without_settings(rungwise, tmp_path: Path, words: list[str]) -> None:
    ended = rungwise(*words, "-w", tmp_path)
    assert ended.code == ExitCode.USER
    assert "rungwise.toml is missing" in ended.err
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", IN_A_WORKSPACE)
def test_settings_with_mistakes_name_every_line_and_suggest(rungwise, house: Path, words: list[str]) -> None:
    (house / "rungwise.toml").write_text(
        'name = "Tea"\n\n[retrieval]\nchunk_token = 64\nk = "four"\n', encoding="utf-8"
    )
    ended = rungwise(*words, "-w", house)
    assert ended.code == ExitCode.USER
    assert 'line 4: "chunk_token" is not a setting of [retrieval]. Did you mean "chunk_tokens"?' in ended.err
    assert "line 5: retrieval.k must be a whole number" in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_settings_that_are_not_toml(rungwise, house: Path) -> None:
    (house / "rungwise.toml").write_text("name = \n", encoding="utf-8")
    ended = rungwise("sync", "-w", house)
    assert ended.code == ExitCode.USER
    assert "line 1" in ended.err


def test_the_workspace_may_be_named_by_the_environment_and_the_option_wins(
    rungwise, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("RUNGWISE_WORKSPACE", str(tmp_path / "elsewhere"))
    assert "elsewhere" in rungwise("check").err
    assert "here: there is no such folder" in rungwise("check", "-w", tmp_path / "here").err


@pytest.mark.fault(143)
def test_an_unknown_command_gets_a_suggestion(rungwise) -> None:
    ended = rungwise("serach", "kettle")
    assert ended.code == ExitCode.USER
    assert "search" in ended.err
    assert "rungwise --help" in ended.err


def test_an_unknown_option_and_a_missing_argument_name_the_command_s_help(rungwise) -> None:
    for words in (["ask", "why?", "--setpu", "rag"], ["ask"], ["compare", "--limit", "0"]):
        ended = rungwise(*words)
        assert ended.code == ExitCode.USER
        assert f"`rungwise {words[0]} --help`" in ended.err


@pytest.mark.parametrize(
    "words", [["ask", "why?", "--setup", "hybird"], ["compare", "--setups", "rag,hybird"]]
)
def test_an_unknown_setup_gets_a_suggestion(rungwise, house: Path, words: list[str]) -> None:
    ended = rungwise(*words, "-w", house)
    assert ended.code == ExitCode.USER
    assert (
        ended.err
        == 'There is no setup "hybird". Did you mean "hybrid"? Choose prompt, rag, lora or hybrid.\n'
    )


def test_a_bug_shows_one_sentence_and_leaves_the_traceback_in_the_log(
    rungwise, house: Path, monkeypatch
) -> None:
    import assistant.open

    def broken(workspace: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(assistant.open, "open_library", broken)
    ended = rungwise("sync", "-w", house)
    log = house / ".rungwise" / "log" / "rungwise.log"
    assert ended.code == ExitCode.FAILED
    assert "ZeroDivisionError: division by zero" in ended.err
    assert str(log) in ended.err
    assert "Traceback" not in ended.err
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_ctrl_c_ends_with_130_and_no_traceback(rungwise, house: Path, monkeypatch) -> None:
    import assistant.open

    def stopped(workspace: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(assistant.open, "open_library", stopped)
    ended = rungwise("sync", "-w", house)
    assert ended.code == ExitCode.INTERRUPTED
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "words", [["schema", "climb"], ["--help"], ["advise", "-w", "examples/tarn-and-timber", "--json"]]
)
def test_a_reader_that_leaves_early_ends_the_command_quietly(words: list[str]) -> None:
    command = [sys.executable, "-m", "ui.cli", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()  # as `| head -0` does
        told = process.stderr.read()
    assert told == ""
    assert process.returncode == 0


def test_library_warnings_do_not_reach_the_terminal_but_the_log(rungwise, house: Path, monkeypatch) -> None:
    import logging
    import warnings

    import assistant.open

    def noisy(workspace: object) -> None:
        logging.getLogger("a.library").warning("a loud library")
        warnings.warn("a deprecated thing", UserWarning, stacklevel=1)
        raise ZeroDivisionError

    monkeypatch.setattr(assistant.open, "open_library", noisy)
    ended = rungwise("sync", "-w", house)
    assert "loud" not in ended.out + ended.err
    assert "deprecated" not in ended.out + ended.err
    assert "a loud library" in (house / ".rungwise" / "log" / "rungwise.log").read_text(encoding="utf-8")


def test_every_command_switches_telemetry_off_and_goes_offline_for_the_starter(rungwise, house: Path) -> None:
    import os

    rungwise("check", "-w", house)
    assert os.environ["ANONYMIZED_TELEMETRY"] == "False"
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] == "false"
    assert os.environ["LANGSMITH_TRACING"] == "false"
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_base_of_the_hub_is_not_forced_offline(rungwise, house: Path) -> None:
    import os

    (house / "rungwise.toml").write_text('[model]\nbase = "Qwen/Qwen3-0.6B"\n', encoding="utf-8")
    rungwise("check", "-w", house)
    assert "HF_HUB_OFFLINE" not in os.environ
