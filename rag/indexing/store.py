"""The vector index: the only home of chromadb, and a cache of the ledger.

Chroma gets ids and vectors only: no text, no embedding function, and no folder that we did not make. A
generation's folder is never changed after it is written (see `rag.indexing.generations`), so that a reader with an
open client can't see half of a sync. Knows nothing of documents or embedders.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rag.indexing import generations
from rag.indexing.generations import Sealed

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_COLLECTION = "chunks"
_BATCH = 5_000  # Chroma takes 5,461 at most
# Every change is written into the graph's files at once, not at the next opening: a sealed folder then stays as it is,
# and what differs from its seal was damaged. (Measured: no slower to build.)
_AT_ONCE = {"sync_threshold": 1, "batch_size": 1}
HNSW: Any = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 16, **_AT_ONCE}
"""How every collection of ours is searched: cosine, exact enough for tens of thousands of texts."""


class VectorIndex:
    """One generation of vectors, opened by the first question: loading Chroma takes a second, and not all questions need it.

    Args:
        folder: A folder that `build` or `derive` wrote.

    Raises:
        Exception: By every method, where the folder can't be opened; Chroma raises many classes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: Client | None = None

    @functools.cached_property
    def _chunks(self) -> Collection:
        self._client = _client(self._folder)
        return self._client.get_collection(_COLLECTION, embedding_function=None)

    def close(self) -> None:
        """Let go of the folder."""
        if self._client is not None:
            self._client.close()

    def count(self) -> int:
        """How many vectors there are."""
        return int(self._chunks.count())

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[str]:
        """Return the names of the (approximately) `n` nearest vectors, nearest first.

        Args:
            vector: The question, shape (dimension,).
            n: How many; at most as many as there are.
        """
        return self.nearest_all(np.asarray([vector]), n)[0]

    def nearest_all(self, vectors: NDArray[np.float32], n: int) -> list[list[str]]:
        """Return what `nearest` does, for several questions at once.

        Args:
            vectors: The questions, shape (questions, dimension).
            n: How many; at most as many as there are.
        """
        found = self._chunks.query(query_embeddings=vectors, n_results=n, include=[])
        return [list(names) for names in found["ids"]]


def build(
    home: Path,
    generation: int,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    progress: Callable[[int, int], None] | None = None,
) -> Sealed:
    """Write a generation from nothing.

    Args:
        home: Holds the folders of all generations.
        generation: The generation to write.
        ids: Names of the vectors.
        vectors: float32, shape (len(ids), dimension).
        progress: Called with how many are in and how many there are.

    Raises:
        OSError: It can't be written.
    """
    folder = generations.fresh(home, generation)
    folder.mkdir()
    from chromadb.errors import ChromaError

    try:
        client = _client(folder)
    except ChromaError as error:
        raise OSError(f"Chroma: {error}") from error
    try:
        chunks = client.create_collection(_COLLECTION, configuration={"hnsw": HNSW}, embedding_function=None)
        add(chunks, ids, vectors, progress)
    except ChromaError as error:  # what a full disk looks like from here
        raise OSError(f"Chroma: {error}") from error
    finally:
        client.close()
    return generations.seal(folder, generation, len(ids))


def derive(
    before: Sealed, generation: int, gone: Sequence[str], ids: Sequence[str], vectors: NDArray[np.float32]
) -> Sealed:
    """Write a generation from a copy of another: `gone` taken out, `ids` with `vectors` put in.

    Raises:
        ValueError: The number of vectors is not what it must be; build from nothing instead.
    """
    folder = generations.fresh(before.folder.parent, generation)
    generations.copy(before, folder)
    expected = before.count - len(gone) + len(ids)
    client = _client(folder)
    try:
        chunks = client.get_collection(_COLLECTION, embedding_function=None)
        for start in range(0, len(gone), _BATCH):
            chunks.delete(ids=list(gone[start : start + _BATCH]))
        add(chunks, ids, vectors, None)
        if chunks.count() != expected:
            raise ValueError(f"{chunks.count()} vectors came out, {expected} were expected")
    finally:
        client.close()
    return generations.seal(folder, generation, expected, before.removed + len(gone))


def abandon() -> object:
    """Forget, in a forked process, the clients of its parent, which Chroma would share; return what held them."""
    if "chromadb" not in sys.modules:
        return None
    from chromadb.api.shared_system_client import SharedSystemClient

    held = SharedSystemClient._identifier_to_system
    SharedSystemClient.clear_system_cache()
    SharedSystemClient._refcount_lock = threading.Lock()
    return held


def add(
    chunks: Collection,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    progress: Callable[[int, int], None] | None,
) -> None:
    """Put vectors into a collection, in batches that Chroma takes."""
    for start in range(0, len(ids), _BATCH):
        end = min(start + _BATCH, len(ids))
        chunks.add(ids=list(ids[start:end]), embeddings=vectors[start:end])
        if progress:
            progress(end, len(ids))


def _client(folder: Path) -> Client:
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)
