"""Below an answer, for editors of a workspace that keeps text: write what it should have been, and keep both.

Knows nothing of what is made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, who
from ui.access.permissions import Action
from ui.conversations import preferring
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.conversations.chats import Conversation, Turn

_KEPT = "improved"


def improve(house: Workspace, conversation: Conversation, turn: Turn, place: int) -> None:
    """Draw the field and its button; nothing where nobody may, or no text is kept.

    Args:
        house: The workspace.
        conversation: What the turn is of.
        turn: A turn with a reply.
        place: Its place in the conversation.
    """
    reply = turn.reply
    if reply is None or not house.settings.votes.keep_text or not who.can(Action.EXAMPLES):
        return
    if st.session_state.get(_KEPT) == turn.id:
        st.caption(f":material/check_circle: {say('chat.improved')}")
    with st.expander(say("chat.improve"), icon=":material/edit_note:"):
        st.caption(say("chat.improve_lead"))
        text = st.text_area(
            say("chat.improve"), reply.text, key=f"better-{turn.id}", label_visibility="collapsed"
        )
        if st.button(say("chat.improve_keep"), key=f"keep-better-{place}", icon=":material/save:"):
            with draw.guarded():
                who.must(Action.EXAMPLES)
                earlier = conversation.earlier(place)
                preferring.keep_edit(house, turn.id, earlier, turn.question, reply, text or "")
                st.session_state[_KEPT] = turn.id
                st.rerun()
