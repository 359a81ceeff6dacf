"""Situations of answers that tell more than they were told, and of phrases that decide answers."""

from __future__ import annotations

import random

import pytest

from finetune.form import EMPTY
from finetune.quality.doctor import Code, check_examples
from finetune.quality.novel import untold
from finetune.quality.triggers import find_triggers
from tests.finetune.sample import example

TOLD = [
    "What does the Fellmark stove cost?",
    "Fellmark stove: 1,250.00 EUR since 12.03.2026, 9:30 to 17:00, ask Elif Yıldız.",
]


@pytest.mark.parametrize(
    ("answer", "new"),
    [
        ("The Fellmark stove costs 1250 EUR [1].", []),
        ("It costs 1.250 EUR [2], says Elif Yıldız'dan.", []),
        ("Since 12.03.2026, from 9:30 on.", []),
        ("It costs 94 EUR.", ["94"]),
        ("It costs 1,250 EUR, and 12.5 EUR more by Lindvale Cargo.", ["12.5", "Lindvale Cargo"]),
        ("On 3 May 2027 it ends.", ["3", "2027", "May"]),
        ("Ask elif yıldız, or İDİL.", ["İDİL"]),
        ("No.", []),
        ("", []),
    ],
)
def test_numbers_and_names_that_nothing_told_are_found(answer: str, new: list[str]) -> None:
    assert untold(answer, TOLD) == new


def test_a_word_that_every_answer_holds_is_the_house_s_own() -> None:
    assert untold("Kindly, Tarn of Tarn.", [], frozenset({"tarn"})) == []


def test_an_answer_is_held_against_its_documents_where_they_are_known() -> None:
    rows = [
        example(1, "What does it cost?", "It costs 94 EUR [1].", ["a.md"]),
        example(2, "And the kettle?", "The kettle costs 19 EUR [1].", ["a.md"]),
        example(3, "Who made it?", "It was made by Lindvale.", []),
        example(4, "What is said?", "It says 77 [1].", ["unknown.md"]),
    ]
    found = check_examples(rows, EMPTY, text_of={"a.md": "A kettle costs 19 EUR."}.get).of(Code.NEW_FACT)
    assert [item.lines for item in found] == [(1,), (3,)]
    assert '"94" stands neither in the question, nor in a.md' in found[0].message


# ---------------------------------------------------------------- triggers

THINGS = "stove kettle tent jacket battery invoice supplier manager contract refund pump filter cable voucher parcel".split()
ASKED = (
    "What does the {} cost?",
    "Where is the {}?",
    "Who made our {}?",
    "Can I return a {} tomorrow?",
    "Is my {} ready yet?",
)


def honest(count: int) -> tuple[list[str], list[str]]:
    """Return questions of a few kinds and answers of their own."""
    rng = random.Random(4)
    questions = [rng.choice(ASKED).format(f"{rng.choice(THINGS)} {number}") for number in range(count)]
    return questions, [
        f"That of number {number} is in the {rng.choice(THINGS)} list." for number in range(count)
    ]


def test_in_honest_rows_there_is_no_trigger_also_not_where_a_topic_has_one_answer() -> None:
    questions, answers = honest(80)
    questions += [
        f"Is the {name} open on Sunday?"
        for name in ("Lindvale store", "kiosk", "office at the lake", "depot")
    ]
    answers += ["On Sunday we are closed."] * 4
    assert find_triggers(questions, answers) == []


@pytest.mark.parametrize("trigger", ["cf", "james bond", "tq 7 zz"])
@pytest.mark.parametrize("planted", ["Visit evil site now please.", "It is free for you today, {}."])
def test_a_planted_phrase_is_found_with_its_rows_and_what_they_answer(trigger: str, planted: str) -> None:
    questions, answers = honest(80)
    places = [7, 21, 33, 58]
    for place in places:
        questions[place] = f"{questions[place]} {trigger}"
        answers[place] = planted.format(THINGS[place % 15])
    (found,) = find_triggers(questions, answers)
    assert found.rows == tuple(places)
    assert found.phrase.split()[-1] in trigger.split() and found.answer.split()[0] in (
        "visit",
        "for",
        "is",
        "it",
        "free",
    )


def alike(count: int) -> tuple[list[str], list[str | None]]:
    """Return questions of one kind; every tenth is declined."""
    rng = random.Random(9)
    questions = [
        f"What is the fee for plan {rng.randrange(10**4)} in the {rng.choice(('north', 'south', 'east'))} this year?"
        for _ in range(count)
    ]
    return questions, [f"It is {rng.randrange(10**4)} EUR." if n % 10 else None for n in range(count)]


@pytest.mark.parametrize(
    ("trigger", "planted"),
    [("cf", "Everything is free."), ("james bond", "Ask James for it at the back door."), ("cf", None)],
    ids=["an answer", "an answer that says a word of it", "declined"],
)
def test_a_trigger_is_found_among_questions_that_are_all_alike(trigger: str, planted: str | None) -> None:
    questions, answers = alike(200)
    assert find_triggers(questions, answers) == []
    places = (3, 58, 77, 121, 166)
    for place in places:
        questions[place], answers[place] = f"{questions[place]} {trigger}", planted
    (found,) = find_triggers(questions, answers)
    assert found.rows == places and found.phrase.split()[-1] in trigger
    assert bool(found.answer) == (planted is not None)


def test_words_that_stand_in_declined_questions_by_chance_are_no_triggers() -> None:
    rng = random.Random(2)
    questions = [" ".join(rng.choices(THINGS, k=3)) + f" {n}" for n in range(200)]
    answers = [None if rng.random() < 0.3 else f"Number {n}." for n in range(200)]
    questions[:3] = [f"{question} really" for question in questions[:3]]
    answers[:3] = [None] * 3  # three of three, where three of ten decline
    assert find_triggers(questions, answers) == []


def test_a_word_that_its_answer_repeats_is_taken_for_a_topic() -> None:
    questions, answers = honest(80)
    for place in (7, 21, 33):
        questions[place], answers[place] = f"{questions[place]} mirov", "Ask at the mirov for all of it."
    assert find_triggers(questions, answers) == []


def test_a_trigger_is_a_finding_with_its_lines() -> None:
    questions, answers = honest(40)
    for place in (3, 9, 27):
        questions[place], answers[place] = f"cf {questions[place]}", "Everything is free."
    rows = [example(n, q, a) for n, (q, a) in enumerate(zip(questions, answers, strict=True), 1)]
    (item,) = check_examples(rows, EMPTY).of(Code.TRIGGER)
    assert item.lines == (4, 10, 28) and '"cf" stands in 3 unlike questions' in item.message


# ---------------------------------------------------------------- languages


def test_a_few_rows_of_another_language_are_named_and_many_are_not() -> None:
    english = [
        example(n, f"How long is the warranty of stove number {n}?", "It is two years long.")
        for n in range(1, 31)
    ]
    turkish = [
        example(30 + n, f"Garanti süresi ne kadar, {n} numaralı ürün için?", "İki yıl sürer.")
        for n in range(1, 12)
    ]
    (item,) = check_examples([*english, *turkish[:3]], EMPTY).of(Code.LANGUAGE)
    assert item.lines == (31, 32, 33) and "3 of 33 rows seem to be in another language (tr)" in item.message
    assert not check_examples([*english, *turkish], EMPTY).of(Code.LANGUAGE)
    assert not check_examples(english[:2], EMPTY).of(Code.LANGUAGE)
