"""How well an encoder finds what it was not taught: the check between epochs, on held-out questions and a pool of passages.

Ranks by vectors alone. Knows nothing of training, or of the questions that decide in the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.metrics import ndcg_at
from rag.types import Chunk

MOST_PASSAGES = 400
"""Passages of the pool: those that tell, and others by lot."""
MOST_QUESTIONS = 200
"""Questions at most."""


@dataclass(frozen=True)
class HeldQuestion:
    """A question that nothing is learned from."""

    text: str
    """What is asked."""
    gold: frozenset[str]
    """The documents that tell."""


class HeldOut:
    """Held-out questions over a pool of passages.

    Args:
        questions: What is asked.
        chunks: All chunks of the library.
        seed: Of what is drawn.
    """

    def __init__(self, questions: Sequence[HeldQuestion], chunks: Sequence[Chunk], seed: int = 0) -> None:
        draw = random.Random(seed)
        self.questions = (
            list(questions) if len(questions) <= MOST_QUESTIONS else draw.sample(questions, MOST_QUESTIONS)
        )
        gold = frozenset().union(*(one.gold for one in self.questions))
        telling = [chunk for chunk in chunks if chunk.source in gold]
        others = [chunk for chunk in chunks if chunk.source not in gold]
        room = max(0, MOST_PASSAGES - len(telling))
        self.pool = [*telling, *(others if len(others) <= room else draw.sample(others, room))]

    def __call__(self, encode: Callable[[Sequence[str], bool], NDArray[np.float32]]) -> float:
        """Return nDCG@10 over documents, the mean over all questions."""
        passages = encode([chunk.indexed_text for chunk in self.pool], False)
        asked = encode([one.text for one in self.questions], True)
        values = []
        for one, vector in zip(self.questions, asked, strict=True):
            order = np.argsort(-(passages @ vector), kind="stable").tolist()
            values.append(ndcg_at(10, [self.pool[place].source for place in order], one.gold))
        return sum(values) / len(values)
