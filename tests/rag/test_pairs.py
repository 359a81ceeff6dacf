"""Pairs that an embedder learns from: what they are made of, and what they are never made of."""

from __future__ import annotations

from collections import Counter

import pytest

from rag.tuning.pairs import (
    Asked,
    Kind,
    Pair,
    Shut,
    batches,
    chosen,
    counts,
    generated,
    hold_out,
    keys,
    of_questions,
)
from rag.tuning.twins import Twins
from rag.types import Chunk

PROSE = (
    "Sleeping bags are washed by hand in lukewarm water. The workshop repairs torn seams within nine days. "
    "Boots need new soles after long winters."
)
TURKCE = (
    "Uyku tulumları ılık suda elde yıkanır. Atölye yırtık dikişleri dokuz gün içinde onarır. "
    "Botların tabanları uzun kışlardan sonra yenilenir."
)


def chunk(source: str, text: str, heading: str = "", index: int = 0, start: int = 0) -> Chunk:
    title = source.rpartition(".")[0]
    return Chunk(f"{source}-{index}", source, title, heading, text, start, start + len(text), None, index)


def unlike(number: int, source: str | None = None, index: int = 0) -> Chunk:
    """A chunk whose words no other number has."""
    words = " ".join(f"word{number}x{place}" for place in range(9))
    text = f"First {words} here. Second {words[::-1]} there."
    return chunk(source or f"doc{number}.md", text, f"Part {number}", index)


def test_a_chunk_gives_its_heading_and_one_of_its_sentences() -> None:
    one = chunk("care.md", PROSE, "Washing > By hand")
    made = generated([one], Twins([one]), {"care.md"}, Shut([]), seed=3)
    heading, sentence = made
    assert (heading.kind, heading.query) == (Kind.HEADING, "care Washing By hand")
    assert heading.passage == PROSE  # the question does not stand in its own answer
    assert sentence.kind is Kind.SENTENCE and sentence.query in PROSE
    assert sentence.passage.startswith("care > Washing > By hand\n")


def test_most_sentences_are_taken_out_of_their_passage_and_a_tenth_stays() -> None:
    many = [unlike(number) for number in range(200)]
    made = [
        pair
        for pair in generated(many, Twins(many), {one.source for one in many}, Shut([]), 0)
        if pair.kind is Kind.SENTENCE
    ]
    left = sum(pair.query in pair.passage for pair in made)
    assert len(made) == 200 and 8 <= left <= 35


def test_turkish_sentences_are_cut_where_they_end() -> None:
    one = chunk("bakım.md", TURKCE, "Yıkama")
    made = generated([one], Twins([one]), {"bakım.md"}, Shut([]), 1)
    sentence = next(pair for pair in made if pair.kind is Kind.SENTENCE)
    assert sentence.query.endswith(".") and sentence.query in TURKCE


def test_a_turkish_test_question_is_known_again_in_other_endings() -> None:
    shut = Shut(["İade adresi hangi sokakta?"])
    assert shut.holds("iade adresi hangi sokakta")
    assert not shut.holds("Kargo ücreti ne kadar?")


def test_no_pair_asks_what_a_test_question_asks_where_a_naive_gathering_would() -> None:
    one = chunk("care.md", PROSE, "Washing")
    question = "In which water are sleeping bags washed by hand?"
    asked = [Asked(question, ("care.md",), Kind.EXAMPLE, (("lukewarm",),))]
    copied = "Sleeping bags are washed by hand in lukewarm water."
    shut = Shut([question, copied, "care washing", *PROSE.split(". ")])
    naive = Shut([])
    for guard, expected in ((naive, True), (shut, False)):
        made = of_questions(asked, [one], Twins([one]), {"care.md"}, guard)
        made += generated([one], Twins([one]), {"care.md"}, guard, 0)
        assert bool(made) is expected


def test_a_held_out_document_gives_no_pair_of_any_kind() -> None:
    many = [unlike(number) for number in range(12)]
    twins = Twins(many)
    held = hold_out(twins, 0.25, seed=0)
    taught = {one.source for one in many} - held
    asked = [Asked(f"What of {one.source}?", (one.source,), Kind.QUESTION, (("First",),)) for one in many]
    made = of_questions(asked, many, twins, taught, Shut([])) + generated(many, twins, taught, Shut([]), 0)
    assert len(held) == 3
    assert {pair.chunk.source for pair in made} == taught


