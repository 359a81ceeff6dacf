"""sync --watch: the library follows the folder."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.workspace import create
from foundation.errors import ExitCode
from ui.cli import watching


def scripted(*steps: Callable[[], bool | None]) -> type:
    """Stand for the watcher: run each step before its sync, then end as by Ctrl-C."""

    class Scripted:
        again = False

        def __init__(self, *_: object) -> None: ...

        def __iter__(self) -> Iterator[bool]:
            for step in steps:
                yield bool(step())
            raise KeyboardInterrupt

    return Scripted


@pytest.mark.usefixtures("fakes")
def test_each_sync_that_did_something_is_told_and_an_idle_one_is_not(
    rungwise, house: Path, monkeypatch
) -> None:
    new = house / "documents" / "new.txt"
    steps = (
        lambda: None,
        lambda: None,
        lambda: new.write_text("Tea is free.") and None,
        lambda: new.unlink(),
    )
    monkeypatch.setattr(watching, "Due", scripted(*steps))
    ended = rungwise("sync", "--watch", "-w", house)
    assert ended.code == ExitCode.INTERRUPTED
    assert [line.split("  ", 1)[1].split(".")[0] for line in ended.out.splitlines()] == [
        "2 indexed",
        "1 indexed, 2 unchanged",
        "2 unchanged, 1 dropped",
    ]
    assert "as the last sync left it" in ended.err


@pytest.mark.usefixtures("fakes")
def test_a_json_report_of_a_watch_is_one_line_a_sync(rungwise, house: Path, monkeypatch) -> None:
    steps = (lambda: None, lambda: (house / "documents" / "b.txt").write_text("Tea is free.") and None)
    monkeypatch.setattr(watching, "Due", scripted(*steps))
    lines = rungwise("sync", "--watch", "--json", "-w", house).out.splitlines()
    assert [json.loads(line)["counts"]["indexed"] for line in lines] == [2, 1]


@pytest.mark.usefixtures("fakes")
def test_what_can_not_be_done_now_is_said_once_and_the_watch_goes_on(
    rungwise, house: Path, monkeypatch
) -> None:
    settings, good = house / "rungwise.toml", (house / "rungwise.toml").read_text()

    def broken() -> bool:
        settings.write_text("[retrieval]\nk = 0\n")
        return True

    def mended() -> bool:
        settings.write_text(good)
        return True

    monkeypatch.setattr(watching, "Due", scripted(lambda: None, broken, lambda: True, mended))
    ended = rungwise("sync", "--watch", "-w", house)
    assert ended.err.count("k must be 1 to 100") == 1
    assert ended.out.count("indexed") == 1


def test_a_sync_is_due_at_once_then_after_a_change_of_a_document_and_not_of_what_was_built(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(watching, "_AGAIN", 0.3)
    monkeypatch.setattr(watching, "_SETTLE", 0.1)
    documents, settings = tmp_path / "documents", tmp_path / "rungwise.toml"
    documents.mkdir()
    settings.write_text("")
    due = watching.Due(tmp_path, documents, frozenset({settings}))
    dues = iter(due)
    assert [next(dues), next(dues)] == [False, False]  # at once, and once more for what came in between
    (tmp_path / "built.sqlite3").write_text("not a document")
    (documents / "deep").mkdir()
    time.sleep(0.5)
    (documents / "deep" / "a.txt").write_text("a document")
    assert next(dues) is False
    settings.write_text("k = 3")
    assert next(dues) is True
    due.again = True
    assert next(dues) is False  # tried again without a change


@pytest.mark.slow
def test_a_changed_price_is_searchable_while_the_watch_runs_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    house = tmp_path / "house"
    create(house, demo=False)
    price = house / "documents" / "price.txt"
    price.write_text("The Ostra kettle costs 49 EUR.")
    command = [sys.executable, "-m", "ui.cli", "sync", "--watch", "--json", "-w", str(house)]
    # A job in the background of a shell ignores Ctrl-C, and so would what this test starts there.
    listening = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=listening) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["counts"]["indexed"] == 1
        price.write_text("The Ostra kettle costs 52 EUR.")
        assert json.loads(process.stdout.readline())["generation"] == 2
        found = subprocess.run(
            [sys.executable, "-m", "ui.cli", "search", "kettle", "--json", "-w", str(house)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "52 EUR" in json.loads(found.stdout)["hits"][0]["text"]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == ExitCode.INTERRUPTED
