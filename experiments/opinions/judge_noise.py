"""How noisy a judge is: does it repeat itself, does it stand by its word when the answers change places, is it right?

Knows nothing of prompts or models: it reads what was said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from experiments.opinions.ballots import Choice
from experiments.opinions.judge_prompt import Said
from experiments.run import Result
from experiments.statistics.stats import ALPHA, Interval, mcnemar_exact, paired_interval, wilson
from experiments.verdict import Rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RESAMPLES = 2_000


@dataclass(frozen=True)
class Asked:
    """Two answers to one question, and everything that a judge said of them."""

    one: Result
    """The one; a vote's left side."""
    other: Result
    """The other."""
    forth: tuple[Said | None, ...]
    """What was said with `one` as A, by repeat; None where the call failed."""
    back: tuple[Said | None, ...]
    """What was said with `other` as A."""
    settled: Choice | None
    """What was plain without asking; None where it was asked."""


@dataclass(frozen=True)
class Noise:
    """What a judge's word is worth."""

    comparisons: int
    """Questions times pairs of setups."""
    settled: int
    """Those where nothing was asked: equal answers, or an answer that did not come."""
    unjudged: int
    """Those where one order gave nothing that could be read; they are no votes."""
    unreadable: Rate
    """Calls whose last line was no verdict."""
    repeats: Interval | None
    """How often two calls with the same words agreed; None where each was asked once. Bootstrap over questions."""
    orders: Rate
    """Comparisons on which both orders agreed; the others became ties."""
    first: Interval | None
    """Share of the calls that chose the answer that was shown first, of those that chose one; a fair judge's is one
    half. Bootstrap over questions."""
    first_p: float | None
    """Exact two-sided p that of the comparisons that were turned by the order as many chose the first as the second."""
    biased: bool
    """Whether the place surely decides some of them (`first_p` below .05)."""
    scorers: Rate
    """Comparisons on which the judge says what the scorers' pass and fail say: this one, that one, or neither."""
    kappa: Interval | None
    """The same beyond chance: Cohen's kappa (1960), 1 is full agreement, 0 is chance. Bootstrap over questions."""


def winner_of(asked: Asked) -> Choice | None:
    """Return what a comparison comes to: a win only where both orders agree on it, else a tie.

    None where one of the orders gave nothing that could be read.
    """
    if asked.settled is not None:
        return asked.settled
    forth, back = _orders(asked)
    if forth is None or back is None:
        return None
    return forth if forth == back else Choice.TIE


def noise(heard: Iterable[Asked], seed: int = 0) -> Noise:
    """Return how noisy a judge was.

    Args:
        heard: Every comparison.
        seed: Of the bootstrap.
    """
    every = list(heard)
    put = [asked for asked in every if asked.settled is None]
    calls = [said for asked in put for said in (*asked.forth, *asked.back) if said is not None]
    judged = [asked for asked in put if winner_of(asked) is not None]
    agreed = sum(_orders(asked)[0] == _orders(asked)[1] for asked in judged)
    firsts, seconds = _turned(judged)
    first_p = mcnemar_exact(firsts, seconds) if judged else None
    by_question: dict[str, list[tuple[int, int]]] = {}
    for asked in judged:
        by_question.setdefault(asked.one.question.id, []).append(_table(asked))
    same = sum(told == found for rows in by_question.values() for told, found in rows)
    return Noise(
        comparisons=len(every),
        settled=len(every) - len(put),
        unjudged=len(put) - len(judged),
        unreadable=_rate(calls.count(Said.UNREADABLE), len(calls)),
        repeats=_mean(put, _repeated, seed),
        orders=_rate(agreed, len(judged)),
        first=_mean(put, _chose_first, seed),
        first_p=first_p,
        biased=first_p is not None and first_p < ALPHA,
        scorers=_rate(same, len(judged)),
        kappa=_kappa(list(by_question.values()), seed),
    )


def _orders(asked: Asked) -> tuple[Choice | None, Choice | None]:
    """Return what each order says, by majority of its repeats, in terms of `one` (left) and `other` (right)."""
    return _majority(asked.forth, _FORTH), _majority(asked.back, _BACK)


