"""Fault cases of a long life: forks, a thousand openings, clocks, and a life held against a dict; each beside a naive target.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rag import Library, LibrarySettings, Viewer
from rag.ingest.load_child import answer
from rag.types import Block, BlockKind, Document
from tests import naive
from tests.faults.processes import Make
from tests.rag.rag_fakes import REPOSITORY, LetterEmbedder

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
        "from tests.faults.test_lives import in_a_fork\n"
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
@pytest.mark.timeout(900)
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
            [
                "rag.indexing.index.KeywordIndex.build",
                "rag.indexing.store.build",
                "rag.storage.ledger.Ledger.put_vectors",
            ]
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
        max_examples=examples, stateful_step_count=12, derandomize=True, database=None, phases=[Phase.generate],
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
