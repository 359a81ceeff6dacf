"""The tables of the ledger, and how a ledger of an older version is brought up to date.

Knows nothing of what is put into them.
"""

from __future__ import annotations

import sqlite3

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    source TEXT PRIMARY KEY, title TEXT NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL,
    hidden INTEGER NOT NULL, encoding TEXT NOT NULL, indexed_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE vectors (hash TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE chunks (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES documents (source) ON DELETE CASCADE,
    position INTEGER NOT NULL, title TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER,
    hash TEXT NOT NULL REFERENCES vectors (hash)
);
CREATE UNIQUE INDEX chunks_by_place ON chunks (source, position);
CREATE INDEX chunks_by_hash ON chunks (hash);
CREATE TABLE problems (
    source TEXT PRIMARY KEY, outcome TEXT NOT NULL, reason TEXT NOT NULL, hidden INTEGER NOT NULL
) WITHOUT ROWID;
"""
_RECORDS = """
CREATE TABLE records (
    source TEXT PRIMARY KEY REFERENCES documents (source) ON DELETE CASCADE,
    access TEXT NOT NULL, begins REAL NOT NULL, ends REAL NOT NULL, tags TEXT NOT NULL,
    purpose TEXT NOT NULL, legal_basis TEXT NOT NULL, retention_days INTEGER
) WITHOUT ROWID;
CREATE TABLE versions (source TEXT NOT NULL, sha256 TEXT NOT NULL, since TEXT NOT NULL, until TEXT);
CREATE INDEX versions_by_source ON versions (source, since);
INSERT INTO versions (source, sha256, since, until) SELECT source, sha256, indexed_at, NULL FROM documents;
"""
_IDENTITY = """
INSERT INTO meta VALUES ('library', lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING;
"""
_DAYS = """
ALTER TABLE records ADD COLUMN from_day TEXT NOT NULL DEFAULT '';
"""
STEPS = (_FIRST, _RECORDS, _IDENTITY, _DAYS)
"""What each version added: the documents, chunks and vectors; then who may see a document, when it holds, and which
versions of it there were (without their text); then a name that no other library has; then the day from which a document
holds as `documents.toml` writes it, in its own time zone."""
COLUMNS = {
    "documents": "source, title, sha256, text, hidden, encoding, indexed_at",
    "vectors": "hash, vector",
    "chunks": 'id, source, position, title, heading, text, start, "end", page, hash',
    "problems": "source, outcome, reason, hidden",
    "records": "source, access, begins, ends, tags, purpose, legal_basis, retention_days, from_day",
    "versions": "source, sha256, since, until",
    "meta": "key, value",
}
"""The columns of every table, those that others refer to first."""
VERSION = len(STEPS)
"""The version that this code reads and writes."""


def version_of(db: sqlite3.Connection) -> int:
    """Return the version of an open ledger; 0 where it has no tables yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Add what is new since the ledger's version; call it inside a transaction that no other process can be in."""
    for step in STEPS[version_of(db) :]:
        for statement in filter(str.strip, step.split(";")):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")
