"""Folders, files and libraries for the tests of rag; nothing here needs a network or a model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag import Library, LibrarySettings

sys.path.insert(0, str(Path(__file__).parent))

from rag_fakes import LetterEmbedder  # found once this folder is on the path


@pytest.fixture
def embedder() -> LetterEmbedder:
    return LetterEmbedder()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with two small documents."""
    folder = tmp_path / "documents"
    (folder / "policies").mkdir(parents=True)
    (folder / "policies" / "returns.md").write_text(
        "# Returns\n\nA stove can be returned within 30 days.\n\n## Refunds\n\nMoney comes back in 5 days.\n",
        "utf-8",
    )
    (folder / "prices.csv").write_text("product,price\nFellmark stove,49 EUR\nArden kettle,19 EUR\n", "utf-8")
    return folder


@pytest.fixture
def make_library(
    tmp_path: Path, documents: Path, embedder: LetterEmbedder
) -> Iterator[Callable[..., Library]]:
    """Return a maker of libraries over `documents`; all share one state folder and are closed at the end."""
    made: list[Library] = []

    def make(**settings: object) -> Library:
        with_embedder = settings.pop("embedder_object", embedder)
        lock_seconds = settings.pop("lock_seconds", 5.0)
        chosen = LibrarySettings(**settings)  # type: ignore[arg-type]
        library = Library(documents, tmp_path / "state", chosen, with_embedder, lock_seconds)  # type: ignore[arg-type]
        made.append(library)
        return library

    yield make
    for library in made:
        library.close()


@pytest.fixture
def library(make_library: Callable[..., Library]) -> Library:
    return make_library()
