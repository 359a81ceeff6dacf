"""Hits with their surroundings, over a document of one-word chunks whose spans are plain to see."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.retrieval.widen import widen
from rag.types import Chunk, Hit

TEXT = "one. two. three.\nHeading\nfour. five. six. seven. eight."
SECTIONS = {"": ("one.", "two.", "three."), "Heading": ("four.", "five.", "six.", "seven.", "eight.")}


def chunks(source: str) -> list[Chunk]:
    made = []
    for heading, words in SECTIONS.items():
        for word in words:
            start = TEXT.index(word)
            place = (start, start + len(word), None, len(made))
            made.append(Chunk(f"{source}:{word}", source, source, heading, word, *place))
    return made


def around(source: str, first: int, last: int) -> list[Chunk]:
    return [chunk for chunk in chunks(source) if first <= chunk.index <= last]


def widened(words: Sequence[str], neighbours: int) -> list[str]:
    hits = []
    for rank, name in enumerate(words, start=1):
        source, word = name.split(":") if ":" in name else ("a", name)
        chunk = next(chunk for chunk in chunks(source) if chunk.text == word)
        hits.append(Hit(chunk, 1.0 / rank, 0.5, 0.5, rank))
    found = widen(hits, neighbours, around, lambda source: TEXT)
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    for hit in found:
        assert TEXT[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    return [hit.chunk.text for hit in found]


def test_no_neighbours_change_nothing() -> None:
    assert widened(["two.", "six."], 0) == ["two.", "six."]


@pytest.mark.parametrize(
    ("neighbours", "text"), [(1, "five. six. seven."), (2, "four. five. six. seven. eight.")]
)
def test_a_hit_grows_by_the_chunks_beside_it(neighbours: int, text: str) -> None:
    assert widened(["six."], neighbours) == [text]


def test_a_passage_does_not_leave_its_section() -> None:
    assert widened(["three."], 2) == ["one. two. three."]
    assert widened(["four."], 1) == ["four. five."]


def test_two_sections_of_one_name_stay_apart() -> None:
    text = "Notes\nfirst.\nNotes\nsecond."
    pair = [Chunk(word, "a", "a", "Notes", word, text.index(word), text.index(word) + len(word), None, place)
            for place, word in enumerate(("first.", "second."))]  # fmt: skip
    hits = [Hit(chunk, 1.0, 0.5, 0.5, 1) for chunk in pair]
    found = widen(hits, 1, lambda source, first, last: pair, lambda source: text)
    assert [hit.chunk.text for hit in found] == ["first.", "second."]


def test_adjacent_hits_become_one_and_no_sentence_is_shown_twice() -> None:
    assert widened(["six.", "five."], 1) == ["four. five. six. seven."]
    assert widened(["four.", "one.", "seven."], 1) == ["four. five. six. seven. eight.", "one. two."]


def test_a_hit_between_two_passages_joins_them() -> None:
    assert widened(["four.", "one.", "eight.", "six."], 1) == ["four. five. six. seven. eight.", "one. two."]


def test_hits_of_different_documents_stay_apart() -> None:
    assert widened(["a:two.", "b:two."], 1) == ["one. two. three.", "one. two. three."]


def test_a_merged_hit_keeps_the_id_place_and_scores_of_its_best_part() -> None:
    six, five = (chunk for word in ("six.", "five.") for chunk in chunks("a") if chunk.text == word)
    (found,) = widen(
        [Hit(six, 0.9, 0.8, 7.0, 1), Hit(five, 0.4, 0.3, 2.0, 2)], 1, around, lambda source: TEXT
    )
    assert (found.chunk.id, found.chunk.index, found.score, found.dense) == ("a:six.", six.index, 0.9, 0.8)


def test_chunks_that_overlap_repeat_nothing() -> None:
    text = "one. two. three."
    pair = [
        Chunk("x", "a", "a", "", text[:9], 0, 9, None, 0),
        Chunk("y", "a", "a", "", text[5:], 5, 16, None, 1),
    ]
    hits = [Hit(pair[1], 1.0, 0.5, 0.5, 1)]
    (found,) = widen(hits, 1, lambda source, first, last: pair, lambda source: text)
    assert found.chunk.text == text
