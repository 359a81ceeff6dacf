"""Who asks, whether they may now, and an answer made in a thread of its own that stops when its client leaves.

The API's way to `ui.access` and to the assistant. Knows nothing of OpenAI's shapes or of MCP.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, suppress
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request

from foundation.errors import UserError
from ui.access.permissions import LOCAL, Action, NotAllowed, Person
from ui.api.entrance import PERSON
from ui.api.errors import ApiError, of_house
from ui.service import service

if TYPE_CHECKING:
    from assistant import Reply
    from assistant.engines.engine import Caller
    from assistant.reply import Turns
    from assistant.setup import AnySetup

Pieces = Callable[["Caller"], "Iterator[str | Reply]"]
"""Begins an answer for a caller."""


# who asks


def person_of(root: Path, header: str | None) -> Person:
    """Return whose key a request carries.

    Raises:
        ApiError: 401: it carries none that counts. 503: who may come in can't be read.
    """
    from ui.access import door

    try:
        return door.by_key(root, header)
    except door.NotSignedIn as error:
        raise ApiError(401, str(error), headers={"WWW-Authenticate": "Bearer"}) from None
    except UserError as error:  # nobody is known yet, so nobody is told which line of which file it is
        logging.getLogger("rungwise.api").warning("nobody can be let in: %s", error)
        raise ApiError(503, "The workspace's settings hold a mistake; `rungwise doctor` names it.") from None


def who(request: Request) -> Person:
    """Return who sent a request, as the entrance found out."""
    person: Person = request.scope[PERSON]
    return person


def allowed(root: Path, person: Person, action: Action, what: str) -> None:
    """Check that somebody may do something.

    Args:
        root: The workspace's folder.
        person: Who asks.
        action: What for.
        what: What the audit log says of a refusal.

    Raises:
        ApiError: 403: their role does not cover it.
    """
    from ui.access import door

    try:
        door.allow(root, person, action, what)
    except NotAllowed as error:
        raise ApiError(403, str(error)) from None


def check(root: Path, person: Person, action: Action, what: str) -> None:
    """Check that somebody may do something now, and take it off their allowance; arguments as for `allowed`.

    Raises:
        ApiError: 403: as `allowed`. 429: they have to wait.
    """
    from ui.access import door
    from ui.access.allowance import TooMany, allowance

    allowed(root, person, action, what)
    if (
        person is LOCAL
    ):  # nobody signs in: there is nobody to be fair to, and the line is bounded all the same
        return
    said = door.settings(root)
    try:
        allowance(root).take(person, said.questions_per_minute, said.tokens_per_day)
    except TooMany as error:
        raise ApiError(429, str(error), headers=_retry(error.retry_after)) from None


def spent(root: Path, person: Person, tokens: int) -> None:
    """Take an answer's tokens off somebody's allowance; what is over it is told at their next question."""
    from ui.access.allowance import allowance

    allowance(root).spend(person, tokens)


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


# how many at once


class Desk:
    """How many answers are in the making or in line at once, in all and for one person.

    Args:
        most: In all; each holds a thread.
        each: For one person, so that nobody fills the room for the others.
    """

    def __init__(self, most: int = 128, each: int = 64) -> None:
        self._most, self._each = most, each
        self._guard = threading.Lock()
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """How many there are now."""
        with self._guard:
            return self._held.total()

    def take(self, person: str) -> None:
        """Take a place.

        Raises:
            ApiError: 429: there is none.
        """
        with self._guard:
            if self._held[person] >= self._each:
                told = f"{self._each} answers to you are in the making or in line. Wait until one has come."
                raise ApiError(429, told, headers=_retry(2))
            if self._held.total() >= self._most:
                raise ApiError(429, "The line is full. Ask again in a moment.", headers=_retry(2))
            self._held[person] += 1

    def give(self, person: str) -> None:
        """Give a place back."""
        with self._guard:
            self._held[person] -= 1
            self._held += Counter()  # who holds none is not remembered


DESK = Desk()
"""This process's."""


# answering


class Left(Exception):
    """The client has gone; nobody reads what would be said."""


