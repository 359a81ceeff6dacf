"""Knowledge that changes: a folder of documents, kept searchable and never stale.

`Library` is the whole of it for most callers; the other names are what it takes and gives. Importing `rag`
loads neither torch nor chromadb: each name is fetched when it is first used. Knows nothing of models that
answer, prompts or adapters.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.embedding.embed import Embedder, SentenceEmbedder
    from rag.library import Library
    from rag.metrics import mean_reciprocal_rank, ndcg_at, recall_at
    from rag.types import (
        Chunk,
        Document,
        FileResult,
        Hit,
        LibrarySettings,
        LibraryStatus,
        Outcome,
        Progress,
        ReadLimits,
        SyncReport,
        Viewer,
    )

__all__ = [
    "Chunk",
    "Document",
    "Embedder",
    "FileResult",
    "Hit",
    "Library",
    "LibrarySettings",
    "LibraryStatus",
    "Outcome",
    "Progress",
    "ReadLimits",
    "SentenceEmbedder",
    "SyncReport",
    "Viewer",
    "mean_reciprocal_rank",
    "ndcg_at",
    "recall_at",
]

_HOMES = {
    "Embedder": "rag.embedding.embed",
    "SentenceEmbedder": "rag.embedding.embed",
    "Library": "rag.library",
    "mean_reciprocal_rank": "rag.metrics",
    "ndcg_at": "rag.metrics",
    "recall_at": "rag.metrics",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module on first use."""
    if name not in __all__:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "rag.types")), name)
