"""A person's conversations behind one button: open another, begin a new one, name, save or delete this one.

Titles are other people's text: drawn without Markdown. Knows nothing of where conversations are kept.
"""

from __future__ import annotations

import re

import streamlit as st

from ui import draw, state, who
from ui.conversations.chats import Chats, Conversation
from ui.conversations.exporting import to_json, to_markdown
from ui.language import language, say

PARAMETER = "chat"
"""What the address calls the open conversation, so that a reload finds it again."""


def opened(kept: Chats) -> Conversation:
    """Return the conversation that this session has open, or a new one that nobody keeps yet.

    Raises:
        NoSuchConversation: The address names one that is not this person's.
    """
    owner = who.owner()
    if named := st.query_params.get(PARAMETER, ""):
        found = kept.find(owner, named)
        if named != state.opened_chat():
            state.open_chat(named)
        return found
    mine = {one.id: one for one in kept.list(owner)}
    found = mine.get(state.opened_chat()) or state.draft()
    if found.id in mine:
        st.query_params[PARAMETER] = found.id
    return found


def show(id: str) -> None:
    """Have a conversation open; an empty id begins a new one."""
    state.open_chat(id)
    if id:
        st.query_params[PARAMETER] = id
    else:
        st.query_params.pop(PARAMETER, None)


def bar(kept: Chats, conversation: Conversation) -> None:
    """Draw the buttons for a new conversation and for all others."""
    with st.container(horizontal=True, width="content", gap="small"):
        others = kept.list(who.owner())
        # another key closes it: whoever chose a conversation wants to read it
        with st.popover(
            f"{say('chat.list')} ({len(others)})",
            icon=":material/forum:",
            key=f"chats-{conversation.id}-{len(others)}",
        ):
            _list(kept, conversation, others)
        st.button(
            say("chat.new"),
            icon=":material/add_comment:",
            disabled=not conversation.turns,
            key="new-chat",
            on_click=show,
            args=("",),
        )


def _list(kept: Chats, conversation: Conversation, others: list[Conversation]) -> None:
    if not others:
        st.caption(say("chat.none_yet"))
    for one in others:
        st.button(
            draw.escaped(one.title),
            key=f"open-{one.id}",
            type="primary" if one.id == conversation.id else "tertiary",
            icon=":material/chat_bubble:",
            on_click=show,
            args=(one.id,),
            width="stretch",
        )
    if conversation.turns:
        st.divider()
        _own(kept, conversation)


def _own(kept: Chats, conversation: Conversation) -> None:
    """Draw what can be done with the conversation that is open."""
    key, owner = f"name-{conversation.id}", who.owner()

    def named() -> None:
        kept.rename(owner, conversation.id, str(state.value_of(key) or ""))

    def deleted() -> None:
        kept.delete(owner, conversation.id)
        show("")
        st.toast(say("chat.deleted"), icon=":material/delete:")

    st.caption(say("chat.this_one"))
    st.text_input(say("chat.name"), value=conversation.title, max_chars=60, key=key, on_change=named)
    name = f"conversation-{re.sub('[^0-9]', '', conversation.turns[0].when)[:12]}"
    for kind, text, ending, mime in (
        ("markdown", to_markdown(conversation, language()), "md", "text/markdown"),
        ("json", to_json(conversation), "json", "application/json"),
    ):
        st.download_button(
            say(f"chat.as_{kind}"),
            text,
            f"{name}.{ending}",
            mime,
            icon=":material/download:",
            on_click="ignore",
            key=f"save-{kind}",
            width="stretch",
        )
    st.button(
        say("chat.delete"), icon=":material/delete:", key="delete-chat", on_click=deleted, width="stretch"
    )
