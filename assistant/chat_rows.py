"""Conversations as rows of a database, which all replicas share: whose they are is part of every statement.

For so long and so many only; what is older or too much is deleted there. Knows nothing of what a turn holds, or of a page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from foundation.database import Database, Session
from foundation.tables import prepare

_NAME = "chats"
_TABLES = (
    """
CREATE TABLE conversations (
    owner TEXT NOT NULL, id TEXT NOT NULL, head JSONB NOT NULL, changed BIGINT NOT NULL DEFAULT 0,
    used TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (owner, id)
);
CREATE INDEX conversations_by_use ON conversations (used);
CREATE TABLE turns (
    owner TEXT NOT NULL, conversation TEXT NOT NULL, id TEXT NOT NULL, number BIGINT GENERATED ALWAYS AS IDENTITY,
    body JSONB NOT NULL, PRIMARY KEY (owner, conversation, id),
    FOREIGN KEY (owner, conversation) REFERENCES conversations (owner, id) ON DELETE CASCADE
)
""",
)
_OWN = "owner = ? AND id = ?"


@dataclass(frozen=True)
class Standing:
    """A conversation, as far as it takes to know whether it changed."""

    id: str
    """Its id."""
    changed: int
    """Grows with every change."""


class ChatRows:
    """The conversations of a workspace.

    Args:
        database: Where.
        hours: So long one is kept that nobody opens.
        per_owner: So many one owner may have; the least recently used goes.
        owners: Of so many owners; who came least recently goes.
    """

    def __init__(self, database: Database, hours: float, per_owner: int, owners: int) -> None:
        self._database, self._hours, self._per_owner, self._owners = database, hours, per_owner, owners

    def standing(self, owner: str) -> list[Standing]:
        """Return an owner's conversations, the one used last first; what has aged out is deleted, whoever had it."""
        with self._opened() as session:
            session.execute(
                "DELETE FROM conversations WHERE used < clock_timestamp() - make_interval(secs => ?)",
                (self._hours * 3600.0,),
            )
            found = session.execute(
                "SELECT id, changed FROM conversations WHERE owner = ? ORDER BY used DESC", (owner,)
            )
            return [Standing(id, changed) for id, changed in found]

    def read(self, owner: str, id: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """Return a conversation's head and its turns in their order; None where this owner has none of that id."""
        with self._opened() as session, session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ"):
            row = session.execute(f"SELECT head FROM conversations WHERE {_OWN}", (owner, id)).fetchone()
            if row is None:
                return None
            turns = session.execute(
                "SELECT body FROM turns WHERE owner = ? AND conversation = ? ORDER BY number", (owner, id)
            )
            return row[0], [body for (body,) in turns]

    def write(self, owner: str, id: str, head: dict[str, Any], turns: Sequence[dict[str, Any]]) -> int:
        """Keep a conversation and some of its turns, each under its `id`; return what `changed` is then.

        Args:
            owner: Whose it is.
            id: Its id.
            head: What is told of it besides its turns.
            turns: New and changed ones; others stay as they are.
        """
        with self._opened() as session, session.transaction():
            row = session.execute(
                "INSERT INTO conversations (owner, id, head) VALUES (?, ?, ?) ON CONFLICT (owner, id) DO UPDATE SET "
                "head = excluded.head, changed = conversations.changed + 1, used = clock_timestamp() RETURNING changed",
                (owner, id, json.dumps(head)),
            ).fetchone()
            session.executemany(
                "INSERT INTO turns (owner, conversation, id, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (owner, conversation, id) DO UPDATE SET body = excluded.body",
                [(owner, id, turn["id"], json.dumps(turn)) for turn in turns],
            )
            self._bound(session, owner)
            return int(row[0]) if row else 0

    def use(self, owner: str, id: str) -> None:
        """Count a conversation as used now."""
        with self._opened() as session:
            session.execute(f"UPDATE conversations SET used = clock_timestamp() WHERE {_OWN}", (owner, id))

    def delete(self, owner: str, id: str) -> None:
        """Delete a conversation with its turns."""
        with self._opened() as session:
            session.execute(f"DELETE FROM conversations WHERE {_OWN}", (owner, id))

    def _bound(self, session: Session, owner: str) -> None:
        session.execute(
            "DELETE FROM conversations WHERE owner = ? AND id IN "
            "(SELECT id FROM conversations WHERE owner = ? ORDER BY used DESC OFFSET ?)",
            (owner, owner, self._per_owner),
        )
        session.execute(
            "DELETE FROM conversations WHERE owner IN "
            "(SELECT owner FROM conversations GROUP BY owner ORDER BY max(used) DESC OFFSET ?)",
            (self._owners,),
        )

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        with _opened(self._database) as session:
            yield session


def holding(database: Database, holds: Callable[[str], bool]) -> list[tuple[str, str, str]]:
    """Return every conversation of which some turn holds what is looked for: owner, id and all of it as JSON lines."""
    with _opened(database) as session:
        rows = session.execute(
            "SELECT c.owner, c.id, c.head, t.body FROM conversations c LEFT JOIN turns t ON t.owner = c.owner "
            "AND t.conversation = c.id ORDER BY c.owner, c.id, t.number"
        ).fetchall()
    whole: dict[tuple[str, str], list[str]] = {}
    for owner, id, head, body in rows:
        lines = whole.setdefault((owner, id), [json.dumps(head, ensure_ascii=False)])
        lines += [json.dumps(body, ensure_ascii=False)] if body is not None else []
    return [(owner, id, "\n".join(told)) for (owner, id), told in whole.items() if holds("\n".join(told))]


def erase(database: Database, holds: Callable[[str], bool]) -> int:
    """Delete every conversation that holds what is looked for, and let nothing of it stay in the tables; return how many."""
    found = holding(database, holds)
    with _opened(database) as session:
        session.executemany(
            f"DELETE FROM conversations WHERE {_OWN}", [(owner, id) for owner, id, _ in found]
        )
        for table in ("turns", "conversations") if found else ():
            session.execute(f"VACUUM FULL {table}")
    return len(found)


@contextmanager
def _opened(database: Database) -> Iterator[Session]:
    with database.use(_NAME) as session:
        prepare(session, _TABLES)
        yield session


def count(database: Database) -> int:
    """Return how many conversations there are, whosever."""
    with _opened(database) as session:
        row = session.execute("SELECT count(*) FROM conversations").fetchone()
        return int(row[0]) if row else 0
