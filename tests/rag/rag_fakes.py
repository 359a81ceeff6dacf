"""An embedder whose vectors can be worked out by hand, for tests in this process and in others; and what tests ask a library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag import Library, SyncReport
from rag.indexing.index import IndexHome

REPOSITORY = Path(__file__).resolve().parents[2]
"""The root of the repository."""


def homes(state: Path) -> tuple[Path, Path]:
    """Return the folders that hold the generations of a library's vector index and of its keyword index."""
    home = IndexHome(state)
    return home.dense, home.words


def outcomes(report: SyncReport) -> dict[str, str]:
    return {result.source: result.outcome.value for result in report.files}


def texts(library: Library, question: str, k: int = 10) -> list[str]:
    return [hit.chunk.text for hit in library.search(question, k)]


LETTERS = "abcdefghijklmnopqrstuvwxyz"


class LetterEmbedder:
    """Counts the words of a text by their first letter, then scales to length 1; one word is one token.

    "apple avocado bread" is (2, 1, 0, …) / √5. A text without such a word is (1, 1, …) / √26.
    """

    def __init__(self, name: str = "letters", max_tokens: int = 256) -> None:
        self.name = name
        self.fingerprint = f"fingerprint of {name}"
        self.dimension = len(LETTERS)
        self.max_tokens = max_tokens
        self.embedded: list[str] = []
        """Every passage that was embedded, in order."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        self.embedded += texts
        if progress:
            progress(len(texts), len(texts))
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(len(texts), 26)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._vector(text)

    def _vector(self, text: str) -> NDArray[np.float32]:
        counts = np.zeros(26, dtype=np.float32)
        for word in text.lower().split():
            if word[0] in LETTERS:
                counts[LETTERS.index(word[0])] += 1
        if not counts.any():
            counts[:] = 1
        return counts / np.linalg.norm(counts)
