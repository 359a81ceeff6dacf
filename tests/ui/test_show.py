"""What is printed: safe text, aligned tables, and progress that fits where it is shown."""

from __future__ import annotations

import sys

import pytest

from ui import show
from ui.progress import Progress


def test_terminal_codes_and_reading_direction_marks_are_taken_out() -> None:
    assert show.plain("a\x1b[2Jb\rc\u202ed\n\te") == "a[2Jbcd\n\te"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.041, "0.04 s"), (9.994, "9.99 s"), (42.0, "42 s"), (119.0, "119 s"), (150.0, "2.5 min")],
)
def test_durations_are_written_for_people(value: float, written: str) -> None:
    assert show.seconds(value) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [(12, "12 bytes"), (1536, "1.5 KB"), (5 * 1024**2, "5.0 MB"), (3 * 1024**3, "3.0 GB")],
)
def test_sizes_are_written_for_people(count: int, written: str) -> None:
    assert show.size(count) == written


def test_a_long_text_is_cut_at_a_word() -> None:
    assert show.clip("one two  three", 14) == "one two three"
    assert show.clip("one two three", 10) == "one two…"


def test_columns_are_aligned() -> None:
    assert show.table(("a", "bb"), (("ccc", "d"),)) == "a    bb\nccc  d"


def test_without_a_terminal_progress_is_a_plain_line_for_each_title(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress() as progress:
        for done in range(4):
            progress("Reading", done, 3)
        progress("Writing")
    told = capsys.readouterr()
    assert told.err == "Reading …\nWriting …\n"
    assert told.out == ""


def test_what_takes_long_is_told_again_after_five_seconds(capsys, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr("ui.progress.time.monotonic", lambda: now[0])
    progress = Progress()
    for second in range(0, 12, 3):
        now[0] = float(second)
        progress("Reading", second, 12)
    assert capsys.readouterr().err == "Reading …\nReading: 6 of 12, 6.00 s, about 6.00 s left\n"


def test_a_quiet_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=True) as progress:
        progress("Reading", 1, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("no_colour", [True, False])
def test_on_a_terminal_one_line_moves_and_goes_away_and_keeps_no_color(
    monkeypatch, capsys, no_colour: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    with Progress() as progress:
        progress("[red]Reading[/red]", 1, 2)
    told = capsys.readouterr()
    assert "[red]Reading" in told.err  # a title is text, not markup
    assert told.out == ""
    assert ("\x1b[38" in told.err or "\x1b[3" in told.err.replace("\x1b[3m", "")) is not no_colour


def test_a_dumb_terminal_gets_plain_lines(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    Progress()("Reading")
    assert capsys.readouterr().err == "Reading …\n"


def test_a_curve_is_a_line_of_blocks_that_falls_where_it_falls() -> None:
    assert show.spark([3.0, 2.0, 1.0]) == "█▅▁"
    assert len(show.spark([float(n) for n in range(1_000)])) <= 16
    assert show.spark([]) == "" and show.spark([2.0, 2.0]) == "▁▁"
