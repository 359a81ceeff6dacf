"""How documents are cut: along the structure, never over the limit, the same every time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rag_fakes import LetterEmbedder

from rag.formats import read
from rag.ingest.chunk import Chunker
from rag.sentences import sentence_spans
from rag.types import Block, BlockKind, Chunk, Document


def chunker(limit: int, overlap: int = 0) -> Chunker:
    return Chunker(limit, overlap, LetterEmbedder().count_tokens, "letters")


def markdown(text: str, source: str = "a.md") -> Document:
    outline = read(text.encode("utf-8"), ".md")
    return Document(source, outline.title or "A", tuple(outline.blocks))


def cut(text: str, limit: int = 8, overlap: int = 0) -> list[str]:
    return [chunk.text for chunk in chunker(limit, overlap).cut(markdown(text))]


def test_a_chunk_never_reaches_across_a_heading_and_carries_the_path_to_it() -> None:
    chunks = chunker(64).cut(
        markdown("# Shop\n\nOne.\n\n## Hours\n\nTwo.\n\n### Sunday\n\nThree.\n\n## Place\n\nFour.\n")
    )
    assert [(chunk.text, chunk.title, chunk.heading) for chunk in chunks] == [
        ("One.", "Shop", ""),
        ("Two.", "Shop", "Hours"),
        ("Three.", "Shop", "Hours > Sunday"),
        ("Four.", "Shop", "Place"),
    ]
    assert chunks[2].label == "Shop > Hours > Sunday"


def test_sentences_are_packed_whole_up_to_the_limit() -> None:
    assert cut("One two three. Four five six. Seven eight nine ten. Eleven.") == [
        "One two three. Four five six.",
        "Seven eight nine ten. Eleven.",
    ]


def test_a_sentence_longer_than_the_limit_is_cut_between_words_and_loses_none() -> None:
    text = " ".join(f"word{n}" for n in range(20)) + "."
    pieces = cut(text)
    assert [len(piece.split()) for piece in pieces] == [8, 8, 4]
    assert " ".join(pieces) == text


def test_a_word_without_end_is_cut_so_that_no_chunk_grows_without_bound() -> None:
    pieces = cut("x" * 10_000, limit=16)
    assert max(map(len, pieces)) <= 16 * 12
    assert "".join(piece.replace(" ", "") for piece in pieces) == "x" * 10_000


def test_rows_and_items_stay_whole_lines() -> None:
    text = (
        "| product | price |\n|-|-|\n| stove | 49 EUR |\n| kettle | 19 EUR |\n\n- one two three four five\n"
    )
    assert cut(text) == [
        "product: stove; price: 49 EUR",
        "product: kettle; price: 19 EUR",
        "- one two three four five",
    ]


def test_a_paragraph_that_fits_is_not_torn_to_fill_the_chunk_before() -> None:
    assert cut("One two three four.\n\nFive six. Seven eight nine.") == [
        "One two three four.",
        "Five six. Seven eight nine.",
    ]


def test_a_line_that_leads_in_stays_with_what_follows() -> None:
    assert cut("One two three four five.\n\nYou need:\n\n- a box\n- a pen to write with\n") == [
        "One two three four five.",
        "You need:\n- a box",
        "- a pen to write with",
    ]
    assert cut("Do you deliver abroad today?\n\nYes we do.") == ["Do you deliver abroad today?\nYes we do."]


def test_overlap_repeats_the_last_sentence_within_a_section_only() -> None:
    assert cut("# T\n\nOne two. Three four. Five six. Seven eight.\n\n## U\n\nNine.", limit=4, overlap=1) == [
        "One two. Three four.",
        "Three four. Five six.",
        "Five six. Seven eight.",
        "Nine.",
    ]


def test_every_chunk_is_a_slice_of_the_document_and_within_the_limit() -> None:
    text = "# A\n\n" + "\n\n".join(f"Paragraph {n} has words. And {n} more of them here!" for n in range(30))
    document = markdown(text + "\n\n## B\n\n- item one\n- item two\n")
    for limit in (3, 8, 16, 64):
        chunks = chunker(limit).cut(document)
        assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
        for chunk in chunks:
            assert document.text[chunk.start : chunk.end] == chunk.text
            assert len(chunk.text.split()) <= limit


def test_every_word_of_a_document_is_in_a_chunk_or_in_a_path() -> None:
    document = markdown("# A\n\nOne two.\n\n## Empty\n\n## B\n\nThree.\n\n### Last\n")
    covered = " ".join(f"{chunk.label} {chunk.text}" for chunk in chunker(8).cut(document))
    assert all(word in covered for word in document.text.split())


def test_a_heading_with_nothing_below_it_is_found_as_text() -> None:
    assert cut("# A\n\n## 2.3.0\n\n## 2.2.0\n\nFixes.\n") == ["2.3.0", "Fixes."]


def test_ids_are_the_same_every_time_and_change_with_what_decides_the_piece() -> None:
    document = markdown("# A\n\nSame.\n\n## B\n\nSame.\n\nSame.\n")

    def ids(chunker: Chunker, document: Document) -> set[str]:
        return {chunk.id for chunk in chunker.cut(document)}

    base = chunker(1)
    assert ids(base, document) == ids(base, document)
    assert len(ids(base, document)) == 3
    for other in (chunker(2), chunker(1, overlap=1), replace(base, embedder="another")):
        assert ids(other, document).isdisjoint(ids(base, document))
    assert ids(base, replace(document, source="b.md")).isdisjoint(ids(base, document))


def test_a_chunk_has_the_page_that_it_starts_on() -> None:
    blocks = tuple(Block(BlockKind.PARAGRAPH, f"Page {page} says this.", (), page) for page in (1, 2, 3))
    chunks: list[Chunk] = chunker(8).cut(Document("a.pdf", "A", blocks))
    assert [(chunk.page, chunk.text.count("\n")) for chunk in chunks] == [(1, 1), (3, 0)]


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        (
            "It costs 3.50 EUR. Dr. Ada agrees! Why? So.",
            ["It costs 3.50 EUR.", "Dr. Ada agrees!", "Why?", "So."],
        ),
        ("Bkz. Madde 5. İade süresi 14 gündür.", ["Bkz. Madde 5.", "İade süresi 14 gündür."]),
        ("1. Open the valve. 2. Wait.", ["1. Open the valve.", "2.", "Wait."]),
        ("See No. 5 e.g. this one.", ["See No. 5 e.g. this one."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("version 2.0. is lower case", ["version 2.0. is lower case"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(line: str, sentences: list[str]) -> None:
    assert [line[start:end] for start, end in sentence_spans(line)] == sentences
