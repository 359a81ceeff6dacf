"""A workspace in one file, whole at one moment: no sync or erasure runs while it is written.

Restoring is unpacking it into a folder of its own. Who may come in is left out: a backup that is put back would let in again
who was suspended, and open what was revoked. Knows nothing else of what is in a workspace, but that SQLite copies its ledger.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assistant.workspace import Workspace
from foundation.errors import UserError
from rag.storage.lock import writing

_LEDGER = "ledger.sqlite3"
_LOCK = "lock"
_PASSING = ("-wal", "-shm", "-journal")
_ACCESS = (".rungwise", "access")


@dataclass(frozen=True)
class Backup:
    """What was written."""

    path: Path
    """The file."""
    files: int
    """How many files are in it."""
    bytes: int
    """Its size."""


def back_up(workspace: Workspace, target: Path, seconds: float = 30.0) -> Backup:
    """Write a workspace into a zip file.

    Args:
        workspace: What to write; it is not changed.
        target: The file, outside of the workspace; replaced whole, or not at all.
        seconds: How long to wait for a sync to end.

    Raises:
        UserError: The file is inside of the workspace or can't be written, or a sync does not end.
    """
    if target.resolve().is_relative_to(workspace.root.resolve()):
        raise UserError(
            f"{target}: this is inside of the workspace, which the next backup would hold too. Write it elsewhere."
        )
    try:
        if not workspace.library.is_dir():
            return _write(workspace, target)
        with writing(workspace.library / _LOCK, seconds):
            return _write(workspace, target)
    except OSError as error:
        raise UserError(f"{target}: the backup can't be written ({error.strerror or error}).") from error


def _write(workspace: Workspace, target: Path) -> Backup:
    count = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    try:
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as file:
            for path in _files(workspace.root):
                inside = path.relative_to(workspace.root).as_posix()
                if path == workspace.library / _LEDGER:
                    _write_ledger(file, path, inside)
                else:
                    file.write(path, inside)
                count += 1
        with open(name, "rb") as written:
            os.fsync(written.fileno())
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
    return Backup(target, count, target.stat().st_size)


def _files(root: Path) -> Iterator[Path]:
    """Yield what belongs into a backup: nothing of access, half-written, or left by SQLite or a lock beside its files."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts[:-1]
        staged = any(part.startswith(".") and part != ".rungwise" for part in parts)
        if (
            path.is_file()
            and not path.is_symlink()
            and not staged
            and parts[:2] != _ACCESS
            and path.name != _LOCK
            and not path.name.endswith(_PASSING)
        ):
            yield path


def _write_ledger(file: zipfile.ZipFile, path: Path, inside: str) -> None:
    """Write the ledger as SQLite copies it: with what is still in its log, whoever reads it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="rungwise-backup-") as folder:
        copy = Path(folder) / path.name
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as held,
            closing(sqlite3.connect(copy)) as made,
        ):
            held.backup(made)
        file.write(copy, inside)
