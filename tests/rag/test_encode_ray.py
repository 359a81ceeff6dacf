"""Embedding on a Ray cluster: the same index as here, whoever dies on the way; a bounded number of slices under way."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import UserError
from rag import Library, SentenceEmbedder
from rag.embedding.embed import SLICE
from rag.embedding.encode_ray import AHEAD, RayEmbedder

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'rungwise[ray]'")


class Fallen(Exception):
    """What a made-up Ray raises when a worker is lost for good."""


class TaskError(Fallen):
    """What it raises when a worker itself raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Exceptions:
    """The names of Ray's errors."""

    RayError, RayTaskError, GetTimeoutError = Fallen, TaskError, TimeoutError


class SmallRay:
    """A made-up cluster in this process: what is waited for last ends first."""

    exceptions = Exceptions

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails, self.under_way, self.most = fails, 0, 0

    def wait(self, handles: list[int], num_returns: int) -> tuple[list[int], list[int]]:
        return handles[-1:], handles[:-1]

    def get(self, handle: int) -> np.ndarray:
        self.under_way -= 1
        if self.fails is not None:
            raise self.fails
        return np.full((self.sizes[handle], 384), handle, dtype=np.float32)

    sizes: dict[int, int] = {}  # noqa: RUF012

    def actor(self) -> object:
        small = self

        class Encode:
            @staticmethod
            def remote(texts: list[str], lengths: list[int]) -> int:
                small.under_way += 1
                small.most = max(small.most, small.under_way)
                handle = len(small.sizes)
                small.sizes[handle] = len(texts)
                return handle

        return type("Actor", (), {"encode": Encode})()


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RayEmbedder, SmallRay]]:
    made = RayEmbedder("minilm", "torch", workers=3)
    small = SmallRay()
    small.sizes = {}
    made._ray = small  # type: ignore[assignment]
    made._actors = [small.actor() for _ in range(3)]
    yield made, small
    made._actors = []


def test_what_ends_out_of_turn_is_put_where_it_belongs_and_no_more_is_under_way_than_workers_can_take(
    embedder: tuple[RayEmbedder, SmallRay],
) -> None:
    made, small = embedder
    texts = [f"number {n}" for n in range(SLICE * 9 + 5)]
    told: list[tuple[int, int]] = []
    vectors = made.embed(texts, lambda done, of: told.append((done, of)))
    assert small.most == AHEAD * 3
    assert sorted({int(one) for one in vectors[:, 0]}) == list(range(10))
    assert told[-1] == (len(texts), len(texts)) and len(told) == 10


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TaskError(MemoryError("no room")), "could not embed a slice of texts (MemoryError: no room)"),
        (Fallen("dead"), "was lost 4 times with the same slice"),
    ],
)
def test_a_slice_that_fails_for_good_is_a_sentence(
    embedder: tuple[RayEmbedder, SmallRay], error: Exception, sentence: str
) -> None:
    made, small = embedder
    small.fails = error
    with pytest.raises(UserError) as raised:
        made.embed(["one"])
    assert sentence in str(raised.value) and "The index is as it was" in str(raised.value)


def test_no_worker_is_no_cluster() -> None:
    with pytest.raises(UserError, match="workers must be 1 or more, but is 0"):
        RayEmbedder("minilm", workers=0)


# ---------------------------------------------------------------- a real cluster


def write(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for n in range(count):
        text = f"# Kettle {n}\n\nThe kettle number {n} costs {n + 10} EUR and is {'blue red green'.split()[n % 3]}.\n"
        (folder / f"kettle-{n}.md").write_text(text, "utf-8")


def contents(library: Library) -> dict[str, bytes]:
    """Return every chunk's id with its vector."""
    with closing(sqlite3.connect(library.state / "ledger.sqlite3")) as db:
        return dict(db.execute("SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.hash = c.hash"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayEmbedder]:
    with RayEmbedder("minilm", "torch", workers=2) as embedder:
        yield embedder


@pytest.mark.slow
def test_an_index_from_two_workers_of_which_one_is_killed_is_the_local_one_id_by_id(
    cluster: RayEmbedder, tmp_path: Path
) -> None:
    documents = tmp_path / "documents"
    write(documents, 1_100)
    pids = ray.get([one.hello.remote() for one in cluster._ready()])
    left = [1]  # slices until one worker dies

    class Murderous:
        """The same embedder, whose first worker is killed amid the run."""

        def __getattr__(self, name: str) -> object:
            return getattr(cluster, name)

        def embed(self, texts: list[str], progress: object = None) -> np.ndarray:
            def killed(done: int, of: int) -> None:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(pids[0], signal.SIGKILL)

            return cluster.embed(texts, killed)

    with (
        Library(documents, tmp_path / "ray", embedder=Murderous()) as there,  # type: ignore[arg-type]
        Library(documents, tmp_path / "here", embedder=SentenceEmbedder("minilm", "torch")) as here,
    ):
        assert there.sync().embedded == here.sync().embedded >= 1_100
        assert left[0] <= 0, "nobody died"
        one, other = contents(there), contents(here)
        assert one.keys() == other.keys()
        worst = max(
            float(np.abs(np.frombuffer(one[key], np.float32) - np.frombuffer(other[key], np.float32)).max())
            for key in one
        )
        assert worst <= 1e-6, worst
        found = [
            [hit.chunk.id for hit in library.search("What does kettle 77 cost?")] for library in (there, here)
        ]
        assert found[0] == found[1]
    assert ray.get(cluster._actors[0].hello.remote()) != pids[0], "it was started anew"


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    if ray.is_initialized():
        ray.shutdown()
    with (
        pytest.raises(UserError, match=r"can't be reached: .*ray start --head"),
        RayEmbedder("minilm", address="127.0.0.1:9") as embedder,
    ):
        embedder.embed(["one"])
