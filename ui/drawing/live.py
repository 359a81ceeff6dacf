"""The chat under a live split: a setup by lot that is not named, thumbs, and whether the task was done.

Nothing here names a setup. Knows nothing of how outcomes are kept or counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from assistant.setup import AnySetup, variant
from ui import draw, resources, state, who
from ui.access.permissions import LOCAL, Action
from ui.conversations import thumbs, voting
from ui.conversations.answering import Answering
from ui.conversations.chats import Conversation, Turn
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from experiments import Event, Split


def assigned(house: Workspace, split: Split, conversation: Conversation) -> AnySetup:
    """Return the setup that a conversation got by lot, and say that it did, without naming it."""
    from experiments import assign

    st.caption(f":material/casino: {say('chat.by_lot')}")
    setups = [variant(name) for name in split.weights]
    if any(one.retrieve for one in setups) and not resources.library_status(house).built:
        draw.hint(say("chat.split_needs_index"))
    if any(one.adapter for one in setups) and not voting.adapted(house):
        draw.hint(say("chat.split_needs_adapter"))
    return variant(assign(_unit(split, conversation), split))


def failing(house: Workspace, conversation: Conversation) -> Callable[[Answering], None] | None:
    """Return what notes, under a live split, that an answer did not come; called in the answer's thread.

    Who asks is told here, where the asker is known.
    """
    from experiments import Event

    split = voting.split_of(house)
    if split is None or (conversation.turns and conversation.split != split.mark):
        return None
    unit = _unit(split, conversation)

    def ended(answering: Answering) -> None:
        if answering.failure or answering.mishap:
            voting.note(house, split, unit, Event.FAILURE)

    return ended


def expose(house: Workspace, conversation: Conversation, turn: Turn) -> None:
    """Hide the turn's setup under a live split, and note that a conversation has begun with it.

    What began before the split, or under another one, is no unit of it: its turns are answered, and nothing is noted.
    """
    from experiments import Event

    split = voting.split_of(house)
    if split is None:
        return
    turn.hidden = True
    if len(conversation.turns) == 1:
        conversation.split = split.mark
        _note(house, conversation, Event.EXPOSURE)


def thumb(house: Workspace, conversation: Conversation, turn: Turn, place: int) -> None:
    """Draw thumbs under an answer; each click is kept, and the last one counts.

    Under a live split they are its outcomes; else they are only counted, for people chose the setup themselves.
    """
    key = f"thumb-{conversation.id}-{place}"

    def thumbed() -> None:
        from experiments import Event

        if (value := state.value_of(key)) is None:
            return
        who.must(Action.VOTE)
        turn.good = bool(value)
        if turn.hidden:
            _note(house, conversation, Event.THUMB, turn.good)
        elif turn.reply is not None:
            thumbs.give(house, f"{conversation.id} {place}", turn.reply, turn.good)

    if who.can(Action.VOTE):
        st.feedback(
            "thumbs", key=key, default=None if turn.good is None else int(turn.good), on_change=thumbed
        )


def done_or_not(house: Workspace, conversation: Conversation) -> None:
    """Ask whether what the visitor came for is done, once there is an answer; the last word counts."""
    if not any(turn.hidden and turn.reply is not None for turn in conversation.turns):
        return

    def keep(done: bool) -> None:
        from experiments import Event

        if conversation.done is not done:
            conversation.done = done
            _note(house, conversation, Event.TASK, done)

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="task"):
        told = {None: "chat.is_it_done", True: "chat.is_done", False: "chat.is_not_done"}
        st.caption(say(told[conversation.done]), width="content")
        st.button(say("chat.done"), key="task-done", icon=":material/check:", on_click=keep, args=(True,))
        st.button(
            say("chat.not_done"), key="task-not-done", icon=":material/close:", on_click=keep, args=(False,)
        )


def user() -> str:
    """Return the name of who is signed in; empty for everybody else."""
    if (person := who.person()) is not LOCAL:
        return person.id
    known = st.user.to_dict()
    return str(known.get("email") or known.get("sub") or "")


def _note(house: Workspace, conversation: Conversation, kind: Event, good: bool | None = None) -> None:
    split = voting.split_of(house)
    if split is not None and split.mark == conversation.split:
        voting.note(house, split, _unit(split, conversation), kind, good)


def _unit(split: Split, conversation: Conversation) -> str:
    return voting.unit_of(split, conversation, user())
