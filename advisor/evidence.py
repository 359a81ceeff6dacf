"""What a comparison measured, as the advisor needs it: measured answers replace guessed ones.

Knows nothing of how the comparison was run and imports nothing that ran it: it reads numbers. It never lifts
a veto or a gate; those are about what may be done, and a measurement is about what works.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from advisor.answers import Answers, Value
from advisor.catalog import limit
from advisor.check import SHARES
from advisor.ladder import PUSH, STRONG, Force, Rule
from advisor.questionnaire import plain, shortened
from advisor.sample_size import Z_975
from advisor.target import target
from advisor.vocabulary import Axis, PromptTried, Rung
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import listed, read_text

SETUPS: Mapping[str, Rung] = {
    "prompt": Rung.PROMPT,
    "rag": Rung.RAG,
    "lora": Rung.FINETUNE,
    "hybrid": Rung.HYBRID,
}
"""Which rung a measured setup stands for."""
EFFECTS = ("retrieval", "adapter", "interaction")
AXES: Mapping[Axis, str] = {Axis.RETRIEVAL: "retrieval", Axis.TRAINING: "adapter"}
"""For every axis the effect that measures it; the ids of its rules begin with the same word."""
CAUSES = (
    "error", "answered the unanswerable", "no evidence", "missing fact", "retrieval miss", "cut off", "asked back",
    "abstained wrongly", "wrong fact invented", "passage ignored", "wrong label", "form",
)  # fmt: skip
"""What a comparison says that a question was lost to."""
_OTHER_NAMES = {"context ignored": "passage ignored"}
_SHOWN = ("shots", "fixed", "nearest", "picked")
"""What of a variant's name shows examples in the prompt."""
BEHAVIOUR = ("form", "wrong label")
"""Causes that an adapter mends by itself."""
UNUSED = ("passage ignored", "wrong fact invented", "abstained wrongly", "asked back")
"""Causes where the fact was in the passages."""
_MOST_QUESTIONS = 1_000_000
WHAT = "the evidence file"


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured share or difference with its 95 % interval, as fractions (0.41 is 41 points)."""

    mean: float
    """The estimate."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""

    @property
    def spread(self) -> float:
        """The standard error that the interval implies."""
        return (self.high - self.low) / (2 * Z_975)


