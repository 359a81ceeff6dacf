"""A house that is served over HTTP, for the API's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parent))

from api_world import SpeakingEngine, furnish, running  # found once this folder is on the path

from ui.api.app import make


@pytest.fixture
def engine() -> SpeakingEngine:
    return SpeakingEngine()


@pytest.fixture
def api(house: Path, engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The API of the tiny house, where nobody signs in."""
    furnish(house, engine, monkeypatch)
    return make(house)


@pytest.fixture
def url(api: FastAPI) -> Iterator[str]:
    """The address of its real server."""
    with running(api) as address:
        yield address
