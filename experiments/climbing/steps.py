"""How a climb went: the nouns of `experiments.climbing.climb`, frozen and free of any arithmetic.

Knows nothing of how they are computed or shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from experiments.attribute import Cause, Loss
from experiments.verdict import Difference, Standing, Verdict


class Target(StrEnum):
    """How a pass rate stands to the target."""

    MET = "met"
    """The lower end of its 95 % interval reaches the target."""
    MISSED = "missed"
    """Provably missed: the upper end lies below it."""
    OPEN = "open"
    """The interval holds the target: neither is shown."""


class Want(StrEnum):
    """What a climb can lack."""

    QUESTIONS = "questions"
    """More questions, to tell."""
    DOCUMENTS = "documents"
    """Documents that tell what is asked."""
    RETRIEVAL = "retrieval"
    """A search that finds what the documents tell."""
    EXAMPLES = "examples"
    """Examples to learn from: some at all, better ones, or more."""
    BASE = "base"
    """A base model that uses the passages that it is given."""
    LENGTH = "length"
    """Room for longer answers."""
    ANSWERS = "answers"
    """Answers that never came."""
    TIME = "time"
    """A larger budget."""


@dataclass(frozen=True)
class Need:
    """Something that stands between the climb and its target."""

    what: Want
    """What is missing."""
    many: int | None
    """How many of it: questions to write, questions that lack a document, answers that broke off; None where it is
    no matter of number."""
    why: str
    """Why, and what to do, in one or two sentences."""
    questions: tuple[str, ...] = ()
    """The questions that show it, where there are some."""


@dataclass(frozen=True)
class Step:
    """One thing tried on a climb: a rung, or the same rung again with retrieval tuned."""

    setup: str
    """What was tried."""
    made: tuple[str, ...]
    """What had to be made first: `index`, `adapter`, `tuning`."""
    before: Standing | None
    """The step before, on the dev questions; None for the first."""
    after: Standing
    """This step, on the same questions."""
    change: Difference | None
    """This step against the one before, question by question."""
    causes: Mapping[Cause, int]
    """Failed questions by cause; a broken form counts wherever it occurred."""
    target: Target
    """Whether the target is met, provably missed, or neither."""
    seconds: float
    """What it took: making and asking."""
    decision: str
    """What was decided from it, and why."""


@dataclass(frozen=True)
class ClimbReport:
    """How a climb went and where it ended."""

    target: float
    """The pass rate wanted, facts and form together."""
    steps: tuple[Step, ...]
    """What was tried, in order."""
    chosen: str | None
    """Where to stay: the lowest setup that meets the target on the test questions; where none does, the lowest that is
    no worse than the best by the margin."""
    met: bool
    """Whether the chosen setup meets the target with confidence on the test questions."""
    reason: str
    """Why the climb stopped, and where that is."""
    missing: tuple[Need, ...]
    """What stands between it and the target, the most important first; empty where it is met."""
    verdict: Verdict
    """The setups tried, compared on the test questions, which no decision looked at."""
    losses: tuple[Loss, ...]
    """What they lost there, and why."""
    evidence: dict[str, Any]
    """What the advisor takes from it."""
    seconds: float
    """What it took, in this run."""
    spent: bool
    """Whether it ended because its budget did; the next climb goes on from there."""