@dataclass(frozen=True, slots=True)
class Override:
    """An answer that the measurement replaced."""

    question: str
    """The question."""
    said: str | None
    """What the team had answered, as in an answers file; None for "don't know"."""
    measured: str | None
    """What was measured, in the same unit; None where a guess was struck out and nothing measured took its
    place."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a comparison of setups tells the advisor."""

    questions: int
    """How many questions the comparison asked."""
    setups: Mapping[Rung, Interval] = field(default_factory=dict)
    """Pass rate of every measured setup, by the rung it stands for."""
    effects: Mapping[str, Interval] = field(default_factory=dict)
    """Effect of `retrieval`, of the `adapter`, and their `interaction`, in fractions of the questions."""
    failures: Mapping[Rung, Mapping[str, float]] = field(default_factory=dict)
    """For every measured setup, which share of its failures had which cause."""
    shown: frozenset[Rung] = frozenset()
    """Rungs that were also measured with examples in the prompt."""

    @property
    def counts(self) -> bool:
        """Whether it counts at all: below the minimum, chance alone moves a third of the answers."""
        return self.questions >= limit("questions_minimum")

    @property
    def strong(self) -> bool:
        """Whether it replaces opinions, instead of speaking beside them."""
        return self.questions >= limit("evidence_strong")

    @property
    def questions_missing(self) -> int:
        """How many more questions would make it strong."""
        return max(0, int(limit("evidence_strong")) - self.questions)

    @classmethod
    def read(cls, path: Path) -> Evidence:
        """Read `.rungwise/evidence.json`.

        Raises:
            UserError: The file can't be read or is not what `rungwise compare` writes; every mistake is
                named.
        """
        text = read_text(path, WHAT)
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}: {WHAT} is not JSON (line {error.lineno}: {error.msg}). {_AGAIN}"
            ) from None
        except (ValueError, RecursionError):  # a number of thousands of digits; lists in lists without end
            raise UserError(f"{path}: {WHAT} holds what no comparison writes. {_AGAIN}") from None
        try:
            return cls.from_dict(value)
        except UserError as error:
            raise UserError(f"{listed(path, WHAT, str(error).splitlines())}\n  {_AGAIN}") from None

    @classmethod
    def from_dict(cls, value: object) -> Evidence:
        """Make evidence from the JSON value.

        Raises:
            UserError: It has not the documented form; every mistake is named, one a line.
        """
        return _Reader().read(value)

    def correct(self, answers: Answers) -> tuple[Answers, tuple[Override, ...]]:
        """Return the answers with what was measured in place of what was guessed, and the replacements."""
        if not self.counts:
            return answers, ()
        measured = {
            name: value for name, value in self._measured(answers).items() if value != answers.get(name)
        }
        overrides = tuple(
            Override(name, _plain(answers.get(name)), _plain(value)) for name, value in measured.items()
        )
        return replace(answers, **measured), overrides  # type: ignore[arg-type]

    def _measured(self, answers: Answers) -> dict[str, Value | None]:
        found: dict[str, Value | None] = {"test_questions": max(self.questions, answers.test_questions or 0)}
        if Rung.PROMPT in self.setups:
            rate = self.setups[Rung.PROMPT]
            if Rung.PROMPT in self.shown:
                found["prompt_tried"] = PromptTried.WITH_EXAMPLES
            elif answers.prompt_tried is PromptTried.NO:
                found["prompt_tried"] = PromptTried.PLAIN
            # A few questions whose interval holds the target say neither that it is met nor that it is missed.
            wanted = target(answers).percent
            if self.strong or wanted is None or not rate.low < wanted / 100 <= rate.high:
                found["prompt_pass_rate"] = round(100 * rate.mean, 1)
        if (causes := self.failures.get(Rung.PROMPT)) is not None:
            # Measured shares replace the guessed ones as a whole: a mixture of both would sum to anything. A cause that
            # is not named lost nothing. What no document tells is no missing fact: it pushes nothing up the ladder.
            shares = {
                "failures_facts": _sum(causes, ("missing fact",)),
                "failures_form": _sum(causes, BEHAVIOUR),
            }
            if Rung.RAG in self.failures:
                # What a prompt without the facts fails by says nothing about form; that is read from what
                # retrieval leaves over (see `_left_over`).
                del shares["failures_form"]
            known = {name: round(100 * share, 1) for name, share in shares.items()}
            found |= {**dict.fromkeys(SHARES), **known}
        return found

    def rules(self) -> tuple[Rule, ...]:
        """Return the measured effects as rules: strong ones replace opinions, weak ones stand beside them."""
        if not self.counts:
            return ()
        weight = STRONG if self.strong else PUSH
        rules = []
        for axis, name in AXES.items():
            measured = self.effects.get(name)
            if measured is None:
                continue
            if measured.low > 0 and measured.mean >= limit("margin"):
                rules.append(_rule(_effect_rules(name)[0], axis, weight, need=True))
            elif measured.high < limit("margin"):
                rules.append(_rule(_effect_rules(name)[1], axis, -weight, need=False))
        if Rung.RAG in self.failures and Rung.HYBRID not in self.setups:
            rules += self._left_over(weight)
        return tuple(rules)

    def _left_over(self, weight: int) -> Iterator[Rule]:
        """Yield what the failures that retrieval leaves over say about training on top of it."""
        gates = []
        if self._lost("retrieval miss") >= limit("failures_many"):
            gates.append("retrieval_measured_to_miss")
        if self._lost("no evidence") >= limit("failures_most"):
            gates.append("documents_measured_to_lack")
        for name in gates:
            yield Rule(name, _always, (), Force.GATE, {}, False, frozenset({Rung.HYBRID}))
        form = self._lost(*BEHAVIOUR)
        if form >= limit("failures_many"):
            push = weight if form >= limit("failures_most") else PUSH
            yield _rule("form_measured_to_break", Axis.TRAINING, push, need=True)
        elif form <= limit("failures_few"):
            yield _rule("form_measured_to_hold", Axis.TRAINING, -PUSH, need=False)
        if self._lost(*UNUSED) >= limit("failures_many"):
            yield _rule("passages_measured_to_be_ignored", Axis.TRAINING, PUSH, need=True)

    def _lost(self, *causes: str) -> float:
        """Return the share of retrieval's failures that had these causes, in percent."""
        return 100 * _sum(self.failures.get(Rung.RAG, {}), causes)

    def often(self, cause: str) -> bool:
        """Return whether some measured setup lost many of its failed questions to a cause."""
        shares = (causes.get(cause, 0.0) for causes in self.failures.values())
        return self.counts and 100 * max(shares, default=0.0) >= limit("failures_many")

    def settles(self, axis: Axis) -> bool:
        """Return whether the opinions on `axis` give way to its measured effect."""
        return self.strong and any(rule.id in _effect_rules(AXES[axis]) for rule in self.rules())

    def numbers(self, rule: str) -> dict[str, float]:
        """Return what the sentence of a measured rule names: shares and effects in points, and the questions."""
        points: dict[str, float] = {
            "form": self._lost(*BEHAVIOUR),
            "ignored": self._lost(*UNUSED),
            "missed": self._lost("retrieval miss"),
            "lacking": self._lost("no evidence"),
        }
        for name in AXES.values():
            if rule in _effect_rules(name):
                effect = self.effects[name]
                points = {"mean": 100 * effect.mean, "low": 100 * effect.low, "high": 100 * effect.high}
        return {name: round(value, 1) for name, value in points.items()} | {"asked": float(self.questions)}

    def choose(self, wanted: float | None, forbidden: frozenset[Rung]) -> Choice | None:
        """Return the lowest measured rung that is good enough, or None where the measurement can't say.

        Args:
            wanted: The target in percent, or None where there is none.
            forbidden: Rungs that vetoes and gates took away.
        """
        if not self.strong:
            return None
        allowed = {rung: rate for rung, rate in self.setups.items() if rung not in forbidden}
        if wanted is not None:
            met = _lowest(allowed, wanted / 100)
            if met is not None:
                return self._named(replace(met, meets_target=True), forbidden)
        if len(self.setups) < len(Rung):
            return None
        # The best of all setups, forbidden ones too: what is taken away must not lower the bar for the
        # others.
        bar = max(rate.mean for rate in self.setups.values()) - limit("margin")
        best = max(allowed, key=lambda rung: (allowed[rung].mean, -rung.height))
        found = _lowest(allowed, bar) or Choice(
            best, bar, _certainty(allowed, best, allowed[best].mean), None
        )
        return self._named(replace(found, meets_target=None if wanted is None else False), forbidden)

    def _named(self, choice: Choice, forbidden: frozenset[Rung]) -> Choice:
        """Return the choice with its runner-up: the best of the other setups, allowed ones first."""
        others = [rung for rung in Rung if rung in self.setups and rung is not choice.rung]
        second = max(others, key=lambda r: (r not in forbidden, self.setups[r].mean, -r.height), default=None)
        return replace(choice, runner_up=second)


