"""The vector index on a Chroma server (`chroma run`) instead of in the library's own folder.

One collection serves all generations: it is named by text hash, so that a vector never changes under its name. What a new
generation needs is put in before the switch, what none needs is taken out after it; a reader passes over names that its own
generation does not have. No text, no embedding function and no rights are kept there. Knows nothing of documents.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence, Set
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from rag.indexing.store import HNSW, VectorIndex, add
from rag.retrieval.nearest import Vectors

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_PAGE = 10_000
_AT_ONCE = 2_500
_WIDER = 4  # times as many are asked for, until enough are of the reader's own generation


class NotThere(Exception):
    """The server does not hold all vectors of the generation; they can be put there from the ledger."""


class ServedVectors(VectorIndex):
    """One generation's vectors on a server, open for questions.

    Args:
        url: The server's.
        name: The collection's.
        wanted: The text hashes of the generation.

    Raises:
        NotThere: Some of them are missing.
        UserError: The server does not answer.
    """

    def __init__(self, url: str, name: str, wanted: Set[str]) -> None:
        self._client = _connect(url)
        self._wanted = wanted
        try:
            chunks = _collection(self._client, name)
            missing = len(wanted - _held(chunks)) if chunks is not None else len(wanted)
            if chunks is None or missing:
                raise NotThere(f"the Chroma server at {url} lacks {missing} of {len(wanted)} vectors")
            self._chunks = chunks
        except BaseException:
            self.close()
            raise

    def count(self) -> int:
        """How many vectors of this generation there are."""
        return len(self._wanted)

    def nearest_all(self, vectors: NDArray[np.float32], n: int) -> list[list[str]]:
        """Return what `nearest` does, for several questions at once."""
        asked, there = n, int(self._chunks.count())
        while True:
            found = super().nearest_all(vectors, min(asked, there))
            mine = [[key for key in names if key in self._wanted][:n] for names in found]
            if asked >= there or all(len(names) == n for names in mine):
                return mine
            asked *= _WIDER


def hold(
    url: str,
    name: str,
    wanted: Set[str],
    fetch: Callable[[Sequence[str]], Vectors],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """See to it that a collection holds all of `wanted`; nothing is taken out.

    Args:
        url: The server's.
        name: The collection's; made where there is none.
        wanted: Text hashes.
        fetch: Returns the vectors of text hashes.
        progress: Called with how many are in and how many there are to put in.

    Raises:
        UserError: The server does not answer.
    """
    client = _connect(url)
    try:
        chunks = _collection(client, name) or client.create_collection(
            name, configuration={"hnsw": HNSW}, embedding_function=None
        )
        missing = sorted(wanted - _held(chunks))
        add(chunks, missing, fetch(missing), progress)
    finally:
        client.close()


def keep_only(url: str, family: str, name: str, wanted: Set[str]) -> None:
    """Take out of a collection what is not `wanted`, and remove the others of its family.

    Args:
        url: The server's.
        family: What the names of a library's collections begin with.
        name: The collection that stays.
        wanted: Text hashes.

    Raises:
        UserError: The server does not answer.
    """
    client = _connect(url)
    try:
        for other in [one.name for one in client.list_collections()]:
            if other.startswith(family) and other != name:
                client.delete_collection(other)
        chunks = _collection(client, name)
        gone = sorted(_held(chunks) - wanted) if chunks is not None else []
        for start in range(0, len(gone), _AT_ONCE):
            cast("Collection", chunks).delete(ids=gone[start : start + _AT_ONCE])
    finally:
        client.close()


def drop(url: str, name: str) -> None:
    """Remove a collection, where there is one.

    Raises:
        UserError: The server does not answer.
    """
    client = _connect(url)
    try:
        if _collection(client, name) is not None:
            client.delete_collection(name)
    finally:
        client.close()


def _held(chunks: Collection) -> set[str]:
    held: set[str] = set()
    while part := chunks.get(include=[], limit=_PAGE, offset=len(held))["ids"]:
        held.update(part)
    return held


def _collection(client: Client, name: str) -> Collection | None:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _connect(url: str) -> Client:
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    import chromadb
    from chromadb.config import Settings

    told = urlsplit(url)
    secure = told.scheme == "https"
    try:
        client = chromadb.HttpClient(
            host=told.hostname or "", port=told.port or (443 if secure else 8000), ssl=secure,
            settings=Settings(anonymized_telemetry=False),
        )  # fmt: skip
        client.heartbeat()
    except (
        Exception
    ) as error:  # the client raises its own, httpx's and plain ValueErrors; all mean the same here
        raise UserError(
            f"The Chroma server at {url} does not answer ({str(error).splitlines()[0] or type(error).__name__}). Start it with "
            "`chroma run --path DIR`, or take chroma_server out of rungwise.toml: the index then stands in the workspace."
        ) from None
    return cast("Client", client)
