"""A small real library for the assistant's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Library, LibrarySettings
from tests.rag.rag_fakes import LetterEmbedder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "prices.md").write_text(
        "# Prices\n\nThe Fellmark stove costs 49 EUR.\n\n## Kettles\n\nThe Arden kettle costs 19 EUR.\n",
        "utf-8",
    )
    (documents / "returns.md").write_text("# Returns\n\nTents can be returned within 30 days.\n", "utf-8")
    made = Library(documents, tmp_path / "state", LibrarySettings(), LetterEmbedder())
    made.sync()
    yield made
    made.close()
