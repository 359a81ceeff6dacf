"""Converted models on this disk: a folder each, whole or absent, hash-checked each time before it is opened.

They live in the user's cache, outside of any workspace, because they hold a model and nothing of a house. Knows nothing
of how a model is converted.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foundation.errors import UserError
from foundation.files import sha256_of, write_json_atomic

MODEL = "model.onnx"
_MANIFEST = "manifest.json"
_ABANDONED = 24 * 3600.0  # seconds after which an unfinished folder was left by a run that died


def cache_folder() -> Path:
    """Return where converted models and measurements go: RUNGWISE_CACHE, else the user's cache folder."""
    if own := os.environ.get("RUNGWISE_CACHE"):
        return Path(own).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "rungwise"


def why_unwritable() -> str | None:
    """Return why the cache folder can't be written, as a sentence; None where it can. Makes nothing."""
    folder = cache_folder()
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return None
    return (
        f"{folder}: the cache folder can't be written ({there} {'may not be written' if there.is_dir() else 'is a file'}), "
        "so models are not converted and torch is used. Name another with RUNGWISE_CACHE."
    )


def folder_of(source: str, kind: str, recipe: str) -> Path:
    """Return where a model's conversion is, or would be.

    Args:
        source: Fingerprint of the model.
        kind: `exact` or `int8`.
        recipe: Version of the conversion.
    """
    return cache_folder() / "encoders" / f"{source[:32]}-{kind}-{recipe}"


def whole(folder: Path, source: str) -> Path | None:
    """Return the model of a folder when every byte is what was written, for this source; None otherwise."""
    try:
        told = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        model = folder / MODEL
        right = told["source"] == source and told["bytes"] == model.stat().st_size
        return model if right and told["sha256"] == sha256_of(model) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make(folder: Path, source: str, write: Callable[[Path], dict[str, Any]]) -> Path:
    """Make a folder: `write` puts the model at the path that it is given and returns what to note beside it.

    Written beside and renamed, so that of two processes that make it at once each uses a whole one.

    Raises:
        UserError: The cache can't be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    except OSError as error:
        raise UserError(
            f"{folder.parent}: the cache folder can't be written ({error.strerror or error}). Name another with "
            'RUNGWISE_CACHE, or set embedding_backend = "torch" under [retrieval].'
        ) from error
    try:
        noted = write(fresh / MODEL)
        facts = {
            "source": source,
            "sha256": sha256_of(fresh / MODEL),
            "bytes": (fresh / MODEL).stat().st_size,
        }
        write_json_atomic(fresh / _MANIFEST, {**facts, **noted})
        fresh.chmod(0o755)  # mkdtemp makes 0700
        for _ in range(3):
            if (model := whole(folder, source)) is not None:
                return model  # another process was first
            _away(folder)
            try:
                fresh.rename(folder)
                return folder / MODEL
            except OSError:
                continue  # another process put its own there in between
        raise UserError(
            f"{folder}: the converted model can't be put there. Remove this folder, then try again."
        )
    except OSError as error:
        raise UserError(
            f"{folder.parent}: the converted model can't be written ({error.strerror or error}). Check that the disk "
            'has room, or set embedding_backend = "torch" under [retrieval].'
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _away(folder: Path) -> None:
    """Take a damaged folder out of the way; one that another process holds open stays readable to it."""
    if folder.exists():
        aside = folder.with_name(f".old-{uuid.uuid4().hex}")
        try:
            folder.rename(aside)
        except OSError:
            return
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(home: Path) -> None:
    for left in [*home.glob(".new-*"), *home.glob(".old-*")]:
        try:
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue
