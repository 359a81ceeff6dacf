"""The public surface of rag, and that reaching for it costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from rag_fakes import REPOSITORY

import rag
from foundation.errors import UserError
from rag import LibrarySettings


def test_the_public_surface_is_this_list() -> None:
    assert rag.__all__ == [
        "Chunk", "Document", "Embedder", "FileResult", "Hit", "Library", "LibrarySettings", "LibraryStatus", "Outcome",
        "Progress", "ReadLimits", "SentenceEmbedder", "SyncReport", "Viewer", "mean_reciprocal_rank", "ndcg_at", "recall_at",
    ]  # fmt: skip
    for name in rag.__all__:
        assert getattr(rag, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        rag.Nothing  # noqa: B018 - the access is what is tested


def test_importing_rag_loads_neither_torch_nor_chromadb_nor_any_parser() -> None:
    code = (
        "import sys, rag; rag.LibrarySettings(); rag.Library; "
        "print([name for name in ('torch', 'chromadb', 'sentence_transformers', 'transformers', 'bm25s', 'pypdf', 'docx', "
        "'langchain_core') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout == "[]\n"


def test_settings_out_of_range_are_all_named_at_once() -> None:
    with pytest.raises(UserError) as caught:
        LibrarySettings(chunk_tokens=2, alpha=1.5, k=0)
    assert str(caught.value) == (
        "The library's settings can't be used: chunk_tokens must be 16 to 2048, but is 2; k must be 1 to 100, but is 0; "
        "alpha must be 0 to 1, but is 1.5."
    )
    with pytest.raises(UserError) as caught:
        LibrarySettings(fusion="sum", diversity=2.0, neighbours=3)
    assert str(caught.value) == (
        "The library's settings can't be used: fusion must be convex or rrf, but is \"sum\"; diversity must be 0 to 1, "
        "but is 2.0; neighbours must be 0, 1 or 2, but is 3."
    )
