"""Why was a question lost? Each failed answer is put down to what would have to change for it to be right.

Knows nothing of the climb that decides by it. Facts are looked at before form: a shapely wrong answer helps
nobody. And what was given is looked at before what was made of it: who was given no fact can't be blamed for
its absence, whether the answer declined, asked back, broke off or made something up. What was made up is named
beside the cause in every case, because its repair is the same and its harm is not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from experiments.invented import Undress, as_it_is, invented
from experiments.questions import Kind, Question
from experiments.run import Result
from experiments.scorers import missing_facts
from experiments.statistics.stats import Interval, wilson

Holds = Callable[[Question], bool | None]
"""Tells whether the documents hold every required fact of a question; None where it is not known."""


class Cause(StrEnum):
    """What an answer was lost to."""

    ERROR = "error"
    """No answer came."""
    ANSWERED_UNANSWERABLE = "answered the unanswerable"
    """The documents do not tell, or the question does not say enough, and it answered all the same."""
    NO_EVIDENCE = "no evidence"
    """No document holds a required fact, so nothing that is built can bring it."""
    MISSING_FACT = "missing fact"
    """The setup was given no passage, so it could not know."""
    RETRIEVAL_MISS = "retrieval miss"
    """Passages were given, and a required fact was in none of them."""
    CUT_OFF = "cut off"
    """The answer was cut off before it was complete."""
    ASKED_BACK = "asked back"
    """The facts were in the passages, and it asked what was meant."""
    ABSTAINED_WRONGLY = "abstained wrongly"
    """It said that the documents do not tell: the facts were in the passages, or it had to ask back instead."""
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
    invented: tuple[str, ...] = ()
    """Values that the answer tells and nothing that it was given holds, whatever the cause."""


def attribute(
    results: Iterable[Result], evidence: Holds | None = None, undress: Undress = as_it_is
) -> list[Loss]:
    """Return every failed result with its cause, in the order given.

    Args:
        results: What `experiments.run.measure` returned.
        evidence: Tells whether the documents hold every required fact of a question (`experiments.holding`);
            without it no question is put down to `NO_EVIDENCE`.
        undress: Takes off what every answer begins and ends with, so that the house's own name and number are
            not taken for inventions.
    """
    return [_loss(result, evidence, undress) for result in results if not result.scores.both.passed]


def _loss(result: Result, evidence: Holds | None, undress: Undress) -> Loss:
    told = () if result.scores.facts.passed else invented(result.question, result.record, undress)
    return Loss(
        question=result.question.id,
        setup=result.setup,
        cause=_cause(result, evidence, bool(told)),
        form_broken=result.record.failure is None and not result.scores.form.passed,
        reason=result.scores.both.reason,
        invented=told,
    )


def _cause(result: Result, evidence: Holds | None, made_up: bool) -> Cause:
    question, record = result.question, result.record
    if record.failure is not None:
        return Cause.ERROR
    if result.scores.facts.passed:
        return Cause.FORM if record.finished else Cause.CUT_OFF
    if not question.answerable:  # declining is only wrong where it had to ask back
        return Cause.ABSTAINED_WRONGLY if record.abstained else Cause.ANSWERED_UNANSWERABLE
    if question.kind is Kind.LABEL:
        return Cause.WRONG_LABEL if record.finished else Cause.CUT_OFF
    if _not_given(result):
        if evidence is not None and evidence(question) is False:
            return Cause.NO_EVIDENCE
        return Cause.RETRIEVAL_MISS if retrieved(result) else Cause.MISSING_FACT
    return _misused(result, made_up)


def _misused(result: Result, made_up: bool) -> Cause:
    """Return what went wrong although the facts were in the passages."""
    record = result.record
    if record.abstained:
        return Cause.ABSTAINED_WRONGLY
    if not record.finished and missing_facts(result.question, record.text):
        return Cause.CUT_OFF
    if record.asked_back:
        return Cause.ASKED_BACK
    return Cause.INVENTED if made_up else Cause.PASSAGE_IGNORED


def _not_given(result: Result) -> bool:
    """Return whether a fact that the answer lacks stood in none of its passages."""
    question, record = result.question, result.record
    if not record.passages:
        return True
    absent = missing_facts(question, "\n".join(passage.text for passage in record.passages))
    unsaid = question.facts if record.abstained else missing_facts(question, record.text)
    return any(fact in unsaid for fact in absent)


def retrieved(result: Result) -> bool:
    """Return whether an answer was made with retrieval, though it may have found nothing."""
    return bool(result.record.passages) or result.setup.partition("+")[0] in ("rag", "hybrid")


def shares(losses: Iterable[Loss]) -> dict[str, dict[Cause, float]]:
    """Return the share of each setup's failures by cause, largest first; they sum to 1.

    A question that lost its facts and its form counts half to each: both have to be mended. Where an answer was
    cut off, its form is whole again when the answer is.
    """
    return {
        setup: {cause: weight / len(rows) for cause, weight in _weights(rows).items()}
        for setup, rows in by_setup(losses).items()
    }


def shares_with_intervals(losses: Iterable[Loss]) -> dict[str, dict[Cause, Interval]]:
    """Return the shares as `shares` does, each with its 95 % interval.

    Wilson's interval on the counts. Halves vary less than whole ones, so for them it is, if anything, too wide;
    where counts are no whole number, the lower end is that of the number below and the upper of the one above.
    Several answers to one question are one observation: repeats make no interval narrower.
    """
    return {setup: _intervals(rows) for setup, rows in by_setup(losses).items()}


def by_setup(losses: Iterable[Loss]) -> dict[str, list[Loss]]:
    """Return losses by setup, in the order in which setups first appear."""
    found: dict[str, list[Loss]] = {}
    for loss in losses:
        found.setdefault(loss.setup, []).append(loss)
    return found


def _intervals(losses: list[Loss]) -> dict[Cause, Interval]:
    n = len({loss.question for loss in losses})
    return {cause: _interval(weight / len(losses), n) for cause, weight in _weights(losses).items()}


def _interval(share: float, n: int) -> Interval:
    count = round(share * n, 9)
    return Interval(share, wilson(math.floor(count), n).low, wilson(math.ceil(count), n).high)


def _weights(losses: list[Loss]) -> dict[Cause, float]:
    """Return how many of the losses each cause has, halves included, the most frequent first."""
    weights: Counter[Cause] = Counter()
    for loss in losses:
        halved = loss.form_broken and loss.cause is not Cause.CUT_OFF
        weights[loss.cause] += 1
        weights[Cause.FORM if halved else loss.cause] += 1
    return {cause: weight / 2 for cause, weight in weights.most_common()}
