"""Turns at one model: callers wait in line, one each by name, and whoever leaves frees their place.

The line goes round the names: nobody is served twice while somebody else waits, however many questions one of them has asked.
Knows nothing of models or of what is asked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.engines.engine import ANYBODY, Caller, CallerGone

_LOOK = 0.05
"""Seconds between two looks whether a caller who waits is still there."""


class Turns:
    """One turn at a time, in a line that goes round the callers.

    A turn belongs to no thread: a stream may be closed by another one than the one that began it.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._lines: OrderedDict[str, deque[threading.Event]] = OrderedDict()
        self._taken = False
        self._holder = ""

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._guard:
            return sum(map(len, self._lines.values()))

    @contextmanager
    def turn(self, caller: Caller = ANYBODY) -> Iterator[None]:
        """Wait for a turn, and hold it.

        Raises:
            CallerGone: The caller left while waiting.
        """
        self._take(caller)
        try:
            yield
        finally:
            self._give()

    def _take(self, caller: Caller) -> None:
        with self._guard:
            if not self._taken:  # nobody waits either: a turn that ends goes to whoever does
                self._taken, self._holder = True, caller.who
                return
            mine = threading.Event()
            self._lines.setdefault(caller.who, deque()).append(mine)
        try:
            while not mine.wait(_LOOK):
                if caller.gone():
                    raise CallerGone
            if caller.gone():
                raise CallerGone
        except BaseException:  # Ctrl-C too: a place that nobody stands in would hold up everybody behind it
            if not self._leave(caller.who, mine):
                self._give()
            raise

    def _leave(self, who: str, mine: threading.Event) -> bool:
        """Take a caller out of the line; False where the turn came just now."""
        with self._guard:
            if mine.is_set():
                return False
            self._lines[who].remove(mine)
            if not self._lines[who]:
                del self._lines[who]
            return True

    def _give(self) -> None:
        with self._guard:
            if not self._lines:
                self._taken = False
                return
            # whoever was served just now waits for one turn of somebody else
            who = next((one for one in self._lines if one != self._holder), next(iter(self._lines)))
            line = self._lines.pop(who)
            following, self._holder = line.popleft(), who
            if line:
                self._lines[who] = line  # behind everybody who waits now
            following.set()
