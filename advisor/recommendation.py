"""A recommendation: one rung, and everything that makes it checkable.

Holds ids and answers, no wording, so that no language can change it; `to_dict` and `explain` put the words
in. Knows nothing of how the rung was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from advisor.answers import CHOICES, Answers
from advisor.catalog import Source, limit, thresholds, wordings
from advisor.costs import Cost
from advisor.evidence import Evidence, Override
from advisor.gains import Gain
from advisor.ladder import Force
from advisor.questionnaire import format_answer, plain, question
from advisor.risks import Risk
from advisor.sample_size import Sample
from advisor.target import Target
from advisor.vocabulary import Axis, Language, Rung


class Level(StrEnum):
    """Confidence in a word."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired, with the answers that made it fire."""

    rule: str
    """The id of the rule; its sentence and source are found by it."""
    force: Force
    """How it speaks: veto, gate, push, measured or default."""
    weight: int
    """How strongly, for ranking; vetoes and gates stand above every push."""
    pushes: tuple[tuple[Axis, int], ...]
    """The signed weight on each axis."""
    answers: tuple[tuple[str, str], ...]
    """The answers that triggered it: question and plain value, the deciding one first."""
    numbers: tuple[tuple[str, float], ...] = ()
    """Measured numbers its sentence names."""

    def sentence(self, answers: Answers, language: Language = Language.EN) -> str:
        """Return the sentence, with the user's own answers and the thresholds put in."""
        return fill(wordings("rules")[self.rule].text[language], answers, language, dict(self.numbers))

    @property
    def source(self) -> Source | None:
        """What the rule rests on; None for what only states an arrangement of this project."""
        return wordings("rules")[self.rule].source


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rung that was not chosen."""

    rung: Rung
    """The rung."""
    reason: Reason
    """The strongest reason against it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something to collect before the advice can go further."""

    id: str
    """What: its wording is found by it."""
    question: str
    """The question that counts it."""
    have: int | None
    """How many there are; None where nobody knows."""
    need: int
    """How many there have to be."""
    blocks: bool
    """Whether a gate is closed because of it."""

    @property
    def short(self) -> int:
        """How many are still missing."""
        return max(0, self.need - (self.have or 0))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next."""

    id: str
    """What: its wording is found by it."""

    @property
    def command(self) -> str | None:
        """The command that does it; None where it is work by hand."""
        return wordings("steps")[self.id].command


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that is another."""

    question: str
    """The question."""
    before: str | None
    """The answer now; None for "don't know"."""
    after: str
    """The other answer."""

    @property
    def worsens(self) -> bool:
        """Whether nobody would work towards it: fewer examples, less skill, a lower pass rate."""
        better = question(self.question).better
        if not better or self.before is None:
            return False
        return better * (_height(self.question, self.after) - _height(self.question, self.before)) < 0


def _height(name: str, plain_value: str) -> float:
    """Return a number, or the place of an option among its like."""
    if name in CHOICES:
        return [member.value for member in CHOICES[name]].index(plain_value)
    value = question(name).read(plain_value)
    assert isinstance(value, int | float)
    return value


@dataclass(frozen=True, slots=True)
class Flip(Change):
    """The smallest change that leads to another rung: one answer, or two where one alone leads nowhere."""

    rung: Rung
    """What would be advised then."""
    also: tuple[Change, ...] = ()
    """What has to change with it."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that changes."""
        return (Change(self.question, self.before, self.after), *self.also)


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """What the answers alone would have advised, and which rules make the difference."""

    rung: Rung
    """The rung without the measurement."""
    spoke: tuple[str, ...]
    """Rules that speak only with the measurement."""
    silent: tuple[str, ...]
    """Rules that speak only without it."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the advisor advises, and why. Made by `recommend`; nothing in it depends on language."""

    rung: Rung
    """The step of the ladder to take."""
    method: tuple[str, ...]
    """How to take it, the main thing first: ids of `data/methods.yaml`."""
    reasons: tuple[Reason, ...]
    """What speaks for this rung, strongest first; at least one."""
    against: tuple[Reason, ...]
    """What speaks against it and was outweighed, strongest first."""
    vetoes: tuple[Reason, ...]
    """The vetoes that hold, whatever else was said."""
    gates: tuple[Reason, ...]
    """The gates that are closed until something is collected or mended."""
    passed_over: tuple[PassedOver, ...]
    """Every other rung, lowest first, with the strongest reason against it."""
    runner_up: Rung
    """The rung that was nearest to being chosen instead."""
    confidence: float
    """0 to 1: how much of what decides is known, times how far the rules agree; measured, the chance of being
    right."""
    missing: tuple[Missing, ...]
    """What to collect first, with counts."""
    steps: tuple[Step, ...]
    """What to do next, in order."""
    flips: tuple[Flip, ...]
    """The nearest single answers that would change the rung, found by search."""
    target: Target
    """The accuracy to reach."""
    sample: Sample
    """What the test questions can show, and how many it takes to show more."""
    gains: tuple[Gain, ...]
    """What studies of near cases gained, lowest rung first; labelled as theirs."""
    costs: tuple[Cost, ...]
    """What each of the four rungs takes, lowest first."""
    risks: tuple[Risk, ...]
    """What can go wrong on this rung, gravest first, each with its duty."""
    unknown: tuple[str, ...]
    """Questions without an answer, what decides most first."""
    ignored: tuple[str, ...]
    """Answers that were given to questions which other answers made irrelevant; they counted for nothing."""
    overrides: tuple[Override, ...]
    """Answers that a measurement replaced."""
    overruled: tuple[Reason, ...]
    """Opinions that a measured effect took the place of."""
    unmeasured: Unmeasured | None
    """What the answers alone would have advised; None where nothing was measured, or on too few questions to count."""
    answers: Answers
    """The answers as weighed: with measured ones in place, without the ignored ones."""
    evidence: Evidence | None
    """The measurement, where there was one."""

    @property
    def level(self) -> Level:
        """The confidence in a word; never high where the best that was measured misses the target."""
        missed = any(reason.rule == "nearest_measured" for reason in self.reasons)
        if self.confidence >= limit("confidence_high") / 100 and not missed:
            return Level.HIGH
        return Level.MEDIUM if self.confidence >= limit("confidence_medium") / 100 else Level.LOW

    def to_dict(self, language: Language | str = Language.EN) -> dict[str, Any]:
        """Return the recommendation as JSON values, as `data/recommendation.schema.json` describes them."""
        from advisor.serialise import to_dict

        return to_dict(self, Language(language))


def fill(
    template: str, answers: Answers, language: Language, numbers: Mapping[str, float] | None = None
) -> str:
    """Put answers (by question), thresholds (by name) and measured numbers into a sentence.

    A template names what it needs in braces; a "don't know" is put in as a question mark.
    """
    return template.format_map(_Words(answers, language, numbers or {}))


class _Words(dict[str, str]):
    """Looks a placeholder up only when a sentence asks for it."""

    def __init__(self, answers: Answers, language: Language, numbers: Mapping[str, float]) -> None:
        super().__init__()
        self._answers, self._language, self._numbers = answers, language, numbers

    def __missing__(self, key: str) -> str:
        if key in self._numbers:
            return f"{self._numbers[key]:g}"
        if key in thresholds():
            amount = f"{thresholds()[key].value:,.0f}"
            return amount.replace(",", ".") if self._language is Language.TR else amount
        value = self._answers.get(question(key).id)
        return "?" if value is None else format_answer(key, value, self._language)


def plain_or_none(answers: Answers, name: str) -> str | None:
    """Return the answer to `name` as written in an answers file, or None for "don't know"."""
    value = answers.get(name)
    return None if value is None else plain(value)
