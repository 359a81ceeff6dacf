"""Chunks of one search, read from the ledger when they are looked at, and held against what else the disk says of them.

Of a hundred candidates a handful is read. Knows nothing of how they were found.
"""

from __future__ import annotations

from collections.abc import Sequence

from foundation.errors import UserError
from rag.indexing.index import IndexBroken
from rag.storage.ledger import Ledger, Stored
from rag.types import Chunk, text_key


def damaged(ledger: Ledger, how: str) -> UserError:
    """Return the sentence for a ledger that contradicts itself."""
    return UserError(
        f"{ledger.where}: the library's ledger is damaged ({how}). {ledger.remedy}: it is built anew from the documents."
    )


class Reader:
    """Reads chunks by id, each once.

    Args:
        ledger: The truth, inside `reading`.
        embedder: The fingerprint of what embedded the chunks.
    """

    def __init__(self, ledger: Ledger, embedder: str) -> None:
        self._ledger, self._embedder = ledger, embedder
        self._read: dict[str, Stored] = {}

    def __call__(self, name: str) -> Chunk:
        """Return a chunk.

        Raises:
            IndexBroken: The ledger has no such chunk.
            UserError: It differs from its document, or from what was embedded.
        """
        if name not in self._read:
            self.ahead([name])
        return self._read[name].chunk

    def ahead(self, names: Sequence[str]) -> None:
        """Read chunks at once that will be asked for; errors as for one."""
        new = [name for name in names if name not in self._read]
        found = self._ledger.stored(new)
        if found.keys() != set(new):
            raise IndexBroken("the index names texts that the ledger does not have")
        for stored in found.values():
            self._check(stored)
        self._read |= found

    def since(self, name: str) -> str:
        """Since when the document of a chunk holds what it says, as YYYY-MM-DD."""
        self(name)
        return self._read[name].since

    def _check(self, stored: Stored) -> None:
        """One flipped bit on the disk can't be in a chunk, in its document and in the hash of what was embedded."""
        chunk = stored.chunk
        if not stored.text_fits:
            raise damaged(self._ledger, f"a text of {chunk.source} differs from its document")
        if not stored.title_fits:
            raise damaged(self._ledger, f"the title of {chunk.source} differs from its document's")
        if stored.key not in (text_key(self._embedder, text) for text in chunk.embeddable):
            how = f"the headings of a text of {chunk.source} differ from what was embedded"
            raise damaged(self._ledger, how)
