"""The library as a LangChain retriever, so that it drops into somebody's existing chain.

Knows nothing of chains; imported only when a retriever is asked for.
"""

from __future__ import annotations

from dataclasses import asdict

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from rag.library import Library
from rag.types import Hit


class LibraryRetriever(BaseRetriever):
    """Finds chunks by meaning and by words; see `Library.search`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: SkipValidation[Library]
    """Where to search."""
    k: int | None = None
    """How many documents; None: as many as the library's settings say."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [to_document(hit) for hit in self.library.search(query, self.k)]


def to_document(hit: Hit) -> Document:
    """Return a hit as a LangChain Document: the chunk's text, its other fields and its scores as metadata."""
    fields = {name: value for name, value in asdict(hit.chunk).items() if name not in ("id", "text")}
    scores = {"score": hit.score, "dense": hit.dense, "keyword": hit.keyword, "rank": hit.rank}
    return Document(id=hit.chunk.id, page_content=hit.chunk.text, metadata=fields | scores)
