"""Cycles at the end of an answer, in letters and in tokens; and what repeats itself with reason."""

from __future__ import annotations

import json
import random

import pytest

from assistant.guard.repetition import REPEATS, Circling, cycling
from tests.faults.patterns import ends
from tests.rag.rag_fakes import REPOSITORY

SQUAD = REPOSITORY.parent / "shared" / "data" / "squad2" / "dev-v2.0.json"
LEGITIMATE = {
    "a line of dashes": "Title\n" + "-" * 200 + "\ntext\n" + "=" * 300,
    "a table": "| size | price |\n|------|-------|\n"
    + "".join(f"| {n} | {n * 7} EUR |\n" for n in range(60)),
    "a wide table's line": "|" + "-------|" * 40 + "\n",
    "an empty table": "| | | |\n" * 60,
    "a table of zeros": "| 0 | 0 | 0 | 0 |\n" * 30,
    "a number with zeros": "1" + "0" * 300,
    "indented code": "".join(f"{' ' * 40}{'    ' * (n % 9)}x[{n}] = f({n})\n" for n in range(40)),
    "a column of yes": "yes\n" * 60,
    "a list of labels": json.dumps(["yes"] * 40),
    "a refrain": "".join(
        f"Verse {n} tells of another {word}.\nRow, row, row your boat, gently down the stream!\n"
        for n, word in enumerate(["sea", "hill", "lamp", "door", "kettle", "stove", "tent", "knife"])
    ),
    "a refrain said three times": "Row, row, row your boat, gently down the stream!\n" * 3,
    "a counted list": "".join(f"{n}. Return the tent to the shop within 30 days.\n" for n in range(1, 60)),
    "laughter": "Ha " * 40,
}


@pytest.mark.fault(86)
@pytest.mark.parametrize("what", LEGITIMATE)
def test_what_repeats_itself_with_reason_is_no_cycle(what: str) -> None:
    assert Circling().feed(LEGITIMATE[what]) is None


@pytest.mark.skipif(not SQUAD.is_file(), reason="the paragraphs of SQuAD are not at hand")
def test_no_paragraph_of_an_encyclopedia_is_a_cycle() -> None:
    told = json.loads(SQUAD.read_text("utf-8"))["data"]
    paragraphs = [one["context"] for article in told for one in article["paragraphs"]]
    assert len(paragraphs) > 500
    assert not [one for one in paragraphs[::3] if Circling().feed(one)]
    words = [[hash(word) for word in one.split()] for one in paragraphs]
    assert not [one for one in words if any(cycling(one[:end]) for end in range(64, len(one), 8))]


@pytest.mark.parametrize(
    ("before", "piece", "once"),
    [
        ("Hello there. ", "The stove costs 49 EUR. ", "Hello there. The stove costs 49 EUR."),
        ("", "The stove costs 49 EUR. ", "The stove costs 49 EUR. "),
        ("Well:\n", "- a tent for two\n", "Well:\n- a tent for two\n"),
        ("So ", "abc", "So abc"),
        ("No end: ", "-=", "No end: -="),
    ],
)
def test_a_cycle_is_noticed_at_the_same_letter_however_the_text_is_cut_and_cut_after_its_first_piece(
    before: str, piece: str, once: str
) -> None:
    text = before + piece * 600
    found = set()
    for size in (1, 7, 160, 5_000):
        circling = Circling()
        cut = (text[start : start + size] for start in range(0, len(text), size))
        found.add(next(cycle for one in cut if (cycle := circling.feed(one))))
    (cycle,) = found
    assert text[: cycle.once] == once
    assert cycle.seen <= len(before) + max(1_000, REPEATS * len(piece))


def test_what_goes_on_after_a_long_honest_text_is_noticed_too() -> None:
    drawn = random.Random(3)
    honest = " ".join("".join(drawn.choices("abcdefgh", k=5)) for _ in range(900))
    cycle = Circling().feed(f"{honest} {'The lamp is out. ' * 40}")
    assert cycle is not None and len(honest) < cycle.once < len(honest) + 20


def test_tokens_go_in_a_cycle_from_the_fourth_time_on_and_from_64_tokens_on() -> None:
    assert cycling([7, *[1, 2, 3] * 21]) == 0  # 63 tokens of it
    assert cycling([7, *[1, 2, 3] * 21, 1]) == 3
    assert cycling([5] * 64) == 1 and cycling([5] * 63) == 0
    piece = list(range(100))
    assert cycling(piece * 4) == 100 and cycling(piece * 3 + piece[:99]) == 0
    assert cycling([1, 2, 3] * 40 + [4]) == 0 and cycling([]) == 0
    assert cycling([1, 2] * 9, least=16) == 2


def test_100_kilobytes_are_read_in_seconds_even_where_every_period_begins() -> None:
    drawn = random.Random(1)
    text = "".join(drawn.choice(["a" * 90 + "b", "a" * 80 + "c"]) for _ in range(1_150))
    assert ends(lambda: Circling().feed(text), 5.0)
    ids = [ord(letter) for letter in text[:4_000]]
    assert ends(lambda: [cycling(ids[:end]) for end in range(0, len(ids), 16)], 5.0)