@dataclass(frozen=True, slots=True)
class Choice:
    """The rung that the measurement chose."""

    rung: Rung
    """The rung."""
    bar: float
    """The pass rate it was held against, as a fraction."""
    certainty: float
    """Chance (0 to 1) that this is the lowest rung that clears the bar, from the intervals, taken as
    independent."""
    runner_up: Rung | None
    """The best of the other measured setups, or None where there is none."""
    meets_target: bool | None = None
    """Whether the bar is the target, or, below it, a little less than the best; None where there is no target."""


_AGAIN = "Run `rungwise compare` to write it anew."


def _plain(value: Value | None) -> str | None:
    return None if value is None else plain(value)


def _effect_rules(name: str) -> tuple[str, str]:
    """Return the rules that speak for an effect that helps, and for one that does not."""
    return f"{name}_measured_to_help", f"{name}_measured_not_to_help"


def _sum(shares: Mapping[str, float], causes: tuple[str, ...]) -> float:
    return sum(shares.get(cause, 0.0) for cause in causes)


def _always(_: Answers) -> bool:
    return True


def _rule(name: str, axis: Axis, weight: int, need: bool) -> Rule:
    return Rule(name, _always, (), Force.MEASURED, {axis: weight}, need, frozenset())


def _lowest(rates: Mapping[Rung, Interval], bar: float) -> Choice | None:
    for rung in Rung:
        if rung in rates and rates[rung].mean >= bar - 1e-9:
            return Choice(rung, bar, _certainty(rates, rung, bar), None)
    return None


