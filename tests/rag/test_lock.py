"""One writer at a time, across processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rag_fakes import REPOSITORY

from foundation.errors import UserError
from rag import Library
from rag.storage.lock import writing

HOLD = """
import sys
from pathlib import Path
from rag.storage.lock import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.fault(29)
def test_a_second_writer_is_told_which_process_holds_the_library(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        held_by_another_process(lock) as process,
        pytest.raises(UserError, match=f"is being written by process {process.pid}, and was still after 0.2"),
        writing(lock, seconds=0.2),
    ):
        pytest.fail("the lock was given twice")


def test_a_second_writer_gets_its_turn_when_the_first_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with held_by_another_process(lock) as process:
        threading.Timer(0.3, process.kill).start()
        started = time.monotonic()
        with writing(lock, seconds=10):
            assert time.monotonic() - started < 5


@pytest.mark.fault(29)
def test_a_sync_waits_for_the_writer_and_says_so_when_it_waits_too_long(
    make_library: Callable[..., Library],
) -> None:
    library = make_library(lock_seconds=0.2)
    library.state.mkdir()
    with held_by_another_process(library.state / "lock") as process:
        with pytest.raises(UserError, match=f"process {process.pid}"):
            library.sync()
        assert not (library.state / "ledger.sqlite3").exists()
    assert library.sync().generation == 1


@pytest.mark.fault(26)
def test_two_syncs_at_once_end_with_every_chunk_reachable(
    make_library: Callable[..., Library], documents: Path
) -> None:
    for number in range(30):
        (documents / f"{number}.txt").write_text(f"Item {number} is number{number}.", "utf-8")
    libraries = [make_library(lock_seconds=60), make_library(lock_seconds=60)]
    threads = [threading.Thread(target=library.sync) for library in libraries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hits = make_library(candidates=100).search("item", 100)
    assert len(hits) == len(libraries[0].chunks()) == 33
    assert libraries[0].generation == 1


@pytest.mark.fault(28)
def test_searching_goes_on_while_another_process_writes(make_library: Callable[..., Library]) -> None:
    library = make_library(lock_seconds=0.2)
    library.sync()
    with held_by_another_process(library.state / "lock"):
        assert library.search("stove")
