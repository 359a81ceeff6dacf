"""The chat under a live split: a setup by lot that is not named, thumbs, and whether the task was done.

Nothing here names a setup. Knows nothing of how outcomes are kept or counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.setup import AnySetup, variant
from ui import draw, resources, state, voting

if TYPE_CHECKING:
    from assistant import Workspace
    from experiments import Event, Split


def assigned(house: Workspace, split: Split, conversation: state.Chat) -> AnySetup:
    """Return the setup that a conversation got by lot, and say that it did, without naming it."""
    from experiments import assign

    st.caption(
        ":material/casino: This house compares ways to answer. Yours was given by lot; your thumbs say whether it is good. "
        "They are kept without a word of the conversation."
    )
    setups = [variant(name) for name in split.weights]
    if any(one.retrieve for one in setups) and not resources.library_status(house).built:
        draw.hint("The live split looks passages up, and there is no index. `rungwise sync` makes it.")
    if any(one.adapter for one in setups) and not voting.adapted(house):
        draw.hint("The live split needs the adapter, and there is none yet. `rungwise train` makes it.")
    return variant(assign(_unit(split, conversation), split))


def expose(house: Workspace, conversation: state.Chat, turn: state.Turn) -> None:
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


def note_failure(house: Workspace, conversation: state.Chat, turn: state.Turn) -> None:
    """Note that an answer did not come."""
    from experiments import Event

    if turn.hidden:
        _note(house, conversation, Event.FAILURE)


def thumb(house: Workspace, place: int) -> None:
    """Draw thumbs under an answer; each click is kept, and the last one counts."""
    conversation = state.chat()
    key = f"thumb-{conversation.id}-{place}"

    def thumbed() -> None:
        from experiments import Event

        if (value := state.value_of(key)) is not None:
            _note(house, conversation, Event.THUMB, bool(value))

    st.feedback("thumbs", key=key, on_change=thumbed)


def done_or_not(house: Workspace, conversation: state.Chat) -> None:
    """Ask whether what the visitor came for is done, once there is an answer; the last word counts."""
    if not any(turn.hidden and turn.reply is not None for turn in conversation.turns):
        return

    def say(done: bool) -> None:
        from experiments import Event

        if conversation.done is not done:
            conversation.done = done
            _note(house, conversation, Event.TASK, done)

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="task"):
        told = {None: "Is what you came for done?", True: "Done. Thank you.", False: "Not done. Thank you."}
        st.caption(told[conversation.done], width="content")
        st.button("Done", key="task-done", icon=":material/check:", on_click=say, args=(True,))
        st.button("Not done", key="task-not-done", icon=":material/close:", on_click=say, args=(False,))


def user() -> str:
    """Return the name of who is signed in, as Streamlit's own sign-in tells it; empty for everybody else."""
    known = st.user.to_dict()
    return str(known.get("email") or known.get("sub") or "")


def _note(house: Workspace, conversation: state.Chat, kind: Event, good: bool | None = None) -> None:
    split = voting.split_of(house)
    if split is not None and split.mark == conversation.split:
        voting.note(house, split, _unit(split, conversation), kind, good)


def _unit(split: Split, conversation: state.Chat) -> str:
    return voting.unit_of(split, conversation, user())
