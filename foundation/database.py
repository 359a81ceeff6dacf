"""A PostgreSQL database instead of files, by one URL: connections, locks that all machines share, errors as sentences.

The only home of psycopg, which the extra `postgres` installs. A password is never in the URL, and never in a sentence. Knows
nothing of what is stored.
"""

from __future__ import annotations

import importlib
import ipaddress
import os
import select
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    import psycopg

SCHEMA = "rungwise"
"""All tables stand in a schema of this name; a database belongs to one workspace."""
_SCHEMES = ("postgresql", "postgres")
_SECRETS = ("password", "passfile", "sslpassword")
_PAGE = 10_000
# A machine that vanishes lets go of its locks within two minutes: both ends of a connection look after each other.
_ALIVE = {
    "keepalives_idle": "30",
    "keepalives_interval": "15",
    "keepalives_count": "4",
    "connect_timeout": "10",
}
_SERVER_ALIVE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=15 -c tcp_keepalives_count=4"


@dataclass(frozen=True, slots=True)
class Database:
    """Where a workspace's ledger, votes and chats are kept.

    Raises:
        UserError: The URL is none of PostgreSQL, names no database, or holds a password.
    """

    url: str
    """`postgresql://user@host:port/name?sslmode=...`; by a Unix socket `postgresql://user@/name?host=/folder`."""
    password_env: str = "PGPASSWORD"
    """The environment variable that holds the password; what libpq finds without one (`~/.pgpass`) holds too."""

    def __post_init__(self) -> None:
        """Check the URL; none of it is repeated where it may hold a password."""
        try:
            told = urlsplit(self.url)
            named = dict(parse_qsl(told.query))
            port_fits = told.port is None or told.port > 0
        except ValueError:
            raise UserError(f"url can't be read. {_AS_IN}") from None
        if told.password is not None or any(key in named for key in _SECRETS):
            raise UserError(
                "url holds a password, and files are copied and read by many. Take it out, and put it into the environment "
                f"variable {self.password_env}."
            )
        if told.scheme not in _SCHEMES or not port_fits or len(told.path) < 2 or told.fragment:
            raise UserError(f'url must name a PostgreSQL database, not "{self.url}". {_AS_IN}')

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """The server's name, address or socket folder; empty: libpq's default, a socket of this machine."""
        told = urlsplit(self.url)
        return told.hostname or dict(parse_qsl(told.query)).get("host", "")

    @property
    def at_home(self) -> bool:
        """Whether nothing goes over a network: a Unix socket, or loopback."""
        if not self.host or self.host.startswith("/") or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def open(self, name: str) -> Session:
        """Open a connection.

        Args:
            name: What the server shows it as, in `pg_stat_activity`.

        Raises:
            UserError: psycopg is not installed, or the server does not let us in.
        """
        driver = _driver()
        named = dict(parse_qsl(urlsplit(self.url).query))
        extra = {**_ALIVE, "options": f"{_SERVER_ALIVE} {named.get('options', '')}".strip()}
        if not self.at_home and "sslmode" not in named:
            extra["sslmode"] = "require"
        if password := os.environ.get(self.password_env, ""):
            extra["password"] = password
        with sentences(self):
            connection = driver.connect(
                self.url, autocommit=True, prepare_threshold=None, application_name=f"rungwise {name} {os.getpid()}",
                client_encoding="utf8", **extra,
            )  # fmt: skip
            return Session(self, connection)

    @contextmanager
    def locked(self, name: str, seconds: float, busy: str) -> Iterator[None]:
        """Hold a lock that all machines share, waiting at most so long; it is gone when its holder's connection is.

        Args:
            name: The lock's name.
            seconds: How long to wait.
            busy: What is said of the library or table while somebody else holds it, as in "the library is being written".

        Raises:
            UserError: Somebody else holds it all that time; the sentence names the process.
        """
        with closing(self.open(name)) as session:
            _take(session, lock_key(name), seconds, busy)
            yield

    @contextmanager
    def use(self) -> Iterator[Session]:
        """Use the connection that this process keeps open; one thread at a time.

        Raises:
            UserError: The server does not answer.
        """
        with _kept(self, os.getpid()).use() as session:
            yield session


_AS_IN = 'Write it as in "postgresql://user@host/name".'


