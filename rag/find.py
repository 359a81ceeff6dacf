"""Finding: both searches of one generation asked, for one viewer, and their hits chosen.

What the viewer may not see takes no part: it is left out before anything is ranked, so that it neither shows nor crowds out
another hit. Knows nothing of files, of models, or of when an index is opened.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from rag.choose import Candidate, Lookup, choose, joined
from rag.index import IndexBroken, Indexes
from rag.ledger import Ledger
from rag.rerank import Reranker
from rag.types import Hit, LibrarySettings
from rag.visibility import View
from rag.widen import widen
from rag.words import question_forms

_FURTHER = (
    3_000  # candidates of a search whose hits near-duplicates or a limit would fill, cut off or leave open
)
_LONGEST = (
    1.01  # squared; a bit that flips in a number's exponent makes a vector longer, or changes next to nothing
)
_HIDDEN = 200  # with more hidden texts than this, the vector index is not asked


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
    view: View | None
    """What may be seen; None: everything."""
    settings: LibrarySettings
    """How hits are chosen."""
    reranker: Reranker | None = None
    """Reads the best candidates once more."""

    def hits(self, question: str, vector: NDArray[np.float32], k: int) -> list[Hit]:
        """Return the `k` best hits of a question.

        Args:
            question: Cleaned, not blank.
            vector: The question's, shape (dimension,).
            k: How many.
        """
        count, more = (min(max(n, k), self._total) for n in (self.settings.candidates, _FURTHER))
        choice = choose(self._reread(question, self._candidates(question, vector, count)), self.settings, k)
        if choice.wanting and count < more:
            # Asked exactly: among a thousand equal vectors HNSW does not find the others.
            found = self._candidates(question, vector, more, exact=True)
            choice = choose(self._reread(question, found), self.settings, k)
        text_of = functools.cache(self.ledger.text_of)
        self._check(choice.hits, text_of)
        hits = widen(choice.hits, self.settings.neighbours, self.ledger.around, text_of)
        dates = self.ledger.dates({hit.chunk.source for hit in hits})
        return [replace(hit, since=dates.get(hit.chunk.source, "")) for hit in hits]

    def _check(self, hits: Sequence[Hit], text_of: Callable[[str], str | None]) -> None:
        """Compare each hit's text and title with its document's: one flipped bit on the disk can't be in both."""
        for chunk in (hit.chunk for hit in hits):
            if (text_of(chunk.source) or "")[chunk.start : chunk.end] != chunk.text:
                raise self._damaged(f"a text of {chunk.source} differs from its document")
            if self.ledger.title_of(chunk.source) != chunk.title:
                raise self._damaged(f"the title of {chunk.source} differs from its document's")

    def _damaged(self, how: str) -> UserError:
        return UserError(
            f"{self.ledger.path.parent}: the library's ledger is damaged ({how}). Remove the folder and run `rungwise sync`: "
            "it is built anew from the documents."
        )

    def lookup(self, question: str, vector: NDArray[np.float32]) -> Lookup:
        """Return what both searches find before it is ranked; arguments as for `hits`."""
        candidates = self._candidates(question, vector, self.settings.candidates)
        words = tuple((forms, self.indexes.keywords.rarity(forms)) for forms in question_forms(question))
        return replace(self._reread(question, candidates), words=words)

    def _reread(self, question: str, candidates: tuple[Candidate, ...]) -> Lookup:
        """Return a lookup, with the reranker's scores of its best where there is one."""
        lookup = Lookup(candidates)
        if self.reranker is None or not candidates:
            return lookup
        chunks = {one.chunk.id: one for one in candidates}
        best = [key for key, _ in joined(chunks, self.settings)[: self.settings.rerank_candidates]]
        scores = self.reranker.scores(question, [chunks[key].chunk.indexed_text for key in best])
        return replace(lookup, reranked=dict(zip(best, map(float, scores), strict=True)))

    @property
    def _total(self) -> int:
        return len(self.indexes.keywords.ids) if self.view is None else self.view.count

    def _candidates(
        self, question: str, vector: NDArray[np.float32], count: int, exact: bool = False
    ) -> tuple[Candidate, ...]:
        """Return the `count` best of each search; both scores are exact for every candidate."""
        keywords, shown = self.indexes.keywords, None if self.view is None else self.view.chunks
        if not keywords.ids:
            folder = self.ledger.path.parent
            raise UserError(
                f"{folder}: the index is empty. Put documents into the folder, then run `rungwise sync`."
            )
        by_words = keywords.scores(question)
        if shown is not None:
            by_words = np.where(shown, by_words, np.float32(0.0))
        count = min(count, self._total)
        if count == 0:
            return ()
        ids = keywords.top(by_words, count)
        near = self._near(vector, count, exact)
        known = self.ledger.candidates(ids, near)
        hashes = {key for _, key in known.values()}
        if not known.keys() >= set(ids) or not hashes >= set(near):
            raise IndexBroken("the index names texts that the ledger does not have")
        keys, fetch = sorted(hashes), self.ledger.vectors
        vectors = self.view.vectors(keys, fetch) if self.view else fetch(keys)
        if not (np.einsum("ij,ij->i", vectors, vectors) <= _LONGEST).all():
            raise self._damaged("a vector is longer than 1")
        row, dense = {key: place for place, key in enumerate(keys)}, (vectors @ vector).tolist()
        places = keywords.place
        return tuple(
            Candidate(chunk, dense[row[key]], float(by_words[places[name]]), vectors[row[key]])
            for name, (chunk, key) in known.items()
            if shown is None or shown[places[name]]  # the same text may stand in a document that is not shown
        )

    def _near(self, vector: NDArray[np.float32], count: int, exact: bool) -> Sequence[str]:
        """Return the text hashes of the nearest vectors.

        The vector index is asked for as many more as are hidden, so that hidden ones can't crowd out a hit. Where that is
        too many, all vectors are compared: with 50,000 of them that takes less time than a filter of Chroma's.
        """
        if self.view is None:
            return self.ledger.nearest(vector, count) if exact else self._asked(vector, count)
        hidden = self.view.hidden
        if exact or len(hidden) > _HIDDEN:
            return self.view.nearest(vector, count, self.ledger.vectors)
        near = [key for key in self._asked(vector, count + len(hidden)) if key not in hidden][:count]
        # Among many equal vectors HNSW loses its way, and hidden twins would crowd out a hit after all.
        return near if len(near) == count else self.view.nearest(vector, count, self.ledger.vectors)

    def _asked(self, vector: NDArray[np.float32], n: int) -> Sequence[str]:
        vectors = self.indexes.vectors
        try:
            return vectors.nearest(vector, min(n, vectors.count()))
        except Exception as error:  # Chroma raises many classes on a damaged index; all mean: write it anew
            raise IndexBroken(f"the vector index can't be asked ({error})") from error
