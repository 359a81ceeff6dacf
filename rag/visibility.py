"""Which chunks a reader may be shown at a moment: decided inside the search, never after it.

The answer comes from the ledger, so that a document is gone the moment it expires, without a sync. Knows nothing of
files or of scores.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Vectors = NDArray[np.float32]
Fetch = Callable[[Sequence[str]], Vectors]

_VIEWS = 4  # readers with the same rights share one; each may hold the vectors of all that it shows


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


class View:
    """What one reader may be shown of one generation at a moment.

    Args:
        chunks: Which chunks, in the order of the keyword index, shape (chunks,).
        shown: The distinct text hashes that stand in one of them, sorted.
        hidden: The text hashes that stand in none of them.
    """

    def __init__(self, chunks: Mask, shown: Sequence[str], hidden: frozenset[str]) -> None:
        self.chunks = chunks
        self.count = int(chunks.sum())
        """How many chunks may be shown."""
        self.hidden = hidden
        self._shown = shown
        self._vectors: Vectors | None = None
        self._place: dict[str, int] = {}

    def vectors(self, keys: Sequence[str], fetch: Fetch) -> Vectors:
        """Return the vectors of text hashes, shape (len(keys), dimension); fetched where they are not at hand."""
        if self._vectors is None or not self._place.keys() >= set(keys):
            return fetch(keys)
        return self._vectors[[self._place[key] for key in keys]]

    def nearest(self, vector: NDArray[np.float32], n: int, fetch: Fetch) -> list[str]:
        """Return the text hashes of exactly the `n` nearest vectors among those that may be shown, nearest first.

        Args:
            vector: The question, shape (dimension,).
            n: How many.
            fetch: Fetches the vectors of text hashes; asked once, for all that may be shown.
        """
        if self._vectors is None:
            self._vectors = fetch(self._shown)
            self._place = {key: place for place, key in enumerate(self._shown)}
        scores = self._vectors @ vector
        n = min(n, len(scores))
        best = np.argpartition(-scores, n - 1)[:n] if n < len(scores) else np.arange(len(scores))
        return [self._shown[place] for place in best[np.argsort(-scores[best], kind="stable")]]


class Shelf:
    """The documents of one generation, with who may see them and when.

    Args:
        documents: What is said about each document, by source.
        places: The chunks in the order of the keyword index, each as `(source, text hash)`.
    """

    def __init__(self, documents: Mapping[str, Seen], places: Sequence[tuple[str, str]]) -> None:
        seen = [documents[source] for source in sorted(documents)]
        number = {source: place for place, source in enumerate(sorted(documents))}
        self._hashes = sorted({key for _, key in places})
        at = {key: place for place, key in enumerate(self._hashes)}
        self._document = np.fromiter((number[source] for source, _ in places), np.int64, len(places))
        self._text = np.fromiter((at[key] for _, key in places), np.int64, len(places))
        self._begins = np.array([one.begins for one in seen])
        self._ends = np.array([one.ends for one in seen])
        self._plain = all(one.plain for one in seen)
        # Tens of thousands of documents share a few dozen rules: a question is held against each rule once.
        self._rules = list({(one.access, one.tags): None for one in seen})
        numbers = {rule: place for place, rule in enumerate(self._rules)}
        self._rule = np.array([numbers[one.access, one.tags] for one in seen], np.int64)
        self._views: OrderedDict[bytes, View] = OrderedDict()

    def view(self, groups: frozenset[str], tags: frozenset[str], at: float) -> View | None:
        """Return what a reader may be shown; None: everything.

        Args:
            groups: The reader's groups.
            tags: Only documents with all of these.
            at: The moment, in seconds since 1970.
        """
        if self._plain and not tags:
            return None
        open_to = np.array(
            [(not access or bool(access & groups)) and tags <= told for access, told in self._rules], np.bool_
        )
        documents = open_to[self._rule] & (self._begins <= at) & (at < self._ends)
        if documents.all():
            return None
        key = documents.tobytes()
        found = self._views.pop(key, None) or self._viewed(documents)
        self._views[key] = found
        if len(self._views) > _VIEWS:
            self._views.popitem(last=False)
        return found

    def _viewed(self, documents: Mask) -> View:
        chunks = documents[self._document]
        texts = np.zeros(len(self._hashes), dtype=np.bool_)
        texts[self._text[chunks]] = True
        shown = [self._hashes[place] for place in np.flatnonzero(texts)]
        return View(chunks, shown, frozenset(self._hashes[place] for place in np.flatnonzero(~texts)))
