"""Rows of files that only grow moved into the database that all replicas read, or back, and the key of their hashes with them.

What is there already is known by what it says, so a move that was killed goes on, and none is done twice. Knows nothing of what a
row says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from experiments.opinions import journal
from experiments.opinions.journal import Row
from foundation.database import Database, Session
from foundation.errors import UserError
from foundation.files import write_bytes_atomic, write_text_atomic

_LOCK = "LOCK TABLE journal, keys IN SHARE ROW EXCLUSIVE MODE"


def check_key(key: Path, database: Database) -> None:
    """Check that a database's rows, if there are any, are hashed with this workspace's key; nothing is changed.

    Raises:
        UserError: They are another's: its voters and questions could never be told from ours.
    """
    with journal.opened(database) as session:
        _agree(session, key, database)


def move_in(files: Sequence[Path], key: Path, database: Database) -> dict[str, tuple[int, int]]:
    """Move the rows of files and the key of their hashes into a database; the files are removed then.

    Args:
        files: JSON Lines; each is a kind of rows, named by its stem. Those that are not there are passed over.
        key: The key's file.
        database: Where to.

    Returns:
        By kind how many rows had to be put in, and how many lines could not be read and went with the file.

    Raises:
        UserError: The database's rows are another workspace's, or rows came while they were moved. Nothing is lost then.
    """
    there = [path for path in files if path.is_file()]
    told = {path: path.read_bytes() for path in there}
    moved: dict[str, tuple[int, int]] = {}
    with journal.opened(database) as session, session.transaction():
        session.execute(_LOCK)
        if key.is_file():
            session.execute(
                "INSERT INTO keys VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (journal.key_name(key), key.read_bytes()),
            )
            _agree(session, key, database)
        for path in there:
            rows, damaged = journal.parsed(told[path])
            new = _lacking(rows, _held(session, path.stem))
            journal.insert(session, path.stem, new)
            moved[path.stem] = len(new), damaged
    for path in there:
        if path.read_bytes() != told[path]:
            raise UserError(
                f"{path}: rows came while they were moved. Stop the servers of this workspace, then try again."
            )
        path.unlink()
    key.unlink(missing_ok=True)
    return moved


def move_back(files: Sequence[Path], key: Path, database: Database) -> dict[str, tuple[int, int]]:
    """Move the rows of a database and the key of their hashes into files; they are deleted there then.

    Arguments and result as of `move_in`.

    Raises:
        UserError: There is another key here.
    """
    moved: dict[str, tuple[int, int]] = {}
    with journal.opened(database) as session, session.transaction():
        session.execute(_LOCK)
        _agree(session, key, database)
        held = session.execute("SELECT value FROM keys WHERE name = ?", (journal.key_name(key),)).fetchone()
        if held and not key.is_file():
            key.parent.mkdir(parents=True, exist_ok=True)
            write_bytes_atomic(key, bytes(held[0]), 0o600)
        for path in files:
            rows, damaged = journal.read(path)
            new = _lacking(_held(session, path.stem), rows)
            if new:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_text_atomic(path, "".join(_line(row) + "\n" for row in [*rows, *new]))
            session.execute("DELETE FROM journal WHERE kind = ?", (path.stem,))
            if new or damaged:
                moved[path.stem] = len(new), damaged
        session.execute("DELETE FROM keys WHERE name = ?", (journal.key_name(key),))
    return moved


def _agree(session: Session, key: Path, database: Database) -> None:
    held = session.execute("SELECT value FROM keys WHERE name = ?", (journal.key_name(key),)).fetchone()
    if held and key.is_file() and bytes(held[0]) != key.read_bytes():
        raise UserError(
            f"{database} holds rows that are hashed with another key than {key}: they are another workspace's, and voters could "
            "not be told apart. A database belongs to one workspace: name an empty one in [storage]."
        )


def _held(session: Session, kind: str) -> list[Row]:
    return [
        row for (row,) in session.execute("SELECT row FROM journal WHERE kind = ? ORDER BY number", (kind,))
    ]


def _lacking(rows: Iterable[Row], held: Iterable[Row]) -> list[Row]:
    """Return the rows that are not held yet; of rows that say the same, as many as are missing."""
    known, lacking = Counter(map(_line, held)), []
    for row in rows:
        known[_line(row)] -= 1
        if known[_line(row)] < 0:
            lacking.append(row)
    return lacking


def _line(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)
