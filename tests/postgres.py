"""A real PostgreSQL server for tests: one for a session of tests, one fresh database for each test that asks for it.

Found as `postgres` and `initdb` on the PATH, or where `pg_config --bindir` says. It listens on loopback with passwords and on a
Unix socket without, in a short folder of its own that goes with it. Knows nothing of what is put into it.
"""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "correct horse: battery?staple@42"
"""The test user's; full of what has a meaning in a URL."""
USER = "rungwise"
_MISSING = (
    "There is no PostgreSQL server here. Install one (Debian: `apt install postgresql`, macOS: `brew install postgresql`) and put "
    "`initdb` and `postgres` on the PATH."
)
_names = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A running server."""

    folder: Path
    """Its folder: the data, the socket and the log."""
    port: int
    """Its port on loopback."""
    process: subprocess.Popen[bytes]
    """Its process."""

    @property
    def data(self) -> Path:
        """The folder with everything that it stores."""
        return self.folder / "data"

    def url(self, name: str) -> str:
        """Return the URL of a database on loopback; its password is in no URL."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def by_socket(self, name: str) -> str:
        """Return the URL of a database by the Unix socket."""
        return f"postgresql://{USER}@/{name}?host={self.folder}&port={self.port}"

    def run(self, command: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """Run a command and return its rows."""
        import psycopg

        with psycopg.connect(self.by_socket(name), autocommit=True) as connection:
            done = connection.execute(command.encode())
            return done.fetchall() if done.description else []

    def fresh(self) -> str:
        """Make an empty database and return its name."""
        name = f"t{os.getpid()}_{next(_names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still in it."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@functools.cache
def binary(name: str) -> str | None:
    """Return where a program of PostgreSQL is; None where there is none."""
    if found := shutil.which(name):
        return found
    if (told := shutil.which("pg_config")) is not None:
        folder = subprocess.run([told, "--bindir"], check=True, capture_output=True, text=True).stdout.strip()
        return shutil.which(name, path=folder)
    return None


def require() -> None:
    """Skip the test where there is no server to start."""
    if binary("initdb") is None or binary("postgres") is None:
        pytest.skip(_MISSING)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, and end it with everything that it stored."""
    require()
    # PostgreSQL refuses to run as root, and a socket's path has room for about a hundred letters.
    nobody = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    process: subprocess.Popen[bytes] | None = None
    try:
        (folder / "password").write_text(PASSWORD)
        if nobody:
            for path in (folder, folder / "password"):
                shutil.chown(path, nobody)
        _make(folder, nobody)
        port = _free_port()
        process = _start(folder, port, nobody)
        server = Server(folder, port, process)
        _answers(server)
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # at once, and its children with it
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path, user: str | None) -> None:
    made = subprocess.run(
        [str(binary("initdb")), "-D", str(folder / "data"), "-U", USER, "--pwfile", str(folder / "password"), "--no-sync",
         "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"],
        check=False, capture_output=True, text=True, user=user, cwd=folder,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr


def _start(folder: Path, port: int, user: str | None) -> subprocess.Popen[bytes]:
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off",
                "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB", "max_connections": 60,
                "max_wal_size": "64MB", "min_wal_size": "32MB", "autovacuum": "off"}  # fmt: skip
    told = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(binary("postgres")), "-D", str(folder / "data"), *told],
            stdout=log, stderr=log, user=user, cwd=folder, start_new_session=True,
        )  # fmt: skip


def _answers(server: Server) -> None:
    import psycopg

    deadline = time.monotonic() + 20
    while True:
        try:
            server.run("SELECT 1")
            return
        except psycopg.OperationalError:  # not up yet
            log = (server.folder / "log").read_text()
            assert server.process.poll() is None and time.monotonic() < deadline, log
            time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
