"""Chat: ask in any of the four setups, watch the answer arrive, open what it cites; or vote blind between two.

Where a live split is on, the setup is given by lot and not named. Decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from advisor import Language
from assistant.engines.engine import Caller
from assistant.setup import AnySetup, Setup
from foundation.errors import UserError
from ui import draw, draw_live, draw_vote, resources, state, voting
from ui.draw_answer import answer, details, sources
from ui.words import SETUPS, word

if TYPE_CHECKING:
    from assistant import Workspace
    from experiments import Split

_LONGEST = 4_000
_SUGGESTED = 3
_FIRST = ("hybrid", "rag", "lora", "prompt")  # which is chosen at first: the fullest that has all it needs


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    conversation = state.chat()
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title(f"Ask {draw.escaped(house.settings.name)}", anchor=False, width="content")
        if st.button(
            "New conversation", icon=":material/add_comment:", disabled=not conversation.turns, key="new-chat"
        ):
            state.new_chat()
            st.rerun()
    split = voting.split_of(house)
    blind = split is None and st.toggle(
        "Vote blind",
        key="blind",
        help="Two setups answer each question, their names hidden; you say which answer is better.",
        persist_state="session",
    )
    setup = _how(house, conversation, split, blind)
    _notice(house, bool(conversation.turns))
    for place, turn in enumerate(conversation.turns):
        _turn(house, turn, place)
    typed = st.chat_input("Ask a question", max_chars=_LONGEST, submit_mode="stop", key="question")
    if asked := typed or state.suggested():
        if setup is None:
            draw_vote.ask_two(house, conversation, asked)
        else:
            _ask(house, conversation, asked, setup)
    elif not conversation.turns:
        _suggestions(house)
    if split is not None:
        draw_live.done_or_not(house, conversation)


def _how(house: Workspace, conversation: state.Chat, split: Split | None, blind: bool) -> AnySetup | None:
    """Return the setup that answers: given by lot, or chosen; None where two are to be voted on."""
    if split is not None:
        return draw_live.assigned(house, split, conversation)
    if blind:
        draw_vote.candidates(house)
        return None
    return _setup(house)


def _setup(house: Workspace) -> Setup:
    names = [setup.value for setup in Setup]
    fitting = voting.fitting(house)
    chosen = st.segmented_control(
        "Setup",
        names,
        format_func=lambda name: SETUPS[name][0],
        default=next(name for name in _FIRST if name in fitting),
        required=True,
        key="setup",
        persist_state="session",
    )
    setup = Setup.named(chosen or Setup.PROMPT.value)
    st.caption(SETUPS[setup.value][1])
    if setup.retrieve and not resources.library_status(house).built:
        draw.hint(
            f"{SETUPS[setup.value][0]} looks passages up, and there is no index. `rungwise sync` makes it."
        )
    if setup.adapter and not voting.adapted(house):
        draw.hint(
            f"{SETUPS[setup.value][0]} needs the adapter, and there is none yet. `rungwise train` makes it."
        )
    return setup


def _notice(house: Workspace, begun: bool) -> None:
    """Say that this is a machine: before the first message in full and in both languages, shortly ever after."""
    model = draw.escaped(house.settings.model.base)
    own = state.language()
    told = word("machine", own, model=model)
    if begun:
        st.caption(f":material/smart_toy: {told}")
        return
    others = [word("machine", other, model=model) for other in Language if other is not own]
    small = (
        " The starter is a tiny model for trying and testing."
        if house.settings.model.base == "starter"
        else ""
    )
    kept = " The conversation stays in this browser tab and is gone when you close it."
    st.info("\n\n".join([told + small + kept, *others]), icon=":material/smart_toy:")


def _suggestions(house: Workspace) -> None:
    """Draw a few questions of the workspace's own; the one that is clicked is asked by the next run."""
    from experiments import Kind, Part, load_questions

    try:
        known = [
            one.question
            for one in load_questions(house.questions)
            if one.part is Part.DEV and one.kind is Kind.SINGLE
        ]
    except UserError:  # a missing or broken file is told by the commands that need it
        return
    with st.container(key="suggestions", gap="xsmall"):
        if known:
            st.caption("For example")
        step = max(1, len(known) // _SUGGESTED)
        for place, text in enumerate(known[step // 2 :: step][:_SUGGESTED]):
            st.button(
                draw.escaped(text),
                key=f"suggestion-{place}",
                icon=":material/chat_bubble:",
                on_click=state.suggest,
                args=(text,),
            )


def _turn(house: Workspace, turn: state.Turn, place: int) -> None:
    """Draw a turn of before."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(turn.question)
    with st.chat_message("assistant", avatar=":material/smart_toy:"):
        if turn.duel is not None:
            draw_vote.duel(house, turn, turn.duel, place)
            return
        with st.container(key=f"answer-{place}"):
            if turn.reply is not None:
                answer(turn.reply, place)
            elif turn.text:
                st.text(turn.text)
            _ending(house, turn, place)


def _ending(house: Workspace, turn: state.Turn, place: int) -> None:
    if turn.reply is not None and turn.hidden:
        sources(turn.reply, place)
        draw_live.thumb(house, place)
    elif turn.reply is not None:
        details(turn.reply, place)
    elif turn.failure:
        draw.problem(turn.failure)
    else:
        named = "" if turn.hidden else f" Setup: {SETUPS[turn.setup][0]}."
        st.caption(f":material/stop_circle: Stopped.{named}")


def _ask(house: Workspace, conversation: state.Chat, question: str, setup: AnySetup) -> None:
    """Ask, and draw the answer while it is made.

    The turn is kept from the start: when Streamlit ends this run (Stop, a click, a closed tab) what was shown
    stays, and closing the stream stops the model.
    """
    turn, place = state.Turn(question, str(setup)), len(conversation.turns)
    earlier = conversation.earlier()
    conversation.turns.append(turn)
    draw_live.expose(house, conversation, turn)
    with st.chat_message("user", avatar=":material/person:"):
        st.text(question)
    with st.chat_message("assistant", avatar=":material/smart_toy:"), st.container(key=f"answer-{place}"):
        shown = st.empty()
        try:
            _stream(house, turn, earlier, setup, shown)
            if turn.reply is not None:
                with shown.container():
                    answer(turn.reply, place)
        except Exception as error:
            turn.failure = draw.told(error)
            draw_live.note_failure(house, conversation, turn)
        _ending(house, turn, place)


def _stream(
    house: Workspace,
    turn: state.Turn,
    earlier: list[dict[str, str]],
    setup: AnySetup,
    shown: st.delta_generator.DeltaGenerator,
) -> None:
    served = resources.served(house)
    pieces = served.assistant.stream_reply(turn.question, earlier, setup, caller=Caller(state.visitor()))
    try:
        with shown, st.spinner("Thinking …" if served.warm else "Loading the model for the first answer …"):
            piece = next(pieces, None)
        while piece is not None:
            served.warm = True
            if isinstance(piece, str):
                turn.text += piece
                shown.text(turn.text)
            else:
                turn.reply, turn.text = piece, piece.text
            piece = next(pieces, None)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    if turn.reply is None:
        shown.text(turn.text or "(The model wrote nothing.)")


if __name__ == "__main__":  # as Streamlit runs it
    page()
