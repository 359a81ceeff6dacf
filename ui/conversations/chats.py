"""Conversations in the memory of this process, each seen by its owner alone; no word of them is written to a disk.

Where a workspace has a database they are kept there instead (`shared_chats`). They outlive a reload of the page and end with the
process. Few, and not for long: of too many the one that was used least recently goes. Safe between threads. Imports no streamlit;
knows nothing of how an answer is made or drawn.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from foundation.errors import UserError

if TYPE_CHECKING:
    from assistant import Reply
    from foundation.database import Database
    from ui.conversations.answering import Answering

PER_OWNER = 30
"""Conversations that one owner may have; the least recently used goes."""
OWNERS = 500
"""Owners whose conversations are kept; the one who came least recently goes."""
HOURS = 24
"""A conversation that nobody has opened for so long is forgotten."""
TURNS = 100
"""Questions that one conversation may hold."""
_TITLE = 60


class NoSuchConversation(UserError):
    """An id that names no conversation of this owner: never given, forgotten by now, or somebody else's."""


class TooLong(UserError):
    """A conversation that holds as many questions as one may."""


@dataclass
class Duel:
    """Two answers to one question, side by side, until one of them is preferred."""

    id: str
    """Names this pair of answers among all votes."""
    left: str
    """The setup behind A."""
    right: str
    """The setup behind B."""
    earlier: list[dict[str, str]] = field(default_factory=list)
    """The turns before, which both were asked with."""
    replies: list[Reply] = field(default_factory=list)
    """A and B; none while they are being made, and after Stop or a failure."""
    marks: tuple[str, str] = ("", "")
    """The state of either setup that answered, as a hash."""
    choice: str = ""
    """What was chosen; empty before."""
    failure: str = ""
    """Why the vote could not be kept."""

    @property
    def complete(self) -> bool:
        """Whether both answers are there."""
        return len(self.replies) == 2

    @property
    def told(self) -> Reply | None:
        """The answer that the conversation goes on from: the preferred one, A of two equal ones, else none."""
        if not self.complete or self.choice not in ("left", "right", "tie"):
            return None
        return self.replies[self.choice == "right"]


@dataclass
class Turn:
    """A question and what became of it."""

    question: str
    """As typed."""
    setup: str
    """The setup that was chosen; empty where two are voted on."""
    making: Answering | None = None
    """The answer, in the making or made; None where none was begun."""
    hidden: bool = False
    """Whether the setup was given by lot and is not named."""
    duel: Duel | None = None
    """Two answers in place of one."""
    good: bool | None = None
    """Whether the asker found it good; None: they did not say."""
    when: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    """When it was asked."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    """Tells it apart from the others of its conversation."""

    @property
    def running(self) -> bool:
        """Whether its answer is being made."""
        return self.making is not None and not self.making.over

    @property
    def reply(self) -> Reply | None:
        """The finished reply; None while it is being made, after Stop or a failure, and of two answers."""
        if self.duel is not None or self.making is None or self.making.stopped or not self.making.over:
            return None
        return self.making.replies[0] if self.making.replies else None

    @property
    def told(self) -> Reply | None:
        """The reply that later questions are asked with."""
        return self.reply if self.duel is None else self.duel.told


@dataclass
class Conversation:
    """One conversation."""

    turns: list[Turn] = field(default_factory=list)
    """Its turns, oldest first."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    """Names it, also in a live split; drawn by lot, so that none can be guessed."""
    name: str = ""
    """What its owner calls it; empty: as its first question begins."""
    split: str = ""
    """The mark of the live split that it began under; empty where it began under none."""
    done: bool | None = None
    """Whether the asker said that what they came for is done."""
    used: float = field(default_factory=monotonic)
    """When it was opened last, on this process's clock."""

    @property
    def title(self) -> str:
        """Its name, or how its first question begins; empty before there is one."""
        if self.name or not self.turns:
            return self.name
        first = " ".join(self.turns[0].question.split())
        return first if len(first) <= _TITLE else first[: _TITLE - 1].rstrip() + "…"

    @property
    def running(self) -> Turn | None:
        """The turn whose answer is being made; None where none is."""
        return self.turns[-1] if self.turns and self.turns[-1].running else None

    def earlier(self, before: int | None = None) -> list[dict[str, str]]:
        """Return the answered turns as the assistant takes them.

        Args:
            before: Only those before this place; None: all.
        """
        told: list[dict[str, str]] = []
        for turn in self.turns[:before]:
            if (reply := turn.told) is not None:
                told.append({"role": "user", "content": turn.question})
                told.append({"role": "assistant", "content": reply.text})
        return told

    def add(self, turn: Turn) -> None:
        """Put a turn at its end.

        Raises:
            TooLong: It holds as many as it may.
        """
        if len(self.turns) >= TURNS:
            raise TooLong(
                f"This conversation has {TURNS} questions, which is as many as one holds. Begin a new one."
            )
        self.turns.append(turn)

    def stop(self) -> None:
        """Stop whatever is being made for it."""
        if (turn := self.running) is not None and turn.making is not None:
            turn.making.stop()


