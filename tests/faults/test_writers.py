"""Fault cases of writing: kills anywhere, two writers, readers that were open before; each beside a naive target that falls.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from foundation.errors import UserError
from rag import Library
from rag.storage.lock import writing
from tests import naive
from tests.faults.processes import SYNC, Make, at_work, content, ended, many, started
from tests.rag.rag_fakes import LetterEmbedder

# Kills


def killed(documents: Path, state: Path, sign: int, seconds: float) -> None:
    process = started(SYNC, documents, state, 0.3)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    process.send_signal(sign)
    process.communicate(timeout=60)


@pytest.mark.fault(20)
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_sync_that_is_ended_anywhere_and_run_again_makes_the_index_of_one_that_was_not(
    make_library: Make, documents: Path, tmp_path: Path, embedder: LetterEmbedder, sign: int
) -> None:
    many(documents, 30)
    killed(documents, tmp_path / "state", sign, random.Random(int(sign)).uniform(0.2, 2.5))
    library = make_library()
    library.sync()
    with Library(documents, tmp_path / "fresh", library.settings, embedder) as fresh:
        fresh.sync()
        assert content(library) == content(fresh)
    assert library.verify().whole


@pytest.mark.fault(20)
def test_a_naive_sync_that_marks_before_it_writes_never_indexes_what_it_was_ended_at(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "documents" / name).write_text(name, "utf-8")

    def stopped(name: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        naive.JsonIndex(tmp_path / "index").sync(tmp_path / "documents", stopped)
    index = naive.JsonIndex(tmp_path / "index")
    index.sync(tmp_path / "documents")
    assert list(index.texts()) == ["b.txt"]


UNFLUSHED = """
import os, sys
with open(sys.argv[1], "a") as index:
    for number in range(100):
        index.write(f"text {number}\\n")
        print(number, flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
@pytest.mark.fault(25)
def test_after_every_kill_of_a_writer_all_that_was_acknowledged_is_found_both_ways(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    dice = random.Random(25)
    library = make_library()
    library.sync()
    for turn in range(12):
        many(documents, 3, 3 * turn)
        killed(documents, library.state, signal.SIGKILL, dice.uniform(0.3, 2.0))
        found = library.verify()
        assert found.whole, f"after kill {turn}: {found}"
    library.sync()
    assert library.verify().whole and len(library.sources()) == 2 + 36

    process = started(UNFLUSHED, tmp_path / "naive")
    acknowledged = process.communicate(timeout=60)[0].split()
    kept = (tmp_path / "naive").read_text("utf-8").split("\n")
    assert len(acknowledged) == 100 > len(kept)  # naive: said before it was on the disk


# Two at once


@pytest.mark.fault(26)
def test_two_processes_that_sync_at_once_lose_nothing(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    many(documents, 60)
    library = make_library()
    processes = [started(SYNC, documents, tmp_path / "state", 0.2) for _ in range(2)]
    assert [ended(one) for one in processes] == [0, 0]
    found = library.verify()
    assert found.whole and found.chunks == 63 and library.generation == 1


@pytest.mark.slow
@pytest.mark.fault(26)
def test_two_processes_that_write_one_chroma_folder_lose_vectors_that_are_counted(tmp_path: Path) -> None:
    with naive.ChromaIndex(tmp_path / "naive", 10):
        pass
    processes = [at_work(tmp_path / "naive", first, first + 150, 10) for first in (0, 150)]
    assert [ended(one) for one in processes] == [0, 0]
    # in a process of its own: what two wrote sometimes hangs whoever reads it, and that is no less a loss
    code = "import sys; from pathlib import Path; from tests import naive; index = naive.ChromaIndex(Path(sys.argv[1]), 10); " \
        "print(index.texts.count(), index.reached(naive.numbered(0, 300)), flush=True)"  # fmt: skip
    reader = started(code, tmp_path / "naive")
    try:
        count, reached = map(int, reader.communicate(timeout=60)[0].split())
    except subprocess.TimeoutExpired:
        reader.kill()
        reader.communicate()
        return
    assert count == 300 and reached < 300


@pytest.mark.fault(27, 28, 43)
def test_what_another_process_wrote_is_seen_by_whoever_was_open_before(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        index.add(naive.numbered(0, 60))
        first = naive.numbered(0, 1)
        assert index.ask(first["t0"], 1) == [("t0", first["t0"])]
        assert ended(at_work(tmp_path / "naive", 60, 70, 10)) == 0
        code = "import sys; from pathlib import Path; from tests import naive; index = naive.ChromaIndex(Path(sys.argv[1]), 10); " \
            "index.texts.delete(ids=['t0']); index.client.close()"  # fmt: skip
        assert ended(started(code, tmp_path / "naive")) == 0
        assert index.reached(naive.numbered(60, 70)) == 0  # naive: what is new is not found
        assert index.ask(first["t0"], 1)[0][0] == "t0"  # and what was deleted is
        index.add(naive.numbered(70, 90))  # naive: and writes over the other's graph on its turn
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        everything = naive.numbered(1, 90)
        assert index.texts.count() == len(everything) > index.reached(everything)

    mine = make_library()
    for turn in range(2):
        many(documents, 5, 10 * turn)
        mine.sync()
        many(documents, 5, 10 * turn + 5)
        (documents / "prices.csv").write_text(f"product,price\nFellmark stove,{turn} EUR\n", "utf-8")
        assert ended(started(SYNC, documents, mine.state, 0)) == 0
        found = [hit.chunk.text for hit in mine.search("Fellmark stove price", 20)]
        assert f"product: Fellmark stove; price: {turn} EUR" in found
        assert not any(f"price: {turn - 1} EUR" in text for text in found)
    assert mine.verify().whole and len(mine.sources()) == 22


@pytest.mark.fault(29)
def test_a_second_writer_is_told_in_time_and_a_naive_one_hangs(tmp_path: Path) -> None:
    held = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    began = time.monotonic()
    with pytest.raises(UserError, match="is being written by process"), writing(tmp_path / "lock", 0.2):
        pass
    assert time.monotonic() - began < 2
    waiting = threading.Thread(target=lambda: os.close(naive.lock_forever(tmp_path / "lock")), daemon=True)
    waiting.start()
    waiting.join(1.0)
    assert waiting.is_alive()  # naive: as long as the first one lives, and without a word
    os.close(held)
    waiting.join(5.0)


@pytest.mark.fault(46)
def test_between_the_erasure_and_the_new_index_nothing_of_either_answers_and_a_naive_index_still_does(
    library: Library, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync()
    with monkeypatch.context() as patched:
        patched.setattr("rag.library.rebuild", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            library.forget(["prices.csv"])
    (documents / "prices.csv").unlink()
    assert {hit.chunk.source for hit in library.search("Fellmark stove", 10)} == {"policies/returns.md"}
    assert library.verify().whole

    rows = {"letter": "the secret letter"}
    with naive.ChromaIndex(tmp_path / "naive") as index:
        index.add(rows)
        rows.clear()  # the row is gone, and then the process dies before the index is told
        assert index.ask("secret", 1) == [("letter", "the secret letter")]
