"""Is every chunk of the ledger found, by meaning and by words? Asked of the indexes themselves, chunk by chunk.

Counts alone would not tell: an index can hold a vector that no question reaches. Knows nothing of documents on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rag.indexing.index import IndexBroken, Indexes, IndexHome
from rag.storage.ledger import Ledger
from rag.types import Chunk, Progress
from rag.words import text_words

_AT_ONCE = 500
_NEAR = 10
_ALIKE = 1e-4
"""Two texts whose vectors differ by no more than this stand for each other: either may come first."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found."""

    generation: int
    """The generation that was looked at."""
    chunks: int
    """Chunks in the ledger."""
    lost_by_meaning: tuple[str, ...] = ()
    """Chunks (source and place) that no question reaches in the vector index."""
    lost_by_words: tuple[str, ...] = ()
    """Chunks (source and place) whose own words do not find them in the keyword index."""
    broken: str = ""
    """Why an index can't be used at all; empty when both can."""

    @property
    def whole(self) -> bool:
        """Whether nothing is lost."""
        return not (self.broken or self.lost_by_meaning or self.lost_by_words)

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain JSON values."""
        return {**asdict(self), "whole": self.whole}


def verify(home: IndexHome, ledger: Ledger, progress: Progress | None = None) -> Verification:
    """Ask both indexes for every chunk of the ledger; changes nothing.

    Args:
        home: Where the indexes stand.
        ledger: The truth, inside `reading`.
        progress: Called with the stages "meaning" and "words".
    """
    chunks = ledger.chunks()
    try:
        indexes = home.open(ledger)
    except IndexBroken as error:
        return Verification(ledger.generation, len(chunks), broken=str(error))
    try:
        hashes = {identity: key for identity, (_, key) in ledger.places().items()}
        lost = set(_unreached(indexes, ledger, sorted(set(hashes.values())), progress))
        by_meaning = [chunk for chunk in chunks if hashes[chunk.id] in lost]
        by_words = list(_unfound(indexes, chunks, progress))
    except Exception as error:  # Chroma and bm25s raise many classes on damaged files; all mean the same here
        return Verification(ledger.generation, len(chunks), broken=f"the index can't be asked ({error})")
    finally:
        indexes.close()
    return Verification(ledger.generation, len(chunks), _named(by_meaning), _named(by_words))


def _named(chunks: Sequence[Chunk]) -> tuple[str, ...]:
    return tuple(f"{chunk.source}#{chunk.index}" for chunk in chunks)


def _unreached(
    indexes: Indexes, ledger: Ledger, keys: Sequence[str], progress: Progress | None
) -> Iterator[str]:
    """Yield the text hashes that are not among the nearest to their own vector."""
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        vectors = ledger.vectors(part)
        near = indexes.vectors.nearest_all(vectors, min(_NEAR, indexes.vectors.count()))
        for key, vector, found in zip(part, vectors, near, strict=True):
            if key not in found and not _stand_in(ledger, vector, found[:1]):
                yield key
        if progress:
            progress("meaning", start + len(part), len(keys))


def _stand_in(ledger: Ledger, vector: np.ndarray[Any, Any], found: Sequence[str]) -> bool:
    """Whether the nearest text has the same vector, as texts that differ in small things only can."""
    known = ledger.known(found)
    return bool(known) and bool(np.abs(ledger.vectors(list(known))[0] - vector).max() <= _ALIKE)


def _unfound(indexes: Indexes, chunks: Sequence[Chunk], progress: Progress | None) -> Iterator[Chunk]:
    """Yield the chunks that have words and are not found by them."""
    keywords = indexes.keywords
    for done, chunk in enumerate(chunks, start=1):
        place = keywords.place.get(chunk.id)
        words = text_words(chunk.indexed_text)
        if place is None or (words and keywords.score_of(words[:3], place) <= 0):
            yield chunk
        if progress and (done % _AT_ONCE == 0 or done == len(chunks)):
            progress("words", done, len(chunks))
