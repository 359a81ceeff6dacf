"""A library whose lookups are written down, so that every ranking can be told by reading them."""

from __future__ import annotations

import numpy as np

from rag.retrieval.choose import Candidate, Lookup
from rag.types import Chunk


class WrittenLibrary:
    """Answers from a table; remembers what it was asked."""

    def __init__(self, lookups: dict[str, Lookup]) -> None:
        self.lookups = lookups
        self.asked: list[str] = []

    def lookup(self, query: str) -> Lookup:
        self.asked.append(query)
        return self.lookups.get(query, Lookup())

    def sources(self) -> list[str]:
        return sorted({one.chunk.source for lookup in self.lookups.values() for one in lookup.candidates})


def lookup(words: float = 1.0, **scores: tuple[float, float]) -> Lookup:
    """A lookup of one chunk a source, `name=(dense, keyword)`; the question has one word of this rarity."""
    candidates = []
    for name, (dense, keyword) in scores.items():
        text = f"asked {name} {name * 2}" if keyword else f"{name} {name * 3} {name * 4} {name * 5}"
        chunk = Chunk(f"{name}-0", f"{name}.md", name, "", text, 0, len(text), None, 0)
        fetch = {chunk.id: chunk}.__getitem__
        candidates.append(Candidate(chunk.id, chunk.source, dense, keyword, np.ones(1, np.float32), fetch))
    return Lookup(tuple(candidates), ((("ask",), words),))
