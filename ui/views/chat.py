"""Chat: ask in any of the four setups, watch the answer arrive, open what it cites. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.setup import Setup
from finetune.registry import MANIFEST
from foundation.errors import UserError
from ui import draw, resources, state
from ui.draw_answer import answer, details
from ui.words import SETUPS

if TYPE_CHECKING:
    from assistant import Workspace

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
    setup = _setup(house)
    _notice(house, bool(conversation.turns))
    for place, turn in enumerate(conversation.turns):
        _turn(turn, place)
    typed = st.chat_input("Ask a question", max_chars=_LONGEST, submit_mode="stop", key="question")
    if asked := typed or state.suggested():
        _ask(house, conversation, asked, setup)
    elif not conversation.turns:
        _suggestions(house)


def _setup(house: Workspace) -> Setup:
    names = [setup.value for setup in Setup]
    indexed, adapted = resources.library_status(house).built, _adapted(house)
    fitting = [one.value for one in Setup if (indexed or not one.retrieve) and (adapted or not one.adapter)]
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
    if setup.retrieve and not indexed:
        draw.hint(
            f"{SETUPS[setup.value][0]} looks passages up, and there is no index. `rungwise sync` makes it."
        )
    if setup.adapter and not adapted:
        draw.hint(
            f"{SETUPS[setup.value][0]} needs the adapter, and there is none yet. `rungwise train` makes it."
        )
    return setup


def _adapted(house: Workspace) -> bool:
    """Whether there is an adapter to switch on: here, or under a name at the endpoint."""
    model = house.settings.model
    return bool(model.adapter) if model.endpoint else (house.adapter / MANIFEST).is_file()


def _notice(house: Workspace, begun: bool) -> None:
    """Say that this is a machine, before the first message in full, and shortly ever after."""
    model = draw.escaped(house.settings.model.base)
    told = (
        f"You are talking to an AI model ({model}), not to a person. "
        "It can be wrong: open what it cites before you rely on it."
    )
    if begun:
        st.caption(f":material/smart_toy: {told}")
        return
    small = (
        " The starter is a tiny model for trying and testing."
        if house.settings.model.base == "starter"
        else ""
    )
    kept = " The conversation stays in this browser tab and is gone when you close it."
    st.info(told + small + kept, icon=":material/smart_toy:")


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


def _turn(turn: state.Turn, place: int) -> None:
    """Draw a turn of before."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(turn.question)
    with st.chat_message("assistant", avatar=":material/smart_toy:"), st.container(key=f"answer-{place}"):
        if turn.reply is not None:
            answer(turn.reply, place)
        elif turn.text:
            st.text(turn.text)
        _ending(turn, place)


def _ending(turn: state.Turn, place: int) -> None:
    if turn.reply is not None:
        details(turn.reply, place)
    elif turn.failure:
        draw.problem(turn.failure)
    else:
        st.caption(f":material/stop_circle: Stopped. Setup: {SETUPS[turn.setup][0]}.")


def _ask(house: Workspace, conversation: state.Chat, question: str, setup: Setup) -> None:
    """Ask, and draw the answer while it is made.

    The turn is kept from the start: when Streamlit ends this run (Stop, a click, a closed tab) what was shown
    stays, and closing the stream stops the model.
    """
    turn, place = state.Turn(question, setup.value), len(conversation.turns)
    earlier = conversation.earlier()
    conversation.turns.append(turn)
    with st.chat_message("user", avatar=":material/person:"):
        st.text(question)
    with st.chat_message("assistant", avatar=":material/smart_toy:"), st.container(key=f"answer-{place}"):
        shown = st.empty()
        try:
            _stream(house, turn, earlier, setup, shown)
            if turn.reply is not None:
                with shown.container():
                    answer(turn.reply, place)
        except UserError as error:
            turn.failure = str(error)
        except Exception as error:
            turn.failure = draw.failure(error)
        _ending(turn, place)


def _stream(
    house: Workspace,
    turn: state.Turn,
    earlier: list[dict[str, str]],
    setup: Setup,
    shown: st.delta_generator.DeltaGenerator,
) -> None:
    served = resources.served(house)
    pieces = served.assistant.stream_reply(turn.question, earlier, setup)
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
