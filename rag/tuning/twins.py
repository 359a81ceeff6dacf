"""Which chunks say nearly the same, and which documents are versions of one: none may be held against another, or on both sides.

Compares texts only. Knows nothing of vectors, questions or training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rag.types import Chunk
from rag.words import text_words

SIMILAR = 0.8
"""Jaccard similarity of word pairs from which two chunks are nearly the same (Lee et al. 2022, arXiv 2107.06499)."""
_VERSIONS = 0.5  # documents of which one shares at least this share of its chunks are one family
_COMMON = 50  # word pairs of more chunks than this are not looked up: they tell no two chunks apart


class Twins:
    """Near-duplicates among chunks, found once.

    Args:
        chunks: All chunks of a library.
    """

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._source = {chunk.id: chunk.source for chunk in chunks}
        self._twins = _near(chunks)
        self.families = self._families()
        """A number for each document; versions of one have the same."""

    def of(self, chunk: str) -> frozenset[str]:
        """Return the ids of the chunks that say nearly what one says, itself left out."""
        return frozenset(self._twins.get(chunk, ()))

    def shared(self, chunk: str) -> bool:
        """Whether documents of several families say nearly what a chunk says."""
        return len({self.families[self._source[one]] for one in (chunk, *self.of(chunk))}) > 1

    def _families(self) -> dict[str, int]:
        size = Counter(self._source.values())
        meets: Counter[tuple[str, str]] = Counter()
        for chunk, twins in self._twins.items():
            meets.update((self._source[chunk], other) for other in {self._source[twin] for twin in twins})
        family = {source: place for place, source in enumerate(sorted(size))}
        for (one, other), count in sorted(meets.items()):
            if one != other and count >= _VERSIONS * size[one]:
                old, new = sorted((family[one], family[other]), reverse=True)
                family = {source: new if number == old else number for source, number in family.items()}
        return family


def _near(chunks: Sequence[Chunk]) -> dict[str, set[str]]:
    sets = {chunk.id: _shingles(chunk.text) for chunk in chunks}
    holders: dict[tuple[str, ...], list[str]] = {}
    for name, shingles in sets.items():
        for shingle in shingles:
            holders.setdefault(shingle, []).append(name)
    same: dict[frozenset[tuple[str, ...]], list[str]] = {}
    for name, shingles in sets.items():
        same.setdefault(shingles, []).append(name)
    found: dict[str, set[str]] = {}
    for name, shingles in sets.items():
        near = {one for shingle in shingles if len(holders[shingle]) <= _COMMON for one in holders[shingle]}
        near |= set(same[shingles])  # copies, however many there are
        twins = {one for one in near if len(shingles & sets[one]) >= SIMILAR * len(shingles | sets[one])} - {
            name
        }
        if twins:
            found[name] = twins
    return found


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = text_words(text)
    return frozenset(pairwise(words)) if len(words) > 1 else frozenset([tuple(words)])
