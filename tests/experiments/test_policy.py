"""Decisions worked out by hand: what a rung lost says where to go, and what stands between the climb and its target."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import Cause, Loss, Rate, Target, Want, compare, next_rung
from experiments.climbing.missing import Ending, missing, questions_to_tell
from experiments.climbing.policy import Tried
from experiments.statistics.stats import wilson
from experiments.verdict import LADDER, Standing

SHOTS = (*LADDER, "prompt+shots", "rag+shots")


def tried(setup: str, n: int = 100, broken: int = 0, **lost: int) -> Tried:
    """Return a rung that lost so many of `n` questions to each cause, and `broken` more to their form."""
    losses = [
        Loss(f"{cause}-{at}", setup, Cause[cause.upper()], cause == "form", "")
        for cause, many in {**lost, "form": broken}.items()
        for at in range(many)
    ]
    passed = n - len(losses)
    rate = Rate(passed, n, wilson(passed, n))
    standing = Standing(setup, n, rate, rate, rate, rate, rate, 0, None, None, None, None)
    return Tried(standing, tuple(losses))


DECISIONS = [
    ("facts are missing", tried("prompt", missing_fact=60), "rag"),
    ("the form is missing", tried("prompt", broken=60), "lora"),
    ("both are missing", tried("prompt", missing_fact=40, broken=40), "rag"),
    ("it answers what it can't know", tried("prompt", answered_unanswerable=60), "rag"),
    ("labels are mistaken", tried("prompt", wrong_label=60), "lora"),
    ("answers break off", tried("prompt", cut_off=60), "lora"),
    ("no document tells", tried("prompt", no_evidence=60), None),
    ("no document tells half of it", tried("prompt", no_evidence=30, missing_fact=30), "rag"),
    ("passages are read past", tried("rag", passage_ignored=40), "hybrid"),
    ("facts are invented beside passages", tried("rag", invented=40), "hybrid"),
    ("it declines with the fact before it", tried("rag", abstained_wrongly=40), "hybrid"),
    ("it asks back needlessly", tried("rag", asked_back=40), "hybrid"),
    ("only facts are missing, and too few to be sure", tried("rag", retrieval_miss=24), None),
    ("the search misses too much", tried("rag", retrieval_miss=60, broken=20), None),
    ("no document tells what is asked", tried("rag", no_evidence=60, broken=20), None),
    ("facts are missing beside the adapter", tried("lora", missing_fact=60), "hybrid"),
    ("the form is still missing", tried("lora", broken=60), None),
    ("labels are still mistaken", tried("lora", wrong_label=60), None),
    ("no document tells, adapter or not", tried("lora", no_evidence=60), None),
    ("nothing is above", tried("hybrid", broken=60), None),
    ("answers never come", tried("prompt", error=60, broken=20), None),
]


@pytest.mark.parametrize(("rung", "to"), [row[1:] for row in DECISIONS], ids=[row[0] for row in DECISIONS])
def test_what_was_lost_decides_where_to_go(rung: Tried, to: str | None) -> None:
    decision = next_rung([rung], 0.8)
    assert (decision.setup, decision.tune) == (to, False)
    assert decision.why.startswith(rung.setup)


@pytest.mark.parametrize(
    ("rung", "to", "tune"),
    [
        (tried("rag", retrieval_miss=60), "rag", True),
        (tried("rag", retrieval_miss=12, broken=12), "rag", True),  # half of what was lost
        (tried("rag", retrieval_miss=5, broken=30), "hybrid", False),
        (tried("rag", no_evidence=60), None, False),  # no search finds what is not there
        (tried("hybrid", retrieval_miss=60), "hybrid", True),
        (tried("lora", missing_fact=60), "hybrid", False),
    ],
)
def test_a_search_is_tuned_where_it_is_what_fails(rung: Tried, to: str | None, tune: bool) -> None:
    decision = next_rung([rung], 0.8, tune=True)
    assert (decision.setup, decision.tune) == (to, tune)


def test_examples_in_the_prompt_come_before_training_and_only_once() -> None:
    first = tried("prompt", broken=60)
    assert next_rung([first], 0.8, SHOTS).setup == "prompt+shots"
    assert next_rung([first, tried("prompt+shots", broken=50)], 0.8, SHOTS).setup == "lora"
    assert next_rung([tried("rag", broken=50)], 0.8, SHOTS).setup == "rag+shots"
    assert (
        next_rung([tried("lora", missing_fact=50, broken=50)], 0.8, (*SHOTS, "lora+shots")).setup == "hybrid"
    )


@pytest.mark.parametrize(("lost", "target"), [(5, Target.MET), (20, Target.OPEN), (40, Target.MISSED)])
def test_met_missed_and_neither_are_told_apart_by_the_interval(lost: int, target: Target) -> None:
    decision = next_rung([tried("prompt", missing_fact=lost)], 0.8)
    assert decision.target is target
    assert decision.met is (target is Target.MET)
    assert (decision.setup is None) is (target is Target.MET)  # what is not shown is climbed on from


def test_facts_found_to_be_in_no_document_leave_the_rest_of_the_climb_to_decide() -> None:
    decision = next_rung([tried("prompt", no_evidence=60)], 0.8)
    assert "No document tells what 60 of 100 questions ask" in decision.why


CAUSES = st.dictionaries(
    st.sampled_from([cause.name.lower() for cause in Cause]), st.integers(0, 12), max_size=4
)


@settings(max_examples=200)
@given(
    losses=st.lists(CAUSES, min_size=1, max_size=9),
    target=st.sampled_from([0.3, 0.8, 1.0]),
    tune=st.booleans(),
)
def test_whatever_is_lost_the_way_ends_and_passes_no_place_twice(
    losses: list[Mapping[str, int]], target: float, tune: bool
) -> None:
    rungs: list[Tried] = []
    seen: list[tuple[str, bool]] = []
    decision = next_rung([], target, SHOTS, tune)
    while decision.setup is not None:
        place = (decision.setup, decision.tune)
        assert place not in seen
        assert not decision.met
        seen.append(place)
        tune = tune and not decision.tune
        lost = dict(losses[len(rungs) % len(losses)])
        rungs.append(tried(decision.setup, broken=lost.pop("form", 0), **lost))
        decision = next_rung(rungs, target, SHOTS, tune)
    assert 1 <= len(seen) <= 7


# What is missing


def ending(rung: Tried, **changes: object) -> Ending:
    fields: dict[str, object] = {
        "target": 0.8,
        "chosen": rung.setup,
        "last": rung.setup,
        "verdict": compare([]),
        "losses": (),
        "decided": rung.losses,
        "trained": True,
        "able": True,
        "documents": True,
        "blocked": "",
        "spent": "",
    }
    return Ending(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rung", "changes", "wants"),
    [
        (tried("hybrid", passage_ignored=30, invented=10), {}, [Want.BASE, Want.QUESTIONS]),
        (tried("hybrid", no_evidence=30, invented=10), {}, [Want.DOCUMENTS, Want.BASE, Want.QUESTIONS]),
        (
            tried("hybrid", retrieval_miss=30, broken=2),
            {},
            [Want.RETRIEVAL, Want.QUESTIONS],
        ),  # 2 are no cause
        (tried("lora", broken=30), {}, [Want.EXAMPLES, Want.QUESTIONS]),
        (tried("prompt", broken=30), {"trained": False, "able": False}, [Want.EXAMPLES, Want.QUESTIONS]),
        (
            tried("prompt", broken=30),
            {"trained": False, "blocked": "Mend line 3."},
            [Want.EXAMPLES, Want.QUESTIONS],
        ),
        (tried("prompt", missing_fact=30), {"documents": False}, [Want.DOCUMENTS, Want.QUESTIONS]),
        (tried("prompt", cut_off=30), {"spent": "It is spent."}, [Want.TIME, Want.LENGTH, Want.QUESTIONS]),
        (tried("rag", error=30), {}, [Want.ANSWERS, Want.QUESTIONS]),
    ],
)
def test_what_is_missing_is_read_from_what_was_lost_last(
    rung: Tried, changes: dict[str, object], wants: list[Want]
) -> None:
    found = missing(ending(rung, **changes))
    assert [need.what for need in found] == wants
    assert all(need.why.endswith(".") for need in found)


def proved(rung: Tried) -> dict[str, object]:
    """What an ending has of test questions that were lost as in this rung."""
    verdict = replace(compare([]), standings=(rung.standing,))
    return {"losses": rung.losses, "verdict": verdict}


def test_where_the_test_questions_do_not_show_why_the_climb_ended_the_dev_questions_tell() -> None:
    dev, test = tried("rag", no_evidence=1, broken=30), tried("rag", broken=60)
    [need] = missing(ending(dev, trained=False, target=1.0, **proved(test)))
    assert (need.what, need.questions) == (Want.DOCUMENTS, ("no_evidence-0",))


def test_where_the_dev_questions_lost_nothing_and_the_test_questions_did_more_dev_questions_are_missing() -> (
    None
):
    [need] = missing(ending(tried("prompt"), trained=False, target=0.9, **proved(tried("prompt", broken=60))))
    assert need.what is Want.QUESTIONS and len(need.questions) == 60
    assert need.why.startswith("The dev questions showed nothing of what 60 questions of the test lost")


def test_a_need_names_how_many_questions_show_it_and_which() -> None:
    [documents, *_] = missing(ending(tried("rag", no_evidence=3)))
    assert (documents.many, documents.questions) == (3, ("no_evidence-0", "no_evidence-1", "no_evidence-2"))
    assert documents.why.startswith("No document tells what 3 questions ask. ")


@pytest.mark.parametrize(("passed", "n", "truth"), [(45, 50, 0.9), (35, 50, 0.7)])
def test_as_many_questions_as_are_said_to_be_needed_tell_in_four_of_five(
    passed: int, n: int, truth: float
) -> None:
    more = questions_to_tell(Rate(passed, n, wilson(passed, n)), 0.8)
    assert more is not None
    rng = random.Random(3)
    told = 0
    for _ in range(400):
        found = wilson(sum(rng.random() < truth for _ in range(n + more)), n + more)
        told += not found.low < 0.8 <= found.high
    assert 0.75 <= told / 400 <= 0.9


def test_no_number_of_questions_tells_a_rate_from_a_target_that_it_equals() -> None:
    assert questions_to_tell(Rate(80, 100, wilson(80, 100)), 0.8) is None
