"""Conversations in a database, so that one begun at one replica goes on at another: the bounds of `Chats`, kept there.

An answer in the making lives in the process that makes it; what is over is a row. Instructions and what the model wrote unguarded
are not kept. Imports no streamlit; knows nothing of how an answer is made or drawn.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.chat_rows import ChatRows
from foundation.database import Database
from foundation.plain import from_plain, to_plain
from ui.conversations.answering import Answering
from ui.conversations.chats import (
    HOURS,
    OWNERS,
    PER_OWNER,
    Chats,
    Conversation,
    Duel,
    NoSuchConversation,
    Turn,
)

if TYPE_CHECKING:
    from assistant import Reply

_NOT_KEPT = ("raw", "prompt")
_State = tuple[object, ...]


class SharedChats(Chats):
    """All conversations of one workspace, at all replicas.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._rows = ChatRows(database, HOURS, PER_OWNER, OWNERS)
        self._seen: dict[str, int] = {}
        """What `changed` was of a conversation when it was read or written here, by id."""
        self._written: dict[str, _State] = {}
        """What was written last of each turn, by id, and of each conversation."""

    def list(self, owner: str) -> list[Conversation]:
        """Return an owner's conversations, the one used last first."""
        with self._guard:
            return [*self._fresh(owner)]

    def find(self, owner: str, id: str) -> Conversation:
        """Return one of an owner's conversations; it counts as used now.

        Raises:
            NoSuchConversation: This owner has none of that id, whoever else may.
        """
        with self._guard:
            found = next((one for one in self._fresh(owner) if one.id == id), None)
            if found is None:
                raise NoSuchConversation(
                    "There is no such conversation: it was deleted, has aged out, or is not yours."
                )
            self._rows.use(owner, id)
            return found

    def keep(self, owner: str, conversation: Conversation) -> None:
        """Keep a conversation from now on; where there are too many, the one used least recently is forgotten."""
        with self._guard:
            self._kept.setdefault(owner, OrderedDict())[conversation.id] = conversation
            self._flush(owner, conversation)

    def over(self, owner: str, conversation: Conversation) -> None:
        """Keep what has become of a conversation's answers, unless it was deleted meanwhile."""
        with self._guard:
            if conversation.id in {one.id for one in self._rows.standing(owner)}:
                self._flush(owner, conversation)

    def rename(self, owner: str, id: str, name: str) -> None:
        """Give one of an owner's conversations another name; an empty one takes it back.

        Raises:
            NoSuchConversation: As `find`.
        """
        super().rename(owner, id, name)
        with self._guard:
            self._flush(owner, self._kept[owner][id])

    def delete(self, owner: str, id: str) -> None:
        """Forget one of an owner's conversations; an answer that is being made for it here is stopped.

        Raises:
            NoSuchConversation: As `find`.
        """
        super().delete(owner, id)
        self._rows.delete(owner, id)

    def _fresh(self, owner: str) -> Sequence[Conversation]:
        """Write what was changed here, take over what was changed elsewhere, and return an owner's conversations."""
        own = self._kept.setdefault(owner, OrderedDict())
        standing = self._rows.standing(owner)
        for gone in own.keys() - {one.id for one in standing}:
            self._let_go(own.pop(gone))
        for one in standing:
            if one.id in own:
                self._flush(owner, own[one.id])
            if one.id not in own or self._seen.get(one.id) != one.changed:
                self._take(owner, one.id)
        return [own[one.id] for one in standing if one.id in own]

    def _flush(self, owner: str, conversation: Conversation) -> None:
        """Write what differs from what was written last; nothing where nothing does."""
        changed = [turn for turn in conversation.turns if self._written.get(turn.id) != _state(turn)]
        head = {"name": conversation.name, "split": conversation.split, "done": conversation.done}
        if not changed and self._written.get(conversation.id) == tuple(head.values()):
            return
        told = [_told(turn) for turn in changed]
        now = self._rows.write(owner, conversation.id, head, told)
        if (
            now == self._seen.get(conversation.id, -1) + 1
        ):  # else another replica wrote between, which is read next
            self._seen[conversation.id] = now
        self._written |= {turn.id: _state(turn) for turn in changed}
        self._written[conversation.id] = tuple(head.values())

    def _take(self, owner: str, id: str) -> None:
        """Read a conversation into the one that is held here, or into a new one."""
        standing = {one.id: one.changed for one in self._rows.standing(owner)}
        found = self._rows.read(owner, id)
        if found is None:
            return
        head, bodies = found
        own = self._kept[owner]
        held = own.setdefault(id, Conversation(id=id))
        held.name, held.split, held.done = head["name"], head["split"], head["done"]
        mine = {turn.id: turn for turn in held.turns if turn.running}
        held.turns[:] = [mine.get(body["id"]) or _turn(body) for body in bodies]
        self._seen[id] = standing.get(id, 0)
        self._written |= {turn.id: _state(turn) for turn in held.turns if turn.id not in mine}
        self._written[id] = (held.name, held.split, held.done)

    def _let_go(self, conversation: Conversation) -> None:
        conversation.stop()
        for id in (conversation.id, *(turn.id for turn in conversation.turns)):
            self._written.pop(id, None)
        self._seen.pop(conversation.id, None)


def _state(turn: Turn) -> _State:
    """Return what of a turn can change, so that what did is known without writing it out."""
    making, pair = turn.making, turn.duel
    made = (making.failure, making.mishap, len(making.replies), making.over) if making is not None else ()
    return turn.good, turn.hidden, made, (pair.choice, pair.failure, len(pair.replies)) if pair else ()


def _told(turn: Turn) -> dict[str, Any]:
    """Return a turn as JSON values."""
    making, pair = turn.making, turn.duel
    told: dict[str, Any] = {
        name: getattr(turn, name) for name in ("id", "question", "setup", "hidden", "good", "when")
    }
    if making is not None:
        told["made"] = {
            "replies": [_reply(one) for one in making.replies], "marks": making.marks, "text": making.text,
            "first": making.first, "seconds": making.seconds, "failure": making.failure, "mishap": making.mishap,
        }  # fmt: skip
    if pair is not None:
        names = ("id", "left", "right", "earlier", "choice", "failure", "marks")
        told["duel"] = {name: getattr(pair, name) for name in names}
    return told


def _reply(reply: Reply) -> dict[str, Any]:
    told: dict[str, Any] = to_plain(reply)
    return {name: value for name, value in told.items() if name not in _NOT_KEPT} | {"raw": ""}


def _turn(body: dict[str, Any]) -> Turn:
    """Return the turn of a row; where its answer was never over, it has none."""
    from assistant.reply import Reply

    turn = Turn(
        body["question"],
        body["setup"],
        hidden=body["hidden"],
        good=body["good"],
        when=body["when"],
        id=body["id"],
    )
    replies: list[Reply] = []
    if (made := body.get("made")) is not None:
        replies = [from_plain(Reply, one) for one in made["replies"]]
        names = (body["duel"]["left"], body["duel"]["right"]) if body.get("duel") else (body["setup"],)
        turn.making = Answering.over_already(body["question"], names, replies, **{k: made[k] for k in _MADE})
    if (pair := body.get("duel")) is not None:
        marks = (pair["marks"][0], pair["marks"][1])
        both = replies if len(replies) == 2 else []
        turn.duel = Duel(
            pair["id"],
            pair["left"],
            pair["right"],
            pair["earlier"],
            both,
            marks,
            pair["choice"],
            pair["failure"],
        )
    return turn


_MADE = ("text", "marks", "first", "seconds", "failure", "mishap")
