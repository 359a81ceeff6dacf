"""How much one person may ask, counted in the database that all replicas share: N of them grant no more than one.

Kept are a name and counts, for two days at most. Knows nothing of what was asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from foundation.database import Database
from foundation.errors import UserError
from foundation.tables import prepare
from ui.access.allowance import Allowance, Used
from ui.access.permissions import Person

_NAME = "allowance"
_TABLES = (
    """
CREATE TABLE used (
    person TEXT PRIMARY KEY, questions DOUBLE PRECISION NOT NULL DEFAULT 'Infinity', since DOUBLE PRECISION NOT NULL,
    tokens BIGINT NOT NULL DEFAULT 0, day BIGINT NOT NULL DEFAULT 0, at DOUBLE PRECISION NOT NULL
)
""",
)
_KEPT = 2 * 86_400.0  # seconds; by then a bucket is full and a day's tokens are of another day
_log = logging.getLogger("rungwise")


class SharedAllowance(Allowance):
    """What everybody may still ask, at whichever replica.

    Args:
        database: Where it is counted.
        clock: Tells the seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._database = database

    def spend(self, person: Person, tokens: int) -> None:
        """Count the tokens that an answer took; where the database is away meanwhile, the answer is given all the same."""
        try:
            super().spend(person, tokens)
        except UserError as error:
            _log.warning("The tokens of an answer were not counted: %s", error)

    @contextmanager
    def _of(self, person: Person, now: float) -> Iterator[Used]:
        with self._database.use(_NAME) as session:
            prepare(session, _TABLES)
            with session.transaction():
                session.execute("DELETE FROM used WHERE at < ? AND person != ?", (now - _KEPT, person.id))
                row = session.execute(
                    # a row that is there is locked by writing to it, until the transaction ends
                    "INSERT INTO used (person, since, at) VALUES (?, ?, ?) ON CONFLICT (person) DO UPDATE SET at = excluded.at "
                    "RETURNING questions, since, tokens, day",
                    (person.id, now, now),
                ).fetchone()
                assert row is not None
                used = Used(*row)
                yield used
                session.execute(
                    "UPDATE used SET questions = ?, since = ?, tokens = ?, day = ? WHERE person = ?",
                    (used.questions, used.since, used.tokens, used.day, person.id),
                )
