"""Each lost question is put down to what would have to change, with what was made up named beside it."""

from __future__ import annotations

import random

import pytest

from experiments import (
    Cause,
    Failure,
    Kind,
    Loss,
    Passage,
    Question,
    Record,
    Result,
    Turn,
    attribute,
    holder,
    score,
    shares,
    shares_with_intervals,
)
from experiments.invented import invented
from tests.experiments.worlds import DOCUMENT, FORM, GOLD, OTHER, question, result


def lost(asked: Question, setup: str = "rag", **record: object) -> Result:
    kept = Record(**record)  # type: ignore[arg-type]
    return Result(asked, setup, kept, score(asked, kept, FORM))


TWO = question(facts=(("30 days",), ("49 EUR",)))
STALE = Passage(DOCUMENT, "Goods may be returned within 14 days.")
VAGUE = question(answerable=False, kind=Kind.UNDERSPECIFIED)
LABEL = question(kind=Kind.LABEL, facts=(("complaint",),), gold=())

CASES = [
    ("the asker raised", question(), {"failure": Failure.ERROR}, Cause.ERROR),
    ("the host declined", question(), {"failure": Failure.REFUSAL}, Cause.ERROR),
    (
        "it should have declined",
        question(answerable=False),
        {"text": "30 days. Yours."},
        Cause.ANSWERED_UNANSWERABLE,
    ),
    ("it should have asked back", VAGUE, {"text": "30 days. Yours."}, Cause.ANSWERED_UNANSWERABLE),
    (
        "it should have asked back, and declined",
        VAGUE,
        {"text": "No. Yours.", "abstained": True},
        Cause.ABSTAINED_WRONGLY,
    ),
    ("no passage was given", question(), {"text": "14 days. Yours.", "setup": "prompt"}, Cause.MISSING_FACT),
    (
        "no passage, and it declined",
        question(),
        {"text": "No. Yours.", "abstained": True, "setup": "lora"},
        Cause.MISSING_FACT,
    ),
    (
        "no passage, and it asked back",
        question(),
        {"text": "Which goods? Yours.", "asked_back": True, "setup": "prompt+shots"},
        Cause.MISSING_FACT,
    ),
    (
        "it searched and found nothing at all",
        question(),
        {"text": "No. Yours.", "abstained": True, "setup": "rag+shots"},
        Cause.RETRIEVAL_MISS,
    ),
    (
        "no passage held it",
        question(),
        {"text": "14 days. Yours.", "passages": (OTHER,)},
        Cause.RETRIEVAL_MISS,
    ),
    ("it declined without it", question(), {"passages": (OTHER,), "abstained": True}, Cause.RETRIEVAL_MISS),
    (
        "it broke off without it",
        question(),
        {"text": "Goods may", "passages": (OTHER,), "finished": False},
        Cause.RETRIEVAL_MISS,
    ),
    (
        "it declined with it",
        question(),
        {"passages": (OTHER, GOLD), "abstained": True},
        Cause.ABSTAINED_WRONGLY,
    ),
    (
        "it asked back with it",
        question(),
        {"text": "Which goods do you mean? Yours.", "passages": (GOLD,), "asked_back": True},
        Cause.ASKED_BACK,
    ),
    (
        "it told what stands in another passage",
        question(),
        {"text": "14 days. Yours.", "passages": (GOLD, STALE)},
        Cause.PASSAGE_IGNORED,
    ),
    (
        "it told nothing",
        question(),
        {"text": "See our policy. Yours.", "passages": (GOLD,)},
        Cause.PASSAGE_IGNORED,
    ),
    ("it made a number up", question(), {"text": "14 days. Yours.", "passages": (GOLD,)}, Cause.INVENTED),
    (
        "it made a name up",
        question(),
        {"text": "Ask for Halvorsen. Yours.", "passages": (GOLD,)},
        Cause.INVENTED,
    ),
    ("one fact was not found", TWO, {"text": "30 days. Yours.", "passages": (GOLD,)}, Cause.RETRIEVAL_MISS),
    (
        "the stale value stood beside the right one",
        question(must_not=("14 days",)),
        {"text": "30 days, or 14 days. Yours.", "passages": (GOLD, STALE)},
        Cause.PASSAGE_IGNORED,
    ),
    (
        "a wrong value that nothing told stood beside the right one",
        question(must_not=("14 days",)),
        {"text": "30 days, or 14 days. Yours.", "passages": (GOLD,)},
        Cause.INVENTED,
    ),
    (
        "it broke off before it came to the fact",
        question(),
        {"text": "Goods may be returned within", "passages": (GOLD,), "finished": False},
        Cause.CUT_OFF,
    ),
    (
        "it broke off before its closing",
        question(),
        {"text": "30 days [1]. Yo", "passages": (GOLD,), "finished": False},
        Cause.CUT_OFF,
    ),
    (
        "it told a stale value and broke off afterwards",
        question(must_not=("14 days",)),
        {"text": "30 days, or 14 days. Y", "passages": (GOLD, STALE), "finished": False},
        Cause.PASSAGE_IGNORED,
    ),
    ("another label", LABEL, {"text": "praise Yours.", "setup": "prompt"}, Cause.WRONG_LABEL),
    ("a label broken off", LABEL, {"text": "com", "setup": "prompt", "finished": False}, Cause.CUT_OFF),
    ("only the form was broken", question(), {"text": "30 days.", "passages": (GOLD,)}, Cause.FORM),
]


