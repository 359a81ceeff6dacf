"""One answer, or two to be voted on, made in a thread of this process: whoever watches may go, reload and come back to it.

What was written so far is there for every watcher. An answer that nobody has watched for `PATIENCE` seconds is stopped, so that
the model is free for others. Imports no streamlit; knows nothing of conversations, or of how an answer is drawn.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import zip_longest
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, cast

from foundation.errors import UserError
from ui.failing import logged

if TYPE_CHECKING:
    from assistant import Reply
    from assistant.reply import Turns
    from assistant.setup import AnySetup
    from rag import Viewer
    from ui.service import Service

PATIENCE = 60.0
"""Seconds that an answer goes on to be made while nobody watches: a reload takes two, a tab that was closed never ends."""


class Answering:
    """An answer in the making, and what became of it. Safe between threads.

    Args:
        service: Makes answers.
        question: What is asked.
        earlier: The turns before, as the assistant takes them.
        setups: One; or two, answered one after the other, for a vote.
        viewer: Who asks, as to documents.
        who: Who asks, as to turns at the model.
        ended: Called once in the thread when it is over, with this; before any watcher is told.
    """

    def __init__(
        self,
        service: Service,
        question: str,
        earlier: Turns,
        setups: Sequence[AnySetup],
        viewer: Viewer | None,
        who: str,
        ended: Callable[[Answering], None] | None = None,
    ) -> None:
        self._service, self._question, self._earlier = service, question, list(earlier)
        self._setups, self._viewer, self._who, self._ended = list(setups), viewer, who, ended
        self._news = threading.Condition()
        self._left = False
        self._watched = monotonic()
        self.text = ""
        """What may be shown so far; the whole answer once there is one."""
        self.replies: list[Reply] = []
        """The finished replies, as many as there are by now."""
        self.marks: list[str] = []
        """The state of every setup that answered, as a hash; only where two were asked."""
        self.first: float | None = None
        """Seconds until the first piece."""
        self.seconds = 0.0
        """Seconds until it was over."""
        self.failure = ""
        """The sentence that is shown in place of an answer."""
        self.mishap = ""
        """The id of an error of ours."""
        self.over = False
        """Whether nothing more comes."""

    @classmethod
    def over_already(
        cls,
        question: str,
        setups: Sequence[str],
        replies: list[Reply],
        text: str,
        marks: list[str],
        first: float | None,
        seconds: float,
        failure: str,
        mishap: str,
    ) -> Answering:
        """Return an answer that was made before, perhaps by another process; it can be looked at, and no more."""
        made = cls(cast("Service", None), question, (), cast("Sequence[AnySetup]", setups), None, "")
        made.text, made.replies, made.marks, made.first = text, replies, marks, first
        made.seconds, made.failure, made.mishap, made.over = seconds, failure, mishap, True
        return made

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before its end, by somebody or because nobody watched."""
        return self.over and not self.failure and not self.mishap and len(self.replies) < len(self._setups)

    def begin(self) -> None:
        """Begin to make it."""
        threading.Thread(target=self._make, name="answer", daemon=True).start()

    def stop(self) -> None:
        """End it here: what was shown stays, and the model stops at its next token."""
        with self._news:
            self._left = True
            self.over = True
            self._news.notify_all()

    def watch(self, seen: int, patience: float) -> bool:
        """Wait until there is more than so many letters, or it is over; count as somebody who watches.

        Args:
            seen: How many letters are known already.
            patience: How many seconds to wait at most.

        Returns:
            Whether there is something new.
        """
        with self._news:
            self._watched = monotonic()
            return self._news.wait_for(lambda: self.over or len(self.text) > seen, patience)

    def _gone(self) -> bool:
        return self._left or monotonic() - self._watched > PATIENCE

    def _make(self) -> None:
        from assistant.engines.engine import CallerGone

        began = perf_counter()
        failure = mishap = ""
        try:
            for setup in self._setups:
                self._answer(setup, began)
            if len(self._setups) > 1:
                assistant = self._service.served().assistant
                self.marks = [assistant.fingerprint(setup) for setup in self._setups]
        except CallerGone:
            pass
        except UserError as error:
            failure = str(error)
        except BaseException as error:  # whatever it was, nobody may wait for ever
            mishap = logged(error)
        if not self._left:  # who stopped it was told so; nothing that came after counts
            self.failure, self.mishap = failure, mishap
        self.seconds = perf_counter() - began
        self._finish()

    def _answer(self, setup: AnySetup, began: float) -> None:
        """Take in one setup's answer, piece by piece.

        Raises:
            CallerGone: Nobody wants it any more.
        """
        from assistant.engines.engine import Caller, CallerGone

        pieces = self._service.stream_reply(
            self._question, self._earlier, setup, self._viewer, Caller(self._who, self._gone)
        )
        try:
            for piece in pieces:
                if self._gone():
                    raise CallerGone
                if self.first is None:
                    self.first = perf_counter() - began
                self._take(piece)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _take(self, piece: str | Reply) -> None:
        with self._news:
            if self.over:
                return
            if not isinstance(piece, str):
                self.replies.append(piece)
                self.text = piece.text
            elif (
                len(self._setups) == 1
            ):  # of two that are to be compared nothing is told before both are there
                self.text += piece
            self._news.notify_all()

    def _finish(self) -> None:
        """Tell whoever counts, then whoever watches."""
        try:
            _told(self)
            if self._ended is not None:
                self._ended(self)
        except Exception as error:
            self.mishap = logged(error)
        with self._news:
            self.over = True
            self._news.notify_all()


def _told(answering: Answering) -> None:
    """Write one line into the log, and count each answer; neither holds a word of it."""
    from ui.server import metrics

    setups, replies = list(map(str, answering._setups)), answering.replies
    whole = len(replies) == len(setups)
    ended = "failed" if answering.failure or answering.mishap else "answered" if whole else "stopped"
    logging.getLogger("rungwise.chat").info(
        "%s in %s after %.2f s", ended, "+".join(setups), answering.seconds
    )
    for setup, reply in zip_longest(setups, replies):
        how = ended if reply is None else "abstained" if reply.abstained else "answered"
        tokens = (reply.tokens_in, reply.tokens_out) if reply is not None else (0, 0)
        metrics.answered(setup, how, answering.first, answering.seconds / len(setups), *tokens)
