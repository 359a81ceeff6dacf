"""What is forgotten goes from the object storage too, first; where that refuses, nothing is erased."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from assistant import Workspace
from assistant.open import fetch_documents
from foundation.errors import UserError
from governance.erasure import forget
from rag import Library
from tests.rag.rag_fakes import LetterEmbedder

NAME = "Ayşe Çetinkaya"


def naive_forget(house: Workspace, source: str) -> None:
    """Naive: the local copy is deleted."""
    (house.documents / source).unlink()


@pytest.mark.fault(45)
def test_a_forgotten_document_does_not_come_back_from_the_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pipe_file("/erased/a.md", f"# Order\n\nOrdered by {NAME}.".encode())
    files.pipe_file("/erased/b.md", b"# Hours\n\nThe shop opens at nine.")
    (tmp_path / "documents").mkdir()
    (tmp_path / "rungwise.toml").write_text('[storage]\ndocuments = "memory://erased"\n', "utf-8")
    house = Workspace.open(tmp_path)
    assert fetch_documents(house) is not None
    naive_forget(house, "a.md")
    fetch_documents(house)
    assert (house.documents / "a.md").exists(), "naive: the next sync brings it back"
    with Library(house.documents, house.library, embedder=LetterEmbedder()) as library:
        library.sync()

        def refused(*_: object) -> None:
            raise PermissionError("no delete")

        with monkeypatch.context() as patch:
            patch.setattr(type(files), "rm_file", refused)
            with pytest.raises(UserError, match="erasing a document from the object storage failed"):
                forget(house, library, subject=NAME)
        assert (house.documents / "a.md").exists() and "a.md" in library.sources()
        forget(house, library, subject=NAME)
        assert "a.md" not in library.sources()
        fetch_documents(house)
        assert not (house.documents / "a.md").exists() and files.find("/erased") == ["/erased/b.md"]
