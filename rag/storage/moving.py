"""The ledger moved from its file into the database that all replicas read, or back: copied, compared, and only then removed.

A kill at any point leaves it whole where it was, and the next try goes on. Nothing is embedded and no document is read. Knows
nothing of votes, conversations or the command line.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from foundation.database import SCHEMA, Database, sentences
from foundation.errors import UserError
from foundation.files import write_text_atomic
from rag.indexing import chroma_server
from rag.indexing.index import IndexBroken, IndexHome
from rag.storage.ledger import Ledger
from rag.storage.ledger_file import LEDGER, NotBuilt
from rag.storage.lock import writing
from rag.storage.postgres import NAME
from rag.storage.tables import COLUMNS
from rag.storage.tombstones import Tombstones

_PAGE = 1_000  # rows that are held at once


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a ledger."""

    documents: int
    """Documents that are now where it was moved to; 0: there was no ledger."""
    chunks: int
    """Chunks that are there."""
    copied: bool
    """Whether they had to be copied; False: all of it was there already."""


def move_in(state: Path, database: Database, server: str | None = None, seconds: float = 30.0) -> Moved:
    """Move the ledger of a library's folder into a database, and what was forgotten with it.

    Args:
        state: The library's folder.
        database: Where to.
        server: The URL of the Chroma server that holds the vectors, if one does; they are put there anew, as another library's.
        seconds: How long to wait for whoever writes.

    Raises:
        UserError: The database holds another library, or what was copied is not what was there. The file is as it was then.
    """
    path = state / LEDGER
    Tombstones(state.parent / "tombstones.json", database)  # known there before a text is
    if not path.is_file():
        return Moved(0, 0, False)
    with (
        writing(state / "lock", seconds, database),
        closing(Ledger(path)) as here,
        closing(Ledger(database, create=True)) as there,
    ):
        done = _carry(here, there)
        write_text_atomic(state / "switched", there.switched)  # the indexes in the folder are of this switch
        _see_to_indexes(IndexHome(state, server, shared=True), there)
        _drop_vectors(state, server, False, here)
    for old in (
        *state.glob(f"{LEDGER}-*"),
        path,
    ):  # the file itself last: while it is there, the move is not over
        old.unlink(missing_ok=True)
    return done


def move_back(state: Path, database: Database, server: str | None = None, seconds: float = 30.0) -> Moved:
    """Move the ledger out of a database into a library's folder; its tables are removed from the database.

    Args:
        state: The library's folder.
        database: Where from.
        server: As for `move_in`.
        seconds: How long to wait for whoever writes.

    Raises:
        UserError: The folder holds another library's ledger, or what was copied is not what was there.
    """
    known = Tombstones(state.parent / "tombstones.json", database)
    state.mkdir(parents=True, exist_ok=True)
    with writing(state / "lock", seconds, database):
        try:
            there = Ledger(database)
        except NotBuilt:
            return Moved(0, 0, False)
        known.keep_all()
        with closing(there), closing(Ledger(state / LEDGER, create=True)) as here:
            done = _carry(there, here)
            _see_to_indexes(IndexHome(state, server), here)
            _drop_vectors(state, server, True, there)
        with database.use(NAME) as session, sentences(database):
            session.execute(f"DROP SCHEMA IF EXISTS {SCHEMA}_{NAME} CASCADE")
            session.prepared = False
    return done


def _carry(source: Ledger, target: Ledger) -> Moved:
    """Make one ledger equal to another, unless it is that already or has gone on from it."""
    with source.reading(), target.switching():
        documents, chunks, _ = source.counts()
        if not source.switched and not documents:
            return Moved(0, 0, False)
        if target.switched and not _replaceable(source, target):
            return Moved(*target.counts()[:2], False)
        for table in reversed(COLUMNS):  # whoever refers to others goes first
            target.rows.execute(f"DELETE FROM {table}")
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" * len(columns.split(",")))
            for page in source.rows.pages(
                f"SELECT {columns} FROM {table} ORDER BY {_ORDER.get(table, '1')}", _PAGE
            ):
                target.rows.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", page)
        if differing := [table for table in COLUMNS if _digest(source, table) != _digest(target, table)]:
            raise UserError(
                f"{target.where}: what was copied of {', '.join(differing)} is not what stands in {source.where}. Nothing was "
                "changed. Check both disks, then try again."
            )
    return Moved(documents, chunks, True)


_ORDER = {"versions": "since, rowid"}  # two of one second keep their order


def _replaceable(source: Ledger, target: Ledger) -> bool:
    """Whether a ledger with something in it is an older state of the source; False: it is the source, or has gone on from it.

    Raises:
        UserError: It is another library's.
    """
    if source.identity != target.identity:
        raise UserError(
            f"{target.where} holds the ledger of another library ({target.counts()[0]} documents), and {source.where} one of its "
            "own. A database belongs to one workspace: name an empty one in [storage], or remove the ledger that is not needed."
        )
    if source.generation == target.generation and source.switched != target.switched:
        raise UserError(
            f"{target.where} and {source.where} hold two ledgers that went on from one, each its own way (generation "
            f"{source.generation}). Remove the one that is not needed, then run `rungwise sync`."
        )
    return source.generation > target.generation


def _digest(ledger: Ledger, table: str) -> tuple[int, int]:
    """Return how many rows a table has, and a hash of them that does not hang on their order."""
    count = total = 0
    for page in ledger.rows.pages(f"SELECT {COLUMNS[table]} FROM {table}", _PAGE):
        count += len(page)
        for row in page:
            told = repr([bytes(one) if isinstance(one, memoryview) else one for one in row])
            total += int.from_bytes(hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest())
    return count, total % 2**256


def _see_to_indexes(home: IndexHome, ledger: Ledger) -> None:
    """Write the indexes from the ledger where it now stands, unless they are there; the first question need not do it."""
    if ledger.recipe is None:
        return
    with ledger.reading():
        try:
            home.open(ledger).close()
        except IndexBroken:
            home.mend(ledger)


def _drop_vectors(state: Path, server: str | None, shared: bool, ledger: Ledger) -> None:
    """Remove the ledger's old collection from the Chroma server: its name says where the ledger stands."""
    if server:
        chroma_server.drop(server, IndexHome(state, server, shared).collection(ledger))
