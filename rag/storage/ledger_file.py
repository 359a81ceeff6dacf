"""The ledger as it is kept, in a file of its own or in a database: opened, read and changed in transactions, errors as sentences.

What stands in it is said once, in SQL that both understand; what of that differs for PostgreSQL stands in
`rag.storage.postgres`. Knows nothing of what stands in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

from foundation.database import Database
from foundation.errors import UserError
from rag.storage import tables

LEDGER = "ledger.sqlite3"
"""The ledger's file in a library's folder, where it is not in a database."""


class NotBuilt(UserError):
    """There is no index yet.

    Args:
        where: The library's folder, or its database.
    """

    def __init__(self, where: Path | Database) -> None:
        super().__init__(
            f"{where}: there is no index yet. Run `rungwise sync` to make it from the documents."
        )


class Rows(Protocol):
    """An open connection, as far as the ledger uses one."""

    def execute(self, command: str, values: Sequence[Any] = ..., /) -> Any:
        """Run a statement with `?` for its values; what it returns yields rows."""

    def executemany(self, command: str, rows: Iterable[Sequence[Any]], /) -> Any:
        """Run a statement once a row."""

    def pages(self, query: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, so many at a time, without holding them all."""


class Store(Protocol):
    """Where a ledger is kept."""

    @property
    def db(self) -> Rows:
        """The open connection."""

    def transaction(self, writing: bool) -> AbstractContextManager[None]:
        """Hold a transaction: of one moment to read, or the only one that writes."""

    def wipe(self) -> None:
        """Let nothing of what was deleted stay on the disk, as far as we can."""

    def replaced(self) -> bool:
        """Whether what was opened is no longer what is there."""

    def close(self) -> None:
        """Let go of it."""


class LedgerFile:
    """An open ledger, wherever it is kept.

    Args:
        place: The SQLite file, or the PostgreSQL database.
        create: Make it when it is missing.

    Raises:
        UserError: It is damaged, of a newer version, or can't be opened.
    """

    def __init__(self, place: Path | Database, create: bool = False) -> None:
        self.place = place
        self._store: Store = _File(place, create) if isinstance(place, Path) else _served(place, create)
        self._db = self._store.db

    @property
    def where(self) -> str:
        """Its folder or its database, as sentences name it."""
        return str(self.place.parent if isinstance(self.place, Path) else self.place)

    @property
    def remedy(self) -> str:
        """What is done about one that is damaged, as the end of a sentence."""
        if isinstance(self.place, Path):
            return "Remove the folder and run `rungwise sync`"
        return "Have the database's administrator run `DROP SCHEMA rungwise_library CASCADE`, then run `rungwise sync`"

    @property
    def rows(self) -> Rows:
        """The open connection, for whoever copies a ledger row by row."""
        return self._db

    def another(self) -> Self:
        """Open the same ledger once more, for another thread."""
        return type(self)(self.place)

    def close(self) -> None:
        """Close it."""
        self._store.close()

    def wipe(self) -> None:
        """Write the ledger anew without what was deleted, and empty the log beside it; call it outside of transactions."""
        self._store.wipe()

    def replaced(self) -> bool:
        """Whether the file was removed or exchanged since it was opened (a reset, a restored backup), or the connection ended."""
        return self._store.replaced()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one generation from the first read to the end, whatever a writer commits meanwhile."""
        with self._store.transaction(writing=False):
            yield

    @contextmanager
    def switching(self) -> Iterator[None]:
        """Make changes that become visible together at the end, or, after an error or a kill, not at all."""
        with self._store.transaction(writing=True):
            yield


class _Connection(sqlite3.Connection):
    """SQLite's connection, which reads page by page."""

    def pages(self, query: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        rows = self.execute(query)
        while part := rows.fetchmany(size):
            yield part


class _File:
    """A ledger in a SQLite file."""

    def __init__(self, path: Path, create: bool) -> None:
        self._path = path
        with _sentences(path):
            mode = "rwc" if create else "rw"
            self.db = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30.0, isolation_level=None,
                check_same_thread=False, factory=_Connection,
            )  # fmt: skip
            try:
                self._prepare(create)
            except BaseException:
                self.db.close()
                raise
            self._inode = path.stat().st_ino

    def _prepare(self, create: bool) -> None:
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA secure_delete = ON")
        self.db.execute("PRAGMA cache_size = -16000")  # 16 MB: what is asked often is not read again
        version = tables.version_of(self.db)
        if version > tables.VERSION:
            raise UserError(
                f"{self._path}: this library was made by a newer Rungwise. Update Rungwise to use it."
            )
        if version == 0 and not create:
            raise NotBuilt(self._path.parent)
        if version == 0:
            self.db.execute("PRAGMA journal_mode = WAL")
        if version < tables.VERSION:
            with self.transaction(writing=True):
                tables.bring_up_to_date(self.db)

    def close(self) -> None:
        self.db.close()

    def wipe(self) -> None:
        with _sentences(self._path):
            self.db.execute("VACUUM")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def replaced(self) -> bool:
        try:
            return self._path.stat().st_ino != self._inode
        except OSError:
            return True

    @contextmanager
    def transaction(self, writing: bool) -> Iterator[None]:
        with _sentences(self._path):
            self.db.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
            try:
                yield
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")


def _served(place: Database, create: bool) -> Store:
    from rag.storage.postgres import ServedLedger  # opened by few, and psycopg with it

    return ServedLedger(place, create)


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
