"""Situations of asking a library: how hits are weighed, limited and handed to LangChain, and what a question may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from foundation.errors import UserError
from rag import Library

Make = Callable[..., Library]


def test_alpha_decides_between_meaning_and_words(make_library: Make, documents: Path) -> None:
    (documents / "letters.txt").write_text("zoo zebra zinc", "utf-8")
    (documents / "words.txt").write_text("apple banana zeppelin cherry damson", "utf-8")
    make_library().sync()
    assert make_library(alpha=1.0).search("zeppelin")[0].chunk.source == "letters.txt"
    assert make_library(alpha=0.0).search("zeppelin")[0].chunk.source == "words.txt"


@pytest.mark.fault(70)
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


@pytest.mark.fault(14)
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


# near-duplicates (a thousand copies, five planted documents) and neighbours


@pytest.fixture
def crowded(documents: Path) -> Path:
    """400 near-duplicate documents about the return of a stove, beside the two small ones."""
    for number in range(400):
        text = f"A stove can be returned within {number} days, says sheet {number} of the stove returns."
        (documents / f"sheet-{number}.txt").write_text(text, "utf-8")
    return documents


@pytest.mark.fault(70, 71)
def test_hundreds_of_near_duplicates_do_not_hide_what_else_there_is(
    make_library: Make, crowded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library().sync()
    question = "which sheet says that"
    hits = make_library().search(question, 4)
    assert len({hit.chunk.source for hit in hits}) >= 3
    assert sum(hit.chunk.source.startswith("sheet-") for hit in hits) == 2
    # the naive target: the ranking as it comes, out of the fifty best of each search
    monkeypatch.setattr(
        "rag.retrieval.choose.uncrowded", lambda ranked, source_of, text_of, k: (list(ranked)[:k], False, {})
    )
    naive = make_library().search(question, 4)
    assert all(hit.chunk.source.startswith("sheet-") for hit in naive)


def test_a_limit_a_source_fills_up_from_beyond_the_candidates(make_library: Make, documents: Path) -> None:
    sections = "\n\n".join(f"## Stove {n}\n\nStove {'x' * n} stands here." for n in range(1, 20))
    (documents / "stoves.md").write_text(f"# Stoves\n\n{sections}\n", "utf-8")
    make_library().sync()
    hits = make_library(max_per_source=1, candidates=5, alpha=1.0).search("stove stove stands", 3)
    assert sorted(hit.chunk.source for hit in hits) == ["policies/returns.md", "prices.csv", "stoves.md"]


def test_a_widened_hit_s_span_is_true_in_its_document(make_library: Make, documents: Path) -> None:
    lines = [f"Paragraph number {n} tells of {'abcdefghij'[n] * 4} and {n}." for n in range(10)]
    (documents / "long.md").write_text("# Long\n\n" + "\n\n".join(lines) + "\n", "utf-8")
    make_library(chunk_tokens=16).sync()
    plain, wide = (make_library(chunk_tokens=16, neighbours=n) for n in (0, 1))
    before, after = (library.search("paragraph eeee", 3) for library in (plain, wide))
    assert len(after) <= len(before)
    assert after[0].chunk.id == before[0].chunk.id
    assert before[0].chunk.text in after[0].chunk.text != before[0].chunk.text
    for hit in after:
        text = wide.text(hit.chunk.source)
        assert text is not None and text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    spans = sorted((hit.chunk.source, hit.chunk.start, hit.chunk.end) for hit in after)
    assert all(one[2] <= two[1] for one, two in pairwise(spans) if one[0] == two[0])


def test_a_lookup_is_what_a_search_ranks(library: Library) -> None:
    from rag.retrieval.choose import choose

    library.sync()
    found = library.lookup("Fellmark stove price")
    searched = [
        replace(hit, since="") for hit in library.search("Fellmark stove price", 2)
    ]  # ranking knows no dates
    assert list(choose(found, library.settings, 2).hits) == searched
    assert {forms[0] for forms, _ in found.words} == {"fellmark", "stove", "price"}
    rarity = {forms[0]: weight for forms, weight in found.words}
    assert rarity["fellmark"] > rarity["stove"] > 0
    assert library.lookup("  ").candidates == ()
