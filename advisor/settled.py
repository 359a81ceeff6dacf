"""Which rungs are still open while questions are: when only one is, no further answer can change the advice.

Every rule is tried with every answer that the open questions it reads may still get, so the bound is safe: it may ask on
for longer than needed, and never stops too early. Knows nothing of what any rule says.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import Any

from advisor.answers import CHOICES, FLAGS, Answers, Value
from advisor.catalog import limit, thresholds
from advisor.ladder import Balance, Rule, settle, training_bar
from advisor.questionnaire import question
from advisor.rules import RULES
from advisor.vocabulary import Axis, Rung


def reachable(answers: Answers, still_open: Collection[str]) -> frozenset[Rung]:
    """Return the rungs that some answers to the open questions could still lead to.

    Args:
        answers: What was said; open questions count as unanswered, whatever it holds for them.
        still_open: Questions that may still be asked. One that was passed over is not open: it stays a "don't know".
    """
    sure: list[Rule] = []
    perhaps: list[Rule] = []
    for rule in RULES:
        outcomes = _outcomes(rule, answers, frozenset(still_open))
        if outcomes == {True, False}:
            perhaps.append(rule)
        elif True in outcomes:
            sure.append(rule)
    retrieval = _verdicts(sure, perhaps, Axis.RETRIEVAL, (limit("retrieval_bar"),))
    training = _verdicts(sure, perhaps, Axis.TRAINING, (training_bar(False), training_bar(True)))
    return frozenset(
        settle(one, other, forbidden)
        for one, other, forbidden in product(retrieval, training, _forbidden(sure, perhaps))
    )


class _Needed(Exception):
    """A predicate has asked for an open question."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Probe:
    """Answers in which an open question asks back when it is read."""

    def __init__(self, answers: Answers, still_open: frozenset[str], tried: dict[str, Value | None]) -> None:
        self._answers, self._open, self._tried = answers, still_open, tried

    def get(self, name: str) -> Value | None:
        return self.__getattr__(name)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name in self._tried:
            return self._tried[name]
        if name in self._open:
            raise _Needed(name)
        return getattr(self._answers, name)


def _outcomes(rule: Rule, answers: Answers, still_open: frozenset[str]) -> set[bool]:
    """Return whether a rule may fire, may stay silent, or both."""
    seen: set[bool] = set()
    rng = random.Random(
        rule.id
    )  # order alone: in the order written, a rare outcome is met after all the common ones
    waiting: list[dict[str, Value | None]] = [{}]
    while waiting and len(seen) < 2:
        tried = waiting.pop(rng.randrange(len(waiting)))
        try:
            seen.add(bool(rule.fires(_Probe(answers, still_open, tried))))  # type: ignore[arg-type]
        except _Needed as needed:
            waiting += [{**tried, needed.name: value} for value in _possible(needed.name)]
    return seen


def _possible(name: str) -> Iterator[Value | None]:
    """Yield answers of every kind that a rule could tell apart: each word, or the numbers at and around the thresholds."""
    yield None
    if name in CHOICES:
        yield from CHOICES[name]
    elif name in FLAGS:
        yield from (True, False)
    else:
        number = question(name).number
        assert number is not None
        near = {t.value + by for t in thresholds().values() if t.question == name for by in (-1, 0, 1)}
        yield from sorted(
            {number.minimum, number.maximum} | {v for v in near if number.minimum <= v <= number.maximum}
        )


def _verdicts(
    sure: Sequence[Rule], perhaps: Sequence[Rule], axis: Axis, bars: Sequence[float]
) -> tuple[Balance, ...]:
    """Return a balance for every way in which the bars of an axis may be met or missed."""
    fixed = sum(rule.pushes.get(axis, 0) for rule in sure)
    loose = [rule.pushes.get(axis, 0) for rule in perhaps]
    low, high = fixed + sum(min(0, one) for one in loose), fixed + sum(max(0, one) for one in loose)
    surely = any(rule.need and rule.pushes.get(axis, 0) > 0 for rule in sure)
    maybe = surely or any(rule.need and rule.pushes.get(axis, 0) > 0 for rule in perhaps)
    scores = {low, high} | {int(bar) + by for bar in bars for by in (-1, 0) if low <= int(bar) + by <= high}
    needs = {surely, maybe}
    return tuple(
        Balance(max(score, 0), max(-score, 0), needed)
        for score, needed in product(sorted(scores), sorted(needs))
    )


def _forbidden(sure: Sequence[Rule], perhaps: Sequence[Rule]) -> tuple[frozenset[Rung], ...]:
    """Return every set of rungs that vetoes and gates may take away."""
    always = frozenset(rung for rule in sure for rung in rule.forbids)
    sets = {always}
    for rule in perhaps:
        sets |= {one | rule.forbids for one in sets}
    return tuple(sorted(sets, key=sorted))
