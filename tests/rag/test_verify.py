"""Situations of verify: what an index can lose without anybody noticing, and how it comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rag_fakes import LetterEmbedder, homes

from rag import Library
from rag.indexing import generations, store

Make = Callable[..., Library]


def sealed(library: Library, home: int) -> generations.Sealed:
    found = generations.find(homes(library.state)[home], library.generation)
    assert found is not None
    return found


def test_a_sound_library_is_whole(library: Library) -> None:
    library.sync()
    found = library.verify()

    assert found.whole and found.chunks == len(library.chunks()) and not found.broken


@pytest.mark.fault(30)
def test_a_vector_that_was_lost_is_named_with_its_document_and_a_repair_embeds_nothing(
    library: Library, embedder: LetterEmbedder
) -> None:
    library.sync()
    before = sealed(library, 0)
    library.close()
    client = store._client(before.folder)
    vectors = client.get_collection("chunks", embedding_function=None)
    lost = vectors.get()["ids"][0]
    vectors.delete(ids=[lost])
    vectors.add(ids=["nobody"], embeddings=[[0.0] * 25 + [1.0]])  # the count is right, and a text is gone
    client.close()
    generations.seal(before.folder, 1, before.count)
    embedder.embedded.clear()

    assert library.status().chunks == before.count  # the naive check, counting, sees nothing
    found = library.verify()
    assert not found.whole and len(found.lost_by_meaning) == 1
    assert library.verify(repair=True).whole and not embedder.embedded
    assert library.verify().whole


@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "ids.json"])
@pytest.mark.fault(32)
def test_a_flipped_bit_is_found_before_the_index_is_opened_and_mended_by_the_next_search(
    make_library: Make, documents: Path, name: str
) -> None:
    for number in range(300):
        one, two = divmod(number, 20)  # texts whose vectors differ
        words = " ".join(chr(97 + letter) + "x" for letter in (one, two, two, (one + two) % 26))
        (documents / f"n{number}.txt").write_text(f"{words} {number}\n", "utf-8")
    with make_library() as first:
        first.sync()
        expected = [hit.chunk.id for hit in first.search("stove", 1)]
        folders = [sealed(first, home).folder for home in (0, 1)]
    path = next(path for folder in folders for path in folder.rglob(name) if path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)

    library = make_library()
    assert name in library.verify().broken
    assert [hit.chunk.id for hit in library.search("stove", 1)] == expected
    assert library.verify().whole


@pytest.mark.fault(31, 32)
def test_an_index_database_that_no_longer_holds_together_is_found_before_it_is_opened(
    make_library: Make,
) -> None:
    with make_library() as first:
        first.sync()
        path = sealed(first, 0).folder / "chroma.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.write_bytes(data)

    library = make_library()
    assert "chroma.sqlite3" in library.verify().broken
    assert library.verify(repair=True).whole


def test_a_chunk_that_the_keyword_index_forgot_is_named(library: Library) -> None:
    library.sync()
    folder = sealed(library, 1).folder
    ids = json.loads((folder / "ids.json").read_text("utf-8"))
    library.close()
    (folder / "ids.json").write_text(json.dumps(["gone", *ids[1:]]), "utf-8")
    generations.seal(folder, 1, len(ids))

    assert len(library.verify().lost_by_words) == 1
    assert library.verify(repair=True).whole
