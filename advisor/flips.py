"""Which single answer would change the rung: found by trying, not written by hand.

Knows nothing of rules: it changes one answer at a time and asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from advisor.answers import CHOICES, FLAGS, Answers, Value
from advisor.catalog import thresholds
from advisor.check import SHARES
from advisor.questionnaire import asked, plain, question
from advisor.recommendation import Flip, plain_or_none
from advisor.target import target
from advisor.vocabulary import Rung


def flips(answers: Answers, rung: Rung, ask: Callable[[Answers], Rung]) -> tuple[Flip, ...]:
    """Return, for every question and every other rung, the nearest answer that leads there.

    Args:
        answers: The relevant answers.
        rung: What they give.
        ask: Gives the rung of changed answers.

    Returns:
        What work or measuring can change first, then the order of the questionnaire; a question that can't
        change the rung alone is absent.
    """
    found = []
    for name in asked(answers):
        seen: set[Rung] = {rung}
        for value in nearest(name, answers):
            # `nearest` keeps the field's type.
            other = ask(replace(answers, **{name: value}))  # type: ignore[arg-type]
            if other not in seen:
                seen.add(other)
                found.append(Flip(name, plain_or_none(answers, name), plain(value), other))
    return tuple(sorted(found, key=lambda flip: not question(flip.question).changeable))


def nearest(name: str, answers: Answers) -> Iterator[Value]:
    """Yield the other answers to one question, nearest first; from "don't know" in the order written."""
    now = answers.get(name)
    if name in FLAGS:
        yield from (value for value in (True, False) if value is not now)
    elif name in CHOICES:
        members = list(CHOICES[name])
        # A member of its own vocabulary.
        place = members.index(now) if now is not None else 0  # type: ignore[arg-type]
        for member in sorted(members, key=lambda one: abs(members.index(one) - place)):
            if member is not now:
                yield member
    else:
        start = float(now) if isinstance(now, int | float) else 0.0
        yield from (
            v for v in sorted(_turning_points(name, answers), key=lambda v: abs(v - start)) if v != now
        )


def _turning_points(name: str, answers: Answers) -> set[int | float]:
    """Return the numbers at which a rule about `name` turns: each threshold, and just below and above it."""
    number = question(name).number
    assert number is not None
    points = {number.minimum}
    for threshold in thresholds().values():
        if threshold.question == name:
            points |= {threshold.value, threshold.value - 1, threshold.value + 1}
    wanted, passed = target(answers).percent, answers.prompt_pass_rate
    if name in ("prompt_pass_rate", "retrieval_recall") and wanted is not None:
        points |= {wanted, wanted - 1}
    if name == "target_pass_rate" and passed is not None:
        points |= {passed, passed + 1}
    others = sum(float(getattr(answers, share) or 0.0) for share in SHARES if share != name)
    top = 100.0 - others if name in SHARES else number.maximum
    kept = {round(p, 1) for p in points if number.minimum <= p <= top}
    return {int(p) if float(p).is_integer() else p for p in kept if question(name).mistake(p) is None}
