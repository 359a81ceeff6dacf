"""How much one person may ask: questions a minute, tokens a day. One person's use takes nothing from another's.

Kept in the memory of the process, where a restart begins anew; with a database in that, for all replicas (`shared_allowance`).
Knows nothing of who they are but their name.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.errors import UserError
from ui.access.permissions import Person

if TYPE_CHECKING:
    from foundation.database import Database

_MOST = 10_000  # people who are remembered; whoever asked longest ago is forgotten
_DAY = 86_400.0


class TooMany(UserError):
    """Somebody asked more than they may for now.

    Args:
        message: The sentence.
        retry_after: Seconds until they may ask again.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass
class Used:
    """What one person has used."""

    questions: float
    """Questions that they may still ask at once; infinite until they are first counted."""
    since: float
    """When that was counted."""
    tokens: int = 0
    """Tokens of this day."""
    day: int = 0
    """The day that they were used on."""

    def until(self, now: float, per_minute: int) -> None:
        """Bring it to a moment: the bucket fills, and a new day has no tokens used."""
        if per_minute:
            filled = self.questions + max(0.0, now - self.since) * per_minute / 60
            self.questions, self.since = min(float(per_minute), filled), now
        if self.day != int(now // _DAY):
            self.day, self.tokens = int(now // _DAY), 0


class Allowance:
    """What everybody may still ask. Safe between threads.

    A bucket for each person fills evenly up to a minute's questions, so that a burst is let pass and a stream is not.

    Args:
        clock: Tells the seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._used: OrderedDict[str, Used] = OrderedDict()

    def take(self, person: Person, per_minute: int, tokens_per_day: int) -> None:
        """Take one question from what somebody may ask.

        Args:
            person: Who asks.
            per_minute: Questions a minute; 0: any number.
            tokens_per_day: Tokens a day; 0: any number.

        Raises:
            TooMany: They have none left for now.
        """
        now = self._clock()
        with self._of(person, now) as used:
            used.until(now, per_minute)
            if tokens_per_day and used.tokens >= tokens_per_day:
                wait = _DAY - now % _DAY
                raise TooMany(
                    f"{person.id} has used the {tokens_per_day:,} tokens of this day. Ask again after midnight UTC, or have an "
                    "admin raise tokens_per_day in [serve].",
                    wait,
                )
            if not per_minute:
                return
            if used.questions < 1:
                wait = (1 - used.questions) * 60 / per_minute
                raise TooMany(
                    f"{person.id} asks more than {per_minute} questions a minute. Ask again in {math.ceil(wait)} seconds.",
                    wait,
                )
            used.questions -= 1

    def spend(self, person: Person, tokens: int) -> None:
        """Count the tokens that an answer took; what is over the day's is told at the next question."""
        now = self._clock()
        with self._of(person, now) as used:
            used.until(now, 0)
            used.tokens += tokens

    @contextmanager
    def _of(self, person: Person, now: float) -> Iterator[Used]:
        """Hand out what somebody has used, to be changed by nobody else meanwhile."""
        with self._guard:
            used = self._used.setdefault(person.id, Used(math.inf, now))
            self._used.move_to_end(person.id)
            while len(self._used) > _MOST:
                self._used.popitem(last=False)
            yield used


def allowance(root: Path) -> Allowance:
    """Return what everybody of a workspace may still ask: the same for page, API and MCP, and with a database for all replicas.

    While an edit of the settings holds mistakes, what was said before goes on to count.

    Raises:
        UserError: The settings hold mistakes, and nothing was said before.
    """
    from assistant.config.settings import read_settings

    path = root / "rungwise.toml"
    try:
        database = read_settings(path).storage.database if path.is_file() else None
    except UserError:
        if root not in _last:
            raise
        return _last[root]
    _last[root] = _kept(root, database)
    return _last[root]


_last: dict[Path, Allowance] = {}


@cache
def _kept(root: Path, database: Database | None) -> Allowance:
    if database is None:
        return Allowance()
    from ui.access.shared_allowance import SharedAllowance

    return SharedAllowance(database)
