"""The truth of the library: documents, chunks and vectors in one SQLite file.

Everything else (Chroma, the keyword index) is rebuilt from here without reading a document or embedding a
text. One transaction switches from one generation to the next; readers go on with the old one until it
commits. Knows nothing of files, embedders or indexes.
"""

from __future__ import annotations

import heapq
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from foundation.files import sha256_text
from rag import tables
from rag.records import Record, spans
from rag.types import Chunk, Document, FileResult, Outcome
from rag.visibility import Seen

_CHUNK = 'id, source, title, heading, text, start, "end", page, position'
_MOST_VARIABLES = 10_000


class NotBuilt(UserError):
    """There is no index yet.

    Args:
        state: The library's folder.
    """

    def __init__(self, state: Path) -> None:
        super().__init__(
            f"{state}: there is no index yet. Run `rungwise sync` to make it from the documents."
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the chunks and vectors of the ledger were made with."""

    chunker: str
    """Fingerprint of the chunker."""
    embedder: str
    """Fingerprint of the embedder."""
    embedder_name: str
    """What the user calls the embedder."""
    dimension: int
    """Numbers in a vector."""


class Ledger:
    """An open ledger.

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

    # What is in it

    @property
    def generation(self) -> int:
        """Grows by one with every switch; 0 before the first."""
        return int(self._meta("generation") or 0)

    @property
    def synced_at(self) -> str:
        """When the last sync ended, ISO 8601 in UTC."""
        return self._meta("synced_at")

    @property
    def recipe(self) -> Recipe | None:
        """What the chunks and vectors were made with; None before the first switch."""
        dimension = self._meta("dimension")
        if not dimension:
            return None
        names = ("chunker", "embedder", "embedder_name")
        chunker, embedder, embedder_name = (self._meta(name) for name in names)
        return Recipe(chunker, embedder, embedder_name, int(dimension))

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def counts(self) -> tuple[int, int, int]:
        """How many documents, chunks and vectors there are."""
        row = self._db.execute(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM chunks), "
            "(SELECT count(*) FROM vectors)"
        ).fetchone()
        return int(row[0]), int(row[1]), int(row[2])

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each document's bytes, by source."""
        return dict(self._db.execute("SELECT source, sha256 FROM documents"))

    def chunk_counts(self) -> dict[str, int]:
        """How many chunks each document has, by source."""
        return dict(self._db.execute("SELECT source, count(*) FROM chunks GROUP BY source"))

    def problems(self) -> tuple[FileResult, ...]:
        """The files that the last sync skipped or failed."""
        rows = self._db.execute("SELECT source, outcome, reason, hidden FROM problems ORDER BY source")
        return tuple(
            FileResult(source, Outcome(outcome), reason, 0, hidden)
            for source, outcome, reason, hidden in rows
        )

    def text_of(self, source: str) -> str | None:
        """A document's whole text, which its chunks' spans point into; None without such a document."""
        row = self._db.execute("SELECT text FROM documents WHERE source = ?", (source,)).fetchone()
        return str(row[0]) if row else None

    def chunks(self, source: str | None = None) -> list[Chunk]:
        """The chunks of one document, or of all, by source and place."""
        where, values = ("WHERE source = ?", (source,)) if source is not None else ("", ())
        rows = self._db.execute(f"SELECT {_CHUNK} FROM chunks {where} ORDER BY source, position", values)
        return [Chunk(*row) for row in rows]

    @property
    def records_stamp(self) -> str:
        """Changes when what is known about some document changes."""
        return self._meta("records")

    def seen(self) -> dict[str, Seen]:
        """Who may see each document and when it holds, by source."""
        rows = self._db.execute(
            "SELECT source, access, begins, ends, tags FROM documents LEFT JOIN records USING (source)"
        )
        return {
            source: Seen(
                frozenset(json.loads(access or "[]")),
                -math.inf if begins is None else begins,
                math.inf if ends is None else ends,
                frozenset(json.loads(tags or "[]")),
            )
            for source, access, begins, ends, tags in rows
        }

    def places(self) -> dict[str, tuple[str, str]]:
        """Source and text hash of every chunk, by id."""
        return {
            identity: (source, key)
            for identity, source, key in self._db.execute("SELECT id, source, hash FROM chunks")
        }

    def versions(self, source: str) -> list[tuple[str, str, str | None]]:
        """The versions of a document, oldest first: SHA-256, since when and until when it was searchable."""
        rows = self._db.execute(
            "SELECT sha256, since, until FROM versions WHERE source = ? ORDER BY since, rowid", (source,)
        )
        return [(sha256, since, until) for sha256, since, until in rows]

    def first_indexed(self) -> dict[str, str]:
        """When what each document says now was first searchable under its name, ISO 8601 in UTC, by source."""
        return dict(
            self._db.execute(
                "SELECT source, min(since) FROM versions JOIN documents USING (source, sha256) GROUP BY source"
            )
        )

    def around(self, source: str, first: int, last: int) -> list[Chunk]:
        """The chunks of a document from one place to another, both included, as far as there are any."""
        rows = self._db.execute(
            f"SELECT {_CHUNK} FROM chunks WHERE source = ? AND position BETWEEN ? AND ? ORDER BY position",
            (source, first, last),
        )
        return [Chunk(*row) for row in rows]

    def candidates(
        self, ids: Sequence[str], hashes: Sequence[str]
    ) -> dict[str, tuple[Chunk, str, NDArray[np.float32]]]:
        """Chunks with their text's hash and vector, by id: those named, and those with these hashes."""
        found: dict[str, tuple[Chunk, str, NDArray[np.float32]]] = {}
        for column, values in (("id", ids), ("hash", hashes)):
            for part in _parts(values):
                rows = self._db.execute(
                    f"SELECT {_CHUNK}, hash, vector FROM chunks JOIN vectors USING (hash) "
                    f"WHERE {column} IN ({','.join('?' * len(part))})",
                    part,
                )
                found |= {
                    row[0]: (Chunk(*row[:-2]), row[-2], np.frombuffer(row[-1], np.float32)) for row in rows
                }
        return found

    def vector_hashes(self) -> set[str]:
        """The text hashes that have a vector; chunks of the same text share one."""
        return {row[0] for row in self._db.execute("SELECT hash FROM vectors")}

    def vectors(self, hashes: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of text hashes, shape (len(hashes), dimension), in their order.

        Raises:
            KeyError: A hash has no vector.
        """
        blobs: dict[str, bytes] = {}
        for part in _parts(hashes):
            marks = ",".join("?" * len(part))
            blobs |= dict(self._db.execute(f"SELECT hash, vector FROM vectors WHERE hash IN ({marks})", part))
        recipe = self.recipe
        data = b"".join(blobs[key] for key in hashes)
        return np.frombuffer(data, np.float32).reshape(len(hashes), recipe.dimension if recipe else 0)

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[str]:
        """The text hashes of exactly the `n` nearest vectors, nearest first, ties by hash.

        Reads every vector: for the rare question that the approximate index can't answer.

        Args:
            vector: The question, shape (dimension,).
            n: How many.
        """
        best: list[tuple[float, str]] = []
        rows = self._db.execute("SELECT hash, vector FROM vectors")
        while part := rows.fetchmany(_MOST_VARIABLES):
            stored = np.frombuffer(b"".join(row[1] for row in part), np.float32).reshape(len(part), -1)
            scored = zip((stored @ vector).tolist(), (row[0] for row in part), strict=True)
            best = heapq.nsmallest(n, [*best, *((-score, key) for score, key in scored)])
        return [key for _, key in best]

    def known(self, hashes: Sequence[str]) -> set[str]:
        """Which of these text hashes have a vector."""
        known: set[str] = set()
        for part in _parts(hashes):
            marks = ",".join("?" * len(part))
            known |= {
                row[0] for row in self._db.execute(f"SELECT hash FROM vectors WHERE hash IN ({marks})", part)
            }
        return known

    # How it changes; inside `switching` only

    def put(self, document: Document, chunks: Sequence[tuple[Chunk, str]]) -> None:
        """Add a document or replace it; each chunk comes with the hash of its vector, which must be there."""
        self.drop([document.source])
        self._db.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                document.source,
                document.title,
                document.sha256,
                document.text,
                document.hidden,
                document.encoding,
                now := _now(),
            ),
        )
        self._db.execute(
            "INSERT INTO versions VALUES (?, ?, ?, NULL)", (document.source, document.sha256, now)
        )
        self._db.executemany(
            f"INSERT INTO chunks ({_CHUNK}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (c.id, c.source, c.title, c.heading, c.text, c.start, c.end, c.page, c.index, key)
                for c, key in chunks
            ],
        )

    def put_vectors(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Add vectors by the hash of their text."""
        self._db.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
            [
                (key, np.ascontiguousarray(vector, dtype=np.float32).tobytes())
                for key, vector in vectors.items()
            ],
        )

    def rehash(self, chunks: Sequence[tuple[str, str]]) -> None:
        """Point chunks, given as `(id, hash)`, to other vectors, which must be there."""
        self._db.executemany(
            "UPDATE chunks SET hash = ? WHERE id = ?", [(key, identity) for identity, key in chunks]
        )

    def drop(self, sources: Sequence[str]) -> None:
        """Remove documents with their chunks; that there were such versions stays known."""
        self._db.executemany(
            "UPDATE versions SET until = ? WHERE source = ? AND until IS NULL",
            [(_now(), source) for source in sources],
        )
        self._db.executemany("DELETE FROM documents WHERE source = ?", [(source,) for source in sources])

    def forget(self, sources: Sequence[str]) -> None:
        """Remove documents with everything that is told of them, that they existed included."""
        for table in ("documents", "versions", "problems"):
            self._db.executemany(f"DELETE FROM {table} WHERE source = ?", [(source,) for source in sources])

    def put_records(self, records: Mapping[str, Record]) -> None:
        """Replace what is known about all documents; each must be there.

        Raises:
            UserError: Documents supersede each other in a circle.
        """
        held = spans(dict(records))
        rows = [
            (source, json.dumps(sorted(one.access)), *held[source],
             json.dumps(sorted(one.tags)), one.purpose, one.legal_basis, one.retention_days)
            for source, one in sorted(records.items())
        ]  # fmt: skip
        self._db.execute("DELETE FROM records")
        self._db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._record({"records": sha256_text(repr(rows))})

    def switch(self, recipe: Recipe) -> int:
        """Forget vectors that no chunk uses, record the recipe, and return the new generation.

        Raises:
            UserError: A vector has another length than the recipe says.
        """
        self._db.execute("DELETE FROM vectors WHERE hash NOT IN (SELECT hash FROM chunks)")
        size = np.dtype(np.float32).itemsize
        row = self._db.execute(
            "SELECT length(vector) FROM vectors WHERE length(vector) != ? LIMIT 1", (size * recipe.dimension,)
        ).fetchone()
        if row:
            raise UserError(
                f"The embedder {recipe.embedder_name} gave vectors of {row[0] // size} numbers, but says that they have "
                f"{recipe.dimension}. Choose another."
            )
        generation = self.generation + 1
        values = {"generation": generation, "chunker": recipe.chunker, "embedder": recipe.embedder,
                  "embedder_name": recipe.embedder_name, "dimension": recipe.dimension}  # fmt: skip
        self._record({key: str(value) for key, value in values.items()})
        return generation

    def note(self, problems: Sequence[FileResult]) -> None:
        """Record that a sync ended now, and which files it skipped or failed."""
        self._db.execute("DELETE FROM problems")
        self._db.executemany(
            "INSERT INTO problems VALUES (?, ?, ?, ?)",
            [(p.source, p.outcome.value, p.reason, p.hidden) for p in problems],
        )
        self._record({"synced_at": _now()})

    def _record(self, values: Mapping[str, str]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


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


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _MOST_VARIABLES):
        yield values[start : start + _MOST_VARIABLES]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
