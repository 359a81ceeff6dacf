"""The ledger in a PostgreSQL database, which all replicas read: what differs there from a SQLite file.

One replica writes at a time; the others see a switched generation at their next question. Knows nothing of what stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from foundation.database import Database, Session, sentences
from foundation.shared_lock import key_of
from foundation.tables import prepare, version
from rag.storage import tables
from rag.storage.ledger_file import NotBuilt

NAME = "library"
"""The ledger's set of tables, and the lock of who writes it."""
_WAIT = "30s"
_MOST_SEGMENTS = 20  # of 16 MB each; a server keeps five by itself
_KEPT = ("meta", "documents", "chunks", "vectors", "problems", "records", "versions")
_WORDS = (
    (" WITHOUT ROWID", ""),
    (" BLOB ", " BYTEA "),
    (" REAL ", " DOUBLE PRECISION "),
    # Ordered by bytes, as SQLite does: the chunks of every replica stand in one order, whatever its database's language.
    (" TEXT", ' TEXT COLLATE "C"'),
    ("lower(hex(randomblob(16)))", "replace(gen_random_uuid()::text, '-', '')"),
    # SQLite numbers rows by itself; the versions of one second are told apart by it.
    ("CREATE TABLE versions (", "CREATE TABLE versions (rowid BIGINT GENERATED ALWAYS AS IDENTITY, "),
)


class ServedLedger:
    """A ledger in a database.

    Args:
        database: Where.
        create: Make its tables when they are missing.

    Raises:
        NotBuilt: There are none, and none are to be made.
        UserError: They are of a newer version, or the server does not answer.
    """

    def __init__(self, database: Database, create: bool) -> None:
        self._database = database
        self.db: Session = database.open(NAME)
        try:
            with sentences(database):
                if not create and version(self.db) == 0:
                    raise NotBuilt(database)
                prepare(self.db, [in_postgres(step) for step in tables.STEPS])
        except BaseException:
            self.db.close()
            raise

    @contextmanager
    def transaction(self, writing: bool) -> Iterator[None]:
        """Hold a transaction: of one moment to read, or the only one that writes."""
        begin = "BEGIN" if writing else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        with sentences(self._database), self.db.transaction(begin):
            self.db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # an index takes its time
            if writing:
                self.db.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
                self.db.execute("SELECT pg_advisory_xact_lock(?)", (key_of(f"{NAME} switch"),))
            yield

    def wipe(self) -> None:
        """Write the tables anew without what was deleted, and write over the server's log where we may."""
        with sentences(self._database):
            for table in _KEPT:
                self.db.execute(f"VACUUM FULL {table}")
        with suppress(
            Exception
        ):  # an administrator's rights; docs/how-to/replicas.md says what stays without them
            self._turn_log_over()

    def _turn_log_over(self) -> None:
        """Have every segment of the write-ahead log used once more: old ones are kept, with what stood in them, for later use."""
        last = ""
        for _ in range(_MOST_SEGMENTS):
            self.db.execute("SELECT pg_switch_wal()")  # the rest of a segment is written with zeros
            self.db.execute("CHECKPOINT")  # and old ones get names that are yet to come
            last = last or self._one("SELECT max(name) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'")
            if self._one("SELECT pg_walfile_name(pg_current_wal_lsn())") > last:
                return

    def _one(self, query: str) -> str:
        row = self.db.execute(query).fetchone()
        return str(row[0]) if row else ""

    def replaced(self) -> bool:
        """Whether the server ended the connection."""
        return self.db.lost()

    def close(self) -> None:
        """Close the connection."""
        self.db.close()


def in_postgres(step: str) -> str:
    """Return a version's statements as PostgreSQL understands them."""
    for here, there in _WORDS:
        step = step.replace(here, there)
    return step