def test_versions_of_a_document_are_held_out_together_where_a_naive_draw_parts_them() -> None:
    first = [unlike(number, "prices-2025.md", number) for number in range(4)]
    second = [
        Chunk(
            f"new-{one.index}", "prices-2026.md", "prices-2026", one.heading, one.text, 0, 1, None, one.index
        )
        for one in first
    ]
    others = [unlike(number) for number in range(10, 30)]
    twins = Twins([*first, *second, *others])
    assert twins.families["prices-2025.md"] == twins.families["prices-2026.md"]
    parted = naive = 0
    sources = sorted(twins.families)
    for seed in range(40):
        held = hold_out(twins, 0.25, seed)
        parted += len(held & {"prices-2025.md", "prices-2026.md"}) == 1
        drawn = set(sorted(sources, key=lambda name: hash((seed, name)))[: len(sources) // 4])
        naive += len(drawn & {"prices-2025.md", "prices-2026.md"}) == 1
    assert parted == 0 < naive


def test_a_passage_that_stands_in_several_documents_is_nobodys() -> None:
    footer = "All prices include value added tax and are valid until the next edition appears."
    documents = [
        piece
        for number in range(5)
        for piece in (
            *(unlike(10 * number + part, f"d{number}.md", part) for part in range(3)),
            chunk(f"d{number}.md", footer, "Footer", 9),
        )
    ]
    twins = Twins(documents)
    assert len(set(twins.families.values())) == 5  # a footer makes no versions
    made = generated(documents, twins, {one.source for one in documents}, Shut([]), 0)
    assert made and not any(pair.chunk.heading == "Footer" for pair in made)


def test_a_question_gets_the_passage_that_holds_its_facts() -> None:
    two = [
        chunk("a.md", "The kettle weighs 300 grams.", "", 0),
        chunk("a.md", "It costs 49 EUR in all our shops.", "", 1),
    ]
    asked = [
        Asked("What is the price?", ("a.md",), Kind.QUESTION, (("49 EUR", "€49"),)),
        Asked("Nowhere told?", ("a.md",), Kind.QUESTION, (("77 EUR",),)),
    ]
    made = of_questions(asked, two, Twins(two), {"a.md"}, Shut([]))
    assert [(pair.query, pair.chunk.index, pair.facts) for pair in made] == [
        ("What is the price?", 1, ("49 EUR",))
    ]


def test_a_click_names_the_passage_that_was_opened() -> None:
    two = [unlike(1, "a.md", 0), unlike(2, "a.md", 1)]
    places = [
        Chunk(one.id, one.source, one.title, one.heading, one.text, 1_000 * n, 1_000 * n + 90, None, n)
        for n, one in enumerate(two)
    ]
    asked = [Asked("Which one?", ("a.md",), Kind.CLICK, start=1_010)]
    made = of_questions(asked, places, Twins(places), {"a.md"}, Shut([]))
    assert [pair.chunk.index for pair in made] == [1]


def test_real_questions_come_before_generated_ones_where_there_is_no_room() -> None:
    many = [unlike(number) for number in range(20)]
    twins, sources = Twins(many), {one.source for one in many}
    real = of_questions(
        [Asked(f"What of {one.source}?", (one.source,), Kind.EXAMPLE, (("First",),)) for one in many],
        many, twins, sources, Shut([]),
    )  # fmt: skip
    made = generated(many, twins, sources, Shut([]), 0)
    kept = chosen(real, made, seed=0, most=25)
    assert counts(kept)["example"] == 20 and len(kept) == 25
    assert keys(kept) == keys(chosen(real, made, 0, 25)) != keys(chosen(real, made, 1, 25))


@pytest.mark.parametrize("size", [2, 4, 16])
def test_no_two_rows_of_a_family_meet_in_a_batch_where_naive_batches_have_them(size: int) -> None:
    families = [0] * 10 + [1] * 7 + list(range(2, 40)) * 2
    made = batches(families, size, seed=1)
    assert all(len({families[row] for row in batch}) == len(batch) for batch in made)
    rows = Counter(row for batch in made for row in batch)
    assert set(rows.values()) == {1} and len(rows) >= len(families) - 8
    naive = [list(range(start, min(start + size, 17))) for start in range(0, 17, size)]
    assert any(len({families[row] for row in batch}) < len(batch) for batch in naive)


def test_batches_are_the_same_for_a_seed_and_as_many_in_every_epoch() -> None:
    families = [0] * 9 + list(range(1, 30))
    assert batches(families, 4, 5) == batches(families, 4, 5) != batches(families, 4, 6)
    assert len({len(batches(families, 4, epoch)) for epoch in range(20)}) == 1


def test_twins_are_found_among_thousands_of_copies() -> None:
    copies = [chunk(f"c{number}.md", PROSE) for number in range(300)]
    twins = Twins(copies)
    assert len(twins.of("c0.md-0")) == 299
    assert len(set(twins.families.values())) == 1


def test_a_pair_is_a_pair_of_this_chunk_only() -> None:
    one = chunk("care.md", PROSE, "Washing")
    pair = Pair("q", one.indexed_text, one, 0, Kind.QUESTION)
    assert len(chosen([pair, pair], [], 0)) == 1
