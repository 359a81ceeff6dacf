"""The ledger as a file: opened, brought up to date, read and changed in transactions, its errors as sentences.

Knows nothing of what stands in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import UserError
from rag import tables


class NotBuilt(UserError):
    """There is no index yet.

    Args:
        state: The library's folder.
    """

    def __init__(self, state: Path) -> None:
        super().__init__(
            f"{state}: there is no index yet. Run `rungwise sync` to make it from the documents."
        )


class LedgerFile:
    """An open ledger's file.

    Args:
        path: The SQLite file.
        create: Make it when it is missing.

    Raises:
        UserError: It is damaged, of a newer version, or can't be opened.
    """

    def __init__(self, path: Path, create: bool = False) -> None:
        self.path = path
        with _sentences(path):
            mode = "rwc" if create else "rw"
            self._db = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30.0, isolation_level=None,
                check_same_thread=False,
            )  # fmt: skip
            try:
                self._prepare(create)
            except BaseException:
                self._db.close()
                raise
            self._inode = path.stat().st_ino

    def _prepare(self, create: bool) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA cache_size = -16000")  # 16 MB: what is asked often is not read again
        version = tables.version_of(self._db)
        if version > tables.VERSION:
            raise UserError(
                f"{self.path}: this library was made by a newer Rungwise. Update Rungwise to use it."
            )
        if version == 0 and not create:
            raise NotBuilt(self.path.parent)
        if version == 0:
            self._db.execute("PRAGMA journal_mode = WAL")
        if version < tables.VERSION:
            with self._transaction("BEGIN IMMEDIATE"):
                tables.bring_up_to_date(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def wipe(self) -> None:
        """Write the file anew without what was deleted, and empty the log beside it; call it outside of transactions."""
        with _sentences(self.path):
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def replaced(self) -> bool:
        """Whether the file was removed or exchanged since it was opened (a reset, a restored backup)."""
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return True

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one generation from the first read to the end, whatever a writer commits meanwhile."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def switching(self) -> Iterator[None]:
        """Make changes that become visible together at the end, or, after an error or a kill, not at all."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with _sentences(self.path):
            self._db.execute(begin)
            try:
                yield
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into sentences that say what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise UserError(
            f"{path}: the library's ledger can't be used ({error}). Check that the folder can be "
            "written, that the disk has room and that no other process holds it, then run `rungwise sync`."
        ) from error
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{path}: the library's ledger is damaged ({error}). Remove the folder {path.parent} and run "
            "`rungwise sync`: it is built anew from the documents."
        ) from error
