"""A training that nothing disturbed, once for all that are compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune import registry
from tests.finetune.trainings import train


@pytest.fixture(scope="session")
def whole(tiny_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> registry.Manifest:
    """A training that nothing disturbed."""
    return train(tiny_bases["lfm2"], tmp_path_factory.mktemp("whole"), "a")
