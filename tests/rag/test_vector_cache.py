"""No text is embedded twice: after a kill, after a file came back. And nothing kept outlives what was forgotten."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rag_fakes import REPOSITORY, LetterEmbedder

from rag import Library
from rag.embedding import embed
from rag.storage.tombstones import Tombstones
from rag.storage.vector_cache import KEPT_SECONDS, VectorCache, erase, path_of

Make = Callable[..., Library]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return path_of(tmp_path, Tombstones(tmp_path / "tombstones.json").stamp)


def vector(value: float) -> np.ndarray:
    return np.full(26, value, dtype=np.float32)


def test_vectors_come_back_as_they_were_until_they_are_let_go(path: Path) -> None:
    with closing(VectorCache(path)) as cache:
        cache.put({"a": vector(1), "b": vector(2)})
    with closing(VectorCache(path)) as cache:
        found = cache.get(["a", "b", "c"], 26)
        assert found.keys() == {"a", "b"} and np.array_equal(found["b"], vector(2))
        assert cache.get(["a"], 384) == {}
        cache.drop(["a"])
        assert cache.get(["a", "b"], 26).keys() == {"b"}


def test_what_is_too_old_or_too_much_goes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.storage.vector_cache.KEPT_TEXTS", 2)
    for day, key in enumerate("abcd"):
        with closing(VectorCache(path, lambda day=day: day * 86_400.0)) as cache:  # type: ignore[misc]
            cache.put({key: vector(day)})
    with closing(VectorCache(path, lambda: 2 * 86_400.0 + KEPT_SECONDS + 1)) as cache:
        assert cache.get(list("abcd"), 26).keys() == {"c", "d"}
    with closing(VectorCache(path, lambda: 0.0)) as cache:
        assert cache.get(list("abcd"), 26).keys() == {"d"}


@pytest.mark.parametrize("data", [b"no database at all " * 100, b""])
def test_a_damaged_cache_is_begun_anew(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with closing(VectorCache(path)) as cache:
        cache.put({"a": vector(1)})
        assert cache.get(["a"], 26).keys() == {"a"}


def test_a_cache_that_can_not_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    with closing(VectorCache(tmp_path / "nowhere" / "embedded-none.sqlite3")) as cache:
        cache.put({"a": vector(1)})
        assert cache.get(["a"], 26) == {}


def test_a_vector_that_is_not_numbers_is_embedded_again(path: Path) -> None:
    with closing(VectorCache(path)) as cache:
        cache.put({"a": vector(float("nan"))})
        assert cache.get(["a"], 26) == {}


def write_many(documents: Path, count: int) -> None:
    for number in range(count):
        (documents / f"{number:03}.md").write_text(
            f"# Number {number}\n\nIt says {'apple ' * (number % 9)}{number}.\n"
        )


class Breaks(LetterEmbedder):
    """Gives up after so many slices."""

    def __init__(self, slices: int) -> None:
        super().__init__()
        self.left = slices

    def embed(self, texts, progress=None):  # type: ignore[no-untyped-def]
        if self.left == 0:
            raise RuntimeError("power cut")
        self.left -= 1
        return super().embed(texts, progress)


def test_a_sync_that_breaks_while_embedding_goes_on_where_it_was(
    make_library: Make, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "SLICE", 8)
    write_many(documents, 30)
    broken, after = Breaks(2), LetterEmbedder()
    with pytest.raises(RuntimeError, match="power cut"):
        make_library(embedder_object=broken).sync()
    report = make_library(embedder_object=after).sync()

    assert len(broken.embedded) == 16 and not set(broken.embedded) & set(after.embedded)
    assert report.embedded == len(after.embedded) == len(set(after.embedded))
    whole = Library(documents, tmp_path / "fresh", embedder=LetterEmbedder())
    with whole:
        assert whole.sync().embedded == report.embedded + 16
        both = [
            dict(zip(one.keys(), one.values(), strict=True))
            for one in map(vectors_of, (make_library(), whole))
        ]
    assert both[0].keys() == both[1].keys() and all(
        np.array_equal(both[0][key], both[1][key]) for key in both[0]
    )


def vectors_of(library: Library) -> dict[str, np.ndarray]:
    with closing(sqlite3.connect(library.state / "ledger.sqlite3")) as db:
        return {
            key: np.frombuffer(blob, np.float32)
            for key, blob in db.execute("SELECT hash, vector FROM vectors")
        }


DIES = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from rag import Library
from rag.embedding import embed
from rag_fakes import LetterEmbedder
embed.SLICE = 8
class Dies(LetterEmbedder):
    def embed(self, texts, progress=None):
        if len(self.embedded) >= 16:
            os.kill(os.getpid(), 9)
        return super().embed(texts, progress)
Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=Dies()).sync()
"""


