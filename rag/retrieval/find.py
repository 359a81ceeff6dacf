"""Finding: both searches of one generation asked, for one viewer, and their hits chosen.

What the viewer may not see takes no part: it is left out before anything is ranked, so that it neither shows nor crowds out
another hit. Knows nothing of files, of models, or of when an index is opened.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from rag.indexing.index import IndexBroken, Indexes
from rag.retrieval.choose import Candidate, Lookup, choose, joined
from rag.retrieval.nearest import Places, Vectors
from rag.retrieval.reader import Reader, damaged
from rag.retrieval.rerank import Reranker
from rag.retrieval.visibility import Shelf, View
from rag.retrieval.widen import widen
from rag.storage.ledger import Ledger
from rag.types import Hit, LibrarySettings
from rag.words import question_forms

_FURTHER = (
    3_000  # candidates of a search whose hits near-duplicates or a limit would fill, cut off or leave open
)
_LONGEST = (
    1.01  # squared; a bit that flips in a number's exponent makes a vector longer, or changes next to nothing
)
_FOREIGN = "the index names texts that the ledger does not have"
_HIDDEN = 200  # with more hidden texts than this, the vector index is not asked


def shelf_of(ledger: Ledger, indexes: Indexes) -> Shelf:
    """Return the chunks of a generation by number.

    Raises:
        IndexBroken: The index names texts that the ledger does not have.
    """
    places, ids = ledger.places(), indexes.keywords.ids
    if not places.keys() >= set(ids):
        raise IndexBroken(_FOREIGN)
    return Shelf(ledger.seen(), [places[name] for name in ids])


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what one viewer may see.

    Raises:
        IndexBroken: By every method, where the indexes don't fit the ledger.
    """

    ledger: Ledger
    """The truth, inside `reading`."""
    indexes: Indexes
    """Both indexes of its generation."""
    shelf: Shelf
    """Its chunks, by number."""
    view: View | None
    """What may be seen; None: everything."""
    settings: LibrarySettings
    """How hits are chosen."""
    reader: Reader
    """Reads the chunks."""
    reranker: Reranker | None = None
    """Reads the best candidates once more."""

    def hits(self, question: str, vector: NDArray[np.float32], k: int) -> list[Hit]:
        """Return the `k` best hits of a question.

        Args:
            question: Cleaned, not blank.
            vector: The question's, shape (dimension,).
            k: How many.
        """
        read = self.reader
        count, more = (min(max(n, k), self._total) for n in (self.settings.candidates, _FURTHER))
        found = self._reread(question, self._candidates(question, vector, count))
        choice = choose(found, self.settings, k, read.ahead)
        if choice.wanting and count < more:
            # Asked exactly: among a thousand equal vectors HNSW does not find the others.
            found = self._reread(question, self._candidates(question, vector, more, exact=True))
            choice = choose(found, self.settings, k, read.ahead)
        text_of = functools.cache(self.ledger.text_of)
        hits = widen(choice.hits, self.settings.neighbours, self.ledger.around, text_of)
        return [replace(hit, since=read.since(hit.chunk.id)) for hit in hits]

    def lookup(self, question: str, vector: NDArray[np.float32]) -> Lookup:
        """Return what both searches find before it is ranked; arguments as for `hits`."""
        candidates = self._candidates(question, vector, self.settings.candidates)
        self.reader.ahead([one.id for one in candidates])
        words = tuple((forms, self.indexes.keywords.rarity(forms)) for forms in question_forms(question))
        return replace(self._reread(question, candidates), words=words)

    def _reread(self, question: str, candidates: tuple[Candidate, ...]) -> Lookup:
        """Return a lookup, with the reranker's scores of its best where there is one."""
        lookup = Lookup(candidates)
        if self.reranker is None or not candidates:
            return lookup
        chunks = {one.id: one for one in candidates}
        best = [key for key, _ in joined(chunks, self.settings)[: self.settings.rerank_candidates]]
        self.reader.ahead(best)
        scores = self.reranker.scores(question, [chunks[key].chunk.indexed_text for key in best])
        return replace(lookup, reranked=dict(zip(best, map(float, scores), strict=True)))

    @property
    def _total(self) -> int:
        return len(self.indexes.keywords.ids) if self.view is None else self.view.count

    def _candidates(
        self, question: str, vector: NDArray[np.float32], count: int, exact: bool = False
    ) -> tuple[Candidate, ...]:
        """Return the `count` best of each search; both scores are exact for every candidate."""
        keywords = self.indexes.keywords
        if not keywords.ids:
            raise UserError(
                f"{self.ledger.where}: the index is empty. Put documents into the folder, then run `rungwise sync`."
            )
        by_words = keywords.scores(question)
        if self.view is not None:
            by_words *= self.view.chunks
        count = min(count, self._total)
        if count == 0:
            return ()
        near = self._near(vector, count, exact)
        found = {*keywords.top(by_words, count).tolist(), *self.shelf.chunks_of(near).tolist()}
        places = np.array(sorted(found), np.intp)
        if self.view is not None:  # the same text may stand in a document that is not shown
            places = places[self.view.chunks[places]]
        vectors = self._vectors(self.shelf.text[places])
        if not (np.einsum("ij,ij->i", vectors, vectors) <= _LONGEST).all():
            raise damaged(self.ledger, "a vector is longer than 1")
        names = [keywords.ids[place] for place in places.tolist()]
        sources, scores = (
            self.shelf.sources_of(places),
            ((vectors @ vector).tolist(), by_words[places].tolist()),
        )
        return tuple(map(Candidate, names, sources, *scores, vectors, itertools.repeat(self.reader)))

    def _near(self, vector: NDArray[np.float32], count: int, exact: bool) -> Places:
        """Return the texts with the nearest vectors.

        The vector index is asked for as many more as are hidden, so that hidden ones can't crowd out a hit. Where that is
        too many, the vectors that may be shown are compared: that takes less time than a filter of Chroma's.
        """
        view = self.view
        if view is None:
            return self._numbers(self.ledger.nearest(vector, count) if exact else self._asked(vector, count))
        if exact or view.hidden > _HIDDEN:
            return view.nearest(vector, count, self._fetch, exact)
        near = self._numbers(self._asked(vector, count + view.hidden))
        near = near[view.texts[near]][:count]
        # Among many equal vectors HNSW loses its way, and hidden twins would crowd out a hit after all.
        return near if len(near) == count else view.nearest(vector, count, self._fetch, exact=True)

    def _numbers(self, keys: Sequence[str]) -> Places:
        numbers = [self.shelf.number.get(key, -1) for key in keys]
        if -1 in numbers:
            raise IndexBroken(_FOREIGN)
        return np.array(numbers, np.intp)

    def _vectors(self, texts: Places) -> Vectors:
        """Return the vectors of texts, shape (texts, dimension)."""
        return self._fetch(texts) if self.view is None else self.view.vectors(texts, self._fetch)

    def _fetch(self, texts: Places) -> Vectors:
        return self.ledger.vectors([self.shelf.hashes[number] for number in texts.tolist()])

    def _asked(self, vector: NDArray[np.float32], n: int) -> Sequence[str]:
        vectors = self.indexes.vectors
        try:
            held = vectors.count()
            near = vectors.nearest(vector, min(n, held))
        except Exception as error:  # Chroma raises many classes on a damaged index; all mean: write it anew
            raise IndexBroken(f"the vector index can't be asked ({error})") from error
        if held != len(self.shelf.hashes):
            raise IndexBroken(f"the vector index holds {held} texts, the ledger {len(self.shelf.hashes)}")
        return near
