"""The truth of the library: documents, chunks and vectors in one SQLite file, or in one PostgreSQL database.

Everything else (Chroma, the keyword index) is rebuilt from here without reading a document or embedding a
text. One transaction switches from one generation to the next; readers go on with the old one until it
commits. Knows nothing of files, embedders or indexes.
"""

from __future__ import annotations

import heapq
import itertools
import json
import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from foundation.files import sha256_text
from rag.retrieval.visibility import Seen
from rag.storage.ledger_file import LedgerFile
from rag.storage.records import Record, spans
from rag.types import Chunk, Document, FileResult, Outcome

_CHUNK = 'id, source, title, heading, text, start, "end", page, position'
_CHUNK_OF = ", ".join("source" if name == "source" else f"c.{name}" for name in _CHUNK.split(", "))
_BESIDE = (
    "c.hash, substr(d.text, c.start + 1, c.\"end\" - c.start) = c.text, d.title = c.title, coalesce(nullif(r.from_day, ''), "
    "(SELECT substr(min(v.since), 1, 10) FROM versions v WHERE v.source = d.source AND v.sha256 = d.sha256), '')"
)
_MOST_VARIABLES = 10_000
_TEXTS = 20  # whole documents that are held at once
_UNUSED = "NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.hash = vectors.hash)"


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


@dataclass(frozen=True, slots=True)
class Stored:
    """A chunk as it stands in the ledger."""

    chunk: Chunk
    """The chunk."""
    key: str
    """The hash of what was embedded of it; see `rag.types.text_key`."""
    text_fits: bool
    """Whether its document says the same at its span."""
    title_fits: bool
    """Whether its document has its title."""
    since: str
    """Since when its document holds what it says, as YYYY-MM-DD."""


