"""Fault cases of an index that must last: kills, two writers, damage, forks, backups; each beside a naive target that falls.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from numpy.typing import NDArray

from foundation.errors import UserError
from rag import Library, LibrarySettings, Viewer, generations
from rag.load_child import answer
from rag.lock import writing
from rag.types import Block, BlockKind, Document
from tests import naive
from tests.rag.rag_fakes import LETTERS, REPOSITORY, LetterEmbedder, homes

Make = Callable[..., Library]
SYNC = """
import sys, time
from pathlib import Path
from rag import Library
from tests.rag.rag_fakes import LetterEmbedder
class Slow(LetterEmbedder):
    def embed(self, texts, progress=None):
        time.sleep(float(sys.argv[3]))
        return super().embed(texts, progress)
print("ready", flush=True)
with Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=Slow()) as library:
    library.sync()
print("done", flush=True)
"""


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY
    )


def at_work(folder: Path, first: int, last: int, at_once: int, wait: float = 0.0) -> subprocess.Popen[str]:
    code = "import sys; from pathlib import Path; from tests import naive; naive.chroma_at_work(Path(sys.argv[1]), " \
        "int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))"  # fmt: skip
    return started(code, folder, first, last, at_once, wait)


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=120)
    return process.returncode


def many(documents: Path, count: int, start: int = 0) -> None:
    """Write documents whose letters differ."""
    for number in range(start, start + count):
        drawn = random.Random(number).choices(LETTERS, k=8)
        (documents / f"many{number}.txt").write_text(" ".join(letter * 2 for letter in drawn), "utf-8")


def content(library: Library) -> tuple[list[str], list[bytes]]:
    ledger = library._opened()
    places = ledger.places()
    ids = sorted(places)
    return ids, [vector.tobytes() for vector in ledger.vectors([places[one][1] for one in ids])]


def sealed(library: Library, home: int) -> generations.Sealed:
    found = generations.find(homes(library.state)[home], library.generation)
    assert found is not None
    return found


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
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        assert index.texts.count() == 300
        assert index.reached(naive.numbered(0, 300)) < 300


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


# Damage


@pytest.mark.fault(30)
def test_a_lost_graph_is_noticed_and_in_stock_chroma_it_is_not(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        index.add(naive.numbered(0, 200))
    (graph,) = (path for path in (tmp_path / "naive").iterdir() if path.is_dir())
    shutil.rmtree(graph)
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        assert index.texts.count() == 200 and index.reached(naive.numbered(0, 200)) < 20  # in silence

    many(documents, 20)
    with make_library() as library:
        library.sync()
        expected = [hit.chunk.id for hit in library.search("stove", 20)]
        folder = sealed(library, 0).folder
    (graph,) = (path for path in folder.iterdir() if path.is_dir())
    shutil.rmtree(graph)
    library = make_library()
    assert library.verify().broken and not library.verify().whole
    assert [hit.chunk.id for hit in library.search("stove", 20)] == expected
    assert library.verify().whole


OPENED = """
import sys
from pathlib import Path
from tests import naive
with naive.ChromaIndex(Path(sys.argv[1]), 10) as index:
    texts = naive.numbered(0, 200)
    sys.exit(0 if index.reached(texts) == 200 else 3)
