"""The library: the documents of a workspace, kept searchable, seen as one thing.

Puts the parts together: sync writes, search reads, and a search in any process sees the newest generation on
its next call. Knows nothing of prompts, models that answer, or the command line.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from foundation.database import Database
from foundation.errors import UserError
from rag import fork
from rag.embedding.embed import Embedder, SentenceEmbedder, adopt
from rag.indexing import store
from rag.indexing.index import IndexBroken, Indexes, IndexHome
from rag.indexing.rebuild_child import rebuild
from rag.ingest.clean import clean
from rag.retrieval.asking import Asker
from rag.retrieval.choose import Lookup
from rag.retrieval.find import Finder, shelf_of
from rag.retrieval.reader import Reader
from rag.retrieval.rerank import CrossEncoderReranker, Reranker
from rag.retrieval.visibility import Shelf
from rag.storage.contents import Contents
from rag.storage.ledger import Ledger, Recipe
from rag.storage.ledger_file import LEDGER, NotBuilt
from rag.storage.lock import writing
from rag.storage.records import read_records
from rag.storage.tombstones import Tombstones
from rag.storage.vector_cache import VectorCache, erase, path_of
from rag.sync import Sync, readable, why_outdated
from rag.types import Hit, LibrarySettings, Progress, SyncReport, Viewer

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

    from rag.indexing.verify import Verification

_LONGEST_QUESTION = (
    4_000  # letters; far more than any embedder takes, and a bound on what a question can cost
)
_ATTEMPTS = 3
_RECORDS = "documents.toml"

_Found = TypeVar("_Found")
_Ask = Callable[[Ledger, Indexes, str, NDArray[np.float32]], _Found]


class Library(Contents):
    """A folder of documents and the index over it.

    Safe to share between threads. Opening one is free: models and indexes are loaded by the first call that
    needs them.

    Args:
        documents: The folder of documents.
        state: The folder for what is built (`.rungwise/library`); made by the first sync.
        settings: How documents are cut and searched.
        embedder: Makes the vectors; None: the one that the settings name.
        lock_seconds: How long a sync waits for another one to end.
        clock: Tells the time, in seconds since 1970; a document expires by it.
        reranker: Reads the best candidates once more; None: the one that the settings name, if any.
        database: Where the ledger is kept for all replicas; None: in `state`. The keyword index stands in `state` in any case,
            and is written there from the ledger by each replica's first question of a generation.
    """

    def __init__(
        self,
        documents: Path,
        state: Path,
        settings: LibrarySettings | None = None,
        embedder: Embedder | None = None,
        lock_seconds: float = 30.0,
        clock: Callable[[], float] = time.time,
        reranker: Reranker | None = None,
        database: Database | None = None,
    ) -> None:
        self.documents = Path(documents)
        self.records = self.documents.parent / _RECORDS
        self.state = Path(state)
        self.settings = settings or LibrarySettings()
        self.database = database
        self._home = IndexHome(self.state, self.settings.chroma_server, shared=database is not None)
        self.tombstones = self.state.parent / "tombstones.json"
        self._given, self._given_reranker = embedder, reranker
        self._lock_seconds = lock_seconds
        self._clock = clock
        self._shelf: tuple[tuple[int, str], Shelf, str] | None = None
        self._mutex = threading.RLock()
        self._ledger: Ledger | None = None
        self._indexes: Indexes | None = None
        self._asker = Asker(self.state, lambda: self.embedder, self.settings.embedding_backend)
        fork.watch(self)

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every file; the next call opens them again."""
        with self._mutex:
            if self._indexes is not None:
                self._indexes.close()
            if self._ledger is not None:
                self._ledger.close()
            self._indexes = self._ledger = self._shelf = None

    def abandon(self) -> object:
        """Leave to the parent, in a forked process, what only the parent may use; the next call opens it anew."""
        held = self._indexes, self._ledger, store.abandon()
        self._indexes = self._ledger = self._shelf = None
        self._mutex = threading.RLock()
        return held

    @functools.cached_property
    def embedder(self) -> Embedder:
        """What makes the vectors.

        Raises:
            UserError: There is no such model here.
        """
        return self._given or SentenceEmbedder(self.settings.embedder, self.settings.embedding_backend)

    @functools.cached_property
    def reranker(self) -> Reranker | None:
        """What reads the best candidates once more; None where none is named.

        Raises:
            UserError: There is no such model here.
        """
        named = self.settings.reranker
        return self._given_reranker or (CrossEncoderReranker(named) if named else None)

    # Writing

    def sync(self, progress: Progress | None = None) -> SyncReport:
        """Make the library equal to the folder: add, replace, drop, and leave alone what is unchanged.

        Raises:
            UserError: The folder is missing or holds nothing readable, another sync is running, or the
                library's folder can't be written. What is in the files never raises; it is in the report.
        """
        records = read_records(self.records)
        found = readable(self.documents, self.settings)
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            # A ledger of its own, so that other threads go on searching the old generation meanwhile.
            with (
                self._writing(),
                closing(Ledger(self._place, create=True)) as ledger,
            ):
                known = self._forgotten()
                if (recipe := ledger.recipe) is not None:
                    adopt(self.embedder, recipe.embedder)
                kept = path_of(self.state, known.stamp)
                erase(self.state, but=kept)
                with closing(VectorCache(kept, self._clock)) as cache:
                    return Sync(self._home, self.settings, self.embedder, ledger, records, cache, known.date_of, progress,
                                self._clock).run(found)  # fmt: skip
        except OSError as error:
            raise UserError(
                f"{self.state}: the library can't be written ({error.strerror or error}). Nothing was "
                "changed. Check that the folder can be written and that the disk has room, then run "
                "`rungwise sync` again."
            ) from error

    def verify(self, repair: bool = False, progress: Progress | None = None) -> Verification:
        """Ask both indexes for every chunk of the ledger.

        Args:
            repair: Write the indexes anew from the ledger where something is lost; no document is read, no text embedded.
            progress: Called with the stages "meaning", "words" and "index".

        Returns:
            What was found; after a repair, what was found then.

        Raises:
            UserError: There is no index yet, or another process writes.
        """
        from rag.indexing.verify import verify

        with self._mutex:
            ledger = self._opened()
            with ledger.reading():
                found = verify(self._home, ledger, progress)
            if found.whole or not repair:
                return found
            self.close()
            ledger = self._opened()
            with self._writing(), ledger.reading():
                self._home.mend(ledger, progress, repair=True)
                return verify(self._home, ledger, progress)

    def forget(self, sources: Sequence[str], progress: Progress | None = None) -> None:
        """Erase documents from the ledger and both indexes, and see to it that they don't come back.

        The files in the folder are not touched. A kill at any point leaves a tombstone, by which the next opening goes on.

        Args:
            sources: Documents of the library; others are passed over.
            progress: Called with the stage "index".

        Raises:
            UserError: There is no index yet, or another process writes.
        """
        with self._mutex:
            hashes = self._opened().hashes()
            gone = [hashes[source] for source in sources if source in hashes]
            today = datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
            with self._writing():
                self._forgotten().add(gone, today)
                erase(self.state)
            ledger = self._opened()
            self._bury(ledger, progress)
            ledger.wipe()

    def _bury(self, ledger: Ledger, progress: Progress | None = None) -> None:
        """Erase what has a tombstone from the ledger, and write both indexes anew; nothing is locked where there is none."""
        if not self._dead(ledger):
            return
        with self._writing():
            recipe, dead = ledger.recipe, self._dead(ledger)  # another process may have been first
            if not dead or recipe is None:
                return
            if self._indexes is not None:
                self._indexes.close()
                self._indexes = None
            with ledger.switching():
                ledger.forget(dead)
                ledger.switch(recipe)
            ledger.wipe()
            if progress:
                progress("index", 0, 1)
            rebuild(
                self._home, self.database
            )  # a kill before this leaves no index, and the next search writes one

    def _dead(self, ledger: Ledger) -> list[str]:
        """Return the documents of the ledger that have a tombstone."""
        known = self._forgotten()
        return [source for source, sha256 in ledger.hashes().items() if known.date_of(sha256)]

    # Reading

    def search(self, query: str, k: int | None = None, viewer: Viewer | None = None) -> list[Hit]:
        """Find the chunks that answer a question best, by meaning and by words.

        What the viewer may not see takes no part in the search: it neither shows nor crowds out another hit.

        Args:
            query: A question or keywords; a blank one finds nothing.
            k: How many hits; None: as many as the settings say.
            viewer: Who asks, and as of when; None: somebody without groups, now.

        Raises:
            UserError: There is no index yet, or it was made with another embedder, or `k` is below 1.
        """
        k = self.settings.k if k is None else k
        if k < 1:
            raise UserError(f"k, the number of hits, must be 1 or more, but is {k}.")

        def found(ledger: Ledger, indexes: Indexes, question: str, vector: NDArray[np.float32]) -> list[Hit]:
            return self._finder(ledger, indexes, viewer or Viewer()).hits(question, vector, k)

        return self._asked(query, found) or []

    def lookup(self, query: str, viewer: Viewer | None = None) -> Lookup:
        """Return what both searches find for a question before it is ranked, for `rag.retrieval.choose.choose`.

        A blank question finds nothing.

        Raises:
            UserError: As `search`.
        """

        def found(ledger: Ledger, indexes: Indexes, question: str, vector: NDArray[np.float32]) -> Lookup:
            return self._finder(ledger, indexes, viewer or Viewer()).lookup(question, vector)

        return self._asked(query, found) or Lookup()

    def vector(self, query: str) -> NDArray[np.float32] | None:
        """Return the vector that a search for a question looks by, shape (dimension,); None for a blank question.

        Those of the last questions are remembered, so after a search it takes no model.

        Raises:
            UserError: As `search`.
        """
        return self._asked(query, lambda ledger, indexes, question, vector: vector)

    @property
    def outdated(self) -> str:
        """Why the index is not what a sync would make of it now; empty where it is, and before the first sync."""
        with self._mutex:
            recipe = self._opened().recipe if self._built() else None
            return why_outdated(recipe, self.settings, self.embedder) if recipe else ""

    def aside(self) -> tuple[Ledger, Indexes]:
        """Return a ledger and its generation's indexes of the caller's own, who closes both, for a long look at them.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex:
            another = self._opened().another()
        try:
            with another.reading():
                return another, self._home.open(another)
        except BaseException:
            another.close()
            raise

    @contextmanager
    def kept_vectors(self) -> Iterator[VectorCache]:
        """Open what is kept of vectors that the ledger does not hold, as the only one who writes."""
        with self._writing():
            path = path_of(self.state, self._forgotten().stamp)
            with closing(VectorCache(path, self._clock)) as cache:
                yield cache

    def as_retriever(self, k: int | None = None) -> BaseRetriever:
        """Return the library as a LangChain retriever; see `rag.langchain`."""
        from rag.langchain import LibraryRetriever

        return LibraryRetriever(library=self, k=k)

    # What holds it together

    @property
    def _place(self) -> Path | Database:
        return self.database or self.state / LEDGER

    def _forgotten(self) -> Tombstones:
        return Tombstones(self.tombstones, self.database)

    def _writing(self) -> AbstractContextManager[None]:
        """Be the only one who writes: in this folder, and with a database of all replicas."""
        self.state.mkdir(parents=True, exist_ok=True)
        return writing(self.state / "lock", self._lock_seconds, self.database)

    def _asked(self, query: str, ask: _Ask[_Found]) -> _Found | None:
        """Ask the indexes of the newest generation, mended where they are broken; None for a blank question."""
        question = clean(query[:_LONGEST_QUESTION])[0]
        if not question.strip():
            return None
        with self._mutex:
            for _ in range(_ATTEMPTS):
                ledger = self._opened()
                recipe = self._recipe()
                vector = self._asker.vector(recipe, question)
                try:
                    with ledger.reading():
                        if ledger.recipe == recipe:  # else a sync took another embedder meanwhile
                            return ask(ledger, self._current(ledger), question, vector)
                except IndexBroken:
                    self._mended(ledger)
        raise UserError(
            f"{self.state}: the index breaks as often as it is built. Check the disk, remove the folder "
            "and run `rungwise sync`."
        )

    def _opened(self) -> Ledger:
        """Return the open ledger, opened anew when its file was exchanged."""
        if self._ledger is not None and self._ledger.replaced():
            self.close()
        if self._ledger is None:
            if self.database is None and not (self.state / LEDGER).is_file():
                raise NotBuilt(self.state)
            ledger = Ledger(self._place)
            try:
                erase(self.state, but=path_of(self.state, self._forgotten().stamp))
                # A restored backup may hold what was forgotten: it is not kept open before that is gone.
                self._bury(ledger)
            except BaseException:
                ledger.close()
                raise
            self._ledger = ledger
        return self._ledger

    def _recipe(self) -> Recipe:
        recipe = self._opened().recipe
        if recipe is None:
            raise NotBuilt(self.state)
        return recipe

    def _current(self, ledger: Ledger) -> Indexes:
        """Return the open indexes of the ledger's generation, opened anew when a sync has made another."""
        held = (self._indexes.generation, self._indexes.switched) if self._indexes is not None else None
        if held != (ledger.generation, ledger.switched) or self._indexes is None:
            if self._indexes is not None:
                self._indexes.close()
                self._indexes = self._shelf = None
            self._indexes = self._home.open(ledger)
        return self._indexes

    def _mended(self, ledger: Ledger) -> None:
        """Write the indexes anew from the ledger, unless a sync has done so meanwhile."""
        if self._indexes is not None:
            self._indexes.close()
            self._indexes = None
        self.state.mkdir(parents=True, exist_ok=True)
        # This machine's indexes only, so no other replica waits.
        with writing(self.state / "lock", self._lock_seconds), ledger.reading():
            try:
                self._home.open(ledger).close()
            except IndexBroken:
                self._home.mend(ledger)

    def _finder(self, ledger: Ledger, indexes: Indexes, viewer: Viewer) -> Finder:
        """Return what finds for this viewer; what is known about the documents is read once a generation."""
        stamp = (indexes.generation, ledger.records_stamp)
        if self._shelf is None or self._shelf[0] != stamp:
            self._shelf = (stamp, shelf_of(ledger, indexes), self._recipe().embedder)
        at = self._clock() if viewer.at is None else viewer.at.timestamp()
        _, shelf, embedder = self._shelf
        view = shelf.view(viewer.groups, viewer.tags, at)
        return Finder(ledger, indexes, shelf, view, self.settings, Reader(ledger, embedder), self.reranker)
