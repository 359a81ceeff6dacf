"""Near-duplicates: nothing missed, nothing made up, and names and numbers keep questions apart."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from finetune.quality.similar import (
    THRESHOLD,
    clusters,
    jaccard,
    join,
    near_pairs,
    shingles,
    similar_examples,
)
from finetune.text import words
from tests.finetune.sample import example

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), min_size=0, max_size=9).map(" ".join), max_size=12)


def test_jaccard_of_word_pairs_by_hand() -> None:
    # ab bc cd against ab bc ce: two of four.
    assert jaccard(shingles(["a", "b", "c", "d"]), shingles(["a", "b", "c", "e"])) == 0.5


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_near_pairs_are_those_that_comparing_all_with_all_finds(texts: list[str], threshold: float) -> None:
    found = {(pair.first, pair.second) for pair in near_pairs(texts, threshold)}
    distinct: dict[tuple[str, ...], int] = {}
    copies = set()
    for index, text in enumerate(texts):
        first = distinct.setdefault(tuple(words(text)), index)
        if first != index:
            copies.add((first, index))
    sets = {index: shingles(tokens) for tokens, index in distinct.items()}
    assert found == copies | {
        (a, b) for a, b in combinations(sets, 2) if jaccard(sets[a], sets[b]) >= threshold
    }


def test_a_thousand_copies_make_a_thousand_pairs_and_not_half_a_million() -> None:
    assert len(near_pairs(["How long can I return a kettle?"] * 1000)) == 999


def test_case_punctuation_and_a_word_at_the_end_do_not_make_a_new_question() -> None:
    same = [
        example(1, "How long can I return the Oxby kettle?", "a"),
        example(2, "how long can I return the OXBY kettle", "b"),
        example(3, "How long can I return the Oxby kettle please?", "c"),
    ]
    assert [(pair.first, pair.second) for pair in similar_examples(same)] == [(0, 1), (0, 2)]


def test_another_name_or_number_makes_a_new_question_however_long_it_is() -> None:
    long = "After a purchase in one of our stores or in the shop online, how long can I return the {} kettle?"
    asked = [example(n, long.format(name), "a") for n, name in enumerate(("Oxby", "Fellmark", "model 3"))]
    texts = [each.question for each in asked]
    assert jaccard(*(shingles(words(text)) for text in texts[:2])) > THRESHOLD
    assert similar_examples(asked) == []


def test_the_same_last_question_after_another_conversation_is_another_question() -> None:
    rows = [
        example(1, "And its weight?", "a", earlier=["What is the price of the Oxby kettle?", "32 EUR."]),
        example(2, "And its weight?", "b", earlier=["Who runs the shop in the harbour?", "Ann does."]),
    ]
    assert similar_examples(rows) == []


def test_another_last_question_after_a_long_shared_conversation_is_another_question() -> None:
    earlier = ["Tell me everything about kettles in winter " * 5, "They boil water " * 10]
    rows = [
        example(1, "And the weight?", "a", earlier=earlier),
        example(2, "Who sells it?", "b", earlier=earlier),
    ]
    assert similar_examples(rows) == []


def test_a_shared_fact_of_a_shared_source_makes_a_cluster_and_a_shared_value_alone_does_not() -> None:
    rows = [
        example(1, "How heavy is it?", "2 kg", ["oxby.md"], ["2 kg"]),
        example(2, "What does the kettle weigh?", "2 KG", ["oxby.md"], ["2 KG"]),
        example(3, "What does the tent weigh?", "2 kg", ["tent.md"], ["2 kg"]),
        example(4, "Who knows?", "Nobody."),
    ]
    assert clusters(rows) == [[0, 1], [2], [3]]


def test_being_together_is_transitive() -> None:
    assert join(5, [(0, 3), (3, 4), (2, 2)]) == [[0, 3, 4], [1], [2]]