"""


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", ["chroma.sqlite3", "data_level0.bin", "header.bin"])
def test_a_cut_file_is_noticed_and_breaks_stock_chroma(
    make_library: Make, documents: Path, tmp_path: Path, name: str
) -> None:
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        index.add(naive.numbered(0, 200))
    path = next((tmp_path / "naive").rglob(name))
    if name == "header.bin":
        path.write_bytes(bytes(path.stat().st_size))
    else:
        os.truncate(path, path.stat().st_size // 2)
    assert (
        ended(started(OPENED, tmp_path / "naive")) != 0
    )  # naive: a traceback, a crash, or texts that are not found

    many(documents, 20)
    with make_library() as library:
        library.sync()
        expected = [hit.chunk.id for hit in library.search("stove", 20)]
        path = next(sealed(library, 0).folder.rglob(name))
    if name == "header.bin":
        path.write_bytes(bytes(path.stat().st_size))
    else:
        os.truncate(path, path.stat().st_size // 2)
    assert [hit.chunk.id for hit in make_library().search("stove", 20)] == expected


def flips(make_library: Make, documents: Path, tmp_path: Path, count: int) -> tuple[int, int]:
    """Flip one bit after another in a file of either index; return how many were noticed and how many did no harm."""
    many(documents, 20)
    with make_library() as library:
        library.sync()
        questions = ["Fellmark stove price", "returned within days", "aa bb cc"]
        expected = [[hit.chunk for hit in library.search(question, 5)] for question in questions]
        texts = {chunk.id: chunk.text for chunk in library.chunks()}
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "state", whole)
    files = [
        path.relative_to(whole)
        for home in homes(whole)
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.stat().st_size
    ]
    dice = random.Random(32)
    noticed = harmless = 0
    for _ in range(count):
        shutil.rmtree(tmp_path / "state")
        shutil.copytree(whole, tmp_path / "state")
        path = tmp_path / "state" / dice.choice(files)
        data = bytearray(path.read_bytes())
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        with make_library() as library:
            found = [[hit.chunk for hit in library.search(question, 5)] for question in questions]
            assert all(texts[chunk.id] == chunk.text for hits in found for chunk in hits), path
            kept = path.exists()  # what is found broken is written anew in another folder
            noticed, harmless = noticed + (not kept), harmless + kept
            assert not kept or found == expected, path
    return noticed, harmless


@pytest.mark.fault(32)
def test_a_flipped_bit_is_noticed_or_changes_nothing(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    noticed, harmless = flips(make_library, documents, tmp_path, 12)
    assert noticed > 2 and noticed + harmless == 12


@pytest.mark.slow
@pytest.mark.fault(32)
def test_of_three_hundred_flipped_bits_each_is_noticed_or_changes_nothing(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    noticed, harmless = flips(make_library, documents, tmp_path, 300)
    assert noticed > 100 and noticed + harmless == 300


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_the_exponent_of_a_vector_s_number_is_noticed_where_a_naive_search_ranks_by_it(
    library: Library,
) -> None:
    library.sync()
    library.close()
    with sqlite3.connect(library.state / "ledger.sqlite3") as db:
        key, data = db.execute(
            "SELECT hash, vector FROM vectors WHERE hash = (SELECT min(hash) FROM vectors)"
        ).fetchone()
        whole = np.frombuffer(data, np.float32)
        flipped = whole.copy()
        flipped.view(np.uint32)[int(whole.argmax())] ^= 1 << 30  # a number below 1 becomes one of 38 digits
        db.execute("UPDATE vectors SET vector = ? WHERE hash = ?", (flipped.tobytes(), key))
    db.close()
    assert (
        naive.matrix_nearest(np.stack([flipped, whole]), np.ones(26, np.float32)) == 0
    )  # naive: before its equal
    with pytest.raises(UserError, match="a vector is longer than 1"):
        library.search("Fellmark stove price")


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_a_title_of_the_ledger_is_noticed(library: Library) -> None:
    library.sync()
    library.close()
    with sqlite3.connect(library.state / "ledger.sqlite3") as db:
        db.execute("UPDATE documents SET title = 'Prides' WHERE title = 'Prices'")  # c is 0x63, d is 0x64
        assert db.total_changes == 1
    db.close()
    with pytest.raises(UserError, match=r"the title of prices\.csv differs"):
        library.search("Fellmark stove price")


@pytest.mark.fault(32)
def test_a_bit_that_flips_in_the_ledger_s_text_is_noticed_and_read_as_it_is_by_a_naive_store(
    library: Library, tmp_path: Path
) -> None:
    library.sync()
    library.close()
    with sqlite3.connect(tmp_path / "naive.sqlite3") as db:
        db.execute("CREATE TABLE texts (text)")
        db.execute("INSERT INTO texts VALUES ('price: 49 EUR')")
    db.close()
    for path in (tmp_path / "naive.sqlite3", library.state / "ledger.sqlite3"):
        data = bytearray(path.read_bytes())
        data[data.rindex(b"price: 49 EUR") + 7] ^= 1  # 4 becomes 5
        path.write_bytes(data)
    with sqlite3.connect(tmp_path / "naive.sqlite3") as db:
        assert db.execute("SELECT text FROM texts").fetchone() == ("price: 59 EUR",)  # naive: another price
    db.close()
    with pytest.raises(UserError, match="damaged"):
        library.search("Fellmark stove price")


# Vectors


@pytest.mark.fault(33)
def test_vectors_of_another_model_of_the_same_length_are_refused(make_library: Make, tmp_path: Path) -> None:
    def other(text: str) -> naive.Vector:
        return np.roll(naive.letters(text), 13)

    with naive.ChromaIndex(tmp_path / "naive") as index:
        index.add({"stove": "aaaa", "kettle": "nnnn"})
        assert index.ask("aaaa", 1, embed=other)[0][0] == "kettle"  # naive: the wrong one, without an error
    make_library().sync()
    with pytest.raises(UserError, match=r"was made with the embedder letters .* Run `rungwise sync`"):
        make_library(embedder_object=LetterEmbedder("other letters")).search("stove")


class Broken(LetterEmbedder):
    """An embedder that gives something else than it promises."""

    def __init__(self, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        super().__init__("broken letters")
        self.spoil = spoil

    def embed(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        return self.spoil(super().embed(texts, progress))


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v * np.float32("nan"),
        lambda v: v / np.float32(0.0),
        lambda v: v[:, :20],
        lambda v: np.hstack([v, v]),
    ],
    ids=["not a number", "infinite", "too short", "too long"],
)
@pytest.mark.filterwarnings("ignore:.*divide by zero.*", "ignore:.*invalid value.*")
def test_vectors_that_are_none_are_refused_by_the_embedder_s_name_and_the_old_answers_stay(
    make_library: Make, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> None:
    make_library().sync()
    with pytest.raises(UserError, match="The embedder broken letters gave vectors"):
        make_library(embedder_object=Broken(spoil)).sync()
    assert make_library().search("stove")


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    "spoiled", [np.full(26, np.nan, np.float32), np.ones(20, np.float32)], ids=["not a number", "too short"]
)
def test_a_question_whose_vector_is_none_is_refused_by_the_embedder_s_name(
    make_library: Make, monkeypatch: pytest.MonkeyPatch, spoiled: NDArray[np.float32]
) -> None:
    embedder = LetterEmbedder()
    library = make_library(embedder_object=embedder)
    library.sync()
    monkeypatch.setattr(embedder, "embed_query", lambda text: spoiled)
    with pytest.raises(UserError, match="The embedder letters gave a vector of shape"):
        library.search("stove")


@pytest.mark.fault(34)
def test_a_naive_search_ranks_what_is_no_number_first() -> None:
    vectors = np.eye(3, dtype=np.float32)
    vectors[1] = np.nan
    assert naive.matrix_nearest(vectors, np.array([1, 0, 0], dtype=np.float32)) == 1


# Older, newer, copied


@pytest.mark.fault(35)
def test_a_library_of_the_release_before_is_brought_up_to_date_and_one_of_the_next_is_refused(
    library: Library, make_library: Make
) -> None:
    library.sync()
    library.close()
    path = library.state / "ledger.sqlite3"
    with sqlite3.connect(path) as old:
        old.executescript("DROP TABLE records; DROP TABLE versions; PRAGMA user_version = 1;")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            old.execute("SELECT access FROM records")  # naive: read as if it were today's
    old.close()
    assert make_library().search("stove")
    with sqlite3.connect(path) as new:
        new.execute("PRAGMA user_version = 99")
    new.close()
    with pytest.raises(UserError, match="made by a newer Rungwise"):
        make_library().search("stove")


@pytest.mark.fault(36)
def test_a_copy_that_is_taken_while_a_sync_writes_answers_or_says_that_it_is_damaged(
    make_library: Make, documents: Path, tmp_path: Path, embedder: LetterEmbedder
) -> None:
    library = make_library()
    library.sync()
    copies: list[Path] = []
    stop = threading.Event()

    def copy() -> None:
        while not stop.is_set() and len(copies) < 12:
            target = tmp_path / f"copy{len(copies)}"
            with contextlib.suppress(OSError, shutil.Error):  # a file that went while it was copied
                shutil.copytree(tmp_path / "state", target)
            copies.append(target)

    copying = threading.Thread(target=copy)
    copying.start()
    for turn in range(4):
        many(documents, 15, 15 * turn)
        library.sync()
    stop.set()
    copying.join()
    whole = 0
    for state in copies:
        with Library(documents, state, LibrarySettings(), embedder) as restored:
            try:
                assert restored.search("stove", 5)
                assert restored.verify().whole
                whole += 1
            except UserError as error:
                assert "damaged" in str(error) or "no index yet" in str(error)
    assert whole >= len(copies) // 2 > 0

    # naive: one file written in place, and copied in the middle
    target = tmp_path / "naive.json"
    with target.open("w", encoding="utf-8") as file:
        file.write('{"a": "tex')
        file.flush()
        shutil.copy(target, tmp_path / "backup.json")
    with pytest.raises(ValueError):
        naive.JsonIndex(tmp_path)._read(tmp_path / "backup.json")


# Processes and files


def in_a_fork(work: Callable[[], bool], seconds: int = 20) -> int:
    """Return how a fork ended: 0 where `work` was true, 14 where it did not come back in time."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    code = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(code)


