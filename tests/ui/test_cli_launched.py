"""A command among several processes of a launch: which is shared, who says something, and that nobody is left waiting."""

from __future__ import annotations

import signal
import threading

import pytest

from finetune.training import ranks, train
from foundation.errors import ExitCode, UserError
from ui.cli import launched, main
from ui.cli.adapter import Interrupts


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Two processes, of which this is the first; what the other one would be told is put into a list."""
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    said: list[object] = []
    monkeypatch.setattr(ranks, "begin", said.append)
    return said


def test_a_command_that_can_not_be_shared_is_refused_by_the_first_process_alone(
    told: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "--minutes", "1"]) == ExitCode.USER
    assert (
        "share `rungwise train` alone, but 2 were launched with `rungwise sweep`" in capsys.readouterr().err
    )
    monkeypatch.setenv("RANK", "1")
    assert main(["sweep", "--minutes", "1"]) == ExitCode.OK
    assert capsys.readouterr().err == ""


def test_a_command_that_ends_before_a_training_begins_lets_the_others_go(
    told: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--no-such-option"]) == ExitCode.USER
    assert told == [None]
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (ranks.Elsewhere("said by the first"), ExitCode.OK, ""),
        (
            UserError("The memory does not suffice."),
            ExitCode.USER,
            "Process 2 of 2: The memory does not suffice.\n",
        ),
    ],
)
def test_another_process_says_only_what_happened_to_itself(
    told: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: UserError,
    code: ExitCode,
    said: str,
) -> None:
    def take_part() -> None:
        raise raised

    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(train, "take_part", take_part)
    before = signal.getsignal(signal.SIGINT)
    try:
        assert launched.launched(["train"], lambda: 1) == code
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # the first one hears Ctrl-C for all
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == said


def test_in_a_thread_which_hears_no_signals_a_training_is_not_refused() -> None:
    ended: list[str] = []

    def work() -> None:
        with Interrupts().heard():
            ended.append("trained")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == ["trained"]
