"""How well a score tells questions that can be answered from those that can't, and where to draw the line.

Knows nothing of retrieval or questions: it is given scores, higher for "can be answered", and the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.stats import ALPHA, Interval, wilson

_RESAMPLES = 2_000
_STEPS = 20


@dataclass(frozen=True)
class RiskPoint:
    """What answering only above a threshold would mean."""

    threshold: float
    """Questions with at least this score are answered."""
    coverage: float
    """Share of all questions that are answered."""
    risk: float
    """Share of the answered questions that could not be answered."""


@dataclass(frozen=True)
class Abstention:
    """How well a score tells what can be answered."""

    answerable: int
    """Questions that the documents answer."""
    unanswerable: int
    """Questions that they do not."""
    auroc: Interval
    """How often an answerable question scores above an unanswerable one, ties counting half."""
    brier: float
    """Mean squared distance of score and truth; what always giving the share of answerable questions would score
    stands in `brier_of_share`."""
    brier_of_share: float
    """The Brier score of a constant."""
    threshold: float
    """Below it, a question is taken not to be answered."""
    false_abstention: Interval
    """Share of the answerable questions below the threshold."""
    caught: Interval
    """Share of the unanswerable questions below the threshold."""
    curve: tuple[RiskPoint, ...]
    """Risk and coverage as the threshold rises, from answering everything."""


def judge(
    scores: Sequence[float], answerable: Sequence[bool], threshold: float, seed: int = 0
) -> Abstention | None:
    """Measure a score; None where one of the two kinds of question is missing."""
    good = [score for score, truth in zip(scores, answerable, strict=True) if truth]
    bad = [score for score, truth in zip(scores, answerable, strict=True) if not truth]
    if not good or not bad:
        return None
    share = len(good) / len(scores)
    return Abstention(
        answerable=len(good),
        unanswerable=len(bad),
        auroc=auroc_interval(good, bad, seed),
        brier=sum((s - t) ** 2 for s, t in zip(scores, answerable, strict=True)) / len(scores),
        brier_of_share=share * (1 - share),
        threshold=threshold,
        false_abstention=wilson(sum(score < threshold for score in good), len(good)),
        caught=wilson(sum(score < threshold for score in bad), len(bad)),
        curve=risk_coverage(scores, answerable),
    )


def auroc(good: Sequence[float], bad: Sequence[float]) -> float:
    """Return the area under the ROC curve, by Mann and Whitney's count of pairs (Hanley & McNeil 1982).

    Args:
        good: Scores that should be high; at least one.
        bad: Scores that should be low; at least one.
    """
    from scipy.stats import rankdata

    ranks = rankdata([*good, *bad])
    n = len(good)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * len(bad)))


def auroc_interval(good: Sequence[float], bad: Sequence[float], seed: int = 0) -> Interval:
    """Return the AUROC with its 95 % percentile bootstrap interval, both kinds resampled apart (Efron 1979).

    Where every pair is in order, resampling would claim certainty; the interval then opens by the Wilson bound
    of "0 of n differ", with n the rarer kind.
    """
    import numpy as np

    value = auroc(good, bad)
    if value in (0.0, 1.0):
        unseen = wilson(0, min(len(good), len(bad))).high
        return Interval(value, max(0.0, value - unseen), min(1.0, value + unseen))
    rng = np.random.default_rng(seed)
    one, other = np.asarray(good), np.sort(np.asarray(bad))
    # how many of `bad` each of `good` beats, as weights on resampled counts of `bad`
    below, upto = np.searchsorted(other, one, "left"), np.searchsorted(other, one, "right")
    areas = np.empty(_RESAMPLES)
    for place in range(_RESAMPLES):
        mine = rng.multinomial(len(one), np.full(len(one), 1 / len(one)))
        theirs = np.concatenate(
            [[0], np.cumsum(rng.multinomial(len(other), np.full(len(other), 1 / len(other))))]
        )
        areas[place] = mine @ (theirs[below] + theirs[upto]) / 2 / (len(one) * len(other))
    low, high = np.quantile(areas, [ALPHA / 2, 1 - ALPHA / 2])
    return Interval(value, float(low), float(high))


def risk_coverage(scores: Sequence[float], answerable: Sequence[bool]) -> tuple[RiskPoint, ...]:
    """Return the risk–coverage curve in steps of 5 % (El-Yaniv & Wiener, JMLR 2010), from full coverage down.

    Equal scores are answered or left together, so a step may be left out.
    """
    rows = sorted(zip(scores, answerable, strict=True), key=lambda row: -row[0])
    points: dict[float, RiskPoint] = {}
    for step in range(_STEPS, 0, -1):
        threshold = rows[max(0, math.ceil(len(rows) * step / _STEPS) - 1)][0]
        taken = [truth for score, truth in rows if score >= threshold]
        points.setdefault(
            threshold, RiskPoint(threshold, len(taken) / len(rows), taken.count(False) / len(taken))
        )
    return tuple(points.values())


def threshold_for(scores: Sequence[float], answerable: Sequence[bool], share: float) -> float:
    """Return the highest threshold that leaves at most `share` of the answerable questions below it.

    Args:
        scores: Of all questions.
        answerable: The truth; at least one is True.
        share: In [0, 1].
    """
    good = sorted(score for score, truth in zip(scores, answerable, strict=True) if truth)
    lost = min(len(good) - 1, math.floor(share * len(good) + 1e-9))
    return good[lost]
