"""A small cut of the demo, built once: with an index, an adapter and a comparison, as the pages take for granted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docs.sessions import Session, _ours
from tests.ui.conftest import REPOSITORY
from tests.ui.conftest import _as_it_was as _as_it_was
from tests.ui.conftest import cut as cut

QUESTIONS = 4  # of each part
DEMO = REPOSITORY / "examples" / "tarn-and-timber"
NAMES_SOMEBODY = "documents/policies/courier-notice-2025.txt"  # whom docs/how-to/forget.md forgets


@pytest.fixture(scope="session")
def built(cut: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the cut with what `sync`, `train` and `compare` make of it."""
    import torch

    torch.set_num_threads(1)  # threads of several tests would wait for one another
    root = tmp_path_factory.mktemp("built") / "workspace"
    shutil.copytree(cut, root)
    shutil.copy(DEMO / NAMES_SOMEBODY, root / NAMES_SOMEBODY)
    questions = [json.loads(line) for line in (root / "questions.jsonl").read_text("utf-8").splitlines()]
    few = [
        one
        for part in ("dev", "test")
        for one in [row for row in questions if row["part"] == part][:QUESTIONS]
    ]
    (root / "questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in few), "utf-8")
    for words in (["sync"], ["train"], ["compare"]):
        code, told = _ours([*words, "--workspace", str(root)])
        assert code == 0, told
    return root


@pytest.fixture
def session(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Return a session in a copy of the built workspace."""
    root = tmp_path / "workspace"
    shutil.copytree(built, root)
    (root / "demo-workspace").symlink_to(".", target_is_directory=True)
    monkeypatch.setenv("COLUMNS", "100")
    with _serving(root) as served:
        yield Session(root, served)


class _serving:
    """Serves a workspace once it is asked for, until the end of the session."""

    def __init__(self, root: Path) -> None:
        self._root, self._address = root, ""
        self._stop: Callable[[], None] = lambda: None

    def __enter__(self) -> Callable[[], str]:
        return self._served

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _served(self) -> str:
        if not self._address:
            from tests.docs.serving import serve

            self._address, self._stop = serve(self._root)
        return self._address
