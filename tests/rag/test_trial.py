"""A library tried under other vectors: it answers as it will after the rebuild, and meanwhile as it did."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
from rag_fakes import LetterEmbedder, texts

from rag import Library
from rag.retrieval.choose import choose
from rag.tuning.trial import Trial, dropped, embedded, stored, vectors_of

QUESTION = "returned stove money"


class LastLetters(LetterEmbedder):
    """Counts the last letters of words instead of the first."""

    def _vector(self, text: str) -> np.ndarray:
        return super()._vector(" ".join(word[::-1] for word in text.split()))


def ranked(library: Library, trial: Trial) -> list[tuple[str, float]]:
    lookup = trial.lookup(QUESTION)
    return [(hit.chunk.text, round(hit.dense, 5)) for hit in choose(lookup, library.settings, 10).hits]


def test_a_trial_under_its_own_vectors_is_the_live_search(library: Library, embedder: LetterEmbedder) -> None:
    library.sync()
    with Trial(library, embedder, stored(library)) as trial:
        assert [text for text, _ in ranked(library, trial)] == texts(library, QUESTION)
        assert trial.lookup("  ").candidates == ()
        assert trial.sources() == library.sources()


def test_a_trial_finds_what_the_rebuilt_library_finds_and_nothing_is_embedded_twice(
    make_library: Callable[..., Library],
) -> None:
    library = make_library()
    library.sync()
    before = texts(library, QUESTION)
    other = LastLetters("last letters")
    with Trial(library, other, embedded(library, other)) as trial:
        expected = ranked(library, trial)
        assert texts(library, QUESTION) == before  # as it was, meanwhile
    count = len(other.embedded)
    rebuilt = make_library(embedder_object=other)
    report = rebuilt.sync()
    assert report.embedded == 0 and len(other.embedded) == count
    assert [(hit.chunk.text, round(hit.dense, 5)) for hit in rebuilt.search(QUESTION, 10)] == expected


def test_the_rebuilt_library_is_a_fresh_one_id_by_id(make_library: Callable[..., Library], tmp_path) -> None:
    library = make_library()
    library.sync()
    other = LastLetters("last letters")
    embedded(library, other)
    rebuilt = make_library(embedder_object=other)
    rebuilt.sync()
    with Library(library.documents, tmp_path / "fresh", library.settings, other) as fresh:
        fresh.sync()
        assert [one.id for one in fresh.chunks()] == [one.id for one in rebuilt.chunks()]
        old, new = stored(rebuilt), stored(fresh)
        assert old.keys() == new.keys()
        for key, vector in new.items():
            np.testing.assert_allclose(old[key], vector, atol=1e-6)


def test_the_way_back_embeds_nothing(make_library: Callable[..., Library], embedder: LetterEmbedder) -> None:
    library = make_library()
    library.sync()
    before, ids = texts(library, QUESTION), [one.id for one in library.chunks()]
    library.close()
    other = LastLetters("last letters")
    there = make_library(embedder_object=other)
    there.sync()
    there.close()
    count = len(embedder.embedded)
    again = make_library()
    assert again.sync().embedded == 0 and len(embedder.embedded) == count
    assert (texts(again, QUESTION), [one.id for one in again.chunks()]) == (before, ids)


def test_a_killed_embedding_goes_on_with_what_it_had(library: Library, monkeypatch) -> None:
    library.sync()
    monkeypatch.setattr("rag.tuning.trial.SLICE", 1)
    other = LastLetters("last letters")
    real, calls = other.embed, []

    def dies(passages, progress=None):
        calls.append(passages)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(passages, progress)

    monkeypatch.setattr(other, "embed", dies)
    with contextlib.suppress(KeyboardInterrupt):
        embedded(library, other)
    monkeypatch.setattr(other, "embed", real)
    other.embedded.clear()
    found = embedded(library, other)
    assert len(other.embedded) == len(found) - 2


def test_vectors_of_an_embedder_that_is_not_taken_are_let_go(
    make_library: Callable[..., Library],
) -> None:
    library = make_library()
    library.sync()
    other = LastLetters("last letters")
    embedded(library, other)
    dropped(library, other)
    other.embedded.clear()
    embedded(library, other)
    assert other.embedded


def test_vectors_are_told_by_chunk(library: Library, embedder: LetterEmbedder) -> None:
    library.sync()
    chunks = library.chunks()
    np.testing.assert_allclose(
        vectors_of(library, chunks), embedder.embed([one.indexed_text for one in chunks]), atol=1e-6
    )
