"""What is in a library, as its ledger tells: its texts, who may see them, and what they were made with.

No index and no model is opened for it. Knows nothing of searching or of writing.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rag.storage.ledger import Ledger
from rag.storage.ledger_file import NotBuilt
from rag.storage.records import read_records
from rag.storage.retention import ended
from rag.types import Chunk, LibraryStatus, Viewer


class Contents(ABC):
    """A library as far as it can be read without a search."""

    state: Path
    """The folder for what is built."""
    records: Path
    """What is known about documents besides their text."""
    _mutex: threading.RLock
    _clock: Callable[[], float]

    @abstractmethod
    def _opened(self) -> Ledger:
        """Return the open ledger.

        Raises:
            UserError: There is no index yet.
        """

    def chunks(self, source: str | None = None) -> list[Chunk]:
        """Return the chunks of one document, or of all, in reading order.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex, self._opened().reading():
            return self._opened().chunks(source)

    def vector_prefixes(self, source: str) -> set[bytes]:
        """Return the first 16 bytes of a document's vectors that no other's begin with, to look for them on the disk."""
        with self._mutex, self._opened().reading():
            return self._opened().vector_prefixes(source)

    def text(self, source: str) -> str | None:
        """Return a document's whole text, which the spans of its chunks point into; None when it is not in
        the library.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex, self._opened().reading():
            return self._opened().text_of(source)

    @property
    def text_stamp(self) -> str:
        """Changes when a document or who may see it changes; empty where every document is open to everybody."""
        with self._mutex:
            if not self._built() or not self._opened().some_closed:
                return ""
            ledger = self._opened()
            return f"{ledger.identity} {ledger.generation} {ledger.records_stamp}"

    def texts_by_access(self) -> Iterator[tuple[frozenset[str], str]]:
        """Yield title and text of every document with the groups that may see it; none: everybody.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex:
            another = self._opened().another()
        # A ledger of its own, so that other threads go on searching meanwhile.
        with closing(another) as ledger, ledger.reading():
            yield from ledger.texts_by_access()

    @property
    def generation(self) -> int:
        """Grows by one with every sync that changed something, in whatever process; 0 before the first."""
        with self._mutex:
            return self._opened().generation if self._built() else 0

    @property
    def stamp(self) -> str:
        """Changes when a search may find something else: another text, other readers, a document that begins or ends to hold.

        The generation alone would not do: it begins anew where a library is made from nothing.
        """
        with self._mutex:
            if not self._built():
                return ""
            ledger = self._opened()
            ended, later = ledger.turned(self._clock())
            return f"{ledger.identity} {ledger.generation} {ledger.records_stamp} {ended} {later}"

    @property
    def recipe(self) -> str:
        """What the chunks and vectors were made with, in one text; empty before the first sync."""
        with self._mutex:
            recipe = self._opened().recipe if self._built() else None
            return f"{recipe.chunker} {recipe.embedder}" if recipe else ""

    def sources(self) -> list[str]:
        """Return the documents that can be found, by path.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex, self._opened().reading():
            return sorted(self._opened().chunk_counts())

    def is_open(self, source: str) -> bool:
        """Return whether everybody may be shown a document at this moment; False where it is not in the library.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex, self._opened().reading():
            now, seen = self._clock(), self._opened().seen(source).values()
            return any(not one.access and one.begins <= now < one.ends for one in seen)

    def shown_to(self, viewer: Viewer, source: str | None = None) -> list[str]:
        """Return the documents that a reader may be shown, by path.

        Args:
            viewer: Who asks, and as of when.
            source: Look at this one only: it is returned, or nothing is.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex, self._opened().reading():
            at = self._clock() if viewer.at is None else viewer.at.timestamp()
            return sorted(
                name
                for name, one in self._opened().seen(source).items()
                if (not one.access or one.access & viewer.groups)
                and one.begins <= at < one.ends
                and viewer.tags <= one.tags
            )

    def first_indexed(self) -> dict[str, str]:
        """Return when what each document says now was first searchable, ISO 8601 in UTC, by path: retention counts from there.

        Raises:
            UserError: There is no index yet.
        """
        with self._mutex, self._opened().reading():
            return self._opened().first_indexed()

    def overdue(self) -> tuple[str, ...]:
        """Return the documents whose retention in `documents.toml` has ended, by path."""
        with self._mutex, self._opened().reading():
            first, now = self._opened().first_indexed(), datetime.fromtimestamp(self._clock(), UTC)
            return ended(sorted(first), read_records(self.records), first.get, now)

    def status(self) -> LibraryStatus:
        """Say what is in the library, without opening an index or a model."""
        with self._mutex:
            if not self._built():
                return LibraryStatus(built=False)
            ledger = self._opened()
            with ledger.reading():
                documents, chunks, _ = ledger.counts()
                recipe = ledger.recipe
                embedder = f"{recipe.embedder_name} {recipe.embedder[:8]}" if recipe else ""
                size = sum(path.stat().st_size for path in self.state.rglob("*") if path.is_file())
                return LibraryStatus(ledger.generation > 0, documents, chunks, ledger.generation, embedder,
                                     ledger.synced_at, size, ledger.problems())  # fmt: skip

    def _built(self) -> bool:
        try:
            return bool(self._opened())
        except NotBuilt:
            return False
