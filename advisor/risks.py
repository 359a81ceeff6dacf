"""What can go wrong on the advised rung, what is owed for it, and which answers raise it.

Named predicates over answers, as the rules are; a risk changes no rung. Knows nothing of wording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.answers import Answers
from advisor.catalog import limit
from advisor.conditions import changes_fast, is_outside, must_stay
from advisor.target import abstain_below
from advisor.vocabulary import ExampleQuality, PersonalData, Rung

_IDENTIFIED = (PersonalData.PRESENT, PersonalData.SPECIAL)


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that can go wrong; its wording, duty and source are found by its id."""

    id: str
    """Which risk."""
    answers: tuple[str, ...]
    """The questions whose answers raise it."""


@dataclass(frozen=True, slots=True)
class _Watch:
    id: str
    reads: tuple[str, ...]
    holds: Callable[[Rung, Answers], bool]


WATCHES = (
    _Watch("special_data", ("personal_data",), lambda _, a: a.personal_data is PersonalData.SPECIAL),
    _Watch("personal_data", ("personal_data",), lambda _, a: a.personal_data in _IDENTIFIED),
    _Watch("leaves_the_house", ("data_may_leave", "base_weights"), lambda _, a: must_stay(a)),
    _Watch(
        "memorisation",
        ("personal_data", "access_differs", "logs_give_more"),
        lambda rung, a: (
            rung.trains
            and (a.personal_data in _IDENTIFIED or bool(a.access_differs) or bool(a.logs_give_more))
        ),
    ),
    _Watch("deletion", ("deletable",), lambda rung, a: bool(a.deletable) and rung.trains),
    _Watch(
        "leakage", ("access_differs",), lambda rung, a: bool(a.access_differs) and rung is not Rung.PROMPT
    ),
    _Watch("stale_facts", ("change_rate",), lambda _, a: changes_fast(a)),
    _Watch("taught_to_invent", ("knowledge",), lambda rung, a: rung.trains and is_outside(a)),
    _Watch(
        "wrong_examples",
        ("example_quality",),
        lambda rung, a: rung.trains and a.example_quality in (None, ExampleQuality.UNREVIEWED),
    ),
    _Watch(
        "overfitting",
        ("examples",),
        lambda rung, a: rung.trains and a.examples is not None and a.examples < limit("examples_production"),
    ),
    _Watch("forgetting", ("keep_skills",), lambda rung, a: rung.trains and bool(a.keep_skills)),
    _Watch("poisoned_documents", ("knowledge",), lambda rung, a: rung.retrieves and is_outside(a)),
    _Watch(
        "search_misses",
        ("retrieval_recall",),
        lambda rung, a: rung.retrieves and a.retrieval_recall is not None and a.retrieval_recall < 100,
    ),
    _Watch(
        "unmeasured",
        ("test_questions",),
        lambda _, a: a.test_questions is None or a.test_questions < limit("questions_minimum"),
    ),
    _Watch("costly_mistakes", ("cost_wrong", "cost_handoff"), lambda _, a: bool(abstain_below(a))),
)
"""Every risk that is watched for, gravest first."""


def risks(rung: Rung, a: Answers) -> tuple[Risk, ...]:
    """Return what can go wrong on `rung`, gravest first, with the answers that raise each."""
    return tuple(
        Risk(watch.id, tuple(name for name in watch.reads if a.get(name) is not None))
        for watch in WATCHES
        if watch.holds(rung, a)
    )
