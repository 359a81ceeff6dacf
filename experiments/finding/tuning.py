"""Which way of joining the two searches finds best on the dev questions, and is it really better?

Ranks what was found once in many ways. Knows nothing of test questions, files or how a search is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.finding.abstention import Abstention, judge, threshold_for
from experiments.finding.retrieval import Found, Search, answerable, difference, mean, measured
from experiments.statistics.stats import Interval
from foundation.errors import UserError

if TYPE_CHECKING:
    from rag.retrieval.answerability import Fit
    from rag.types import LibrarySettings

GRID = tuple(step / 10 for step in range(11))
"""The weights of the dense score that are tried; the present one is tried too."""
_SAME = 1e-9
_FOLDS = 10


@dataclass(frozen=True)
class Point:
    """One way of joining the two searches."""

    fusion: str
    """`convex` or `rrf`."""
    alpha: float | None
    """Weight of the dense score; None with `rrf`, which has none."""
    ndcg_10: Interval
    """nDCG@10 on the dev questions."""
    gain: Interval
    """That less the present setting's, paired over the questions."""
    present: bool
    """Whether this is the present setting."""


@dataclass(frozen=True)
class Tuning:
    """Which way of joining finds best."""

    questions: int
    """Answerable dev questions."""
    curve: tuple[Point, ...]
    """Every way that was tried."""
    present: Point
    """The present setting."""
    winner: Point
    """The best; the present setting where none is better."""
    unseen: Interval
    """The gain on questions that did not choose: for each one, the winner of all others less the present setting.
    The winner's own gain flatters it, for the same questions chose it."""
    sure: bool
    """Whether both gains are above 0 in their whole interval."""


@dataclass(frozen=True)
class Abstaining:
    """A fitted score of answerability, and how well it does on the dev questions."""

    fit: Fit
    """The score."""
    measured: Abstention
    """How well it tells on questions that a fit without them was made for (10 folds), at the chosen threshold."""


def tune(found: Sequence[Found], settings: LibrarySettings) -> Tuning:
    """Choose how the two searches are joined, by nDCG@10.

    Args:
        found: What `look_up` gave for the dev questions.
        settings: The present settings; the other ones stay as they are.

    Raises:
        UserError: There are fewer than two answerable questions.
    """
    asked = answerable(found, "dev")
    if len(asked) < 2:
        raise UserError(
            "Tuning needs at least two answerable dev questions, and some dozens to tell anything, but there is one. "
            'Write more with "part": "dev" in questions.jsonl.'
        )
    ways = _ways(settings)
    values = {way: [measured(one, Search.FUSED, _with(settings, way))[-1] for one in asked] for way in ways}
    now = (settings.fusion, settings.alpha if settings.fusion == "convex" else None)
    best = _best({way: sum(scores) for way, scores in values.items()}, now)
    curve = {
        way: Point(*way, mean(scores), difference(scores, values[now]), way == now)
        for way, scores in values.items()
    }
    unseen = difference(_by_others(values, now), values[now])
    return Tuning(
        questions=len(asked),
        curve=tuple(curve.values()),
        present=curve[now],
        winner=curve[best],
        unseen=unseen,
        sure=best != now and curve[best].gain.low > 0 and unseen.low > 0,
    )


def fit_abstention(found: Sequence[Found], recipe: str, false_abstention: float) -> Abstaining | None:
    """Fit the score of answerability on the dev questions and choose its threshold.

    Args:
        found: What `look_up` gave for the dev questions, unanswerable ones included.
        recipe: What the library was made with.
        false_abstention: The share of answerable questions that may be taken for unanswerable.

    Returns:
        None where there are too few questions of one sort; see `rag.retrieval.answerability.LEAST`.
    """
    from rag.retrieval.answerability import LEAST, features, fit

    truth = [one.question.answerable for one in found]
    if min(truth.count(True), truth.count(False)) < LEAST:
        return None
    rows = [features(one.lookup) for one in found]
    whole = fit(rows, truth, recipe)
    # a fold takes its share of both kinds, so that what is left can be fitted
    order = sorted(range(len(found)), key=lambda place: truth[place])
    fold = {place: number % _FOLDS for number, place in enumerate(order)}
    scores = [0.0] * len(found)
    for number in range(_FOLDS):
        rest = [place for place in order if fold[place] != number]
        labels = [truth[place] for place in rest]
        enough = min(labels.count(True), labels.count(False)) >= LEAST
        without = fit([rows[place] for place in rest], labels, recipe) if enough else None
        for place in (place for place in order if fold[place] == number):
            scores[place] = (without or whole).score(rows[place])
    threshold = threshold_for(scores, truth, false_abstention)
    judged = judge(scores, truth, threshold)
    assert judged is not None  # both kinds are there
    return Abstaining(replace(whole, threshold=threshold, false_abstention=false_abstention), judged)


def _ways(settings: LibrarySettings) -> list[tuple[str, float | None]]:
    weights = sorted({*GRID, settings.alpha} if settings.fusion == "convex" else GRID)
    return [*(("convex", weight) for weight in weights), ("rrf", None)]


def _with(settings: LibrarySettings, way: tuple[str, float | None]) -> LibrarySettings:
    fusion, alpha = way
    return replace(settings, fusion=fusion, alpha=settings.alpha if alpha is None else alpha)


def _best(
    totals: dict[tuple[str, float | None], float], now: tuple[str, float | None]
) -> tuple[str, float | None]:
    """Return the best way; of equals the present one, then the convex weight that is nearest to it."""
    highest = max(totals.values())
    equal = [way for way, total in totals.items() if total >= highest - _SAME]
    if now in equal:
        return now
    return min(equal, key=lambda way: abs(way[1] - (now[1] or 0.5)) if way[1] is not None else 2.0)


def _by_others(
    values: dict[tuple[str, float | None], list[float]], now: tuple[str, float | None]
) -> list[float]:
    """Return each question's value under the way that all other questions choose."""
    totals = {way: sum(scores) for way, scores in values.items()}
    return [
        values[_best({way: total - values[way][place] for way, total in totals.items()}, now)][place]
        for place in range(len(values[now]))
    ]
