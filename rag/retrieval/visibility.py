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

from rag.retrieval.nearest import Nearest, Places, Vectors

Mask = NDArray[np.bool_]
Fetch = Callable[[Places], Vectors]

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
        texts: Which distinct texts, those that stand in one of these chunks, in the order of the shelf, shape (texts,).
    """

    def __init__(self, chunks: Mask, texts: Mask) -> None:
        self.chunks, self.texts = chunks, texts
        self.count = int(chunks.sum())
        """How many chunks may be shown."""
        self.hidden = int(len(texts) - texts.sum())
        """How many texts may not be shown."""
        self._numbers = np.flatnonzero(texts)
        self._row = np.cumsum(texts) - 1
        self._nearest: Nearest | None = None

    def vectors(self, texts: Places, fetch: Fetch) -> Vectors:
        """Return the vectors of texts that may be shown, shape (texts, dimension); fetched where they are not at hand."""
        return fetch(texts) if self._nearest is None else self._nearest.vectors[self._row[texts]]

    def nearest(self, vector: NDArray[np.float32], n: int, fetch: Fetch, exact: bool = False) -> Places:
        """Return the `n` texts with the nearest vectors among those that may be shown, nearest first.

        Args:
            vector: The question, shape (dimension,).
            n: How many.
            fetch: Fetches the vectors of texts; asked once, for all that may be shown.
            exact: Lose none of the nearest for time's sake.
        """
        if self._nearest is None:
            self._nearest = Nearest(fetch(self._numbers))
        return self._numbers[self._nearest.best(vector, n, exact)]


class Shelf:
    """The chunks of one generation, by number: of which document and text each is, who may see it and when.

    A chunk's number is its place in the keyword index, a text's is its place in `hashes`.

    Args:
        documents: What is said about each document, by source.
        places: The chunks in the order of the keyword index, each as `(source, text hash)`.
    """

    def __init__(self, documents: Mapping[str, Seen], places: Sequence[tuple[str, str]]) -> None:
        self._sources = sorted(documents)
        seen = [documents[source] for source in self._sources]
        number = {source: place for place, source in enumerate(self._sources)}
        self.hashes = sorted({key for _, key in places})
        """The distinct text hashes."""
        self.number = {key: place for place, key in enumerate(self.hashes)}
        """The number of each text hash."""
        self._document = np.fromiter((number[source] for source, _ in places), np.intp, len(places))
        self.text = np.fromiter((self.number[key] for _, key in places), np.intp, len(places))
        """The number of each chunk's text, shape (chunks,)."""
        self._by_text = np.argsort(self.text, kind="stable")
        self._first = np.searchsorted(self.text[self._by_text], np.arange(len(self.hashes) + 1))
        self._begins = np.array([one.begins for one in seen])
        self._ends = np.array([one.ends for one in seen])
        self._plain = all(one.plain for one in seen)
        # Tens of thousands of documents share a few dozen rules: a question is held against each rule once.
        self._rules = list({(one.access, one.tags): None for one in seen})
        numbers = {rule: place for place, rule in enumerate(self._rules)}
        self._rule = np.array([numbers[one.access, one.tags] for one in seen], np.int64)
        self._views: OrderedDict[bytes, View] = OrderedDict()

    def sources_of(self, chunks: Places) -> list[str]:
        """Return the document that each of these chunks is from."""
        return [self._sources[number] for number in self._document[chunks].tolist()]

    def chunks_of(self, texts: Places) -> Places:
        """Return the chunks that these texts stand in."""
        first = self._first
        parts = [self._by_text[first[text] : first[text + 1]] for text in texts.tolist()]
        return np.concatenate(parts) if parts else np.empty(0, np.intp)

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
        texts = np.zeros(len(self.hashes), dtype=np.bool_)
        texts[self.text[chunks]] = True
        return View(chunks, texts)