class Ledger(LedgerFile):
    """An open ledger; see `LedgerFile` for its arguments and errors."""

    # What is in it

    @property
    def generation(self) -> int:
        """Grows by one with every switch; 0 before the first."""
        return int(self._meta("generation") or 0)

    @property
    def switched(self) -> str:
        """The last switch's name, drawn by lot: the generation's number can come again, after a reset or a rollback."""
        return self._meta("switched")

    @property
    def switched_before(self) -> str:
        """The name of the switch before it."""
        return self._meta("switched_before")

    @property
    def identity(self) -> str:
        """A name that no other library has, for what of it stands elsewhere."""
        return self._meta("library")

    @property
    def synced_at(self) -> str:
        """When the last sync ended, ISO 8601 in UTC."""
        return self._meta("synced_at")

    @property
    def recipe(self) -> Recipe | None:
        """What the chunks and vectors were made with; None before the first switch."""
        told = dict(self._db.execute("SELECT key, value FROM meta"))
        if not told.get("dimension"):
            return None
        chunker, embedder, embedder_name = (
            str(told[name]) for name in ("chunker", "embedder", "embedder_name")
        )
        return Recipe(chunker, embedder, embedder_name, int(told["dimension"]))

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

    @property
    def some_closed(self) -> bool:
        """Whether some document is open to some groups only."""
        row = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM records JOIN documents USING (source) WHERE access != '[]')"
        ).fetchone()
        return bool(row[0])

    def texts_by_access(self) -> Iterator[tuple[frozenset[str], str]]:
        """Yield title and text of every document with the groups that may see it; none: everybody."""
        pages = self._db.pages(
            "SELECT coalesce(access, '[]'), title, text FROM documents LEFT JOIN records USING (source) ORDER BY source",
            _TEXTS,
        )
        for access, title, text in itertools.chain.from_iterable(pages):
            yield frozenset(json.loads(access)), f"{title}\n{text}"

    def chunks(self, source: str | None = None) -> list[Chunk]:
        """The chunks of one document, or of all, by source and place."""
        where, values = ("WHERE source = ?", (source,)) if source is not None else ("", ())
        rows = self._db.execute(f"SELECT {_CHUNK} FROM chunks {where} ORDER BY source, position", values)
        return [Chunk(*row) for row in rows]

    @property
    def records_stamp(self) -> str:
        """Changes when what is known about some document changes."""
        return self._meta("records")

    def turned(self, now: float) -> tuple[int, int]:
        """Return how many documents no longer hold at a moment, and how many do not hold yet: what time alone changes."""
        row = self._db.execute(
            "SELECT COUNT(*) FILTER (WHERE ends <= ?), COUNT(*) FILTER (WHERE begins > ?) FROM records",
            (now, now),
        ).fetchone()
        return int(row[0]), int(row[1])

    def seen(self, source: str | None = None) -> dict[str, Seen]:
        """Who may see each document, or one, and when it holds, by source."""
        where, values = ("WHERE source = ?", (source,)) if source is not None else ("", ())
        rows = self._db.execute(
            f"SELECT source, access, begins, ends, tags FROM documents LEFT JOIN records USING (source) {where}",
            values,
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

    def stored(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Chunks by id, each held against its document; ids that are not there are left out."""
        found: dict[str, Stored] = {}
        for part in _parts(ids):
            rows = self._db.execute(
                f"SELECT {_CHUNK_OF}, {_BESIDE} FROM chunks c JOIN documents d USING (source) "
                f"LEFT JOIN records r USING (source) WHERE c.id IN ({','.join('?' * len(part))})",
                part,
            )
            for *chunk, key, text_fits, title_fits, since in rows:
                found[chunk[0]] = Stored(Chunk(*chunk), key, bool(text_fits), bool(title_fits), since)
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

    def vector_prefixes(self, source: str) -> set[bytes]:
        """The first 16 bytes of a document's vectors that no other's begin with."""
        places = self.places().values()
        mine = {key for owner, key in places if owner == source}
        others = {key for owner, key in places if owner != source}

        def beginnings(keys: set[str]) -> set[bytes]:
            return {vector.tobytes()[:16] for vector in self.vectors(sorted(keys))}

        told = beginnings(mine - others) - beginnings(others)
        return {start for start in told if len(set(start)) > 4}  # zeros stand in every file

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[str]:
        """The text hashes of exactly the `n` nearest vectors, nearest first, ties by hash.

        Reads every vector: for the rare question that the approximate index can't answer.

        Args:
            vector: The question, shape (dimension,).
            n: How many.
        """
        best: list[tuple[float, str]] = []
        for part in self._db.pages("SELECT hash, vector FROM vectors", _MOST_VARIABLES):
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

    def unused(self, most: int) -> dict[str, NDArray[np.float32]]:
        """Return vectors that no chunk uses any more, by hash, at most so many; `switch` forgets them."""
        rows = self._db.execute(f"SELECT hash, vector FROM vectors WHERE {_UNUSED} LIMIT ?", (most,))
        return {key: np.frombuffer(blob, dtype=np.float32) for key, blob in rows}

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
            "INSERT INTO versions (source, sha256, since, until) VALUES (?, ?, ?, NULL)",
            (document.source, document.sha256, now),
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
            "INSERT INTO vectors VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET vector = excluded.vector",
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
             json.dumps(sorted(one.tags)), one.purpose, one.legal_basis, one.retention_days,
             one.valid_from.date().isoformat() if one.valid_from else "")
            for source, one in sorted(records.items())
        ]  # fmt: skip
        self._db.execute("DELETE FROM records")
        self._db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._record({"records": sha256_text(repr(rows))})

    def switch(self, recipe: Recipe) -> int:
        """Forget vectors that no chunk uses, record the recipe, and return the new generation.

        Raises:
            UserError: A vector has another length than the recipe says.
        """
        self._db.execute(f"DELETE FROM vectors WHERE {_UNUSED}")
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
                  "embedder_name": recipe.embedder_name, "dimension": recipe.dimension,
                  "switched_before": self.switched, "switched": uuid.uuid4().hex}  # fmt: skip
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
        self._db.executemany(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            list(values.items()),
        )


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _MOST_VARIABLES):
        yield values[start : start + _MOST_VARIABLES]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
