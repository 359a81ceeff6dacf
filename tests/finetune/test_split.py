"""The split: nothing lost, nothing on both sides, the same every time, both kinds of questions in each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.examples import Example
from finetune.quality.similar import clusters
from finetune.training.split import split
from foundation.errors import UserError
from tests.finetune.sample import example

LETTERS = "abcdefghijklmnopqrst"


def rows(count: int, unanswerable: int = 0) -> list[Example]:
    """Return examples that share nothing; the first `unanswerable` of them have no source."""
    found = []
    for n in range(count):
        question = f"{LETTERS[n % 20]} {LETTERS[n // 20]} {n}"
        sources = () if n < unanswerable else (f"{n}.md",)
        found.append(example(n + 1, question, "answer", sources, [f"fact {n}"] if sources else []))
    return found


@st.composite
def any_rows(draw: st.DrawFn) -> list[Example]:
    """Draw examples that share many questions, facts and sources."""
    one = st.tuples(
        st.sampled_from(["a b c d e f", "a b c d e f g", "h i", "j k l"]),
        st.sampled_from("pqrs"),
        st.sampled_from("xyz"),
    )
    drawn = draw(st.lists(one, max_size=25))
    return [
        example(n, f"{question} {fact}", "answer", [source] if source != "z" else [], [fact])
        for n, (question, fact, source) in enumerate(drawn)
    ]


@given(any_rows(), st.integers(0, 5))
def test_no_cluster_straddles_and_nothing_is_lost(examples: list[Example], seed: int) -> None:
    parts = split(examples, seed)
    train, validation = ({each.id for each in part} for part in (parts.train, parts.validation))
    assert train | validation == {each.id for each in examples}
    assert not train & validation
    assert len(parts.train) + len(parts.validation) == len(examples)
    found = clusters(examples, whole_documents=parts.documents_apart)
    together = [{examples[index].id for index in members} for members in found]
    assert parts.clusters == len(together)
    assert all(group <= train or group <= validation for group in together)
    assert bool(train and validation) == (len(together) > 1)


@given(st.integers(0, 20), st.permutations(rows(30, 6)))
def test_the_order_of_the_file_changes_only_the_order(seed: int, shuffled: list[Example]) -> None:
    examples = rows(30, 6)
    ids = [{each.id for each in part} for part in (split(examples, seed).train, split(shuffled, seed).train)]
    assert ids[0] == ids[1]
    assert [each.line for each in split(examples, seed).train] == sorted(
        each.line for each in split(examples, seed).train
    )


def test_shares_are_met_in_both_kinds_of_questions() -> None:
    parts = split(rows(200, 40), seed=1)
    counted = [
        (sum(not each.answerable for each in part), len(part)) for part in (parts.train, parts.validation)
    ]
    assert counted == [(34, 170), (6, 30)]


def test_another_seed_is_another_split_and_the_same_seed_the_same() -> None:
    examples = rows(100)
    assert split(examples, 1) == split(examples, 1)
    assert {each.id for each in split(examples, 1).validation} != {
        each.id for each in split(examples, 2).validation
    }


@given(any_rows(), st.integers(0, 5))
def test_a_test_part_shares_no_cluster_with_the_others_either(examples: list[Example], seed: int) -> None:
    parts = split(examples, seed, (0.6, 0.2, 0.2))
    sides = [{each.id for each in part} for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, sides)) == len(examples) == len(set().union(*sides))
    groups = clusters(examples, whole_documents=parts.documents_apart)
    assert all(any({examples[index].id for index in group} <= side for side in sides) for group in groups)
    assert all(sides) or len(groups) < 3


def test_a_test_part_has_its_share_of_both_kinds_of_questions() -> None:
    parts = split(rows(200, 40), 1, (0.7, 0.15, 0.15))
    counted = [(sum(not each.answerable for each in part), len(part)) for part in (parts.train, parts.test)]
    assert counted == [(28, 140), (6, 30)]


def test_a_document_is_on_one_side_however_many_facts_it_has() -> None:
    examples = [
        example(n, f"{LETTERS[n % 20]} {n} {LETTERS[n // 20]}", "answer", [f"{n % 12}.md"], [f"fact {n}"])
        for n in range(120)
    ]
    parts = split(examples, seed=3)
    sides = [{source for each in part for source in each.sources} for part in (parts.train, parts.validation)]
    assert parts.documents_apart and not sides[0] & sides[1]
    assert parts.clusters == 12 and len(parts.validation) == 10  # a second one would be too much


def test_where_most_rests_on_one_document_its_facts_are_kept_apart_instead() -> None:
    examples = [example(n, f"{LETTERS[n % 20]} {n}", "answer", ["all.md"], [f"fact {n}"]) for n in range(20)]
    parts = split(examples, seed=3)
    assert not parts.documents_apart and len(parts.validation) == 3


def test_planted_paraphrases_of_one_fact_stay_together() -> None:
    examples = rows(30)
    pairs = [
        (
            example(100 + n, f"How heavy is {n}?", "2 kg", ["w.md"], [f"{n} kg"]),
            example(200 + n, f"Weight of {n}", "2", ["w.md"], [f"{n} kg"]),
        )
        for n in range(20)
    ]
    parts = split([*examples, *(each for pair in pairs for each in pair)], seed=3)
    validation = {each.id for each in parts.validation}
    assert all((a.id in validation) == (b.id in validation) for a, b in pairs)
    assert any(a.id in validation for a, _ in pairs)


def test_two_examples_give_one_to_each_side_and_one_cluster_none_to_validation() -> None:
    assert [len(part) for part in (split(rows(2), 0).train, split(rows(2), 0).validation)] == [1, 1]
    copies = [example(n, "Where is it?", "Hall.") for n in range(5)]
    assert [len(part) for part in (split(copies, 0).train, split(copies, 0).validation)] == [5, 0]
    assert split([], 0).train == ()


def test_a_share_of_nothing_gets_nothing() -> None:
    assert split(rows(10), 0, (1.0, 0.0, 0.0)).validation == ()
    assert split(rows(10), 0, (0.0, 1.0, 0.0)).train == ()


@pytest.mark.parametrize("shares", [(0.9, 0.2, 0.0), (1.1, -0.1, 0.0), (0.5, 0.3, 0.1)])
def test_shares_that_are_no_shares_of_a_whole_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(UserError, match=r"three shares that add up to 1, as 0\.85, 0\.15 and 0, but got"):
        split(rows(3), 0, shares)
