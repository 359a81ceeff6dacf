"""Two rankings made one: convex fusion of min-max-normalised scores, or reciprocal ranks.

Pure functions over ids and scores. Convex fusion keeps what the scores say, which reciprocal ranks throw away
(Bruch, Gai & Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023). Knows nothing of texts or
indexes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RRF_OFFSET = 60
"""What is added to every rank before it is turned over, as in the paper: it keeps first places from ruling."""


def min_max(scores: Sequence[float], floor: float | None = None) -> list[float]:
    """Scale scores to [0, 1].

    Args:
        scores: One an entry.
        floor: The score that becomes 0; None: the lowest one given. Scores below it become 0 as well.

    Returns:
        In the same order; all 1 when the highest score is above a given floor or no floor is given and all are equal, all
        0 when no score is above the given floor.
    """
    if not scores:
        return []
    low, high = min(scores) if floor is None else floor, max(scores)
    if high <= low:
        return [1.0 if floor is None else 0.0] * len(scores)
    return [(score - low) / (high - low) if score > low else 0.0 for score in scores]


def fuse(dense: Mapping[str, float], keyword: Mapping[str, float], alpha: float) -> list[tuple[str, float]]:
    """Rank candidates by `alpha · dense + (1 - alpha) · keyword`, both normalised over the candidates.

    Args:
        dense: Cosine by id, for every candidate; the lowest becomes 0.
        keyword: BM25 score by id; an id that is absent has 0, and 0 stays 0.
        alpha: Weight of the dense score, in [0, 1].

    Returns:
        `(id, score)` with the score in [0, 1], best first, ties by id.
    """
    by_dense = min_max(list(dense.values()))
    by_keyword = min_max([keyword.get(key, 0.0) for key in dense], floor=0.0)
    other = 1.0 - alpha
    return by_score(
        {key: alpha * one + other * two for key, one, two in zip(dense, by_dense, by_keyword, strict=True)}
    )


def fuse_ranks(dense: Mapping[str, float], keyword: Mapping[str, float]) -> list[tuple[str, float]]:
    """Rank candidates by `Σ 1 / (60 + rank)` over both rankings (Cormack, Clarke & Büttcher, SIGIR 2009).

    Args:
        dense: Cosine by id, for every candidate.
        keyword: BM25 score by id; one that is absent or 0 has no rank and gets nothing for it.

    Returns:
        `(id, score)`, best first, ties by id; the score is divided by the highest that is possible, so that it
        lies in [0, 1].
    """
    best = 2.0 / (RRF_OFFSET + 1)
    fused = dict.fromkeys(dense.keys() | keyword.keys(), 0.0)
    for scores in (dense, {key: score for key, score in keyword.items() if score > 0.0}):
        for rank, (key, _) in enumerate(by_score(scores), start=1):
            fused[key] += 1.0 / (RRF_OFFSET + rank) / best
    return by_score(fused)


def by_score(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return `(id, score)` best first, ties by id."""
    return [(key, -low) for low, key in sorted((-score, key) for key, score in scores.items())]
