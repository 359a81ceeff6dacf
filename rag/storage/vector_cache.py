"""Vectors that the ledger does not hold yet, or no longer: so that no text is embedded twice.

A sync puts every slice here the moment it is embedded, and goes on from there after a kill. Vectors of dropped texts stay
for 30 days, for a file that comes back. A file of its own, without texts, removed whole whenever something is forgotten:
its name carries the state of the tombstones, so that one from before is never opened. Knows nothing of embedders.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEPT_SECONDS = 30 * 24 * 3600.0
"""How long a vector is kept."""
KEPT_TEXTS = 50_000
"""How many are kept, the newest first."""

_PREFIX = "embedded-"
_MOST_VARIABLES = 10_000
_log = logging.getLogger(__name__)


def path_of(state: Path, stamp: str) -> Path:
    """Return the file of a library's cache for what was forgotten so far; see `Tombstones.stamp`."""
    return state / f"{_PREFIX}{stamp}.sqlite3"


def erase(state: Path, but: Path | None = None) -> None:
    """Remove every cache of a library, or all but one; what SQLite keeps beside a cache goes with it."""
    for path in state.glob(f"{_PREFIX}*"):
        if but is None or not path.name.startswith(but.name):
            path.unlink(missing_ok=True)


class VectorCache:
    """An open cache; the caller holds the writer's lock.

    It is a help, never a need: one that is damaged is begun anew, and one that can't be written keeps nothing.

    Args:
        path: The SQLite file, made where it is missing.
        clock: Tells the time, in seconds since 1970.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._db: sqlite3.Connection | None = None
        for _ in range(2):
            with self._careful():
                self._open()
            if self._db is not None:
                return

    def _open(self) -> None:
        self._db = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS vectors (hash TEXT PRIMARY KEY, vector BLOB NOT NULL, at REAL NOT NULL)"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS by_time ON vectors (at)")

    def close(self) -> None:
        """Forget what is too old or too much, and close the file."""
        if self._db is None:
            return
        with self._careful():
            self._db.execute("DELETE FROM vectors WHERE at < ?", (self._clock() - KEPT_SECONDS,))
            self._db.execute(
                "DELETE FROM vectors WHERE hash IN (SELECT hash FROM vectors ORDER BY at DESC, hash LIMIT -1 OFFSET ?)",
                (KEPT_TEXTS,),
            )
        if self._db is not None:
            self._db.close()
            self._db = None

    def get(self, keys: Sequence[str], dimension: int) -> dict[str, NDArray[np.float32]]:
        """Return the vectors that are here, by key; those of another size are passed over."""
        found: dict[str, NDArray[np.float32]] = {}
        with self._careful():
            for start in range(0, len(keys) if self._db else 0, _MOST_VARIABLES):
                part = keys[start : start + _MOST_VARIABLES]
                marks = ",".join("?" * len(part))
                assert self._db is not None
                for key, blob in self._db.execute(
                    f"SELECT hash, vector FROM vectors WHERE hash IN ({marks})", part
                ):
                    vector = np.frombuffer(blob, dtype=np.float32) if len(blob) == 4 * dimension else None
                    if vector is not None and np.isfinite(vector).all():
                        found[key] = vector
        return found

    def put(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors; they are on the disk when this returns."""
        now = self._clock()
        rows = [
            (key, np.ascontiguousarray(one, dtype=np.float32).tobytes(), now) for key, one in vectors.items()
        ]
        self._change("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def drop(self, keys: Sequence[str]) -> None:
        """Let go of vectors, which the ledger holds now."""
        self._change("DELETE FROM vectors WHERE hash = ?", [(key,) for key in keys])

    def _change(self, command: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._careful():
            if self._db is None or not rows:
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(command, rows)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """Go on without the cache where it can't be used; remove it where it is damaged."""
        try:
            yield
        except sqlite3.Error as error:
            _log.warning("%s is not used: %s", self._path, error)
            if self._db is not None:
                self._db.close()
                self._db = None
            if not isinstance(error, sqlite3.OperationalError):
                for path in self._path.parent.glob(f"{self._path.name}*"):
                    path.unlink(missing_ok=True)