def test_a_kill_in_the_middle_of_embedding_costs_one_slice(
    make_library: Make, documents: Path, tmp_path: Path, embedder: LetterEmbedder
) -> None:
    write_many(documents, 30)
    command = [
        sys.executable,
        "-c",
        DIES,
        str(documents),
        str(tmp_path / "state"),
        str(Path(__file__).parent),
    ]
    died = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, timeout=120, check=False
    )
    assert died.returncode == -9

    report = make_library().sync()
    everything = LetterEmbedder()
    with Library(documents, tmp_path / "fresh", embedder=everything) as fresh:
        fresh.sync()
    assert report.embedded == len(embedder.embedded) == len(everything.embedded) - 16


def test_a_file_that_comes_back_is_not_embedded_again(
    library: Library, documents: Path, embedder: LetterEmbedder
) -> None:
    library.sync()
    text = (documents / "policies" / "returns.md").read_text("utf-8")
    (documents / "policies" / "returns.md").unlink()
    library.sync()
    embedder.embedded.clear()
    (documents / "policies" / "returns.md").write_text(text, "utf-8")
    report = library.sync()

    assert report.embedded == 0 and embedder.embedded == []
    assert library.search("stove returned")[0].chunk.source == "policies/returns.md"


def kept(state: Path) -> list[Path]:
    return sorted(state.glob("embedded-*"))


def count(state: Path) -> int:
    with closing(sqlite3.connect(kept(state)[0])) as db:
        return int(db.execute("SELECT count(*) FROM vectors").fetchone()[0])


def test_what_the_ledger_holds_is_not_kept_twice(library: Library, documents: Path) -> None:
    library.sync()
    assert count(library.state) == 0
    (documents / "prices.csv").unlink()
    library.sync()
    assert count(library.state) > 0


def test_vectors_of_a_text_that_was_dropped_before_it_was_forgotten_are_gone_too(
    library: Library, documents: Path
) -> None:
    library.sync()
    prefixes = library.vector_prefixes("prices.csv")
    (documents / "prices.csv").unlink()
    library.sync()
    held = b"".join(path.read_bytes() for path in kept(library.state))
    assert prefixes and all(prefix in held for prefix in prefixes)  # the danger is real

    library.forget(["policies/returns.md"])
    assert kept(library.state) == []
    everything = b"".join(path.read_bytes() for path in library.state.rglob("*") if path.is_file())
    assert not any(prefix in everything for prefix in prefixes)


def test_a_cache_that_is_restored_from_before_something_was_forgotten_is_removed_unread(
    library: Library, documents: Path, make_library: Make
) -> None:
    library.sync()
    (documents / "prices.csv").unlink()
    library.sync()
    old = kept(library.state)[0]
    data = old.read_bytes()
    library.forget(["policies/returns.md"])
    library.close()
    old.write_bytes(data)
    make_library().sources()
    assert kept(library.state) == []


def test_erasing_takes_what_sqlite_keeps_beside_it(path: Path) -> None:
    for name in (path.name, f"{path.name}-journal", "embedded-other.sqlite3"):
        path.with_name(name).write_bytes(b"x")
    erase(path.parent, but=path)
    assert [one.name for one in kept(path.parent)] == [path.name, f"{path.name}-journal"]
    erase(path.parent)
    assert kept(path.parent) == []
