"""How alike texts are: by an embedder's vectors, or by the rare words that they share where there is none.

Knows nothing of examples or prompts.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag import Embedder
from rag.words import question_words

Likenesses = NDArray[np.float32]
"""From 0, nothing in common, to 1."""


class Texts(Protocol):
    """Texts that others are held against."""

    def to(self, text: str) -> Likenesses:
        """Return how alike each of the texts is to another one, shape (texts,)."""

    def among(self, places: Sequence[int]) -> Likenesses:
        """Return how alike some of the texts are to each other, shape (places, places)."""


class Meanings:
    """Texts compared by the cosine of their vectors, which are kept in memory only: what is forgotten leaves none behind.

    Args:
        texts: The texts; embedded when they are first asked for.
        embedder: Makes the vectors.
    """

    def __init__(self, texts: Sequence[str], embedder: Embedder) -> None:
        self._texts, self._embedder = list(texts), embedder

    @functools.cached_property
    def _vectors(self) -> Likenesses:
        return self._embedder.embed(self._texts)

    def to(self, text: str) -> Likenesses:
        """Return the cosines, nothing below 0."""
        vector = self._embedder.embed([text])[0]  # as a passage: both sides are questions
        return _bounded(self._vectors @ vector)

    def among(self, places: Sequence[int]) -> Likenesses:
        """Return the cosines, nothing below 0."""
        rows = self._vectors[list(places)]
        return _bounded(rows @ rows.T)


def _bounded(cosines: Likenesses) -> Likenesses:
    return np.asarray(np.clip(cosines, 0.0, 1.0), dtype=np.float32)


class Words:
    """Texts compared by their stemmed words, a rare one weighing more: cosine of tf-idf (Salton and Buckley 1988).

    Args:
        texts: The texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from scipy.sparse import csr_array

        rows = [question_words(text) for text in texts]
        self._place = {word: at for at, word in enumerate(sorted({word for row in rows for word in row}))}
        holders = np.zeros(max(1, len(self._place)), dtype=np.float32)
        for row in rows:
            holders[[self._place[word] for word in row]] += 1
        self._weight = np.log1p(len(rows) / np.maximum(holders, 1)).astype(np.float32)
        columns = [self._place[word] for row in rows for word in row]
        starts = np.cumsum([0, *map(len, rows)])
        lengths = np.array([self._length(row) for row in rows], dtype=np.float32)
        data = self._weight[columns] / np.repeat(lengths, np.diff(starts))
        self._rows = csr_array((data, columns, starts), shape=(len(rows), len(self._weight)))

    def to(self, text: str) -> Likenesses:
        """Return the cosines; a word that no text holds makes all of them smaller."""
        words = question_words(text)
        vector = np.zeros(len(self._weight), dtype=np.float32)
        for word in words:
            if word in self._place:
                vector[self._place[word]] = self._weight[self._place[word]]
        return np.asarray(self._rows @ vector, dtype=np.float32) / np.float32(self._length(words))

    def among(self, places: Sequence[int]) -> Likenesses:
        """Return the cosines."""
        rows = self._rows[list(places)]
        return np.asarray((rows @ rows.T).toarray(), dtype=np.float32)

    def _length(self, words: Sequence[str]) -> float:
        unknown = float(self._weight.max()) if len(self._weight) else 1.0
        weights = [
            float(self._weight[self._place[word]]) if word in self._place else unknown for word in words
        ]
        return max(1e-9, math.hypot(*weights))


def representative(likenesses: Likenesses, groups: Sequence[object], count: int) -> list[int]:
    """Return places of texts that stand for all of them, the best first.

    Facility location, greedily: each further one is that which brings all texts closest to one that is taken (Lin and Bilmes
    2011, ACL P11-1052; within 1 - 1/e of the best choice, Nemhauser, Wolsey and Fisher 1978). Of a group that has one already,
    none is taken as long as there is another group.

    Args:
        likenesses: How alike each is to each, shape (texts, texts).
        groups: What each belongs to.
        count: How many; fewer where there are fewer.
    """
    taken: list[int] = []
    nearest = np.zeros(len(likenesses), dtype=np.float32)
    while len(taken) < min(count, len(likenesses)):
        used = {groups[place] for place in taken}
        left = [place for place in range(len(likenesses)) if place not in taken]
        left = [place for place in left if groups[place] not in used] or left
        gains = np.maximum(likenesses[left], nearest).sum(axis=1)
        best = left[int(gains.argmax())]
        taken.append(best)
        nearest = np.maximum(nearest, likenesses[best])
    return taken
