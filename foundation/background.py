"""Small things done soon, in a thread of their own: whoever asks for one waits for nothing, and nothing of it breaks them.

What fails is told in one line of the log, which quotes nothing; where too many wait for a disk that hangs, further ones are
dropped. Knows nothing of what is done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

_MOST_WAITING = 100


class Background:
    """Does one thing after the other, in the order in which they were asked for. The interpreter waits for it at its end.

    Args:
        name: The thread's, and the log's behind `rungwise.`.
        what: What one of them is called in the log, as in "a trace".
    """

    def __init__(self, name: str, what: str) -> None:
        self._name, self._what = name, what
        self._guard = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._room = threading.BoundedSemaphore(_MOST_WAITING)

    def soon(self, job: Callable[[], None]) -> None:
        """Do something soon; where too many wait already, not at all."""
        if not self._room.acquire(blocking=False):
            self._log("%s was dropped: %d wait to be written", self._what, _MOST_WAITING)
            return
        try:
            with self._guard:
                self._pool = self._pool or ThreadPoolExecutor(1, self._name)
                begun: Future[None] = self._pool.submit(self._do, job)
            begun.add_done_callback(lambda _: self._room.release())
        except RuntimeError:  # the interpreter is ending
            self._room.release()

    def flush(self) -> None:
        """Return when everything is done that was to be."""
        with self._guard:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True)

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # whoever asked for it is worth more than it
            self._log("%s could not be written: %s", self._what, type(error).__name__)

    def _log(self, what: str, *told: object) -> None:
        logging.getLogger(f"rungwise.{self._name}").warning(what, *told)
