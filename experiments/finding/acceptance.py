"""Is another embedder surely better at finding? One paired comparison of live searches on test questions.

The questions that chose the embedder never decide: its advantage on them flatters it. Knows nothing of vectors, training, files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, pvariance
from typing import TYPE_CHECKING

from experiments.finding.retrieval import MEASURES, Found, Search, answerable, mean, measured
from experiments.statistics.stats import ALPHA, POWER, Interval, paired_interval
from foundation.errors import UserError

if TYPE_CHECKING:
    from rag.types import LibrarySettings

FEWEST = 10
"""Answerable test questions below which nothing is decided: a bootstrap of fewer is not to be trusted."""
MOST_NEEDED = 1_000_000
"""Above this, the number of questions that would be needed is no help to anybody."""
_NDCG, _RECALL = MEASURES.index("ndcg_10"), MEASURES.index("recall_10")


@dataclass(frozen=True)
class OfLanguage:
    """The gain on the questions of one language."""

    language: str
    """`en` or `tr`."""
    questions: int
    """How many there are."""
    gain: Interval | None
    """In nDCG@10, with its 95 % interval; None for a single question."""


@dataclass(frozen=True)
class Acceptance:
    """The taught embedder against the present one, on test questions."""

    questions: int
    """Answerable test questions."""
    times: int
    """How many embedders these questions have judged, this one included: each is one more chance for luck."""
    before: Interval
    """nDCG@10 of the live search as it is."""
    after: Interval
    """nDCG@10 with the taught embedder."""
    gain: Interval
    """After less before, paired over questions; its interval holds for `times` looks (Bonferroni)."""
    recall_10: Interval
    """The same of recall@10, 95 %."""
    dense: Interval
    """The same of nDCG@10 by vectors alone, 95 %."""
    unseen: Interval | None
    """The gain on questions whose documents gave no pair, 95 %; None for fewer than two."""
    unseen_questions: int
    """How many those are."""
    languages: tuple[OfLanguage, ...]
    """By language."""
    needed: int | None
    """Questions that would show such a gain (5 %, power 80 %); None where it is none, or they were enough."""

    @property
    def worse_in(self) -> tuple[str, ...]:
        """The languages in which it finds surely worse."""
        return tuple(one.language for one in self.languages if one.gain is not None and one.gain.high < 0)

    @property
    def accepted(self) -> bool:
        """Whether it finds surely better, and surely worse in no language."""
        return self.gain.low > 0 and not self.worse_in


def accept(
    before: Sequence[Found],
    after: Sequence[Found],
    settings: LibrarySettings,
    held_out: frozenset[str],
    times: int = 1,
    seed: int = 0,
) -> Acceptance:
    """Hold a taught embedder against the present one.

    Args:
        before: What the search finds for the test questions as it is.
        after: What it finds with the taught embedder, in the same order.
        settings: How hits are chosen.
        held_out: Documents that gave no pair.
        times: How many embedders these questions have judged, this one included.
        seed: Of the intervals' bootstrap.

    Raises:
        UserError: There are fewer than `FEWEST` answerable questions.
    """
    pairs = list(zip(answerable(before, "test"), answerable(after, "test"), strict=True))
    if len(pairs) < FEWEST:
        raise UserError(
            f"Only {len(pairs)} test questions can be answered from the documents; {FEWEST} are the fewest that can tell whether "
            'another embedder finds better. Write more with "part": "test" in questions.jsonl.'
        )
    live = Search.RERANKED if any(one.lookup.reranked for pair in pairs for one in pair) else Search.FUSED
    old, new = ([measured(pair[side], live, settings) for pair in pairs] for side in (0, 1))
    alone = [[measured(pair[side], Search.DENSE, settings)[_NDCG] for pair in pairs] for side in (0, 1)]
    gains = [b[_NDCG] - a[_NDCG] for a, b in zip(old, new, strict=True)]
    gain = allowed_for(gains, times, seed)
    unseen = [one for one, (found, _) in zip(gains, pairs, strict=True) if found.gold <= held_out]
    return Acceptance(
        questions=len(pairs),
        times=times,
        before=mean([row[_NDCG] for row in old]),
        after=mean([row[_NDCG] for row in new]),
        gain=gain,
        recall_10=paired_interval([b[_RECALL] - a[_RECALL] for a, b in zip(old, new, strict=True)], seed),
        dense=paired_interval([b - a for a, b in zip(*alone, strict=True)], seed),
        unseen=paired_interval(unseen, seed) if len(unseen) > 1 else None,
        unseen_questions=len(unseen),
        languages=_by_language(gains, [found.question.question for found, _ in pairs], seed),
        needed=None if gain.low > 0 else needed(gains, times),
    )


def allowed_for(gains: Sequence[float], times: int = 1, seed: int = 0) -> Interval:
    """Return the mean gain with the interval that decides: it leaves α / `times` outside (Bonferroni).

    Args:
        gains: One a question.
        times: How many embedders these questions have judged.
        seed: Of the bootstrap.

    Raises:
        ValueError: There are fewer than two.
    """
    return paired_interval(gains, seed, confidence=1 - ALPHA / times)


def needed(gains: Sequence[float], times: int = 1) -> int | None:
    """Return how many questions show the mean gain that was seen, at 5 % (two-sided, over `times` looks) with power 80 %.

    n = (z_α + z_β)² σ² / δ², the usual size of a paired comparison of means. None where the mean is not above 0.
    """
    delta, spread = fmean(gains), pvariance(gains)
    if delta <= 0 or spread == 0:
        return None
    z = NormalDist().inv_cdf(1 - ALPHA / times / 2) + NormalDist().inv_cdf(POWER)
    count = math.ceil(z**2 * spread / delta**2)
    return count if count <= MOST_NEEDED else None


def _by_language(gains: Sequence[float], questions: Sequence[str], seed: int) -> tuple[OfLanguage, ...]:
    from rag.words import is_turkish

    of: dict[str, list[float]] = {}
    for gain, question in zip(gains, questions, strict=True):
        of.setdefault("tr" if is_turkish(question) else "en", []).append(gain)
    return tuple(
        OfLanguage(name, len(values), paired_interval(values, seed) if len(values) > 1 else None)
        for name, values in sorted(of.items())
    )
