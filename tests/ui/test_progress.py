"""Progress told to a file: for whoever watches a command from outside."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ui import progress as module
from ui.progress import WATCHED, Progress


def test_the_newest_state_is_in_the_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress.json"
    monkeypatch.setenv(WATCHED, str(path))
    with Progress(quiet=True) as progress:
        progress("Reading", 1, 10, "ş")
        assert json.loads(path.read_text())["done"] == 1
        for done in range(2, 9):
            progress("Reading", done, 10)
        progress("Writing")
        assert json.loads(path.read_text())["title"] == "Writing"
        progress("Writing", 4, 5)
    state = json.loads(path.read_text())
    assert (state["title"], state["done"], state["total"]) == ("Writing", 4, 5)
    assert state["began"] <= state["at"]
    assert [one.name for one in tmp_path.iterdir()] == ["progress.json"]


def test_it_is_written_at_most_a_few_times_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATCHED, str(tmp_path / "progress.json"))
    written = []
    replace = os.replace
    monkeypatch.setattr(module.os, "replace", lambda *paths: (written.append(paths), replace(*paths)))
    with Progress(quiet=True) as progress:
        for done in range(5_000):
            progress("Reading", done, 5_000)
    assert 2 <= len(written) <= 4


def test_where_it_cannot_be_written_the_work_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATCHED, str(tmp_path / "nowhere" / "progress.json"))
    with Progress(quiet=True) as progress:
        progress("Reading", 1, 2)
    assert list(tmp_path.iterdir()) == []
