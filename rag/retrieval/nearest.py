"""The nearest of many vectors, without a graph: a look at a part of their numbers, then all numbers of the best.

The vectors are turned so that their first numbers hold most of what tells them apart (principal components, without
centring), and the first third of them is compared with all rows; the best few hundred are compared exactly. How
many of the nearest that would lose is measured on the vectors themselves, and where it is more than one in two
hundred, all numbers of all rows are compared. Knows nothing of texts or of who may see them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Places = NDArray[np.intp]

FEWEST = 4_000
"""Rows from which a first look pays; fewer are compared in a fraction of a millisecond."""
KEPT = 0.995
"""Share of the nearest that the first look must keep, measured on rows that are asked as questions."""
_TRIED, _NEAREST = 48, 50  # rows asked as questions, and how many of their nearest must be kept
_SHARES = (4, 3, 2)  # which part of the numbers is tried for the first look
_SAMPLE = 4_000  # rows that the directions are found on
_WIDER, _LEAST = 8, 256  # rows of the first look a row wanted, and the fewest of them


class Nearest:
    """Rows that can be asked for the nearest to a vector.

    The first look is prepared by the second question, so that a process that asks one does not wait for it.

    Args:
        vectors: Shape (rows, dimension), each of length 1.
    """

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors
        self._questions = 0
        self._look: _Look | None = None

    @property
    def looks_first(self) -> bool:
        """Whether a part of the numbers is compared first."""
        return self._look is not None

    def best(self, vector: Vectors, n: int, exact: bool = False) -> Places:
        """Return the rows nearest to a vector, nearest first, ties by row.

        Args:
            vector: The question, shape (dimension,).
            n: How many.
            exact: Compare all numbers of all rows.
        """
        self._questions += not exact
        if self._questions == 2 and not exact and len(self.vectors) >= FEWEST:
            self._look = _prepared(self.vectors)
        if exact or self._look is None:
            return _best(self.vectors, vector, n)
        rows = self._look.rows(vector, n)
        return rows[_best(self.vectors[rows], vector, n)]


@dataclass(frozen=True, slots=True)
class _Look:
    """Rows turned, and their first numbers."""

    directions: Vectors
    head: Vectors

    def rows(self, vector: Vectors, n: int) -> Places:
        """Return the rows that may be among the `n` nearest, ascending."""
        return _highest(self.head @ (vector @ self.directions), max(_WIDER * n, _LEAST))


def _prepared(vectors: Vectors) -> _Look | None:
    """Turn all rows; None where the first look would lose more than next to nothing."""
    sample = vectors[:: -(-len(vectors) // _SAMPLE)]
    _, directions = np.linalg.eigh(sample.T @ sample)
    asked = vectors[:: -(-len(vectors) // _TRIED)]
    nearest = [_best(vectors, one, _NEAREST) for one in asked]
    for share in _SHARES:
        chosen = np.ascontiguousarray(directions[:, ::-1][:, : max(1, vectors.shape[1] // share)])
        look = _Look(chosen, vectors @ chosen)
        kept = [
            np.isin(rows, look.rows(one, _NEAREST)).mean() for rows, one in zip(nearest, asked, strict=True)
        ]
        if np.mean(kept) >= KEPT:
            return look
    return None


def _best(vectors: Vectors, vector: Vectors, n: int) -> Places:
    scores = vectors @ vector
    rows = _highest(scores, n)
    return rows[np.argsort(-scores[rows], kind="stable")]


def _highest(scores: Vectors, n: int) -> Places:
    """Return the places of the `n` highest scores, ascending; of those that tie with the last, the first ones."""
    if n >= len(scores):
        return np.arange(len(scores))
    floor = np.partition(scores, len(scores) - n)[len(scores) - n]
    above = np.flatnonzero(scores > floor)
    return np.sort(np.concatenate([above, np.flatnonzero(scores == floor)[: n - len(above)]]))
