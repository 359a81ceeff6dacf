"""How good a ranking is: recall@k, MRR and nDCG@k as pure functions.

Knows nothing of the library: a ranking is a list of names, best first, and the gold is a set of names. A name
that occurs twice in a ranking counts once, at its first place (two chunks of one document are one document
found).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet


def recall_at(k: int, ranking: Sequence[str], gold: AbstractSet[str]) -> float:
    """The share of `gold` among the first `k` distinct names; 0 when there is no gold."""
    return len(set(_distinct(ranking)[:k]) & gold) / len(gold) if gold else 0.0


def reciprocal_rank(ranking: Sequence[str], gold: AbstractSet[str]) -> float:
    """1 / place of the first gold name, 0 when there is none (Voorhees, TREC-8 QA, 1999)."""
    return next((1.0 / place for place, name in enumerate(_distinct(ranking), start=1) if name in gold), 0.0)


def mean_reciprocal_rank(rankings: Iterable[tuple[Sequence[str], AbstractSet[str]]]) -> float:
    """The mean of `reciprocal_rank` over `(ranking, gold)` pairs; 0 for none."""
    values = [reciprocal_rank(ranking, gold) for ranking, gold in rankings]
    return sum(values) / len(values) if values else 0.0


def ndcg_at(k: int, ranking: Sequence[str], gold: AbstractSet[str]) -> float:
    """Normalised discounted cumulative gain with binary gains (Järvelin & Kekäläinen, 2002).

    DCG@k = Σ_{i≤k} rel_i / log2(i + 1), divided by the DCG of a ranking with all gold first; 0 without gold.
    """
    if not gold:
        return 0.0
    gain = sum(
        1.0 / math.log2(i + 1) for i, name in enumerate(_distinct(ranking)[:k], start=1) if name in gold
    )
    ideal = sum(1.0 / math.log2(i + 1) for i in range(1, min(k, len(gold)) + 1))
    return gain / ideal


def _distinct(ranking: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranking))