@pytest.mark.parametrize(
    ("asked", "record", "cause"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_lost_question_is_put_down_to_its_cause(
    asked: Question, record: dict[str, object], cause: Cause
) -> None:
    [loss] = attribute([lost(asked, **record)])  # type: ignore[arg-type]
    assert loss.cause is cause
    assert loss.reason


def test_a_passed_question_is_no_loss() -> None:
    assert attribute([result("rag", "a")]) == []


def test_shares_sum_to_one_and_a_question_that_lost_both_counts_half_to_each() -> None:
    rows = [result("rag", "a", form=False), result("rag", "b", facts=False, form=False), result("rag", "c")]
    assert shares(attribute(rows)) == {"rag": {Cause.FORM: 0.75, Cause.INVENTED: 0.25}}
    assert shares([]) == {}


def test_an_answer_that_was_cut_off_is_not_half_a_matter_of_form() -> None:
    cut = lost(question(), text="30 days [1]. Yo", passages=(GOLD,), finished=False)
    assert shares(attribute([cut])) == {"rag": {Cause.CUT_OFF: 1.0}}


ANSWERS = [
    ("The price is 30 EUR.", ()),  # a number is held against numbers: misread, not made up
    ("It is 31 days.", ("31",)),
    ("From 14 March 2026 on.", ("14 March", "2026")),
    ("At 9:30.", ("09:30",)),
    ("Take the RX-205.", ("RX-205",)),
    ("Take the RX-204 of 2025-01-31.", ()),
    ("1. Pack it.\n2. Send it within 30 days [3].", ()),
    ("Write to Mr Halvorsen in Bergen.", ("Halvorsen", "Bergen")),
    ("It was 12,50 EUR for Ostra goods.", ("12,50",)),
]


@pytest.mark.parametrize(("answer", "found"), ANSWERS)
def test_what_nothing_gave_is_found_however_it_is_written(answer: str, found: tuple[str, ...]) -> None:
    told = Passage("a.md", "The RX-204 may be returned within 30 days until 31 January 2025.")
    asked = question(conversation=(Turn("user", "I have an Ostra kettle."),))
    new = invented(asked, Record(text=answer, passages=(told,)))
    assert {value for value in found if not any(value in one for one in new)} == set()
    assert len(new) == len(found)


def test_what_the_form_adds_to_every_answer_is_no_invention() -> None:
    record = Record(text="Your Tarn house: 14 days, or call 0800 11 22.", passages=(GOLD, STALE))
    one = Result(question(), "rag", record, score(question(), record, FORM))
    [bare] = attribute([one])
    [dressed] = attribute(
        [one], undress=lambda text: text[len("Your Tarn house: ") : -len(", or call 0800 11 22.")]
    )
    assert (bare.cause, dressed.cause) == (Cause.INVENTED, Cause.PASSAGE_IGNORED)


def test_what_was_made_up_is_named_whatever_the_cause() -> None:
    without = lost(question(), setup="prompt", text="14 days. Yours.")
    missed = lost(question(), text="14 days. Yours.", passages=(OTHER,))
    declined = lost(question(), text="No. Yours.", passages=(OTHER,), abstained=True)
    found = attribute([without, missed, declined])
    assert [loss.invented for loss in found] == [("14",), ("14",), ()]
    assert [loss.cause for loss in found] == [Cause.MISSING_FACT, Cause.RETRIEVAL_MISS, Cause.RETRIEVAL_MISS]


DOCUMENTS = {DOCUMENT: GOLD.text, OTHER.source: OTHER.text}
HOLDS = holder(DOCUMENTS.get, lambda: list(DOCUMENTS))


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (question(), True),
        (question(facts=(("31 days",),)), False),
        (question(gold=("policies/renamed.md",)), True),  # another document holds it
        (question(facts=(("30 days",), ("9:00",)), gold=(DOCUMENT, OTHER.source)), True),
        (question(facts=(("30 days",), ("10:00",)), gold=(DOCUMENT, OTHER.source)), False),
        (question(facts=(("30 days",), ("9:00",)), gold=(DOCUMENT,)), False),  # no document holds both
    ],
)
def test_the_documents_are_asked_whether_they_hold_every_fact(asked: Question, held: bool) -> None:
    assert HOLDS(asked) is held