def _certainty(rates: Mapping[Rung, Interval], chosen: Rung, bar: float) -> float:
    chance = _clears(rates[chosen], bar)
    for rung, rate in rates.items():
        if rung.height < chosen.height:
            chance *= 1 - _clears(rate, bar)
    return round(chance, 2)


def _clears(rate: Interval, bar: float) -> float:
    if rate.spread <= 0:
        return 1.0 if rate.mean >= bar else 0.0
    return 0.5 * (1 + math.erf((rate.mean - bar) / rate.spread / math.sqrt(2)))


class _Reader:
    """Reads the JSON value and keeps every mistake, so that they are shown together."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def read(self, value: object) -> Evidence:
        top = self._mapping(value, "evidence", ("questions", "setups", "effects", "failures"))
        count = top.get("questions")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_QUESTIONS:
            most = f"{_MOST_QUESTIONS:,}"
            self.mistakes.append(
                f"questions must be a whole number from 0 to {most}, but is {shortened(count)}."
            )
            count = 0
        setups = self._mapping(top.get("setups", {}), "setups", SETUPS)
        effects = self._mapping(top.get("effects", {}), "effects", EFFECTS)
        failures = self._mapping(top.get("failures", {}), "failures", SETUPS)
        evidence = Evidence(
            questions=count,
            setups={
                SETUPS[name]: self._interval(row, f"setups.{name}", "pass_rate")
                for name, row in setups.items()
            },
            effects={
                # an interaction is a difference of two differences, so it reaches twice as far
                name: self._interval(row, f"effects.{name}", "mean", 2.0 if name == "interaction" else 1.0)
                for name, row in effects.items()
            },
            failures={SETUPS[name]: self._shares(row, f"failures.{name}") for name, row in failures.items()},
            shown=frozenset(SETUPS[name] for name, row in setups.items() if self._shots(row, name)),
        )
        if self.mistakes:
            raise UserError("\n".join(self.mistakes))
        return evidence

    def _mapping(self, value: object, where: str, names: Any = None) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.mistakes.append(f"{where} must be an object, but is {shortened(repr(value))}.")
            return {}
        for key in value:
            if names is not None and key not in names:
                self.mistakes.append(
                    f'{where} has no "{key}", only {one_of(names)}.{did_you_mean(key, names)}'
                )
        return {key: row for key, row in value.items() if names is None or key in names}

    def _fraction(self, value: object, where: str, reach: float | None = None) -> float:
        least, most = (0.0, 1.0) if reach is None else (-reach, reach)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.mistakes.append(
                f"{where} must be a fraction between {least:g} and {most:g}, but is {shortened(repr(value))}."
            )
            return 0.0
        return float(value)

    def _interval(self, value: object, where: str, mean: str, reach: float | None = None) -> Interval:
        row = self._mapping(value, where)
        parts = [self._fraction(row.get(name), f"{where}.{name}", reach) for name in (mean, "low", "high")]
        if not parts[1] <= parts[0] <= parts[2]:
            self.mistakes.append(
                f"{where} must have low <= {mean} <= high, but has {parts[1]}, {parts[0]}, {parts[2]}."
            )
        return Interval(*parts)

    def _shots(self, value: object, name: str) -> bool:
        """Return whether a setup was also measured with examples in its prompt: `prompt+shots`, `prompt+fixed=3`."""
        tried = value.get("tried", []) if isinstance(value, dict) else []
        if not isinstance(tried, list) or not all(isinstance(one, str) for one in tried):
            self.mistakes.append(
                f"setups.{name}.tried must be a list of names, but is {shortened(repr(tried))}."
            )
            return False
        return any(option.partition("=")[0] in _SHOWN for one in tried for option in one.split("+")[1:])

    def _shares(self, value: object, where: str) -> dict[str, float]:
        rows = self._mapping(value, where, (*CAUSES, *_OTHER_NAMES))
        rows = {_OTHER_NAMES.get(name, name): share for name, share in rows.items()}
        shares = {str(k): self._fraction(v, f"{where}.{k}") for k, v in rows.items()}
        if sum(shares.values()) > 1.005:  # each is rounded by itself
            self.mistakes.append(f"{where} are shares of one whole, but sum to {sum(shares.values()):.3g}.")
        return shares