_FORTH: Mapping[Said, Choice] = {
    Said.A: Choice.LEFT, Said.B: Choice.RIGHT, Said.TIE: Choice.TIE, Said.BOTH_BAD: Choice.BOTH_BAD
}  # fmt: skip
_BACK: Mapping[Said, Choice] = {**_FORTH, Said.A: Choice.RIGHT, Said.B: Choice.LEFT}


def _majority(said: Sequence[Said | None], meaning: Mapping[Said, Choice]) -> Choice | None:
    """Return what was said most often; a tie where two were said equally often, None where nothing can be read."""
    counts = Counter(meaning[one] for one in said if one is not None and one in meaning)
    if not counts:
        return None
    (most, times), *rest = counts.most_common()
    return Choice.TIE if rest and rest[0][1] == times else most


def _turned(judged: Iterable[Asked]) -> tuple[int, int]:
    """Return how many comparisons went to whichever answer was first, in both orders, and to whichever was second."""
    found = Counter(_orders(asked) for asked in judged)
    return found[Choice.LEFT, Choice.RIGHT], found[Choice.RIGHT, Choice.LEFT]


def _repeated(asked: Asked) -> float | None:
    """Return the share of two calls in the same order that agree."""
    pairs = [
        one == other
        for said in (asked.forth, asked.back)
        for one, other in combinations([one for one in said if one is not None], 2)
    ]
    return sum(pairs) / len(pairs) if pairs else None


def _chose_first(asked: Asked) -> float | None:
    chosen = [said for said in (*asked.forth, *asked.back) if said in (Said.A, Said.B)]
    return chosen.count(Said.A) / len(chosen) if chosen else None


def _mean(put: Iterable[Asked], of: Callable[[Asked], float | None], seed: int) -> Interval | None:
    """Return the mean over questions, with its bootstrap interval; None for fewer than two questions."""
    found: dict[str, list[float]] = {}
    for asked in put:
        if (value := of(asked)) is not None:
            found.setdefault(asked.one.question.id, []).append(value)
    means = [sum(values) / len(values) for values in found.values()]
    return paired_interval(means, seed, lowest=0.0) if len(means) > 1 else None


def _table(asked: Asked) -> tuple[int, int]:
    """Return what the scorers and the judge say: 1 for `one`, -1 for `other`, 0 for neither."""
    scored = int(asked.one.scores.both.passed) - int(asked.other.scores.both.passed)
    choice = winner_of(asked)
    return scored, int(choice is Choice.LEFT) - int(choice is Choice.RIGHT)


def _kappa(questions: Sequence[Sequence[tuple[int, int]]], seed: int) -> Interval | None:
    """Return Cohen's kappa of (scorers, judge) with questions resampled whole; None where it is not defined."""
    import numpy as np

    if len(questions) < 2:
        return None
    counts = np.zeros((len(questions), 3, 3))
    for place, rows in enumerate(questions):
        for scored, said in rows:
            counts[place, scored + 1, said + 1] += 1
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(questions), np.full(len(questions), 1 / len(questions)), size=_RESAMPLES)
    found = kappa(counts.sum(axis=0, keepdims=True))
    again = kappa(np.tensordot(times, counts, axes=1))
    again = again[~np.isnan(again)]
    if np.isnan(found[0]) or not len(again):
        return None
    low, high = np.quantile(again, [ALPHA / 2, 1 - ALPHA / 2])
    return Interval(float(found[0]), float(low), float(high))


def kappa(tables: NDArray[Any]) -> NDArray[Any]:
    """Return Cohen's kappa of many tables, shape (tables, categories, categories); NaN where chance alone agrees always."""
    import numpy as np

    whole = tables.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = np.trace(tables, axis1=1, axis2=2) / whole
        chance = (tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1) / whole**2
        found: NDArray[Any] = np.where(chance < 1, (seen - chance) / (1 - chance), np.nan)
    return found


def _rate(passed: int, n: int) -> Rate:
    return Rate(passed, n, wilson(passed, n) if n else None)
