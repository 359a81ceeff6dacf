"""Whether a taught embedder is taken: only where test questions are surely better found, and in no language surely worse."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finders import WrittenLibrary, lookup
from worlds import question

from experiments.finding.acceptance import FEWEST, Acceptance, accept, allowed_for, needed
from experiments.finding.retrieval import Found, look_up
from foundation.errors import UserError
from rag.retrieval.choose import Lookup
from rag.types import LibrarySettings

FIRST = lookup(right=(0.9, 5.0), wrong=(0.1, 1.0), other=(0.0, 0.5))
SECOND = lookup(right=(0.5, 2.0), wrong=(0.9, 5.0), other=(0.0, 0.5))
SETTINGS = LibrarySettings()


def asked(lookups: list[Lookup], turkish: int = 0, gold: str = "right.md") -> list[Found]:
    names = [
        f"{'Kargo ücreti ne kadar' if place < turkish else 'How much is the shipping'} {place}?"
        for place in range(len(lookups))
    ]
    library = WrittenLibrary(dict(zip(names, lookups, strict=True)))
    return look_up([question(name, question=name, gold=(gold,)) for name in names], library)


def against(before: list[Lookup], after: list[Lookup], turkish: int = 0, times: int = 1) -> Acceptance:
    none: frozenset[str] = frozenset()
    return accept(asked(before, turkish), asked(after, turkish), SETTINGS, none, times)


def test_an_embedder_that_lifts_the_right_document_is_accepted() -> None:
    found = against([SECOND] * 30, [FIRST] * 25 + [SECOND] * 5)
    assert found.accepted and found.gain.low > 0 and found.needed is None
    assert found.before.mean < found.after.mean


def test_the_same_embedder_is_never_accepted() -> None:
    found = against([FIRST, SECOND] * 20, [FIRST, SECOND] * 20)
    assert not found.accepted and found.gain.mean == 0 and found.needed is None


def test_embedders_that_differ_by_luck_are_accepted_at_most_once_in_twenty_where_a_naive_rule_takes_half() -> (
    None
):
    draw = random.Random(11)
    taken = naive = 0
    for _ in range(
        400
    ):  # nDCG@10 of documents at the first or the second place, in both arms by the same lot
        gains = [draw.choice((1.0, 0.631)) - draw.choice((1.0, 0.631)) for _ in range(40)]
        found = allowed_for(gains)
        taken += found.low > 0
        naive += found.mean > 0
    assert taken <= 0.05 * 400
    assert naive >= 0.35 * 400


def test_a_gain_that_is_surely_a_loss_in_turkish_is_not_taken_where_a_naive_rule_takes_it() -> None:
    before = [FIRST] * 12 + [SECOND] * 60
    after = [SECOND] * 12 + [FIRST] * 60
    found = against(before, after, turkish=12)
    assert found.gain.low > 0  # all that a naive rule looks at
    assert found.worse_in == ("tr",) and not found.accepted
    assert [(one.language, one.questions) for one in found.languages] == [("en", 60), ("tr", 12)]


def test_each_further_look_at_the_test_questions_widens_the_interval() -> None:
    before, after = [SECOND] * 20, [FIRST] * 4 + [SECOND] * 16
    once, often = (against(before, after, times=times) for times in (1, 20))
    assert once.accepted and not often.accepted
    assert often.gain.low < once.gain.low


def test_too_few_test_questions_decide_nothing() -> None:
    with pytest.raises(
        UserError, match=f"Only 9 test questions can be answered from the documents; {FEWEST}"
    ):
        against([FIRST] * 9, [FIRST] * 9)


def test_a_gain_that_is_not_sure_tells_how_many_questions_would_show_it() -> None:
    found = against([SECOND] * 20, [FIRST] * 2 + [SECOND] * 18)
    assert not found.accepted and found.needed is not None and found.needed > 20
    values = [1.0, 0.0, 0.0, 0.0]
    z = 1.959964 + 0.841621
    assert needed(values) == -(-(z**2 * 0.1875 / 0.0625) // 1)


def test_questions_of_documents_that_gave_no_pair_are_told_apart() -> None:
    before, after = asked([SECOND] * 12), asked([FIRST] * 12)
    held = accept(before, after, SETTINGS, frozenset({"right.md"}))
    taught = accept(before, after, SETTINGS, frozenset())
    assert held.unseen is not None and held.unseen.mean > 0 and held.unseen_questions == 12
    assert taught.unseen is None and taught.unseen_questions == 0
