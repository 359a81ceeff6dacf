"""A library with an embedder of letters, jobs that are only noted, and an index with a document that only some may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.documents.helpers import SECRET, sync
from ui.jobs import office


@pytest.fixture(autouse=True)
def _small_library(fakes: None) -> None:
    """Every library has the embedder of letters."""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note which commands would be begun as jobs; none is."""
    words: list[list[str]] = []

    monkeypatch.setattr(office, "_start", lambda house, folder, said: words.append(list(said)))
    monkeypatch.setattr(office, "_must_not_clash", lambda house, kind: None)
    return words


@pytest.fixture
def built(house: Path) -> Path:
    """The workspace with its index, and one document that only the group hr may see."""
    (house / "documents" / "hr").mkdir()
    (house / "documents" / "hr" / "pay.md").write_text(f"# Pay\n\n{SECRET}\n", encoding="utf-8")
    (house / "documents.toml").write_text(
        '# ours\n[[document]]\npath = "hr/*"\naccess = ["hr"]\n', encoding="utf-8"
    )
    sync(house)
    return house
