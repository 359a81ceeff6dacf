"""Embedders that were taught on a workspace's own documents: a folder each, whole or absent, with papers that name every file.

`NAME/model` can be opened like any sentence-transformers folder; `NAME/embedder.json` beside it says what it was made from and
what it was measured to bring. A folder whose files are not what the papers say is never opened. Knows nothing of training.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foundation.errors import UserError
from foundation.files import sha256_of, write_json_atomic

PAPERS = "embedder.json"
MODEL = "model"
_LETTERS = "e"


@dataclass(frozen=True)
class Papers:
    """What a taught embedder is, and what it was made from."""

    name: str
    """Its name in its workspace."""
    base: str
    """What the embedder before it is called in the settings; `--back` goes there."""
    base_fingerprint: str
    """That one's fingerprint."""
    fingerprint: str
    """Its own."""
    pairs: dict[str, int]
    """How many pairs it learned from, by kind."""
    pairs_sha256: str
    """Hash of all of them."""
    sources: dict[str, int]
    """How many pairs each document gave: weights can't be made to forget."""
    held_out: list[str]
    """The documents that gave none."""
    settings: dict[str, Any]
    """Every training setting."""
    curve: list[dict[str, float]]
    """After each epoch: `epoch`, `loss` and `check` (nDCG@10 on held-out questions)."""
    measured: dict[str, Any]
    """What was found of it on test questions before it was accepted."""
    seconds: float
    """How long the training took."""
    versions: dict[str, str]
    """Versions of torch, transformers and sentence-transformers."""
    created: str
    """When, ISO 8601 in UTC."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file of `model/`, by path."""

    def to_dict(self) -> dict[str, Any]:
        """Return the papers as JSON values."""
        return asdict(self)


def fresh(home: Path) -> str:
    """Return the next name: `e1`, `e2`, …; none is used twice as long as the last is there."""
    taken = [int(path.name[1:]) for path in home.glob(f"{_LETTERS}*") if path.name[1:].isdigit()]
    return f"{_LETTERS}{max(taken, default=0) + 1}"


def publish(model: Path, home: Path, papers: Papers) -> Path:
    """Move a written model to its place among the taught embedders, with its papers; whole or not at all.

    Args:
        model: The folder of the model, on the same disk.
        home: The folder of all taught embedders.
        papers: Without `files`.

    Returns:
        The folder to name as `embedder`.
    """
    staged = home / f".{papers.name}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    os.replace(model, staged / MODEL)
    told = {**papers.to_dict(), "files": _hashes(staged / MODEL)}
    write_json_atomic(staged / PAPERS, told)
    os.replace(staged, home / papers.name)
    return home / papers.name / MODEL


def read(folder: Path) -> Papers | None:
    """Return the papers of a taught embedder; None where a folder is none.

    Args:
        folder: As `embedder` names it: `…/NAME/model`.

    Raises:
        UserError: The papers can't be read.
    """
    path = folder.parent / PAPERS
    if folder.name != MODEL or not path.is_file():
        return None
    try:
        told: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        return Papers(**told)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path}: the papers of this embedder can't be read ({error}), so it is not opened. Restore the file from a backup, "
            "or name another `embedder` under [retrieval] in rungwise.toml."
        ) from None


def check(folder: Path) -> None:
    """Check that a taught embedder is as it was published; other folders have no papers, and pass.

    Raises:
        UserError: A file was altered, is missing, or was added.
    """
    papers = read(folder)
    if papers is None:
        return
    now = _hashes(folder)
    wrong = sorted(name for name in {*now, *papers.files} if now.get(name) != papers.files.get(name))
    if wrong:
        how = (
            "is missing"
            if wrong[0] not in now
            else "was added"
            if wrong[0] not in papers.files
            else "was altered"
        )
        raise UserError(
            f"{folder / wrong[0]}: this file of a taught embedder {how} since it was published, so the embedder is not opened. "
            "`rungwise tune-embedder --back` goes back to the embedder before it."
        )


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        seen = path.stat()
        found[path.relative_to(folder).as_posix()] = _hash(path, seen.st_size, seen.st_mtime_ns)
    return found


@functools.lru_cache(maxsize=256)
def _hash(path: Path, size: int, changed: int) -> str:
    """Hash a file once a process, as long as its size and time of change stay what they are."""
    return sha256_of(path)