class Answering:
    """One answer, made in a thread; it stops at its next token once nobody waits for it.

    Args:
        root: The workspace's folder.
        person: Who asks.
        pieces: Begins the answer.

    Raises:
        ApiError: 429: too many are being made.
    """

    def __init__(self, root: Path, person: Person, pieces: Pieces) -> None:
        self._root, self._person, self._pieces = root, person, pieces
        self._gone = threading.Event()
        self._said: asyncio.Queue[str | Reply | BaseException] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._watching: asyncio.Task[None] | None = None
        DESK.take(person.id)
        threading.Thread(
            target=copy_context().run, args=(self._make,), name="api-answer", daemon=True
        ).start()

    def watch(self, request: Request) -> None:
        """Stop the answer when this request's client leaves."""

        async def watched() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            self._gone.set()
            self._said.put_nowait(Left())

        self._watching = self._loop.create_task(watched())

    async def next(self) -> str | Reply:
        """Return the next piece that may be shown; the last one is the whole reply.

        Raises:
            ApiError: There is no answer, and why.
            Left: The client has gone.
        """
        piece = await self._said.get()
        if isinstance(piece, UserError):
            raise of_house(piece, self._root) from piece
        if isinstance(piece, BaseException):
            raise piece
        return piece

    async def reply(self) -> Reply:
        """Return the whole reply.

        Raises:
            ApiError: As `next`.
            Left: As `next`.
        """
        try:
            while True:
                if not isinstance(piece := await self.next(), str):
                    return piece
        finally:
            self.end()

    async def rest(self, first: str | Reply) -> AsyncIterator[str | Reply]:
        """Yield a piece that was taken already, then all others."""
        try:
            piece = first
            while True:
                yield piece
                if not isinstance(piece, str):
                    return
                piece = await self.next()
        finally:
            self.end()

    def end(self) -> None:
        """Let the model go, wherever it is."""
        self._gone.set()
        if self._watching is not None:
            self._watching.cancel()

    def _make(self) -> None:
        from assistant.engines.engine import Caller, CallerGone

        try:
            with closing(self._pieces(Caller(self._person.id, self._gone.is_set))) as pieces:  # type: ignore[type-var]
                for piece in pieces:
                    if self._gone.is_set() and isinstance(piece, str):
                        return
                    self._say(piece)
        except CallerGone:
            self._say(Left())
        except BaseException as error:  # told where it is waited for
            self._say(error)
        finally:
            DESK.give(self._person.id)

    def _say(self, piece: str | Reply | BaseException) -> None:
        with suppress(RuntimeError):  # the server has closed
            self._loop.call_soon_threadsafe(self._said.put_nowait, piece)


def pieces_of(root: Path, person: Person, question: str, earlier: Turns, setup: AnySetup) -> Pieces:
    """Return what begins an answer to a question, and books what it took.

    Args:
        root: The workspace's folder.
        person: Who asks; documents are looked at with their eyes.
        question: The question.
        earlier: Turns before it.
        setup: How it is answered.
    """
    from rag import Viewer

    def begin(caller: Caller) -> Iterator[str | Reply]:
        book = _Book(root, person, str(setup))
        try:
            pieces = service(root).stream_reply(question, earlier, setup, Viewer(person.groups), caller)
            with closing(pieces):  # type: ignore[type-var]
                for piece in pieces:
                    book.take(piece)
                    yield piece
        except Exception as error:
            book.close("stopped" if type(error).__name__ == "CallerGone" else "failed")
            raise
        finally:
            book.close("stopped")

    return begin


class _Book:
    """Books and counts one answer, however it ends: who leaves before the end pays for the pieces that were made.

    Args:
        root: The workspace's folder.
        person: Who asks.
        setup: How it is answered.
    """

    def __init__(self, root: Path, person: Person, setup: str) -> None:
        self._root, self._person, self._setup = root, person, setup
        self._began = time.perf_counter()
        self._first: float | None = None
        self._pieces, self._closed = 0, False

    def take(self, piece: str | Reply) -> None:
        """Count a piece; the whole reply is booked before it is told, so that the next question finds it."""
        if self._first is None:
            self._first = time.perf_counter() - self._began
        if isinstance(piece, str):
            self._pieces += 1
        else:
            self.close("abstained" if piece.abstained else "answered", piece.tokens_in, piece.tokens_out)

    def close(self, outcome: str, read: int = 0, written: int | None = None) -> None:
        """Book it, once."""
        from ui.server import metrics

        if self._closed:
            return
        self._closed = True
        written = self._pieces if written is None else written
        if read + written:
            spent(self._root, self._person, read + written)
        metrics.answered(self._setup, outcome, self._first, time.perf_counter() - self._began, read, written)
