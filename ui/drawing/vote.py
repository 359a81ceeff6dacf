"""Two answers side by side as A and B, and the buttons to choose; once chosen, whose they were.

Both are made before either is shown. Until a choice nothing that is drawn tells a setup: no name, no time, no
passage. Answers are other people's text: drawn without Markdown. Knows nothing of how a vote is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, who
from ui.access.permissions import Action
from ui.conversations import voting
from ui.conversations.chats import Duel, Turn
from ui.conversations.voting import CHOICES
from ui.drawing.answer import details
from ui.language import language, say
from ui.words import setup_name

if TYPE_CHECKING:
    from assistant import Workspace

_ICONS = {"tie": ":material/equal:", "both bad": ":material/thumb_down:"}


def candidates(house: Workspace) -> None:
    """Say how voting goes, or what it lacks."""
    if len(voting.fitting(house)) < 2:
        draw.hint(say("chat.vote_needs_two"))
    st.caption(say("chat.vote_how_text" if house.settings.votes.keep_text else "chat.vote_how"))


def duel(house: Workspace, turn: Turn, pair: Duel, place: int) -> None:
    """Draw a turn that asked two setups."""
    if not pair.complete:
        st.caption(f":material/stop_circle: {say('chat.nothing_to_vote')}")
        return

    def choose(choice: str) -> None:
        try:
            who.must(Action.VOTE)
            voting.cast(house, pair, turn.question, choice)
        except Exception as error:
            pair.failure = draw.told(error)

    _sides(pair, place, choose)


def _sides(found: Duel, place: int, choose: Callable[[str], None]) -> None:
    """Draw two answers, and below them the choice or what was chosen.

    Args:
        found: The answers; both are there.
        place: Its turn in the conversation, for the keys.
        choose: Called with one of `CHOICES`.
    """
    for column, name, reply in zip(st.columns(2), "AB", found.replies, strict=True):
        with column, st.container(border=True, key=f"answer-{place}-{name}"):
            st.markdown(f"**{name}**")
            st.text(reply.text or say("chat.empty"))
    if found.choice:
        _revealed(found, place)
        return
    st.caption(say("chat.which_better"))
    with st.container(horizontal=True, key=f"choice-{place}", gap="small"):
        for choice in CHOICES:
            st.button(
                say(f"chat.choice.{choice}"),
                key=f"vote-{place}-{choice.replace(' ', '-')}",
                icon=_ICONS.get(choice),
                on_click=choose,
                args=(choice,),
            )
    if found.failure:
        draw.problem(found.failure)


def _revealed(found: Duel, place: int) -> None:
    a, b = [draw.escaped(setup_name(setup, language())) for setup in (found.left, found.right)]
    told = say("chat.chosen", choice=say(f"chat.choice.{found.choice}"), a=a, b=b)
    st.caption(f":material/how_to_vote: {told}")
    with st.expander(say("chat.both_in_detail"), icon=":material/visibility:"):
        for number, (name, reply) in enumerate(zip("AB", found.replies, strict=True)):
            st.markdown(f"**{name}**")
            details(reply, -(2 * place + number + 1))  # no other turn has such a place
