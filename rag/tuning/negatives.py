"""Hard negatives: passages that the present embedder takes for an answer and that are none.

One that scores nearly as high as the right passage is likely an answer that nobody marked, and is left alone (positive-aware
mining: Moreira et al. 2024, NV-Retriever, arXiv 2407.15831). Knows nothing of models or files.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.tuning.pairs import Pair
from rag.tuning.twins import Twins
from rag.types import Chunk
from rag.words import lower

MARGIN = 0.95
"""A negative scores below this share of the right passage's score."""
_LOOKED_AT = 100  # the nearest chunks of a question among which its negative is looked for


def mined(
    pairs: Sequence[Pair],
    queries: NDArray[np.float32],
    chunks: Sequence[Chunk],
    vectors: NDArray[np.float32],
    twins: Twins,
    seed: int,
) -> list[Chunk]:
    """Return the hardest negative of each pair; where no near chunk can be one, any of another family.

    Args:
        pairs: What is learned.
        queries: Their questions' vectors, shape (pairs, dimension).
        chunks: What negatives are taken from: documents that may be learned from.
        vectors: Theirs, shape (chunks, dimension).
        twins: Which say nearly the same.
        seed: Draws where none is near.
    """
    family = [twins.families[chunk.source] for chunk in chunks]
    place_of = {chunk.id: place for place, chunk in enumerate(chunks)}
    draw = random.Random(seed)
    found = []
    for pair, query in zip(pairs, queries, strict=True):
        scores = vectors @ query
        right = float(scores[place_of[pair.chunk.id]])
        near = np.argsort(-scores, kind="stable")[:_LOOKED_AT].tolist()
        allowed = (
            place
            for place in near
            if scores[place] < MARGIN * right and _wrong(pair, chunks[place], family[place], twins)
        )
        place = next(allowed, None)
        if place is None:
            others = [one for one, number in enumerate(family) if number != pair.family]
            place = draw.choice(others)
        found.append(chunks[place])
    return found


def _wrong(pair: Pair, chunk: Chunk, family: int, twins: Twins) -> bool:
    """Whether a chunk can't be an answer: of another family, not nearly the same, and without the facts."""
    if family == pair.family or chunk.id in twins.of(pair.chunk.id):
        return False
    text = lower(chunk.text)
    return not pair.facts or not all(lower(fact) in text for fact in pair.facts)
