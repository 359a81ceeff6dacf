"""A set of tables in a database, in a schema of its own: made by whoever comes first, brought up to date by whoever is newer.

Knows nothing of what is put into them.
"""

from __future__ import annotations

from collections.abc import Sequence

from foundation.database import Session
from foundation.errors import UserError
from foundation.shared_lock import key_of


def prepare(session: Session, steps: Sequence[str]) -> None:
    """Bring the tables of a connection up to date; only one process does at a time.

    Args:
        session: An open connection, outside of a transaction.
        steps: The statements that each version added, with semicolons between them.

    Raises:
        UserError: The tables were made by a newer Rungwise.
    """
    if session.prepared or version(session) == len(steps):
        session.prepared = True
        return
    with session.transaction():
        session.execute("SELECT pg_advisory_xact_lock(?)", (key_of("tables"),))
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {session.schema}")
        session.execute("CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL)")
        before = version(session)  # another process may have been first
        if before > len(steps):
            raise UserError(
                f"{session.database}: its tables were made by a newer Rungwise. Update Rungwise to use them."
            )
        for step in steps[before:]:
            for statement in filter(str.strip, step.split(";")):
                session.execute(statement)
        session.execute("DELETE FROM version")
        session.execute("INSERT INTO version VALUES (?)", (len(steps),))


def version(session: Session) -> int:
    """Return the version of a connection's tables; 0 where there are none yet."""
    if session.execute("SELECT to_regclass(?)", (f"{session.schema}.version",)).fetchone() == (None,):
        return 0
    row = session.execute("SELECT number FROM version").fetchone()
    return int(row[0]) if row else 0
