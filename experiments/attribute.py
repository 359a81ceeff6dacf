"""Why was a question lost? Each failed answer is put down to what would have to change for it to be right.

Knows nothing of the climb that decides by it. Facts are looked at before form: a shapely wrong answer helps
nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from experiments.run import Result
from experiments.scorers import missing_facts


class Cause(StrEnum):
    """What an answer was lost to."""

    ERROR = "error"
    """No answer came."""
    ANSWERED_UNANSWERABLE = "answered the unanswerable"
    """The documents do not tell, and it answered all the same."""
    NO_EVIDENCE = "no evidence"
    """No document holds a required fact, so nothing that is built can bring it."""
    MISSING_FACT = "missing fact"
    """The setup was given no passage, so it could not know."""
    RETRIEVAL_MISS = "retrieval miss"
    """Passages were given, and a required fact was in none of them."""
    CUT_OFF = "cut off"
    """The answer was cut off before it was complete."""
    ASKED_BACK = "asked back"
    """It asked what was meant instead of answering."""
    ABSTAINED_WRONGLY = "abstained wrongly"
    """The facts were in the passages, and it said that the documents do not tell."""
    INVENTED = "wrong fact invented"
    """The facts were in the passages, and the answer tells a value that stands in nothing it was given."""
    PASSAGE_IGNORED = "passage ignored"
    """The facts were in the passages, and the answer says something else that stands there too, or nothing."""
    WRONG_LABEL = "wrong label"
    """A text was to be classified, and the label is another one."""
    FORM = "form"
    """The form was broken."""


@dataclass(frozen=True)
class Loss:
    """A question that a setup failed."""

    question: str
    """Its id."""
    setup: str
    """The setup."""
    cause: Cause
    """What it was lost to first."""
    form_broken: bool
    """Whether the form was broken too; always true where the cause is the form."""
    reason: str
    """The scorers' own words."""


def attribute(results: Iterable[Result]) -> list[Loss]:
    """Return every failed result with its cause, in the order given."""
    return [
        Loss(
            question=result.question.id,
            setup=result.setup,
            cause=_cause(result),
            form_broken=result.record.failure is None and not result.scores.form.passed,
            reason=result.scores.both.reason,
        )
        for result in results
        if not result.scores.both.passed
    ]


def _cause(result: Result) -> Cause:
    question, record = result.question, result.record
    if record.failure is not None:
        return Cause.ERROR
    if result.scores.facts.passed:
        return Cause.FORM
    if not question.answerable:
        return Cause.ANSWERED_UNANSWERABLE
    if not record.passages:
        return Cause.MISSING_FACT
    given = "\n".join(passage.text for passage in record.passages)
    absent = missing_facts(question, given)
    said = (
        []
        if record.abstained
        else [fact for fact in question.facts if fact not in missing_facts(question, record.text)]
    )
    if any(fact not in said for fact in absent):
        return Cause.RETRIEVAL_MISS
    return Cause.ABSTAINED_WRONGLY if record.abstained else Cause.PASSAGE_IGNORED


def shares(losses: Iterable[Loss]) -> dict[str, dict[Cause, float]]:
    """Return the share of each setup's failures by cause, largest first; they sum to 1.

    A question that lost its facts and its form counts half to each: both have to be mended.
    """
    by_setup: dict[str, list[Loss]] = {}
    for loss in losses:
        by_setup.setdefault(loss.setup, []).append(loss)
    return {setup: _shares(rows) for setup, rows in by_setup.items()}


def _shares(losses: list[Loss]) -> dict[Cause, float]:
    weights: Counter[Cause] = Counter()
    halves = 2 * len(losses)
    for loss in losses:
        weights[loss.cause] += 1
        weights[Cause.FORM if loss.form_broken else loss.cause] += 1
    return {cause: weight / halves for cause, weight in weights.most_common()}
