"""Each lost question is put down to what would have to change."""

from __future__ import annotations

import pytest

from experiments import Cause, Failure, Passage, Question, Record, Result, attribute, score, shares
from tests.experiments.worlds import DOCUMENT, FORM, GOLD, OTHER, question, result


def lost(asked: Question, **record: object) -> Result:
    kept = Record(**record)  # type: ignore[arg-type]
    return Result(asked, "rag", kept, score(asked, kept, FORM))


TWO = question(facts=(("30 days",), ("49 EUR",)))
STALE = Passage(DOCUMENT, "Goods may be returned within 14 days.")

CASES = [
    ("the asker raised", question(), {"failure": Failure.ERROR}, Cause.ERROR),
    (
        "it should have declined",
        question(answerable=False),
        {"text": "30 days. Yours."},
        Cause.ANSWERED_UNANSWERABLE,
    ),
    ("no passage was given", question(), {"text": "14 days. Yours."}, Cause.MISSING_FACT),
    (
        "no passage, and it declined",
        question(),
        {"text": "No. Yours.", "abstained": True},
        Cause.MISSING_FACT,
    ),
    (
        "no passage held it",
        question(),
        {"text": "14 days. Yours.", "passages": (OTHER,)},
        Cause.RETRIEVAL_MISS,
    ),
    ("it declined without it", question(), {"passages": (OTHER,), "abstained": True}, Cause.RETRIEVAL_MISS),
    (
        "it declined with it",
        question(),
        {"passages": (OTHER, GOLD), "abstained": True},
        Cause.ABSTAINED_WRONGLY,
    ),
    ("it misread it", question(), {"text": "14 days. Yours.", "passages": (GOLD,)}, Cause.PASSAGE_IGNORED),
    ("one fact was not found", TWO, {"text": "30 days. Yours.", "passages": (GOLD,)}, Cause.RETRIEVAL_MISS),
    (
        "the stale value stood beside the right one",
        question(must_not=("14 days",)),
        {"text": "30 days, or 14 days. Yours.", "passages": (GOLD, STALE)},
        Cause.PASSAGE_IGNORED,
    ),
    ("only the form was broken", question(), {"text": "30 days.", "passages": (GOLD,)}, Cause.FORM),
]


@pytest.mark.parametrize(
    ("asked", "record", "cause"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_lost_question_is_put_down_to_its_cause(
    asked: Question, record: dict[str, object], cause: Cause
) -> None:
    [loss] = attribute([lost(asked, **record)])
    assert loss.cause is cause
    assert loss.reason


def test_a_passed_question_is_no_loss() -> None:
    assert attribute([result("rag", "a")]) == []


def test_shares_sum_to_one_and_a_question_that_lost_both_counts_half_to_each() -> None:
    rows = [result("rag", "a", form=False), result("rag", "b", facts=False, form=False), result("rag", "c")]
    assert shares(attribute(rows)) == {"rag": {Cause.FORM: 0.75, Cause.PASSAGE_IGNORED: 0.25}}
    assert shares([]) == {}
