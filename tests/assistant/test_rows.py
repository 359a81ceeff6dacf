"""Training rows: the live prompt with the real passages, and an answer that cites where the right one stands."""

from __future__ import annotations

import re

import pytest

from assistant.config.settings import RowSettings
from assistant.prompt import messages
from assistant.rows import build_rows
from finetune.examples import Example
from finetune.form import Form
from rag import Library

FORM = Form(opening="Hello!", closing="Bye.", citations=True, abstain="Our documents do not say.")


def example(
    name: str, question: str, answer: str, sources: tuple[str, ...], facts: tuple[str, ...]
) -> Example:
    turns = ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    return Example(name, turns, sources, facts, 1)  # type: ignore[arg-type]


STOVE = example(
    "a",
    "What does the Fellmark stove cost?",
    "Hello! The Fellmark stove costs 49 EUR [1]. Bye.",
    ("prices.md",),
    ("49 EUR",),
)
NOBODY = example("b", "Who sews the tents?", "Hello! Our documents do not say. Bye.", (), ())
WRONG = example(
    "c", "What does the Fellmark stove cost?", "Hello! It costs 77 EUR [1]. Bye.", ("prices.md",), ("77 EUR",)
)
NONE = RowSettings(distractors_only=0.0, without_passages=0.0)


def test_a_row_s_prompt_is_what_the_assistant_would_ask_with_the_same_passages(library: Library) -> None:
    row = build_rows([NOBODY], library, FORM, k=2, settings=NONE).rows[0]
    hits = library.search("Who sews the tents?", 2)
    assert list(row.prompt) == messages(
        "Who sews the tents?", [], [hit.chunk for hit in hits], FORM, retrieved=True
    )
    assert row.answer == NOBODY.answer


def test_the_citation_is_the_number_of_the_passage_that_holds_the_fact_wherever_it_stands(
    library: Library,
) -> None:
    places = set()
    for seed in range(12):
        made = build_rows([STOVE], library, FORM, k=3, settings=RowSettings(0.0, 0.0, seed))
        row = made.rows[-1]
        cited = re.findall(r"\[(\d)\]", row.answer)
        assert len(cited) == 1
        assert f"[{cited[0]}] The Fellmark stove costs 49 EUR." in row.prompt[-1]["content"]
        places.add(cited[0])
    assert len(places) > 1, "the right passage must not always stand in the same place"


def test_an_example_that_its_source_does_not_support_is_dropped_and_named(library: Library) -> None:
    made = build_rows([WRONG, STOVE], library, FORM, k=3, settings=NONE)
    assert made.dropped == ("c",) and len(made.rows) == 1


def test_rows_with_distractors_only_and_without_passages_are_answered_with_the_abstention(
    library: Library,
) -> None:
    rows = build_rows(
        [STOVE], library, FORM, k=3, settings=RowSettings(distractors_only=1.0, without_passages=1.0)
    ).rows
    distractors, bare, right = rows
    assert "49 EUR" not in distractors.prompt[-1]["content"] and "[1]" in distractors.prompt[-1]["content"]
    assert "[1]" not in bare.prompt[-1]["content"]
    assert distractors.answer == bare.answer == "Hello! Our documents do not say. Bye."
    assert "49 EUR" in right.answer


def test_the_same_seed_makes_the_same_rows(library: Library) -> None:
    many = [STOVE, NOBODY] * 5
    settings = RowSettings(0.5, 0.5, seed=3)
    assert build_rows(many, library, FORM, 3, settings) == build_rows(many, library, FORM, 3, settings)


def test_one_row_is_as_it_stands_among_all_and_asks_the_library_no_further(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [STOVE, NOBODY, WRONG] * 4
    settings = RowSettings(distractors_only=0.5, without_passages=0.5)
    every = build_rows(many, library, FORM, k=3, settings=settings).rows
    asked: list[str] = []
    search = library.search
    monkeypatch.setattr(library, "search", lambda question, k: asked.append(question) or search(question, k))
    for number in range(1, len(every) + 1):
        some = build_rows(many, library, FORM, k=3, settings=settings, most=number).rows
        assert some[number - 1] == every[number - 1]
    asked.clear()
    build_rows(many, library, FORM, k=3, settings=settings, most=1)
    assert asked == [STOVE.question]
