"""The ledger: whole or unchanged, and honest about what it can't do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from foundation.database import Database
from foundation.errors import UserError
from rag.storage.ledger import Ledger, Recipe
from rag.storage.ledger_file import NotBuilt
from rag.types import Block, BlockKind, Chunk, Document

RECIPE = Recipe("chunker", "embedder", "letters", 2)
VECTOR = np.array([0.6, 0.8], dtype=np.float32)


def document(source: str, text: str) -> tuple[Document, list[tuple[Chunk, str]]]:
    chunk = Chunk(f"id of {source} {text}", source, "T", "", text, 0, len(text), None, 0)
    return Document(source, "T", (Block(BlockKind.PARAGRAPH, text),), f"sha of {text}"), [
        (chunk, f"hash of {text}")
    ]


def put(ledger: Ledger, source: str, text: str) -> None:
    ledger.put_vectors({f"hash of {text}": VECTOR})
    ledger.put(*document(source, text))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, path: Path) -> Path | Database:
    """Where the ledger is kept: everything that is promised holds for both."""
    return path if request.param == "file" else request.getfixturevalue("database")


@pytest.fixture
def ledger(place: Path | Database) -> Ledger:
    ledger = Ledger(place, create=True)
    with ledger.switching():
        put(ledger, "a.md", "one")
        put(ledger, "b.md", "two")
        ledger.switch(RECIPE)
    return ledger


def test_what_is_put_in_comes_out(ledger: Ledger, place: Path | Database) -> None:
    again = Ledger(place)
    assert again.counts() == (2, 2, 2)
    assert again.recipe == RECIPE
    assert again.hashes() == {"a.md": "sha of one", "b.md": "sha of two"}
    assert again.chunks("a.md") == [document("a.md", "one")[1][0][0]]
    assert np.array_equal(again.vectors(["hash of two", "hash of one"]), [VECTOR, VECTOR])
    assert again.known(["hash of one", "hash of nothing"]) == {"hash of one"}


def test_an_error_within_a_switch_changes_nothing(ledger: Ledger) -> None:
    with pytest.raises(KeyError), ledger.switching():
        put(ledger, "a.md", "changed")
        ledger.drop(["b.md"])
        ledger.switch(RECIPE)
        raise KeyError
    assert (ledger.generation, ledger.counts()) == (1, (2, 2, 2))
    assert ledger.text_of("a.md") == "one"


def test_a_reader_sees_one_generation_while_a_writer_commits_another(ledger: Ledger) -> None:
    reader = ledger.another()
    with reader.reading():
        assert reader.generation == 1
        with ledger.switching():
            ledger.drop(["a.md"])
            ledger.switch(RECIPE)
        assert (reader.generation, reader.counts()) == (1, (2, 2, 2))
    assert (reader.generation, reader.counts()) == (2, (1, 1, 1))


def test_replacing_a_document_forgets_its_chunks_and_unused_vectors(ledger: Ledger) -> None:
    with ledger.switching():
        put(ledger, "a.md", "new")
        ledger.switch(RECIPE)
    assert [chunk.text for chunk in ledger.chunks()] == ["new", "two"]
    assert ledger.known(["hash of one", "hash of new"]) == {"hash of new"}


def test_a_chunk_without_its_vector_is_refused(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="(?i)foreign key"), ledger.switching():
        ledger.put(*document("c.md", "three"))


def test_a_ledger_file_that_was_exchanged_is_noticed(path: Path) -> None:
    ledger = Ledger(path, create=True)
    assert not ledger.replaced()
    path.rename(path.with_suffix(".old"))
    assert ledger.replaced()
    Ledger(path, create=True).close()
    assert ledger.replaced()


def test_a_ledger_whose_making_was_interrupted_counts_as_not_built(path: Path) -> None:
    path.touch()
    with pytest.raises(NotBuilt, match="there is no index yet"):
        Ledger(path)
    Ledger(path, create=True).close()
    assert Ledger(path).generation == 0


@pytest.mark.fault(35)
def test_a_ledger_file_of_a_newer_version_and_a_damaged_one_are_sentences(path: Path) -> None:
    Ledger(path, create=True).close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(UserError, match="made by a newer Rungwise"):
        Ledger(path)
    path.write_bytes(b"this is no database, and it is long enough to be taken for one" * 20)
    with pytest.raises(UserError, match=r"ledger is damaged .* run `rungwise sync`: it is built anew"):
        Ledger(path)


def test_the_nearest_vectors_are_exact_and_ties_go_by_hash(ledger: Ledger) -> None:
    with ledger.switching():
        for text, vector in (("three", [0.0, 1.0]), ("four", [1.0, 0.0])):
            ledger.put_vectors({f"hash of {text}": np.array(vector, dtype=np.float32)})
            ledger.put(*document(f"{text}.md", text))
        ledger.switch(RECIPE)
    asked = np.array([0.0, 1.0], dtype=np.float32)
    assert ledger.nearest(asked, 3) == ["hash of three", "hash of one", "hash of two"]
    assert len(ledger.nearest(asked, 99)) == 4


def test_the_chunks_around_a_place_are_those_of_its_document(ledger: Ledger) -> None:
    assert [chunk.source for chunk in ledger.around("a.md", -1, 5)] == ["a.md"]
    assert ledger.around("a.md", 1, 5) == []
