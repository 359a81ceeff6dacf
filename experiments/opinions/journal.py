"""Rows in a file that only grows: votes, outcomes, a judge's verdicts. Several processes may write to it.

With a database they are rows of one table there, which all replicas share; the file's name tells which rows are meant. Knows
nothing of what a row says.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foundation.database import Database, Session
from foundation.tables import prepare

Row = dict[str, Any]

_NAME = "opinions"
_TABLES = (
    """
CREATE TABLE journal (
    number BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY, kind TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now(),
    row JSONB NOT NULL
);
CREATE INDEX journal_by_kind ON journal (kind, number);
CREATE TABLE keys (name TEXT PRIMARY KEY, value BYTEA NOT NULL)
""",
)


def append(path: Path, rows: Iterable[Mapping[str, Any]], database: Database | None = None) -> None:
    """Write rows at the end of a JSON Lines file, or into a database, and have them on the disk before returning.

    They go out in one write to a file opened for appending, so two processes do not mix their lines. A line
    that a kill tore is ended first, or it would swallow the first new one.

    Args:
        path: The file.
        rows: What to write; all of it or, in a database, nothing.
        database: Where the rows are kept instead, under the file's name.
    """
    told = list(rows)
    if not told:
        return
    if database is not None:
        with opened(database) as session, session.transaction():
            insert(session, path.stem, told)
        return
    texts = [json.dumps(row, ensure_ascii=False) for row in told]
    lines = "".join(text + "\n" for text in texts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.write(("\n" if _torn(path) else "").encode() + lines.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, database: Database | None = None) -> tuple[list[Row], int]:
    """Return the rows, oldest first, and how many lines can't be read; none where there is no file.

    Args:
        path: The file.
        database: Where the rows are kept instead, under the file's name.
    """
    if database is not None:
        with opened(database) as session:
            found = session.execute("SELECT row FROM journal WHERE kind = ? ORDER BY number", (path.stem,))
            return [row for (row,) in found], 0
    if not path.is_file():
        return [], 0
    return parsed(path.read_bytes())


def parsed(told: bytes) -> tuple[list[Row], int]:
    """Return the rows of a file's bytes, and how many lines can't be read."""
    rows: list[Row] = []
    damaged = 0
    for line in told.decode("utf-8", errors="replace").split("\n"):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            rows.append(value)
        else:
            damaged += 1
    return rows, damaged


def insert(session: Session, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put rows into a database; the caller holds the transaction."""
    session.executemany(
        "INSERT INTO journal (kind, row) VALUES (?, ?)",
        [(kind, json.dumps(row, ensure_ascii=False)) for row in rows],
    )


def key_name(path: Path) -> str:
    """Return under which name a database keeps the key of a file."""
    return "/".join(path.parts[-2:])


def shared_key(path: Path, database: Database) -> bytes:
    """Return a key that all replicas hash with, made by whoever comes first.

    Args:
        path: The file that would hold it; its folder and name tell which key is meant.
        database: Where it is kept instead.
    """
    name = key_name(path)
    with opened(database) as session:
        session.execute(
            "INSERT INTO keys VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, secrets.token_bytes(32))
        )
        row = session.execute("SELECT value FROM keys WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else b""


@contextmanager
def opened(database: Database) -> Iterator[Session]:
    """Use this process's connection to the rows; their tables are made where there are none."""
    with database.use(_NAME) as session:
        prepare(session, _TABLES)
        yield session


def _torn(path: Path) -> bool:
    """Whether the file ends in the middle of a line."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def holding(database: Database, holds: Callable[[str], bool]) -> list[tuple[int, str]]:
    """Return the rows of a database that hold what is looked for: number and JSON line, of whatever kind."""
    with opened(database) as session:
        rows = session.execute("SELECT number, kind, row FROM journal ORDER BY number").fetchall()
    lines = [(number, json.dumps({"kind": kind, **row}, ensure_ascii=False)) for number, kind, row in rows]
    return [(number, line) for number, line in lines if holds(line)]


def erase(database: Database, holds: Callable[[str], bool]) -> int:
    """Delete the rows of a database that hold what is looked for, for good; return how many."""
    found = holding(database, holds)
    with opened(database) as session:
        session.executemany("DELETE FROM journal WHERE number = ?", [(number,) for number, _ in found])
        if found:
            session.execute("VACUUM FULL journal")
    return len(found)
