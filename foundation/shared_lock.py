"""Locks that all machines share: PostgreSQL's advisory ones, gone when their holder's connection is, however it ends.

Knows nothing of what they guard.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from foundation.database import SCHEMA, Database, Session, sentences
from foundation.errors import UserError
from foundation.files import sha256_text

_PAUSE = 0.05


@contextmanager
def locked(database: Database, name: str, seconds: float, busy: str) -> Iterator[None]:
    """Hold a lock, waiting at most so long for another holder.

    Args:
        database: Where.
        name: The lock's name.
        seconds: How long to wait.
        busy: What is said while somebody else holds it, as in "the library is being written".

    Raises:
        UserError: Somebody else holds it all that time; the sentence names the process.
    """
    with closing(database.open(name)) as session:
        _take(session, key_of(name), seconds, busy)
        yield


def key_of(name: str) -> int:
    """Return the number of a lock: 63 bits of the SHA-256 of its name."""
    return int(sha256_text(f"{SCHEMA} {name}")[:16], 16) >> 1


def _take(session: Session, key: int, seconds: float, busy: str) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with sentences(session.database):
            if session.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone() == (True,):
                return
            holder = _holder(session, key)
        if time.monotonic() >= deadline:
            raise UserError(
                f"{session.database}: {busy} by {holder}, and was still after {seconds:g} seconds. Wait until it is done, or "
                "end it, then try again."
            )
        time.sleep(_PAUSE)


def _holder(session: Session, key: int) -> str:
    """Return who holds a lock: the process as it named itself, and its machine's address."""
    row = session.execute(
        "SELECT a.application_name, coalesce(host(a.client_addr), 'this machine') FROM pg_locks l JOIN pg_stat_activity a "
        "USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND ((l.classid::bigint << 32) | l.objid::bigint) = ?",
        (key,),
    ).fetchone()
    return f"process {str(row[0]).rsplit(' ', 1)[-1]} on {row[1]}" if row else "another process"
