"""A library searched with the vectors of another embedder, as it would be after a rebuild, while it goes on answering as it is.

The new vectors stand in memory and among the kept vectors, where a rebuild finds them: no text is written, nothing is embedded
twice. Search is the live one, but that the nearest vectors are found exactly. Knows nothing of training or of what is accepted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embed import SLICE, Embedder, settle
from rag.indexing.index import Indexes
from rag.ingest.clean import clean
from rag.retrieval.choose import Lookup
from rag.retrieval.find import Finder, shelf_of
from rag.retrieval.nearest import Nearest
from rag.retrieval.reader import Reader
from rag.types import Chunk, Viewer, text_key

if TYPE_CHECKING:
    from rag.indexing.store import VectorIndex
    from rag.library import Library
    from rag.storage.ledger import Ledger

Vectors = NDArray[np.float32]
Tell = Callable[[int, int], None]
"""Told how many texts are embedded, and how many there are."""


def stored(library: Library) -> dict[str, Vectors]:
    """Return the vectors of a library as they are, by the key of their text.

    Raises:
        UserError: There is no index yet.
    """
    with _read(library) as ledger:
        keys = sorted(ledger.vector_hashes())
        return dict(zip(keys, ledger.vectors(keys), strict=True))


def vectors_of(library: Library, chunks: Sequence[Chunk]) -> Vectors:
    """Return the vectors of chunks as they are, shape (chunks, dimension).

    Raises:
        UserError: There is no index yet.
    """
    with _read(library) as ledger:
        places = ledger.places()
        return ledger.vectors([places[chunk.id][1] for chunk in chunks])


def embedded(
    library: Library, embedder: Embedder, tell: Tell = lambda done, total: None
) -> dict[str, Vectors]:
    """Embed every text of a library with another embedder, and keep the vectors for a rebuild.

    What was embedded before a kill is found among the kept vectors.

    Args:
        library: What is embedded; its index stays.
        embedder: The other one.
        tell: Told how far it is.

    Returns:
        The new vectors, by the key that the library has their text under now.

    Raises:
        UserError: There is no index yet, or another process writes.
    """
    texts = _texts(library)
    settle(embedder, len(texts))
    new = {old: text_key(embedder.fingerprint, text) for old, text in texts.items()}
    with library.kept_vectors() as cache:
        found = cache.get(list(new.values()), embedder.dimension)
    waiting = [old for old, key in new.items() if key not in found]
    for start in range(0, len(waiting), SLICE):
        tell(start, len(waiting))
        part = waiting[start : start + SLICE]
        made = dict(
            zip((new[old] for old in part), embedder.embed([texts[old] for old in part]), strict=True)
        )
        with library.kept_vectors() as cache:
            cache.put(made)
        found |= made
    return {old: found[key] for old, key in new.items()}


def dropped(library: Library, embedder: Embedder) -> None:
    """Let go of the vectors that `embedded` kept of an embedder that will not be used."""
    keys = [text_key(embedder.fingerprint, text) for text in _texts(library).values()]
    with library.kept_vectors() as cache:
        cache.drop(keys)


@contextmanager
def _read(library: Library) -> Iterator[Ledger]:
    """Give the ledger of a library's present generation, all of one moment, and let go of it afterwards.

    Raises:
        UserError: There is no index yet.
    """
    ledger, indexes = library.aside()
    with closing(ledger), closing(indexes), ledger.reading():
        yield ledger


def _texts(library: Library) -> dict[str, str]:
    """Return what was embedded of every chunk, by its key."""
    with _read(library) as ledger:
        recipe, places = ledger.recipe, ledger.places()
        assert recipe is not None  # there are indexes
        found: dict[str, str] = {}
        for chunk in ledger.chunks():
            key = places[chunk.id][1]
            if key not in found:
                found[key] = next(text for text in chunk.embeddable if text_key(recipe.embedder, text) == key)
        return found


class Trial:
    """A library under other vectors; a context.

    Args:
        library: The library.
        embedder: Embeds questions.
        vectors: The vectors of all its texts, by the key that it has each text under.
        viewer: Who asks.
    """

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        vectors: Mapping[str, Vectors],
        viewer: Viewer | None = None,
    ) -> None:
        self._library, self._embedder = library, embedder
        self._held = ExitStack()
        ledger, indexes = library.aside()
        self._held.callback(ledger.close)
        self._held.callback(indexes.close)
        self._held.enter_context(ledger.reading())
        recipe = ledger.recipe
        assert recipe is not None  # there are indexes
        lent = _Lent(ledger, vectors)
        other = Indexes(indexes.generation, indexes.switched, cast("VectorIndex", lent), indexes.keywords)
        shelf = shelf_of(ledger, other)
        who = viewer or Viewer()
        at: datetime | None = who.at
        view = shelf.view(who.groups, who.tags, time.time() if at is None else at.timestamp())
        self._finder = Finder(cast("Ledger", lent), other, shelf, view, library.settings,
                              Reader(ledger, recipe.embedder), library.reranker)  # fmt: skip

    def __enter__(self) -> Trial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def lookup(self, query: str) -> Lookup:
        """Return what both searches find for a question before it is ranked, as `Library.lookup` does."""
        question = clean(query)[0]
        if not question.strip():
            return Lookup()
        return self._finder.lookup(question, self._embedder.embed_query(question))

    def sources(self) -> list[str]:
        """Return the documents that can be found, by path."""
        return self._library.sources()


class _Lent:
    """A ledger and a vector index in one, which know other vectors; all else is the ledger's."""

    def __init__(self, ledger: Ledger, vectors: Mapping[str, Vectors]) -> None:
        self._ledger = ledger
        self._keys = sorted(ledger.vector_hashes())
        self._place = {key: place for place, key in enumerate(self._keys)}
        self._near = Nearest(np.array([vectors[key] for key in self._keys], np.float32))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def vectors(self, keys: Sequence[str]) -> Vectors:
        chosen: Vectors = self._near.vectors[[self._place[key] for key in keys]]
        return chosen

    def count(self) -> int:
        return len(self._keys)

    def nearest(self, vector: Vectors, n: int) -> list[str]:
        return [self._keys[place] for place in self._near.best(vector, n, exact=True).tolist()]
