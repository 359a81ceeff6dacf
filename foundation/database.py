"""A PostgreSQL database instead of files, by one URL: connections, transactions, errors as sentences.

The only home of psycopg, which the extra `postgres` installs. A password is never in the URL, and never in a sentence. Knows
nothing of what is stored.
"""

from __future__ import annotations

import importlib
import ipaddress
import os
import select
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

from foundation.errors import UserError

if TYPE_CHECKING:
    import psycopg

SCHEMA = "rungwise"
"""How the names of schemas begin, one for each set of tables; a database belongs to one workspace."""
_SCHEMES = ("postgresql", "postgres")
_SECRETS = ("password", "passfile", "sslpassword")
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
            name: A set of tables, found without saying so from then on; `pg_stat_activity` shows it.

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
            return Session(self, connection, name)

    @contextmanager
    def use(self, name: str) -> Iterator[Session]:
        """Use the connection to a set of tables that this process keeps open; one thread at a time.

        Raises:
            UserError: The server does not answer.
        """
        with _kept(self, name, os.getpid()).use() as session:
            yield session


_AS_IN = 'Write it as in "postgresql://user@host/name".'


class Session:
    """An open connection, used as SQLite's: every statement is a transaction of its own until `BEGIN`.

    Args:
        database: Where.
        connection: psycopg's.
        name: The set of tables.
    """

    def __init__(self, database: Database, connection: psycopg.Connection[Any], name: str) -> None:
        self.database, self._connection = database, connection
        self.schema = f"{SCHEMA}_{name}"
        self.prepared = False
        """Whether the tables are known to be up to date."""
        self.execute(f"SET search_path TO {self.schema}")

    def execute(self, command: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        """Run a statement with `?` for its values, and return its rows."""
        return self._connection.execute(_marked(command), values, binary=True)

    def executemany(self, command: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once a row."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_marked(command), rows)

    def pages(self, query: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, so many at a time; the server keeps the rest."""
        with self._connection.cursor("pages", binary=True, withhold=not self.in_transaction) as cursor:
            cursor.execute(cast("Any", query))
            while part := cursor.fetchmany(size):
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

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name, self._guard = database, name, threading.RLock()
        self._session: Session | None = None

    @contextmanager
    def use(self) -> Iterator[Session]:
        with self._guard, sentences(self._database):
            if self._session is not None and self._session.lost():
                self._session.close()
                self._session = None
            if self._session is None:
                self._session = self._database.open(self._name)
            yield self._session


@lru_cache(maxsize=16)
def _kept(database: Database, name: str, process: int) -> _Kept:  # a forked process opens its own
    return _Kept(database, name)


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
            f"The database {database} refused what was asked of it ({_told(error)}). Check that nothing but Rungwise changed its "
            f"schemas ({SCHEMA}_…), and that the user may write there."
        ) from None


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
