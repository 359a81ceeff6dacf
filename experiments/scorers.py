"""Scores of one reply: a value and why. Pure functions of a question and what was answered to it.

Knows nothing of setups or of other questions. No scorer looks at who answered, so none can favour a setup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from experiments.protocols import FormLike
from experiments.questions import Kind, Question
from experiments.records import Record
from foundation.normalise import contains


@dataclass(frozen=True)
class Score:
    """A value and why."""

    value: float
    """From 0 to 1; 1 is a pass."""
    reason: str
    """Why, in one sentence."""

    @property
    def passed(self) -> bool:
        """Whether nothing was missing."""
        return self.value >= 1.0


@dataclass(frozen=True)
class Scores:
    """All scores of one reply."""

    facts: Score
    """Every required fact is there and no wrong value is; a question that can't be answered was declined, one that
    does not say enough asked back."""
    form: Score
    """The form was kept."""
    both: Score
    """Facts and form."""
    abstention: Score
    """It declined exactly when the documents do not tell, and asked back exactly when it had to."""
    citation: Score | None
    """It cites a document that tells and nothing that was not given; None when there is nothing to cite."""


def score(question: Question, record: Record, form: FormLike) -> Scores:
    """Return every score of what was answered; a reply that failed fails all of them."""
    if record.failure is not None:
        lost = Score(0.0, f"no answer ({record.failure}): {record.error}")
        return Scores(lost, lost, lost, lost, lost if question.answerable else None)
    facts = score_facts(question, record)
    shape = score_form(question, record, form)
    return Scores(
        facts, shape, both(facts, shape), score_abstention(question, record), score_citation(question, record)
    )


def score_abstention(question: Question, record: Record) -> Score:
    """Pass when the reply declined and the documents do not tell, asked back where it had to, or else answered."""
    if question.kind is Kind.UNDERSPECIFIED:
        return _score_asking_back(record)
    if question.answerable:
        if record.abstained:
            return Score(0.0, "abstained although the documents tell")
        if record.asked_back:
            return Score(0.0, "asked back although the question says enough")
        return Score(1.0, "answered")
    if record.abstained:
        return Score(1.0, "declined, and the documents do not tell")
    return Score(0.0, "answered although the documents do not tell")


def _score_asking_back(record: Record) -> Score:
    if record.asked_back:
        return Score(1.0, "asked back, and the question does not say enough")
    did = "declined" if record.abstained else "answered"
    return Score(0.0, f"{did}, but the question does not say enough: it had to ask back")


def score_facts(question: Question, record: Record) -> Score:
    """Score the facts: the share of the required ones, 0 with a wrong value or a wrong abstention.

    Values are compared as `foundation.normalise.contains` does: as whole tokens, however amounts, dates and
    times were written.
    """
    abstention = score_abstention(question, record)
    wrong = [value for value in question.must_not if contains(record.text, value)]
    if wrong:
        return Score(0.0, f"holds the wrong value {_quoted(wrong)}")
    if not question.answerable or record.abstained:
        return abstention
    missing = missing_facts(question, record.text)
    if not missing:
        return Score(1.0, "every required fact is there")
    return Score(
        1 - len(missing) / len(question.facts), f"does not say {_quoted([fact[0] for fact in missing])}"
    )


def missing_facts(question: Question, text: str) -> list[tuple[str, ...]]:
    """Return the required facts of which `text` holds no accepted writing."""
    return [fact for fact in question.facts if not any(contains(text, writing) for writing in fact)]


def score_form(question: Question, record: Record, form: FormLike) -> Score:
    """Score the shape: the house's form, and what the question itself asks for.

    A label or JSON is a whole answer: a question that asks for one is held against its own form alone.
    """
    own = question.form
    forms: list[FormLike] = [form] if own is None else [form, own]
    if own is not None and (own.labels or own.json_schema is not None):
        forms = [own]
    judged = [one.check(record.text, len(record.passages), answerable=question.answerable) for one in forms]
    broken = [one for one in judged if float(one.value) < 1]
    reasons = dict.fromkeys(one.reason for one in broken or judged)
    return Score(min(float(one.value) for one in judged), "; ".join(reasons))


def both(facts: Score, form: Score) -> Score:
    """Pass when facts and form pass; the value is the lower of the two."""
    lost = "; ".join(part.reason for part in (facts, form) if not part.passed)
    return Score(min(facts.value, form.value), lost or "facts and form are right")


_CITED = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")


def cited(text: str) -> list[int]:
    """Return the passage numbers that a text cites ("[2]", "[1, 3]"), in order, each once."""
    numbers = (int(number) for match in _CITED.finditer(text) for number in match[1].split(","))
    return list(dict.fromkeys(numbers))


def score_citation(question: Question, record: Record) -> Score | None:
    """Score the citations: one of a document that tells, none of a passage that was not given.

    None when nothing is cited and the question can't be answered or asks for a label: there is nothing to judge.
    """
    numbers = cited(record.text)
    unknown = [number for number in numbers if not 1 <= number <= len(record.passages)]
    if unknown:
        return Score(0.0, f"cites {_marks(unknown)}, which was not given")
    if not question.answerable or question.kind is Kind.LABEL:
        return None
    if not numbers:
        return Score(0.0, "cites nothing" if record.passages else "cites nothing: it was given no passage")
    sources = {_path(record.passages[number - 1].source) for number in numbers}
    if sources & {_path(source) for source in question.gold}:
        return Score(1.0, "cites a document that tells")
    return Score(0.0, f"cites {_marks(numbers)}, which does not tell")


def _path(source: str) -> str:
    return str(PurePosixPath(source.replace("\\", "/")))


def _marks(numbers: list[int]) -> str:
    return ", ".join(f"[{number}]" for number in numbers)


def _quoted(values: list[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)
