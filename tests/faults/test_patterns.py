"""Texts of 100 KB against every regular expression that reads what users write; the numbers are those of `docs/faults.md`."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

import assistant
import finetune
import rag
from assistant.guard import Bounds, guard
from finetune.examples import Example
from finetune.form import Form
from finetune.privacy.personal import find_personal
from finetune.quality.damage import find_damage
from finetune.quality.similar import similar_examples
from finetune.quality.triggers import find_triggers
from rag.attribution.claims import claims
from rag.ingest.clean import clean
from rag.sentences import sentence_spans
from tests.faults.patterns import attacks, ends, expressions
from tests.finetune.sample import example

SHORT = {"rag.formats.cell": 255, "assistant.engines.shapes": 1_000}
"""Modules whose expressions never see more letters: a number format is cut at Excel's own limit, a pattern of a form is written by
the house itself."""
SECONDS = 1.0


@pytest.mark.fault(63)
@pytest.mark.parametrize("package", [finetune, rag, assistant], ids=["finetune", "rag", "assistant"])
def test_every_expression_ends_within_a_second_on_texts_that_are_made_for_it(package: ModuleType) -> None:
    every = expressions(package)
    assert len(every) > 15
    endless = []
    for asked in every:
        module = re.split(r":|\._?[A-Z]", asked.where)[0]
        for text in attacks(asked.pattern, SHORT.get(module, 100_000)):
            if not ends(lambda asked=asked, text=text: asked(text), SECONDS):  # type: ignore[misc]
                endless.append((asked.where, asked.pattern.pattern, text[:20]))
                break
    assert not endless


@pytest.mark.fault(63)
def test_an_expression_that_shares_a_text_out_among_its_parts_is_found_out() -> None:
    naive = re.compile(
        r"^(\w+\s?)*$"
    )  # naive: "words with a blank between them", out of an answer that many copied
    assert ends(lambda: naive.search("word " * 20))
    assert not all(ends(lambda text=text: naive.search(text), 0.3) for text in attacks(naive, 100))  # type: ignore[misc]
    slow = re.compile(r"\s+$")  # naive: what stands at the end is looked for from every blank anew
    assert not all(ends(lambda text=text: slow.search(text), 0.3) for text in attacks(slow))  # type: ignore[misc]


def both(text: str) -> list[Example]:
    return [example(1, text, text), example(2, "Is there tea?", text)]


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    "part", ["a", "1", " ", "a ", ".", "a.", "a@", "[1]", "0532 ", '\\"', '{"a":', "a, A"]
)
def test_what_reads_a_text_ends_in_seconds_on_100_kilobytes_without_sense(part: str) -> None:
    text = part * (100_000 // len(part)) + "\x00"
    house = Form(opening="Hi!", closing="Bye.", abstain="We do not know.")
    for read in (
        find_personal,  # naive: its telephone numbers alone, by an expression of the kind above, would not end
        find_damage,
        clean,
        sentence_spans,
        lambda text: guard(text, Bounds(1)),
        lambda text: claims(text, ("Hi!", "Bye.")),
        lambda text: house.check(text, 1, answerable=True),
        lambda text: similar_examples(both(text)),
        lambda text: find_triggers([text] * 3, [text] * 3),
    ):
        assert ends(lambda read=read: read(text), 5.0)  # type: ignore[misc]
