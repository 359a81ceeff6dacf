"""Two answers side by side as A and B, and the buttons to choose; once chosen, whose they were.

Both are made before either is shown. Until a choice nothing that is drawn tells a setup: no name, no time, no
passage. Answers are other people's text: drawn without Markdown. Knows nothing of how a vote is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from assistant.engines.engine import Caller
from assistant.setup import Setup
from ui import draw, resources, state, voting
from ui.draw_answer import details
from ui.service import Served
from ui.voting import CHOICES
from ui.words import SETUPS

if TYPE_CHECKING:
    from assistant import Reply, Workspace

_ICONS = {"tie": ":material/equal:", "both bad": ":material/thumb_down:"}


def _sides(found: state.Duel, place: int, choose: Callable[[str], None]) -> None:
    """Draw two answers, and below them the choice or what was chosen.

    Args:
        found: The answers; both are there.
        place: Its turn in the conversation, for the keys.
        choose: Called with one of `CHOICES`.
    """
    for column, name, reply in zip(st.columns(2), "AB", found.replies, strict=True):
        with column, st.container(border=True, key=f"answer-{place}-{name}"):
            st.markdown(f"**{name}**")
            st.text(reply.text or "(The model wrote nothing.)")
    if found.choice:
        _revealed(found, place)
        return
    st.caption("Which answer is better? Their setups are told once you have chosen.")
    with st.container(horizontal=True, key=f"choice-{place}", gap="small"):
        for choice, label in CHOICES.items():
            st.button(
                label,
                key=f"vote-{place}-{choice.replace(' ', '-')}",
                icon=_ICONS.get(choice),
                on_click=choose,
                args=(choice,),
            )
    if found.failure:
        draw.problem(found.failure)


def _revealed(found: state.Duel, place: int) -> None:
    names = [SETUPS[setup][0] for setup in (found.left, found.right)]
    st.caption(
        f":material/how_to_vote: You chose: {CHOICES[found.choice]}. A was **{names[0]}**, B was **{names[1]}**. "
        "`rungwise votes` adds all votes up."
    )
    with st.expander("Both answers in detail", icon=":material/visibility:"):
        for number, (name, reply) in enumerate(zip("AB", found.replies, strict=True)):
            st.markdown(f"**{name}**")
            details(reply, -(2 * place + number + 1))  # no other turn has such a place


def candidates(house: Workspace) -> None:
    """Say how voting goes, or what it lacks."""
    if len(voting.fitting(house)) < 2:
        draw.hint(
            "A vote needs two setups that can answer, and there is one. `rungwise sync` or `rungwise train` makes more."
        )
    st.caption(
        "Two answers to each question, from two setups that are hidden until you choose. A vote is kept without a word of "
        "question or answer."
    )


def ask_two(house: Workspace, conversation: state.Chat, question: str) -> None:
    """Ask two setups, and show both answers at once: which came sooner would tell something.

    Like any turn it is kept from the start; where Streamlit ends this run there is nothing to vote on.
    """
    setups = voting.fitting(house)
    if len(setups) < 2:
        return
    pair = voting.begin(house, setups, conversation.earlier())
    turn, place = state.Turn(question, "", duel=pair), len(conversation.turns)
    conversation.turns.append(turn)
    with st.chat_message("user", avatar=":material/person:"):
        st.text(question)
    with st.chat_message("assistant", avatar=":material/smart_toy:"):
        shown = st.empty()
        try:
            with shown.container(), st.spinner("Two answers are being written …"):
                _answered(resources.served(house), question, pair, st.empty())
        except Exception as error:
            turn.failure = draw.told(error)
        shown.empty()
        duel(house, turn, pair, place)


def duel(house: Workspace, turn: state.Turn, pair: state.Duel, place: int) -> None:
    """Draw a turn that asked two setups."""
    if turn.failure or not pair.complete:
        if turn.failure:
            draw.problem(turn.failure)
        st.caption(":material/stop_circle: Two answers did not come, so there is nothing to vote on.")
        return

    def choose(choice: str) -> None:
        try:
            voting.cast(house, pair, turn.question, choice)
        except Exception as error:
            pair.failure = draw.told(error)

    _sides(pair, place, choose)


def _answered(
    served: Served, question: str, pair: state.Duel, beat: st.delta_generator.DeltaGenerator
) -> None:
    """Put both answers into the pair, one after the other; nothing is drawn that tells where one ends.

    Args:
        served: The assistant.
        question: What is asked.
        pair: The setups, and the turns before.
        beat: An empty place; at every touch Streamlit can end this run, so that Stop works between two pieces.
    """
    setups = [Setup.named(name) for name in (pair.left, pair.right)]
    replies: list[Reply] = []
    for setup in setups:
        pieces = served.assistant.stream_reply(question, pair.earlier, setup, caller=Caller(state.visitor()))
        try:
            for piece in pieces:
                served.warm = True
                beat.empty()
                if not isinstance(piece, str):
                    replies.append(piece)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
    marks = [served.assistant.fingerprint(setup) for setup in setups]
    pair.replies, pair.marks = replies, (marks[0], marks[1])
