"""Both indexes of one generation: opened together, written together, mended from the ledger.

Knows nothing of files or embedders: rebuilding takes texts and vectors out of the ledger and calls no model.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag import generations, store
from rag.ledger import Ledger
from rag.lexical import KeywordIndex
from rag.store import VectorIndex
from rag.types import Chunk, Progress

_log = logging.getLogger(__name__)
_MOST_CHURN = (
    0.25  # above this share of chunks put in or taken out, building anew is as fast and leaves no holes
)


class IndexBroken(Exception):
    """An index is missing, damaged, or of another generation; it can be written anew from the ledger."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """Both indexes of a generation, open for questions."""

    generation: int
    """The ledger's generation that they hold."""
    vectors: VectorIndex
    """The dense half, by text hash."""
    keywords: KeywordIndex
    """The keyword half, by chunk id."""

    def close(self) -> None:
        """Let go of the files."""
        self.vectors.close()


def homes(state: Path) -> tuple[Path, Path]:
    """The folders that hold the generations of the vector index and of the keyword index."""
    return state / "chroma", state / "keyword"


def open_indexes(state: Path, ledger: Ledger) -> Indexes:
    """Open the indexes of the ledger's generation.

    Raises:
        IndexBroken: One of them is not there in full.
    """
    generation, (_, chunks, texts) = ledger.generation, ledger.counts()
    dense, words = (generations.find(home, generation) for home in homes(state))
    if dense is None or words is None or dense.count != texts or words.count != chunks:
        raise IndexBroken(f"no whole index of generation {generation}")
    for sealed in (dense, words):
        if name := generations.altered(sealed):
            raise IndexBroken(f"{name} of generation {generation} was altered after it was written")
    try:
        keywords = KeywordIndex.open(words.folder)
        vectors = VectorIndex(dense.folder)
    except Exception as error:  # Chroma and bm25s raise many classes on damaged files; all mean the same here
        raise IndexBroken(f"the index of generation {generation} can't be opened ({error})") from error
    held = vectors.count()
    if held != texts:
        vectors.close()
        raise IndexBroken(f"the vector index holds {held} texts, the ledger {texts}")
    return Indexes(generation, vectors, keywords)


def write_indexes(
    state: Path, ledger: Ledger, before: int, old: set[str], progress: Progress | None = None
) -> None:
    """Write both indexes of the ledger's generation, which may not be committed yet.

    Args:
        state: The library's folder.
        ledger: The truth, as it is to be.
        before: The generation that the new one follows; its vector index is copied when little changed.
        old: The text hashes in that generation's vector index.
        progress: Called with the stage "index".
    """
    dense_home, word_home = homes(state)
    _write_vectors(dense_home, ledger, before, old, progress)
    _write_keywords(word_home, ledger.generation, ledger.chunks())


def mend(state: Path, ledger: Ledger, progress: Progress | None = None) -> None:
    """Write both indexes of the ledger's generation from nothing; the damaged ones are removed."""
    for home in homes(state):
        generations.clear(home)
    write_indexes(state, ledger, before=0, old=set(), progress=progress)


def _write_vectors(home: Path, ledger: Ledger, before: int, old: set[str], progress: Progress | None) -> None:
    # One vector a text, not a chunk: among many equal vectors HNSW loses its way (with 2,000 copies of one
    # text beside 205 others, it found 47 % of the ten nearest).
    now = sorted(ledger.vector_hashes())
    added = [key for key in now if key not in old]
    gone = sorted(old.difference(now))
    sealed = generations.find(home, before)
    usable = sealed is not None and sealed.count == len(old)
    if sealed is not None and usable and sealed.removed + len(gone) + len(added) <= _MOST_CHURN * len(now):
        try:
            store.derive(sealed, ledger.generation, gone, added, ledger.vectors(added))
            return
        except Exception as error:  # Chroma raises many classes; a copy that can't be changed is no loss
            _log.warning("The vector index is built anew, because its copy can't be changed: %s", error)
    report = (lambda done, total: progress("index", done, total)) if progress else None
    store.build(home, ledger.generation, now, ledger.vectors(now), report)


def _write_keywords(home: Path, generation: int, chunks: Sequence[Chunk]) -> None:
    folder = generations.fresh(home, generation)
    KeywordIndex.build([chunk.id for chunk in chunks], [chunk.indexed_text for chunk in chunks], folder)
    generations.seal(folder, generation, len(chunks))
