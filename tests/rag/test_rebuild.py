"""Another embedder or another cut: the old index answers until the new one is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rag_fakes import LetterEmbedder

from foundation.errors import UserError
from rag import Library, LibrarySettings
from rag.embedding.model_folder import model_folder

Make = Callable[..., Library]


@pytest.fixture
def letters_are_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let embedders of letters be found by their names, as real ones are on a disk; returns which were asked for."""
    asked: list[str] = []

    def named(name: str, backend: str, fetch: bool) -> LetterEmbedder:
        assert not fetch, "an old embedder is never fetched from a hub to answer a question"
        asked.append(name)
        return LetterEmbedder(name)

    monkeypatch.setattr("rag.retrieval.asking.SentenceEmbedder", named)
    return asked


def test_the_old_index_answers_with_its_own_embedder_until_a_sync_has_rebuilt_it(
    make_library: Make, letters_are_here: list[str]
) -> None:
    first = make_library()
    first.sync()
    before = [hit.chunk.id for hit in first.search("stove", 3)]
    other = LetterEmbedder("other letters")
    changed = make_library(embedder_object=other)
    assert [hit.chunk.id for hit in changed.search("stove", 3)] == before
    assert letters_are_here == ["letters"]
    assert (
        changed.outdated == "it was made with the embedder letters, and the settings now name other letters"
    )
    report = changed.sync()
    assert report.notes == (
        "The whole index was rebuilt: it was made with the embedder letters, and the settings now name other letters.",
    )
    assert changed.outdated == "" and other.embedded
    assert changed.search("stove", 3)
    assert letters_are_here == ["letters"]


def test_the_old_index_answers_while_the_new_one_is_being_made_and_after_its_maker_died(
    make_library: Make, letters_are_here: list[str]
) -> None:
    first = make_library()
    first.sync()
    before = [hit.chunk.id for hit in first.search("stove", 3)]
    meanwhile: list[list[str]] = []

    class Dying(LetterEmbedder):
        def embed(self, texts, progress=None):  # type: ignore[no-untyped-def]
            meanwhile.append([hit.chunk.id for hit in make_library(embedder_object=self).search("stove", 3)])
            raise KeyboardInterrupt

    other = Dying("other letters")
    with pytest.raises(KeyboardInterrupt):
        make_library(embedder_object=other).sync()
    assert meanwhile == [before]
    assert [hit.chunk.id for hit in make_library(embedder_object=other).search("stove", 3)] == before


def test_an_old_embedder_that_is_gone_is_told_in_a_sentence(make_library: Make) -> None:
    make_library().sync()
    with pytest.raises(UserError, match="letters .* is not here any more.*rungwise sync"):
        make_library(embedder_object=LetterEmbedder("other letters")).search("stove")


def test_another_cut_is_told_and_the_old_one_answers(make_library: Make) -> None:
    make_library().sync()
    library = make_library(chunk_tokens=32)
    assert library.outdated.startswith("its documents were cut otherwise")
    assert library.search("stove", 1)
    assert "cut otherwise" in library.sync().notes[0]
    assert library.outdated == ""


@pytest.mark.slow
def test_an_index_of_the_packaged_model_answers_while_the_settings_name_a_folder(
    documents: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model_folder("minilm"), copy, ignore=shutil.ignore_patterns("*.safetensors"))
    for weights in model_folder("minilm").glob("*.safetensors"):
        (copy / weights.name).symlink_to(weights)
    (copy / "note.txt").write_text("a setting of its own")
    with Library(documents, tmp_path / "state") as old:
        old.sync()
        before = [hit.chunk.id for hit in old.search("What does the stove cost?", 3)]
    with Library(documents, tmp_path / "state", LibrarySettings(embedder=str(copy))) as new:
        assert [hit.chunk.id for hit in new.search("What does the stove cost?", 3)] == before
        assert "minilm" in new.outdated
        assert new.sync().embedded == 3
        assert new.outdated == "" and new.search("stove", 1)
