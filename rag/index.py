"""Both indexes of one generation: opened together, written together, mended from the ledger.

Knows nothing of files or embedders: rebuilding takes texts and vectors out of the ledger and calls no model.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    """The dense half."""
    keywords: KeywordIndex
    """The keyword half."""

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
    generation, (_, count) = ledger.generation, ledger.counts()
    dense, words = (generations.find(home, generation) for home in homes(state))
    if dense is None or words is None or dense.count != count or words.count != count:
        raise IndexBroken(f"no whole index of generation {generation}")
    try:
        keywords = KeywordIndex.open(words.folder)
        vectors = VectorIndex(dense.folder)
    except Exception as error:  # Chroma and bm25s raise many classes on damaged files; all mean the same here
        raise IndexBroken(f"the index of generation {generation} can't be opened ({error})") from error
    if vectors.count() != count:
        vectors.close()
        raise IndexBroken(f"the vector index holds {vectors.count()} chunks, the ledger {count}")
    return Indexes(generation, vectors, keywords)


def write_indexes(
    state: Path, ledger: Ledger, before: int, old_ids: set[str], progress: Progress | None = None
) -> None:
    """Write both indexes of the ledger's generation, which may not be committed yet.

    Args:
        state: The library's folder.
        ledger: The truth, as it is to be.
        before: The generation that the new one follows; its vector index is copied and changed when little
            changed.
        old_ids: The chunks of that generation.
        progress: Called with the stage "index".
    """
    dense_home, word_home = homes(state)
    chunks = ledger.chunks()
    generation = ledger.generation
    _write_vectors(dense_home, ledger, before, old_ids, chunks, progress)
    _write_keywords(word_home, generation, chunks)


def mend(state: Path, ledger: Ledger, progress: Progress | None = None) -> None:
    """Write both indexes of the ledger's generation from nothing; the damaged ones are removed."""
    for home in homes(state):
        generations.clear(home)
    write_indexes(state, ledger, before=0, old_ids=set(), progress=progress)


def _write_vectors(
    home: Path,
    ledger: Ledger,
    before: int,
    old_ids: set[str],
    chunks: Sequence[Chunk],
    progress: Progress | None,
) -> None:
    recipe = ledger.recipe
    dimension = recipe.dimension if recipe else 0
    new_ids = [chunk.id for chunk in chunks]
    added = [identity for identity in new_ids if identity not in old_ids]
    gone = sorted(old_ids.difference(new_ids))
    sealed = generations.find(home, before)
    usable = sealed is not None and sealed.count == len(old_ids)
    if (
        sealed is not None
        and usable
        and sealed.removed + len(gone) + len(added) <= _MOST_CHURN * len(new_ids)
    ):
        try:
            store.derive(sealed, ledger.generation, gone, added, ledger.vectors_of(added, dimension))
            return
        except Exception as error:  # Chroma raises many classes; a copy that can't be changed is no loss
            _log.warning("The vector index is built anew, because its copy can't be changed: %s", error)
    vectors = ledger.vectors_of(new_ids, dimension) if new_ids else np.zeros((0, dimension), dtype=np.float32)
    report = (lambda done, total: progress("index", done, total)) if progress else None
    store.build(home, ledger.generation, new_ids, vectors, report)


def _write_keywords(home: Path, generation: int, chunks: Sequence[Chunk]) -> None:
    folder = generations.fresh(home, generation)
    KeywordIndex.build([chunk.id for chunk in chunks], [chunk.indexed_text for chunk in chunks], folder)
    generations.seal(folder, generation, len(chunks))
