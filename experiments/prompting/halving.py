"""Many candidates, few questions each: who does badly on the first questions is asked no more, and the rest is asked further.

Successive halving (Karnin, Koren & Somekh 2013; Jamieson & Talwalkar 2016, AISTATS) with paired questions, as races have it
(Maron & Moore 1994; F-race, Birattari et al. 2002): all candidates of a round answer the same questions. One of them, the present
one, is never dropped, so that the winner stands against it on every question. Pure; knows nothing of prompts, setups or models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from experiments.climbing.budget import Spent
from foundation.errors import UserError

FIRST = 8
"""Questions of the first round where no budget is set. On 55 questions 27 candidates then cost a third of the full grid."""
LEAST = 4
"""A first round of fewer questions drops by luck alone. The figure is ours."""
FINALISTS = 2
"""Contenders that are asked every question, beside the present one."""


@dataclass(frozen=True)
class Mark:
    """How one answer did."""

    passed: bool
    """Whether facts and form were right."""
    near: float = 0.0
    """How near it came, 0 to 1: between candidates that passed as often, the nearer one is ahead."""


@dataclass(frozen=True)
class Round:
    """One round of a search."""

    contenders: int
    """Candidates that are asked, beside the present one."""
    upto: int
    """Questions that each of them has answered by its end."""


def rounds(contenders: int, questions: int, answers: int | None = None) -> tuple[Round, ...]:
    """Return the rounds that spend at most a number of answers, with the longest first round that this leaves room for.

    Half of the contenders stay after each round, until two are left, and the questions grow by the same factor from round to
    round, up to all of them.

    Args:
        contenders: Candidates beside the present one, 1 or more.
        questions: Questions there are, 1 or more.
        answers: What may be asked, those of the present one included; None: as many as a first round of `FIRST` questions takes.

    Raises:
        UserError: It is too few for a first round of `LEAST` questions.
    """
    least = _schedule(contenders, questions, min(LEAST, questions))
    if answers is None:
        return _schedule(contenders, questions, min(FIRST, questions))
    if cost(least) > answers:
        raise UserError(
            f"To choose among {contenders + 1} promptings by {questions} dev questions takes at least {cost(least)} answers, but "
            f"the budget is {answers}. Raise --budget to {cost(least)} or more, or leave it out."
        )
    fitting = (
        schedule
        for first in range(questions, LEAST, -1)
        if cost(schedule := _schedule(contenders, questions, first)) <= answers
    )
    return next(fitting, least)


def _schedule(contenders: int, questions: int, first: int) -> tuple[Round, ...]:
    sizes = [contenders]
    while sizes[-1] > FINALISTS:
        sizes.append(math.ceil(sizes[-1] / 2))
    if first >= questions or len(sizes) == 1:
        return (Round(contenders, questions),)
    growth = (questions / first) ** (1 / (len(sizes) - 1))
    return tuple(
        Round(size, min(questions, round(first * growth**place))) for place, size in enumerate(sizes)
    )


def cost(schedule: Sequence[Round]) -> int:
    """Return the answers that a schedule asks for at most, those of the present one included."""
    asked, total = 0, 0
    for one in schedule:
        total += (one.contenders + 1) * (one.upto - asked)
        asked = one.upto
    return total


Q = TypeVar("Q")
Ask = Callable[[Sequence[str], Sequence[Q]], Mapping[str, Sequence[Mark]]]
"""Asks these candidates these questions: for each its marks, in their order. May raise `Spent`."""
Marks = dict[str, list[Mark]]
"""What each candidate got so far, in the order of the questions."""


def standing(marks: Sequence[Mark]) -> tuple[float, float]:
    """Return what candidates are ranked by: the share that passed, then how near they came."""
    n = max(1, len(marks))
    return sum(mark.passed for mark in marks) / n, sum(mark.near for mark in marks) / n


def best_of(names: Sequence[str], marks: Marks, questions: int) -> list[str]:
    """Return candidates by their first so many questions, the best first; of equals the one that was named first."""
    return sorted(names, key=lambda name: standing(marks.get(name, [])[:questions]), reverse=True)


def race(
    present: str,
    contenders: Sequence[str],
    questions: Sequence[Q],
    ask: Ask[Q],
    schedule: Sequence[Round],
    marks: Marks,
) -> tuple[str, str]:
    """Find the best of candidates.

    Args:
        present: The candidate that is never dropped; wins ties.
        contenders: The others, the simplest first: of equals the simpler one is ahead.
        questions: What is asked, in the order in which it is.
        ask: Asks it; nothing that is in `marks` is asked again.
        schedule: What `rounds` returned.
        marks: What is known; what is asked is put in.

    Returns:
        The best candidate, and why the search ended early; empty where it did not. Ended early, the best is the one that led when
        the last round ended.
    """
    left, seen = list(contenders), 0
    for one in schedule:
        left = best_of(left, marks, seen)[: one.contenders] if seen else left
        left = [name for name in contenders if name in set(left)]
        try:
            _asked([present, *left], questions[: one.upto], ask, marks)
        except Spent as spent:
            return (best_of([present, *left], marks, seen)[0] if seen else present), str(spent)
        seen = one.upto
    return best_of([present, *left], marks, seen)[0], ""


def _asked(names: Sequence[str], questions: Sequence[Q], ask: Ask[Q], marks: Marks) -> None:
    """Ask what each is still to be asked, those that are equally far together."""
    behind: dict[int, list[str]] = {}
    for name in names:
        behind.setdefault(len(marks.get(name, ())), []).append(name)
    for known, together in behind.items():
        if known < len(questions):
            for name, found in ask(together, questions[known:]).items():
                marks.setdefault(name, []).extend(found)