class Chats:
    """All conversations of one workspace, by owner.

    Args:
        clock: Tells seconds; a test's own.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, OrderedDict[str, Conversation]] = OrderedDict()

    def list(self, owner: str) -> list[Conversation]:
        """Return an owner's conversations, the one used last first."""
        with self._guard:
            self._tidy()
            return list(self._kept.get(owner, OrderedDict()).values())[::-1]

    def find(self, owner: str, id: str) -> Conversation:
        """Return one of an owner's conversations; it counts as used now.

        Raises:
            NoSuchConversation: This owner has none of that id, whoever else may.
        """
        with self._guard:
            self._tidy()
            own = self._kept.get(owner)
            if own is None or id not in own:
                raise NoSuchConversation(
                    "There is no such conversation: it was deleted, has aged out, or is not yours."
                )
            self._use(owner, own[id])
            return own[id]

    def keep(self, owner: str, conversation: Conversation) -> None:
        """Keep a conversation from now on; where there are too many, the one used least recently is forgotten."""
        with self._guard:
            self._tidy()
            self._kept.setdefault(owner, OrderedDict())[conversation.id] = conversation
            self._use(owner, conversation)
            while len(self._kept[owner]) > PER_OWNER:
                _forget(self._kept[owner].popitem(last=False)[1])
            while len(self._kept) > OWNERS:
                for old in self._kept.popitem(last=False)[1].values():
                    _forget(old)

    def over(self, owner: str, conversation: Conversation) -> None:
        """Take note that an answer of a conversation is over; in memory it is there already."""

    def rename(self, owner: str, id: str, name: str) -> None:
        """Give one of an owner's conversations another name; an empty one takes it back.

        Raises:
            NoSuchConversation: As `find`.
        """
        self.find(owner, id).name = " ".join(name.split())[:_TITLE]

    def delete(self, owner: str, id: str) -> None:
        """Forget one of an owner's conversations; an answer that is being made for it is stopped.

        Raises:
            NoSuchConversation: As `find`.
        """
        conversation = self.find(owner, id)
        with self._guard:
            self._kept.get(owner, OrderedDict()).pop(id, None)
            _forget(conversation)

    def _use(self, owner: str, conversation: Conversation) -> None:
        conversation.used = self._clock()
        self._kept[owner].move_to_end(conversation.id)
        self._kept.move_to_end(owner)

    def _tidy(self) -> None:
        """Forget what nobody has opened for long."""
        eldest = self._clock() - HOURS * 3600
        for owner, own in list(self._kept.items()):
            for id in [id for id, one in own.items() if one.used < eldest]:
                _forget(own.pop(id))
            if not own:
                del self._kept[owner]


_houses: dict[tuple[Path, Database | None], Chats] = {}
_opening = threading.Lock()


def chats(root: Path, database: Database | None = None) -> Chats:
    """Return the conversations about a workspace: the same ones for everybody in this process, each for its owner.

    Args:
        root: The workspace.
        database: Where they are kept for all replicas; None: in the memory of this process, and nowhere else.
    """
    with _opening:
        where = root.resolve(), database
        if where not in _houses:
            _houses[where] = Chats() if database is None else _shared(database)
        return _houses[where]


def _shared(database: Database) -> Chats:
    from ui.conversations.shared_chats import SharedChats

    return SharedChats(database)


def _forget(conversation: Conversation) -> None:
    conversation.stop()