class Session:
    """An open connection, used as SQLite's: every statement is a transaction of its own until `BEGIN`.

    Args:
        database: Where.
        connection: psycopg's.
    """

    def __init__(self, database: Database, connection: psycopg.Connection[Any]) -> None:
        self.database, self._connection = database, connection
        self.prepared: set[str] = set()
        """The sets of tables that are known to be up to date."""
        self.execute(f"SET search_path TO {SCHEMA}")

    def execute(self, command: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        """Run a statement with `?` for its values, and return its rows."""
        return self._connection.execute(_marked(command), values, binary=True)

    def executemany(self, command: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once a row."""
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(_marked(command), rows)

    def pages(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, ten thousand at a time; the server keeps the rest. Inside a transaction only."""
        with self._connection.cursor("pages", binary=True) as cursor:
            cursor.execute(cast("Any", query))
            while part := cursor.fetchmany(_PAGE):
                yield part

    @property
    def in_transaction(self) -> bool:
        """Whether a `BEGIN` has not ended yet."""
        return bool(self._connection.info.transaction_status) and not self._connection.closed

    @contextmanager
    def transaction(self, begin: str = "BEGIN") -> Iterator[None]:
        """Make changes that become visible together at the end, or, after an error or a kill, not at all."""
        self.execute(begin)
        try:
            yield
        except BaseException:
            with suppress(Exception):  # the connection may be what broke; its transaction went with it
                self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def lost(self) -> bool:
        """Whether the server ended this connection (a restart, an administrator); asks the socket, not the server."""
        if self._connection.closed or self._connection.broken:
            return True
        if self.in_transaction:
            return False
        waiting = select.poll()
        waiting.register(self._connection.fileno(), select.POLLIN)
        return bool(waiting.poll(0))  # nobody speaks unasked but a server that takes its leave

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._connection.close()


class _Kept:
    """One connection of this process, opened when it is first used and again when it was lost."""

    def __init__(self, database: Database) -> None:
        self._database, self._guard = database, threading.RLock()
        self._session: Session | None = None

    @contextmanager
    def use(self) -> Iterator[Session]:
        with self._guard, sentences(self._database):
            if self._session is not None and self._session.lost():
                self._session.close()
                self._session = None
            if self._session is None:
                self._session = self._database.open("rows")
            yield self._session


@lru_cache(maxsize=8)
def _kept(database: Database, process: int) -> _Kept:  # a forked process opens its own
    return _Kept(database)


def lock_key(name: str) -> int:
    """Return the number of an advisory lock: 63 bits of the SHA-256 of its name."""
    return int(sha256_text(f"{SCHEMA} {name}")[:16], 16) >> 1


@contextmanager
def sentences(database: Database) -> Iterator[None]:
    """Turn psycopg's errors into sentences; of what the server says only its first line is told, which quotes no row."""
    driver = _driver()
    try:
        yield
    except driver.OperationalError as error:
        raise UserError(
            f"The database {database} can't be used ({_told(error)}). Check that its server runs, that the user may come in (its "
            f"password stands in the environment variable {database.password_env}) and that the disk has room, then try again."
        ) from None
    except driver.Error as error:
        raise UserError(
            f"The database {database} refused what was asked of it ({_told(error)}). Check that nothing but Rungwise changed the "
            f"schema {SCHEMA}, and that the user may write there."
        ) from None


def prepare(database: Database, session: Session, name: str, steps: Sequence[str]) -> None:
    """Bring a set of tables up to date; only one process does at a time.

    Args:
        database: Where.
        session: An open connection.
        name: The set's.
        steps: The statements that each version added, with semicolons between them.

    Raises:
        UserError: The tables were made by a newer Rungwise.
    """
    if name in session.prepared or version(session, name) == len(steps):
        session.prepared.add(name)
        return
    with session.transaction():
        session.execute("SELECT pg_advisory_xact_lock(?)", (lock_key("tables"),))
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        session.execute("CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY, version INTEGER NOT NULL)")
        before = version(session, name)  # another process may have been first
        if before > len(steps):
            raise UserError(
                f"{database}: its tables were made by a newer Rungwise. Update Rungwise to use them."
            )
        for step in steps[before:]:
            for statement in filter(str.strip, step.split(";")):
                session.execute(statement)
        session.execute(
            "INSERT INTO tables VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
            (name, len(steps)),
        )


def version(session: Session, name: str) -> int:
    """Return the version of a set of tables; 0 where there are none yet."""
    if session.execute("SELECT to_regclass(?)", (f"{SCHEMA}.tables",)).fetchone() == (None,):
        return 0
    row = session.execute("SELECT version FROM tables WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _take(session: Session, key: int, seconds: float, busy: str) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with sentences(session.database):
            if session.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone() == (True,):
                return
            if time.monotonic() >= deadline:
                holder = _holder(session, key)
                break
        time.sleep(0.05)
    raise UserError(
        f"{session.database}: {busy} by {holder}, and was still after {seconds:g} seconds. Wait until it is done, or end it, "
        "then try again."
    )


def _holder(session: Session, key: int) -> str:
    """Return who holds a lock: the process as it named itself, and its machine's address."""
    row = session.execute(
        "SELECT a.application_name, coalesce(host(a.client_addr), 'this machine') FROM pg_locks l JOIN pg_stat_activity a "
        "USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND ((l.classid::bigint << 32) | l.objid::bigint) = ?",
        (key,),
    ).fetchone()
    return f"process {str(row[0]).rsplit(' ', 1)[-1]} on {row[1]}" if row else "another process"


def _marked(command: str) -> Any:
    return command.replace("%", "%%").replace("?", "%s")


def _told(error: Exception) -> str:
    """Return the first line of what an error says, without what a row or a connection string holds."""
    diagnosis = getattr(error, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    return str(primary or next(iter(str(error).strip().splitlines()), "") or type(error).__name__)


def _driver() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise UserError(
            "A PostgreSQL database needs psycopg, which is not installed. Run `pip install 'rungwise[postgres]'`, or take "
            "url out of [storage] in rungwise.toml."
        ) from None
