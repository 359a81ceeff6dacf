"""Which chunks a reader may be shown at a moment: decided inside the search, never after it.

The answer comes from the ledger, so that a document is gone the moment it expires, without a sync. Knows nothing of
files or of scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ledger says about one document's visibility."""

    access: frozenset[str]
    """The groups that may see it; empty: everybody."""
    begins: float
    """From when it holds, in seconds since 1970; -inf: always."""
    ends: float
    """Until when, exclusive; inf: no end."""
    tags: frozenset[str]
    """What it can be filtered by."""

    @property
    def plain(self) -> bool:
        """Whether everybody may see it at any time."""
        return not self.access and self.begins == -math.inf and self.ends == math.inf


class Shelf:
    """The documents of one generation, with who may see them and when.

    Args:
        documents: What is said about each document, by source.
        places: The chunks in the order of the keyword index, each as `(source, text hash)`.
    """

    def __init__(self, documents: Mapping[str, Seen], places: Sequence[tuple[str, str]]) -> None:
        self._seen = [documents[source] for source in sorted(documents)]
        number = {source: place for place, source in enumerate(sorted(documents))}
        self.hashes = sorted({key for _, key in places})
        """The distinct text hashes, sorted."""
        at = {key: place for place, key in enumerate(self.hashes)}
        self._document = np.fromiter((number[source] for source, _ in places), np.int64, len(places))
        self._text = np.fromiter((at[key] for _, key in places), np.int64, len(places))
        self._begins = np.array([one.begins for one in self._seen])
        self._ends = np.array([one.ends for one in self._seen])
        self._plain = all(one.plain for one in self._seen)
        self._vectors: Vectors | None = None

    def chunks(self, groups: frozenset[str], tags: frozenset[str], at: float) -> Mask | None:
        """Return which chunks may be shown, shape (chunks,); None: all of them.

        Args:
            groups: The reader's groups.
            tags: Only documents with all of these.
            at: The moment, in seconds since 1970.
        """
        if self._plain and not tags:
            return None
        open_to = np.array(
            [(not one.access or bool(one.access & groups)) and tags <= one.tags for one in self._seen]
        )
        documents = open_to & (self._begins <= at) & (at < self._ends)
        return None if documents.all() else documents[self._document]

    def texts(self, chunks: Mask) -> Mask:
        """Return which text hashes stand in some chunk that may be shown, shape (len(hashes),)."""
        shown = np.zeros(len(self.hashes), dtype=np.bool_)
        shown[self._text[chunks]] = True
        return shown

    def nearest(
        self, vector: NDArray[np.float32], n: int, shown: Mask, vectors: Callable[[Sequence[str]], Vectors]
    ) -> list[str]:
        """Return the text hashes of exactly the `n` nearest vectors among those that may be shown, nearest first.

        Args:
            vector: The question, shape (dimension,).
            n: How many.
            shown: What `texts` gave.
            vectors: Fetches the vectors of text hashes; asked once a generation, for all of them.
        """
        if self._vectors is None:
            self._vectors = vectors(self.hashes)
        scores = np.where(shown, self._vectors @ vector, -np.inf)
        n = min(n, int(shown.sum()))
        best = np.argpartition(-scores, n - 1)[:n] if n < len(scores) else np.arange(len(scores))
        return [self.hashes[place] for place in best[np.argsort(-scores[best], kind="stable")][:n]]
