"""Situations of asking a library: how hits are weighed, limited and handed to LangChain, and what a question may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.errors import UserError
from rag import Library

Make = Callable[..., Library]


def texts(library: Library, question: str, k: int = 10) -> list[str]:
    return [hit.chunk.text for hit in library.search(question, k)]


def test_alpha_decides_between_meaning_and_words(make_library: Make, documents: Path) -> None:
    (documents / "letters.txt").write_text("zoo zebra zinc", "utf-8")
    (documents / "words.txt").write_text("apple banana zeppelin cherry damson", "utf-8")
    make_library().sync()
    assert make_library(alpha=1.0).search("zeppelin")[0].chunk.source == "letters.txt"
    assert make_library(alpha=0.0).search("zeppelin")[0].chunk.source == "words.txt"


def test_at_most_so_many_hits_come_from_one_source(make_library: Make, documents: Path) -> None:
    sections = "\n\n".join(f"## Stove {n}\n\nStove number {n}." for n in range(10))
    (documents / "stoves.md").write_text(f"# Stoves\n\n{sections}\n", "utf-8")
    make_library().sync()
    hits = make_library(max_per_source=2).search("stove", 5)
    assert [hit.chunk.source for hit in hits].count("stoves.md") == 2
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_a_blank_question_finds_nothing_and_k_below_one_is_refused(library: Library) -> None:
    library.sync()
    assert library.search(" \u200b\n") == []
    with pytest.raises(UserError, match="k, the number of hits, must be 1 or more, but is 0"):
        library.search("stove", k=0)


def test_hostile_questions_find_something_or_nothing_but_never_raise(library: Library) -> None:
    library.sync()
    for question in (
        "' OR 1=1 --",
        "$or: []",
        "\x00\ud800",
        "a" * 1_000_000,
        "🧑\u200d🚀",
        "İIıi",
        "-" * 5000,
    ):
        library.search(question)


def test_the_retriever_gives_langchain_documents_with_the_chunk_and_its_scores(library: Library) -> None:
    library.sync()
    (document,) = library.as_retriever(1).invoke("Fellmark stove price")
    hit = library.search("Fellmark stove price", 1)[0]
    assert document.page_content == hit.chunk.text
    assert document.id == hit.chunk.id
    assert document.metadata["source"] == "prices.csv"
    assert document.metadata["score"] == hit.score
