"""How much one person may ask: questions a minute, tokens a day. One person's use takes nothing from another's.

Kept in the memory of the process: a restart begins anew. Knows nothing of who they are but their name.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foundation.errors import UserError
from ui.access.permissions import Person

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
class _Used:
    """What one person has used."""

    questions: float
    """Questions that they may still ask at once; infinite until they are first counted."""
    since: float
    """When that was counted."""
    tokens: int = 0
    """Tokens of this day."""
    day: int = 0
    """The day that they were used on."""


class Allowance:
    """What everybody may still ask. Safe between threads.

    A bucket for each person fills evenly up to a minute's questions, so that a burst is let pass and a stream is not.

    Args:
        clock: Tells the seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._used: OrderedDict[str, _Used] = OrderedDict()

    def take(self, person: Person, per_minute: int, tokens_per_day: int) -> None:
        """Take one question from what somebody may ask.

        Args:
            person: Who asks.
            per_minute: Questions a minute; 0: any number.
            tokens_per_day: Tokens a day; 0: any number.

        Raises:
            TooMany: They have none left for now.
        """
        with self._guard:
            now = self._clock()
            used = self._of(person, now, per_minute)
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
        with self._guard:
            self._of(person, self._clock(), 0).tokens += tokens

    def _of(self, person: Person, now: float, per_minute: int) -> _Used:
        used = self._used.setdefault(person.id, _Used(math.inf, now))
        self._used.move_to_end(person.id)
        while len(self._used) > _MOST:
            self._used.popitem(last=False)
        if per_minute:
            used.questions = min(
                float(per_minute), used.questions + max(0.0, now - used.since) * per_minute / 60
            )
            used.since = now
        if used.day != int(now // _DAY):
            used.day, used.tokens = int(now // _DAY), 0
        return used


@cache
def allowance(root: Path) -> Allowance:
    """Return what everybody of a workspace may still ask: the same for page, API and MCP of this process."""
    return Allowance()