@pytest.mark.fault(37)
def test_a_fork_of_a_process_with_an_open_library_opens_it_anew_and_a_naive_client_hangs(
    library: Library, tmp_path: Path
) -> None:
    library.sync()
    expected = [hit.chunk.id for hit in library.search("stove", 3)]
    held = threading.Event()
    go = threading.Event()

    def hold() -> None:  # a question that another thread is asking while the process forks
        with library._mutex:
            held.set()
            go.wait(30)

    asking = threading.Thread(target=hold)
    asking.start()
    held.wait(5)
    try:
        answered = in_a_fork(lambda: [hit.chunk.id for hit in library.search("stove", 3)] == expected)
    finally:
        go.set()
        asking.join()
    assert answered == 0
    assert [hit.chunk.id for hit in library.search("kettle stove", 3)]  # and the parent goes on
    assert library.verify().whole

    with naive.ChromaIndex(tmp_path / "naive") as index:
        index.add(naive.numbered(0, 20))
        index.ask("a")
        assert in_a_fork(lambda: bool(index.ask("b")), 3) == -signal.SIGALRM


@pytest.mark.fault(37)
@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_fork_of_a_process_that_has_embedded_goes_on_embedding(backend: str) -> None:
    # In a process of its own: torch must have begun its threads before the fork, and this one must not fork with them.
    program = (
        "from rag import SentenceEmbedder\n"
        "from tests.faults.test_durability import in_a_fork\n"
        f"made = SentenceEmbedder('minilm', {backend!r})\n"
        "texts = ['a longer text about stoves ' * 8] * 40\n"
        "expected = made.embed(texts)\n"
        "print(in_a_fork(lambda: abs(made.embed(texts) - expected).max() < 1e-4, 30))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )
    assert ended.stdout.strip() == "0", ended.stderr[-500:]


def cycles(make_library: Make, count: int) -> tuple[int, float]:
    """Open, ask and close a library; return how many more files are open then, and how many megabytes it grew."""
    process = psutil.Process()

    def once() -> None:
        with make_library() as library:
            library.search("stove")

    for _ in range(10):
        once()
    gc.collect()
    files, memory = process.num_fds(), process.memory_info().rss
    for _ in range(count):
        once()
    gc.collect()
    return process.num_fds() - files, (process.memory_info().rss - memory) / 1e6


@pytest.mark.fault(38)
def test_opening_and_closing_a_library_leaves_no_file_open(
    make_library: Make, documents: Path, tmp_path: Path
) -> None:
    make_library().sync()
    files, grown = cycles(make_library, 40)
    assert files <= 0 and grown < 40, f"{files} files, {grown:.0f} MB"

    process = psutil.Process()
    before = process.num_fds()
    kept = [
        naive.ChromaIndex(tmp_path / f"naive{n}") for n in range(5)
    ]  # naive: opened for each question, never closed
    assert process.num_fds() - before >= 5
    for index in kept:
        index.client.close()


@pytest.mark.slow
@pytest.mark.fault(38)
def test_a_thousand_times_open_and_closed(make_library: Make) -> None:
    make_library().sync()
    files, grown = cycles(make_library, 1000)
    assert files <= 0 and grown < 100, f"{files} files, {grown:.0f} MB"


@pytest.mark.fault(39, 49)
def test_what_expires_goes_by_the_moment_whatever_the_clock_does(
    tmp_path: Path, documents: Path, embedder: LetterEmbedder
) -> None:
    (documents.parent / "documents.toml").write_text(
        'timezone = "Europe/Berlin"\n[[document]]\npath = "prices.csv"\nvalid_until = 2026-10-25\n', "utf-8"
    )
    end = datetime(
        2026, 10, 25, 23, tzinfo=UTC
    )  # midnight in Berlin, an hour later than before the clocks went back
    now = [end - timedelta(seconds=1)]
    library = Library(
        documents, tmp_path / "state", LibrarySettings(), embedder, 5.0, lambda: now[0].timestamp()
    )
    library.sync()

    def shown() -> bool:
        return any("Fellmark" in hit.chunk.text for hit in library.search("Fellmark stove", 10))

    assert shown()
    for jump, visible in (
        (timedelta(seconds=1), False),
        (timedelta(days=-400), True),
        (timedelta(days=800), False),
    ):
        now[0] += jump
        assert shown() is visible
    assert [
        hit
        for hit in library.search("Fellmark", 10, Viewer(at=end - timedelta(hours=1)))
        if hit.chunk.source == "prices.csv"
    ]
    library.close()
    # naive: the day of wherever the server stands, which is over three hours early in Istanbul's eyes and late in New York's
    local_days = {
        (end - timedelta(hours=2)).astimezone(zone).date() <= date(2026, 10, 25) for zone in zones()
    }
    assert local_days == {True, False}


def zones() -> list[object]:
    from zoneinfo import ZoneInfo

    return [ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")]


# Against a dict


class InThisProcess:
    """Reads files as the reading process does, without starting one."""

    def __init__(self, limits: object = None) -> None:
        pass

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def read(self, source: str, data: bytes, password: str = "") -> Document:
        import hashlib

        told = answer(data, ".txt", 100_000)
        blocks = tuple(
            Block(BlockKind(kind), text, tuple(path), page) for kind, text, path, page in told["blocks"]
        )
        return Document(source, source, blocks, hashlib.sha256(data).hexdigest())


class Life(RuleBasedStateMachine):
    """Documents come, change and go; syncs end or are killed; the library is closed and opened: it equals a dict."""

    guarded = True

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.home = Path(tempfile.mkdtemp(prefix="rungwise-life-"))
        self.documents = self.home / "documents"
        self.documents.mkdir()
        (self.documents / "always.txt").write_text("zz always here", "utf-8")
        self.folder: dict[str, str] = {"always.txt": "zz always here"}
        self.answers: dict[str, str] = {}
        self.library = self._opened()
        self.index = None if self.guarded else naive.ChromaIndex(self.home / "naive")

    def _opened(self) -> Library:
        return Library(self.documents, self.home / "state", LibrarySettings(candidates=100), LetterEmbedder())

    def teardown(self) -> None:
        self.library.close()
        if self.index is not None:
            self.index.client.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @rule(name=st.sampled_from("abc"), text=st.text("klmno ", min_size=3, max_size=12).filter(str.strip))
    def put(self, name: str, text: str) -> None:
        self.folder[f"{name}.txt"] = f"zz {' '.join(text.split())}"
        (self.documents / f"{name}.txt").write_text(self.folder[f"{name}.txt"], "utf-8")

    @rule(name=st.sampled_from("abc"))
    def remove(self, name: str) -> None:
        self.folder.pop(f"{name}.txt", None)
        (self.documents / f"{name}.txt").unlink(missing_ok=True)

    @rule()
    def sync(self) -> None:
        self.answers = dict(self.folder)
        if self.index is not None:
            self.index.add(self.folder)  # naive: whatever is in the folder is added
        else:
            self.library.sync()

    @rule(
        where=st.sampled_from(
            ["rag.index.KeywordIndex.build", "rag.store.build", "rag.ledger.Ledger.put_vectors"]
        )
    )
    def die_while_it_syncs(self, where: str) -> None:
        if self.index is not None:
            return
        before = self.library.generation
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(where, lambda *given, **named: (_ for _ in ()).throw(SystemExit("killed")))
            with contextlib.suppress(SystemExit):
                self.library.sync()
        if self.library.generation != before or self.answers == self.folder:
            self.answers = dict(self.folder)
        self.library.close()
        self.library = self._opened()

    @rule()
    def reopen(self) -> None:
        self.library.close()
        self.library = self._opened()

    @invariant()
    def equals_the_dict(self) -> None:
        if self.index is not None:
            count = self.index.texts.count()
            found = dict(self.index.ask("zz", count)) if count else {}
            assert {name: str(text) for name, text in found.items()} == self.answers
        elif self.library.generation:
            hits = self.library.search("zz", 50)
            assert {hit.chunk.source: hit.chunk.text for hit in hits} == self.answers


class NaiveLife(Life):
    """The same life, over an index that only ever adds."""

    guarded = False


def live(machine: type[Life], examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.sync.Reader", InThisProcess)
    chosen = settings(
        max_examples=examples, stateful_step_count=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]


@pytest.mark.fault(40)
def test_a_library_s_life_equals_that_of_a_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    live(Life, 8, monkeypatch)


@pytest.mark.slow
@pytest.mark.fault(40)
def test_a_library_s_many_lives_equal_those_of_a_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    live(Life, 40, monkeypatch)


@pytest.mark.fault(40)
def test_the_life_of_an_index_that_only_adds_does_not_equal_a_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        live(NaiveLife, 30, monkeypatch)


@pytest.mark.fault(46)
def test_between_the_erasure_and_the_new_index_nothing_of_either_answers_and_a_naive_index_still_does(
    library: Library, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync()
    with monkeypatch.context() as patched:
        patched.setattr("rag.library.rebuild", lambda state: (_ for _ in ()).throw(KeyboardInterrupt))
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
