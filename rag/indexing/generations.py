"""Folders that are written once: one a generation of an index, sealed when it is whole.

The seal is written last and lists every file with its size and hash: a folder of a run that died has none and is
never opened, and a lost, cut or altered file is found before the library that reads it is asked (a damaged HNSW
segment can end the whole process). Knows nothing of what the files are, but that SQLite writes into its own.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path

from foundation.files import sha256_of, write_json_atomic

_SEAL = "seal.json"
_SQLITE = (".sqlite3",)
_PASSING = ("-wal", "-shm", "-journal")  # SQLite makes and removes these as it likes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A whole generation on the disk."""

    folder: Path
    """Where it is."""
    count: int
    """How many chunks are in it."""
    removed: int
    """How many chunks were taken out of it since it was last built from nothing."""


def fresh(home: Path, generation: int) -> Path:
    """Return a folder name for a generation that was never used before; the folder is not made.

    A new name every time, because Chroma shares one open system a path within a process and would answer from
    the old one.
    """
    home.mkdir(parents=True, exist_ok=True)
    return home / f"g{generation}-{uuid.uuid4().hex[:8]}"


def seal(folder: Path, generation: int, count: int, removed: int = 0) -> Sealed:
    """Declare a folder whole."""
    files = {
        path.relative_to(folder).as_posix(): [path.stat().st_size, _hash(path)]
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _SEAL and not path.name.endswith(_PASSING)
    }
    write_json_atomic(
        folder / _SEAL, {"generation": generation, "count": count, "removed": removed, "files": files}
    )
    return Sealed(folder, count, removed)


def find(home: Path, generation: int) -> Sealed | None:
    """Return the folder of a generation that is sealed and has every file at its size; None without one."""
    for folder in sorted(home.glob(f"g{generation}-*")):
        try:
            told = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
            sizes_hold = all(
                (folder / name).stat().st_size == size for name, (size, _) in told["files"].items()
            )
            if told["generation"] == generation and sizes_hold:
                return Sealed(folder, int(told["count"]), int(told["removed"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def altered(sealed: Sealed) -> str | None:
    """Return the first file that is not what was sealed, None where all are; reads every byte.

    What SQLite keeps is asked whether it holds together instead: opening it changes it.
    """
    told = json.loads((sealed.folder / _SEAL).read_text(encoding="utf-8"))["files"]
    for name, (_, expected) in told.items():
        path = sealed.folder / name
        if expected != _hash(path) or (path.suffix in _SQLITE and not _holds_together(path)):
            return str(name)
    return None


def _hash(path: Path) -> str:
    return "" if path.suffix in _SQLITE else sha256_of(path)


def _holds_together(path: Path) -> bool:
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        finally:
            db.close()
    except (sqlite3.Error, UnicodeDecodeError):  # a flipped bit in a table's name ends as the second
        return False


def copy(sealed: Sealed, target: Path) -> None:
    """Copy a generation's files, its seal left out."""
    shutil.copytree(sealed.folder, target, ignore=shutil.ignore_patterns(_SEAL))


def clear(home: Path, keep: int | None = None) -> None:
    """Remove the folders of every generation but one, and those that are not whole."""
    kept = find(home, keep) if keep is not None else None
    for folder in home.glob("g*-*"):
        if kept is None or folder != kept.folder:
            shutil.rmtree(folder, ignore_errors=True)


def discard(home: Path, generation: int) -> None:
    """Remove what a run that died left of a generation that was never switched to; it may be whole, and of other texts."""
    for folder in home.glob(f"g{generation}-*"):
        shutil.rmtree(folder, ignore_errors=True)
