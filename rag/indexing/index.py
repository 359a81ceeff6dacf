"""Both indexes of one generation: opened together, written together, mended from the ledger.

Knows nothing of files or embedders: rebuilding takes texts and vectors out of the ledger and calls no model.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.files import sha256_text, write_text_atomic
from rag.indexing import chroma_server, generations, store
from rag.indexing.chroma_server import NotThere, ServedVectors
from rag.indexing.generations import Sealed
from rag.indexing.lexical import KeywordIndex
from rag.indexing.store import VectorIndex
from rag.storage.ledger import Ledger
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
    switched: str
    """The name of the switch to it."""
    vectors: VectorIndex
    """The dense half, by text hash."""
    keywords: KeywordIndex
    """The keyword half, by chunk id."""

    def close(self) -> None:
        """Let go of the files."""
        self.vectors.close()


class IndexHome:
    """Where the indexes of all generations stand: in the library's folder, the vectors perhaps on a Chroma server.

    Args:
        state: The library's folder.
        server: The URL of a Chroma server; None: the vectors stand in the folder too.
        shared: Whether replicas with other folders read the same ledger, and with a server the same vectors.
    """

    def __init__(self, state: Path, server: str | None = None, shared: bool = False) -> None:
        self.state, self.server, self.shared = state, server, shared
        self.dense, self.words = state / "chroma", state / "keyword"
        self._of = state / "switched"  # the switch that the folders here are of

    def open(self, ledger: Ledger) -> Indexes:
        """Open the indexes of the ledger's generation.

        Raises:
            IndexBroken: One of them is not there in full.
            UserError: The server does not answer.
        """
        generation, (_, chunks, _) = ledger.generation, ledger.counts()
        if self.shared and self._switch() != ledger.switched:
            raise IndexBroken(f"another machine switched to generation {generation}")
        words = generations.find(self.words, generation)
        if words is None or words.count != chunks:
            raise IndexBroken(f"no whole index of generation {generation}")
        _check(words, generation)
        vectors = self._open_vectors(ledger)
        try:
            return Indexes(generation, ledger.switched, vectors, KeywordIndex.open(words.folder))
        except Exception as error:  # bm25s raises many classes on damaged files; all mean the same here
            vectors.close()
            raise IndexBroken(f"the index of generation {generation} can't be opened ({error})") from error

    def write(self, ledger: Ledger, before: int, old: set[str], progress: Progress | None = None) -> None:
        """Write both indexes of the ledger's generation, which may not be committed yet.

        Args:
            ledger: The truth, as it is to be.
            before: The generation that the new one follows; its vector index is copied when little changed.
            old: The text hashes in that generation's vector index.
            progress: Called with the stage "index".
        """
        for home in (self.dense, self.words):
            generations.discard(home, ledger.generation)
        if self.shared and self._switch() != ledger.switched_before:
            before, old = 0, set()  # what is here is of a generation that other machines have gone on from
        if self.server:
            report = (lambda done, total: progress("index", done, total)) if progress else None
            chroma_server.hold(
                self.server, self.collection(ledger), ledger.vector_hashes(), ledger.vectors, report
            )
        else:
            _write_vectors(self.dense, ledger, before, old, progress)
        _write_keywords(self.words, ledger.generation, ledger.chunks(), before)
        if self.shared:
            write_text_atomic(self._of, ledger.switched)

    def mend(self, ledger: Ledger, progress: Progress | None = None, repair: bool = False) -> None:
        """Write both indexes of the ledger's generation from nothing; the damaged ones are removed.

        Args:
            ledger: The truth.
            progress: Called with the stage "index".
            repair: Whether somebody asked for it: only then is that removed which other replicas search, too.
        """
        for home in (self.dense, self.words):
            generations.clear(home)
        if self.server and (repair or not self.shared):
            chroma_server.drop(self.server, self.collection(ledger))
        self.write(ledger, before=0, old=set(), progress=progress)

    def clear(self, ledger: Ledger) -> None:
        """Remove what the ledger's generation, which is committed, does not need."""
        generations.clear(self.words, keep=ledger.generation)
        generations.clear(self.dense, keep=None if self.server else ledger.generation)
        if self.server:
            chroma_server.keep_only(
                self.server, self._family(ledger), self.collection(ledger), ledger.vector_hashes()
            )

    def _open_vectors(self, ledger: Ledger) -> VectorIndex:
        generation, (_, _, texts) = ledger.generation, ledger.counts()
        if self.server:
            try:
                return ServedVectors(self.server, self.collection(ledger), ledger.vector_hashes())
            except NotThere as error:
                raise IndexBroken(str(error)) from error
        dense = generations.find(self.dense, generation)
        if dense is None or dense.count != texts:
            raise IndexBroken(f"no whole index of generation {generation}")
        _check(dense, generation)
        return VectorIndex(dense.folder)

    def _switch(self) -> str:
        return self._of.read_text(encoding="ascii") if self._of.is_file() else ""

    def _family(self, ledger: Ledger) -> str:
        """Return what its collections' names begin with: not another library's, nor a copy's in another folder or database."""
        where = ledger.where if self.shared else self.state.resolve()
        return f"rungwise-{sha256_text(f'{ledger.identity} {where}')[:24]}-"

    def collection(self, ledger: Ledger) -> str:
        """Return the collection's name; a collection holds vectors of one embedder only."""
        return f"{self._family(ledger)}{sha256_text(ledger.recipe.embedder if ledger.recipe else '')[:8]}"


def _check(sealed: Sealed, generation: int) -> None:
    if name := generations.altered(sealed):
        raise IndexBroken(f"{name} of generation {generation} was altered after it was written")


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


def _write_keywords(home: Path, generation: int, chunks: Sequence[Chunk], before: int) -> None:
    folder, old = generations.fresh(home, generation), generations.find(home, before)
    usable = old is not None and generations.altered(old) is None
    KeywordIndex.build(
        [chunk.id for chunk in chunks],
        [chunk.indexed_text for chunk in chunks],
        folder,
        old.folder if old is not None and usable else None,
    )
    generations.seal(folder, generation, len(chunks))
