"""Embedded on a real Ray cluster into a real Chroma server: the local index id by id, whoever dies on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chroma_serving import Server
from shared import content

from foundation.errors import UserError
from rag import Library, LibrarySettings, SentenceEmbedder
from rag.embedding.encode_ray import RayEmbedder

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'rungwise[ray]'")

pytestmark = pytest.mark.slow
QUESTIONS = ("What does kettle 77 cost?", "a red kettle", "Which kettle is blue?", "kettle 301", "kettle 150")
SLICE = 32  # texts; so that a few hundred of them are many slices


def write(folder: Path, numbers: range) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        text = f"# Kettle {n}\n\nThe kettle number {n} costs {n + 10} EUR and is {'blue red green'.split()[n % 3]}.\n"
        (folder / f"kettle-{n}.md").write_text(text, "utf-8")


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut as finely here as on the cluster, and put vectors into the server a hundred at a time."""
    monkeypatch.setattr("rag.embedding.embed.SLICE", SLICE)
    monkeypatch.setattr("rag.embedding.encode_ray.SLICE", SLICE)
    monkeypatch.setattr("rag.indexing.store._BATCH", 100)


@pytest.fixture
def cluster(small_slices: None) -> Iterator[RayEmbedder]:
    with RayEmbedder("minilm", "torch", workers=2) as embedder:
        yield embedder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "served")
    yield running
    running.kill()


def found(library: Library) -> list[list[tuple[str, float]]]:
    return [[(hit.chunk.id, round(hit.score, 4)) for hit in library.search(one, 4)] for one in QUESTIONS]


def same(there: Library, here: Library, server: Server) -> None:
    """Chunks, texts, rights and places are equal, vectors within 1e-6; and the server holds those of the ledger."""
    one, other = content(there), content(here)
    vectors = (
        [part for part in one if isinstance(part, dict)][1],
        [part for part in other if isinstance(part, dict)][1],
    )
    assert [part for part in one if part is not vectors[0]] == [
        part for part in other if part is not vectors[1]
    ]
    mine, theirs = ({key: np.frombuffer(row, np.float32) for key, row in part.items()} for part in vectors)
    assert mine.keys() == theirs.keys()
    assert max(float(np.abs(mine[key] - theirs[key]).max()) for key in mine) <= 1e-6
    served = server.vectors()
    assert served.keys() == mine.keys()
    assert max(float(np.abs(served[key] - mine[key]).max()) for key in mine) <= 1e-6
    assert found(there) == found(here)
    assert there.verify().whole


def test_two_workers_fill_a_chroma_server_with_the_local_index_though_a_worker_and_then_the_server_are_killed(
    cluster: RayEmbedder, server: Server, tmp_path: Path
) -> None:
    documents = tmp_path / "documents"
    write(documents, range(200))
    pids = ray.get([one.hello.remote() for one in cluster._ready()])
    settings = LibrarySettings(chroma_server=server.url)
    with (
        Library(documents, tmp_path / "ray", settings, embedder=cluster) as there,
        Library(documents, tmp_path / "here", embedder=SentenceEmbedder("minilm", "torch")) as here,
    ):
        dead: list[int] = []

        def kill_a_worker(stage: str, done: int, of: int) -> None:
            if stage == "embed" and 0 < done < of and not dead:
                os.kill(pids[0], signal.SIGKILL)
                dead.append(done)

        assert there.sync(kill_a_worker).embedded == here.sync().embedded >= 200
        assert dead and ray.get(cluster._actors[0].hello.remote()) != pids[0], "one died and was begun anew"
        same(there, here, server)

        before = found(there)
        write(documents, range(200, 350))
        killed: list[int] = []

        def kill_the_server(stage: str, done: int, of: int) -> None:
            if stage == "index" and 0 < done < of and not killed:
                server.kill()
                killed.append(done)

        with pytest.raises(UserError, match=r"does not answer.*chroma run"):
            there.sync(kill_the_server)
        assert killed == [100], "amid the vectors"
        with pytest.raises(UserError, match="does not answer"):
            there.search(QUESTIONS[0])
        server.start()
        assert found(there) == before, "the old index answers"
        assert len(server.vectors()) > len(there._opened().vector_hashes()), (
            "what was put in already is passed over"
        )
        assert there.sync().embedded == 0, "what was embedded was kept"
        here.sync()
        same(there, here, server)