def test_nothing_is_known_of_documents_that_nobody_read() -> None:
    assert holder(DOCUMENTS.get, list)(question()) is None


@pytest.mark.parametrize("setup", ["prompt", "rag", "lora", "hybrid"])
def test_where_no_document_tells_it_is_neither_the_search_nor_the_setup(setup: str) -> None:
    nowhere = question(facts=(("31 days",),))
    found = attribute([lost(nowhere, setup, text="14 days. Yours.")], HOLDS)
    assert [loss.cause for loss in found] == [Cause.NO_EVIDENCE]
    unknown = attribute([lost(nowhere, setup, text="14 days. Yours.")], lambda asked: None)
    expected = Cause.RETRIEVAL_MISS if setup in ("rag", "hybrid") else Cause.MISSING_FACT
    assert [loss.cause for loss in unknown] == [expected]


def test_a_document_that_tells_leaves_the_blame_with_the_search() -> None:
    found = attribute([lost(question(), passages=(OTHER,), text="14 days. Yours.")], HOLDS)
    assert [loss.cause for loss in found] == [Cause.RETRIEVAL_MISS]


def test_shares_come_with_intervals_that_hold_them_and_grow_with_fewer_losses() -> None:
    few = [result("rag", f"q-{n}", form=n % 2 == 0, facts=n % 2 == 1) for n in range(8)]
    many = [result("rag", f"q-{n}", form=n % 2 == 0, facts=n % 2 == 1) for n in range(80)]
    narrow, wide = (shares_with_intervals(attribute(rows))["rag"][Cause.FORM] for rows in (many, few))
    assert narrow.mean == wide.mean == 0.5
    assert wide.low < narrow.low < 0.5 < narrow.high < wide.high
    assert shares_with_intervals(attribute(few))["rag"].keys() == shares(attribute(few))["rag"].keys()


def test_one_lost_question_says_next_to_nothing_about_the_others() -> None:
    [interval] = shares_with_intervals(attribute([result("rag", "a", form=False)]))["rag"].values()
    assert interval.mean == 1.0
    assert interval.low < 0.25


def test_repeats_of_a_question_make_no_interval_narrower() -> None:
    once = attribute([result("rag", "a", form=False), result("rag", "b", facts=False)])
    assert shares_with_intervals(once * 5) == shares_with_intervals(once)


def test_intervals_of_shares_hold_the_truth_in_nineteen_of_twenty_samples() -> None:
    """Losses drawn with known shares: form 30 %, ignored 50 %, both at once 20 % (so the form's share is 40 %)."""
    rng = random.Random(6)

    def drawn() -> Loss:
        kind = rng.choices(("form", "ignored", "both"), (30, 50, 20))[0]
        cause = Cause.FORM if kind == "form" else Cause.PASSAGE_IGNORED
        return Loss(str(rng.random()), "rag", cause, kind != "ignored", "")

    held = 0
    for _ in range(600):
        interval = shares_with_intervals([drawn() for _ in range(25)])["rag"][Cause.FORM]
        held += interval.low <= 0.4 <= interval.high
    assert held / 600 >= 0.94
