"""A workspace where people sign in by password, a way to set how it is served, and a hasher that takes no second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ui.access import people

Serve = Callable[[str], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace's folder, with nobody in it yet."""
    root = tmp_path / "Çay ve şeker"
    root.mkdir()
    (root / "rungwise.toml").write_text('[serve]\nlogin = "local"\n', encoding="utf-8")
    return root


@pytest.fixture
def serve(root: Path) -> Serve:
    """Return what writes the section [serve] anew."""

    def write(text: str) -> None:
        (root / "rungwise.toml").write_text(f"[serve]\n{text}\n", encoding="utf-8")

    return write


_REAL = people._hasher


@pytest.fixture(autouse=True)
def _quick_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little memory: what is tried here is what is done with a hash, not how long one takes."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(people, "_hasher", lambda: quick)
    people._nobody.cache_clear()


@pytest.fixture
def real_hasher(_quick_hasher: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as it is done where people sign in."""
    monkeypatch.setattr(people, "_hasher", _REAL)
