"""The vectors on a real Chroma server (`chroma run`) instead of in the workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chroma_serving import Server
from rag_fakes import LetterEmbedder, homes

from foundation.errors import UserError
from rag import Library, LibrarySettings
from rag.indexing import chroma_server

Make = Callable[..., Library]
QUESTIONS = ("When can a stove be returned?", "money back", "kettle price", "zebra")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("chroma-server"))
    yield server
    server.kill()


@pytest.fixture
def server(running: Server) -> Server:
    for name in running.collections():
        chroma_server.drop(running.url, name)
    return running


@pytest.fixture
def served(make_library: Make, server: Server) -> Library:
    return make_library(chroma_server=server.url)


def found(library: Library) -> list[list[tuple[str, float]]]:
    return [[(hit.chunk.id, round(hit.score, 5)) for hit in library.search(one, 4)] for one in QUESTIONS]


def test_a_served_library_finds_what_an_embedded_one_finds_after_every_change(
    served: Library, documents: Path, tmp_path: Path
) -> None:
    embedded = Library(documents, tmp_path / "embedded", LibrarySettings(), LetterEmbedder())
    for change in (
        lambda: None,
        lambda: (documents / "new.txt").write_text("A zebra costs 900 EUR."),
        lambda: (documents / "prices.csv").write_text("product,price\nArden kettle,21 EUR\n"),
        lambda: (documents / "policies" / "returns.md").unlink(),
    ):
        change()
        served.sync()
        embedded.sync()
        assert found(served) == found(embedded)
        assert served.verify().whole
    embedded.close()


def test_the_server_holds_vectors_by_hash_and_neither_text_nor_source(
    served: Library, server: Server
) -> None:
    served.sync()
    dense, _ = homes(served.state)
    assert not dense.exists() or not list(dense.iterdir())
    client = chromadb.HttpClient(host="127.0.0.1", port=server.port)
    (collection,) = client.list_collections()
    kept = collection.get(include=["documents", "metadatas", "embeddings"])
    assert len(kept["ids"]) == 3 and all(len(name) == 64 for name in kept["ids"])
    assert not any(kept["documents"] or []) and not any(kept["metadatas"] or [])


def test_what_vanished_from_the_folder_is_taken_from_the_server(
    served: Library, server: Server, documents: Path
) -> None:
    served.sync()
    (documents / "prices.csv").unlink()
    served.sync()
    assert [len(names) for names in server.collections().values()] == [2]


def test_another_process_kind_of_reader_sees_the_new_generation_on_its_next_question(
    served: Library, make_library: Make, server: Server, documents: Path
) -> None:
    served.sync()
    reader = make_library(chroma_server=server.url)
    assert "49 EUR" in reader.search("stove price", 1)[0].chunk.text
    (documents / "prices.csv").write_text("product,price\nFellmark stove,52 EUR\n")
    served.sync()
    assert "52 EUR" in reader.search("stove price", 1)[0].chunk.text


def test_vectors_left_by_a_run_that_died_are_passed_over_and_removed_by_the_next(
    served: Library, server: Server, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.sync()
    (name,) = server.collections()
    stray = {f"{number:064x}": np.full(26, number + 1.0, np.float32) for number in range(40)}
    chroma_server.hold(
        server.url,
        name,
        set(stray) | set(server.collections()[name]),
        lambda keys: np.array([stray[key] for key in keys]),
    )
    served.close()
    assert [
        hit.chunk.source for hit in served.search("zebra", 3)
    ]  # all strays are nearer to a question without words
    (documents / "new.txt").write_text("Tea is free.")
    served.sync()
    assert not set(stray) & set(server.collections()[name])


def test_a_lost_collection_is_written_again_from_the_ledger_without_embedding(
    served: Library, server: Server, embedder: LetterEmbedder
) -> None:
    served.sync()
    before, texts = found(served), len(embedder.embedded)
    served.close()
    for name in server.collections():
        chroma_server.drop(server.url, name)
    assert found(served) == before
    assert len(embedder.embedded) == texts


def test_a_collection_that_lacks_vectors_is_noticed_though_the_count_is_right(
    served: Library, server: Server
) -> None:
    served.sync()
    before = found(served)
    served.close()
    client = chromadb.HttpClient(host="127.0.0.1", port=server.port)
    (collection,) = client.list_collections()
    gone = collection.get(include=[])["ids"][0]
    collection.delete(ids=[gone])
    collection.add(ids=["f" * 64], embeddings=np.ones((1, 26), np.float32))
    assert collection.count() == 3
    assert found(served) == before


def test_another_embedder_gets_a_collection_of_its_own_and_the_old_one_goes(
    served: Library, make_library: Make, server: Server
) -> None:
    served.sync()
    (old,) = server.collections()
    served.close()
    other = make_library(chroma_server=server.url, embedder_object=LetterEmbedder("other letters"))
    other.sync()
    (new,) = server.collections()
    assert new != old and other.search("stove", 1)


def test_forgetting_takes_the_vectors_from_the_server(served: Library, server: Server) -> None:
    served.sync()
    served.forget(["prices.csv"])
    assert [len(names) for names in server.collections().values()] == [2]
    assert {hit.chunk.source for hit in served.search("stove price", 4)} == {"policies/returns.md"}


def test_a_copy_of_a_workspace_does_not_touch_the_collection_of_the_first(
    served: Library, server: Server, documents: Path, tmp_path: Path
) -> None:
    served.sync()
    before = found(served)
    shutil.copytree(tmp_path / "state", tmp_path / "copy" / "state")
    shutil.copytree(documents, tmp_path / "copy" / "documents")
    (tmp_path / "copy" / "documents" / "prices.csv").unlink()
    copy = Library(tmp_path / "copy" / "documents", tmp_path / "copy" / "state",
                   LibrarySettings(chroma_server=server.url), LetterEmbedder())  # fmt: skip
    copy.sync()
    assert sorted(len(names) for names in server.collections().values()) == [2, 3]
    served.close()
    assert found(served) == before
    copy.close()


def test_an_embedded_index_is_left_for_the_server_and_back_without_embedding(
    make_library: Make, server: Server, embedder: LetterEmbedder
) -> None:
    plain = make_library()
    plain.sync()
    before, texts = found(plain), len(embedder.embedded)
    plain.close()
    served = make_library(chroma_server=server.url)
    assert found(served) == before
    served.close()
    assert found(make_library()) == before
    assert len(embedder.embedded) == texts


def test_a_server_that_is_not_there_is_told_in_a_sentence_and_nothing_is_lost(
    make_library: Make, documents: Path
) -> None:
    plain = make_library()
    plain.sync()
    before = found(plain)
    plain.close()
    lost = make_library(chroma_server="http://127.0.0.1:9")
    with pytest.raises(UserError, match="does not answer.*chroma run"):
        lost.search("stove")
    (documents / "new.txt").write_text("Tea is free.")
    with pytest.raises(UserError, match="does not answer"):
        lost.sync()
    assert found(make_library()) == before


def test_a_killed_server_is_told_and_answers_again_after_its_start(
    make_library: Make, tmp_path: Path
) -> None:
    server = Server(tmp_path / "own")
    try:
        library = make_library(chroma_server=server.url)
        library.sync()
        before = found(library)
        server.kill()
        with pytest.raises(UserError, match="does not answer"):
            library.search("stove")
        server.start()
        assert found(library) == before
    finally:
        server.kill()


def test_an_address_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="chroma_server must be a URL"):
        LibrarySettings(chroma_server="localhost:8000")
