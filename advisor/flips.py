"""Which smallest changes of answers would change the rung: found by trying, not written by hand.

Knows nothing of rules: it changes one answer at a time, or two where no single one leads anywhere, and asks again.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from advisor.answers import CHOICES, FLAGS, Answers, Value
from advisor.catalog import limit, thresholds
from advisor.check import SHARES
from advisor.conditions import prompt_room
from advisor.questionnaire import asked, plain, question
from advisor.recommendation import Change, Flip, plain_or_none
from advisor.target import break_even, target
from advisor.vocabulary import PersonalData, Rung


@dataclass(frozen=True, slots=True)
class Tried:
    """What other answers lead to."""

    flips: tuple[Flip, ...]
    """The smallest changes that lead to another rung."""
    turning: Mapping[str, float]
    """For every question that can change the rung alone: the share of its answers that do, the one it has included."""


def try_others(answers: Answers, rung: Rung, ask: Callable[[Answers], Rung]) -> Tried:
    """Find, for every question and every other rung, the nearest answer that leads there.

    Args:
        answers: The relevant answers.
        rung: What they give.
        ask: Gives the rung of changed answers.

    Returns:
        The flips: what work or measuring can change for the better first, what would be a loss last, and between them the
        order of the questionnaire. A rung that no single answer leads to is tried with two improvements at once.
    """
    found: list[Flip] = []
    turning: dict[str, float] = {}
    for name in asked(answers):
        rungs = [(value, ask(_changed(answers, {name: value}))) for value in nearest(name, answers)]
        if changed := sum(other is not rung for _, other in rungs):
            turning[name] = changed / (len(rungs) + 1)
        seen: set[Rung] = {rung}
        for value, other in rungs:
            if other not in seen:
                seen.add(other)
                found.append(Flip(name, plain_or_none(answers, name), plain(value), other))
    found += _pairs(answers, frozenset(Rung) - {rung, *(flip.rung for flip in found)}, ask)
    order = sorted(found, key=lambda flip: (flip.worsens, not question(flip.question).changeable))
    return Tried(tuple(order), turning)


def _pairs(answers: Answers, wanted: frozenset[Rung], ask: Callable[[Answers], Rung]) -> Iterator[Flip]:
    """Yield, for every rung that is wanted, the first two improvements that lead there together."""
    open_rungs = set(wanted)
    better = [(name, value) for name in asked(answers) for value in _improvements(name, answers)]
    for (one, first), (two, second) in combinations(better, 2):
        if not open_rungs:
            return
        if one == two:
            continue
        other = ask(_changed(answers, {one: first, two: second}))
        if other in open_rungs:
            open_rungs.remove(other)
            also = Change(two, plain_or_none(answers, two), plain(second))
            yield Flip(one, plain_or_none(answers, one), plain(first), other, (also,))


def _improvements(name: str, answers: Answers) -> Iterator[Value]:
    """Yield the answers that work could bring: the nearest better one, and the best; of numbers, those at a threshold."""
    if not question(name).better:
        return
    reached = {threshold.value for threshold in thresholds().values() if threshold.question == name}
    reached |= {share for share in (target(answers).percent,) if share is not None}
    better = [
        value
        for value in nearest(name, answers)
        if (name in CHOICES or value in reached)
        and not Change(name, plain_or_none(answers, name), plain(value)).worsens
    ]
    yield from dict.fromkeys([*better[:1], *better[-1:]])


def _changed(answers: Answers, values: Mapping[str, Value]) -> Answers:
    """Return the answers with others in their place, without the birth check: `nearest` yields only what passes it."""
    made = copy.copy(answers)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def nearest(name: str, answers: Answers) -> Iterator[Value]:
    """Yield the other answers to one question, nearest first; from "don't know" in the order written."""
    now = answers.get(name)
    if name in FLAGS:
        yield from (value for value in (True, False) if value is not now)
    elif name in CHOICES:
        members = list(CHOICES[name])
        # A member of its own vocabulary.
        place = members.index(now) if now is not None else 0  # type: ignore[arg-type]
        # Identified data can be made anonymous; that special data were ordinary can't be brought about.
        first = PersonalData.ANONYMISED if now in (PersonalData.PRESENT, PersonalData.SPECIAL) else None
        for member in sorted(members, key=lambda one: (one is not first, abs(members.index(one) - place))):
            if member is not now:
                yield member
    else:
        start = float(now) if isinstance(now, int | float) else 0.0
        least = question(name).number.minimum  # type: ignore[union-attr]
        # From "don't know" the thresholds say more than the least there can be.
        points = sorted(
            _turning_points(name, answers), key=lambda v: (now is None and v == least, abs(v - start))
        )
        yield from (v for v in points if v != now)


def _turning_points(name: str, answers: Answers) -> set[int | float]:
    """Return the numbers at which a rule about `name` turns: each threshold, and just below and above it."""
    number = question(name).number
    assert number is not None
    points = {number.minimum, *_joint_points(name, answers)}
    for threshold in thresholds().values():
        if threshold.question == name:
            points |= {threshold.value, threshold.value - 1, threshold.value + 1}
    wanted, passed = target(answers).percent, answers.prompt_pass_rate
    if name in ("prompt_pass_rate", "retrieval_recall") and wanted is not None:
        points |= {wanted, wanted - 1}
    if name == "target_pass_rate" and passed is not None:
        points |= {passed, passed + 1}
    if name in SHARES:
        points |= {limit(bound) for bound in ("failures_few", "failures_many", "failures_most")}
    others = sum(float(getattr(answers, share) or 0.0) for share in SHARES if share != name)
    top = 100.0 - others if name in SHARES else number.maximum
    kept = {round(p, 1) for p in points if number.minimum <= p <= top}
    return {int(p) if float(p).is_integer() else p for p in kept if question(name).mistake(p) is None}


def _joint_points(name: str, a: Answers) -> Iterator[float]:
    """Yield the numbers at which a rule turns that reads `name` together with other numbers."""
    room = prompt_room(a)
    if name == "knowledge_tokens" and room is not None:
        yield from (math.floor(room), math.floor(room) + 1)
    if name == "window_tokens" and a.knowledge_tokens is not None:
        fits = math.ceil(100 * a.knowledge_tokens / limit("window_share"))
        yield from (fits, fits - 1)
    bill = limit("monthly_tokens_high")
    if a.token_price:
        bill = 1e6 * limit("monthly_bill_high") / a.token_price
    if name == "requests_per_month" and a.prompt_tokens:
        yield from (math.ceil(bill / a.prompt_tokens), math.ceil(bill / a.prompt_tokens) - 1)
    if name == "prompt_tokens" and a.requests_per_month:
        yield from (math.ceil(bill / a.requests_per_month), math.ceil(bill / a.requests_per_month) - 1)
    if name == "token_price" and a.requests_per_month and a.prompt_tokens:
        price = 1e6 * limit("monthly_bill_high") / (a.requests_per_month * a.prompt_tokens)
        yield from (math.ceil(10 * price) / 10, math.floor(10 * price) / 10)
    if name == "gain_right" and a.prompt_pass_rate and break_even(a) is not None:
        # Break-even is failure / (gain + failure), so the gain at which it equals the pass rate follows from it.
        caught = (a.caught_share or 0) / 100
        failure = caught * (a.cost_handoff or 0) + (1 - caught) * (a.cost_wrong or 0)
        gain = failure * (100 - a.prompt_pass_rate) / a.prompt_pass_rate
        yield from (math.ceil(gain), math.floor(gain))
