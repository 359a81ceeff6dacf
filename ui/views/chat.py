"""Chat: ask in any of the four setups, watch the answer arrive, open what it cites; or vote blind between two.

Where a live split is on, the setup is given by lot and not named. An answer is made in a thread of the process; this only
watches it, so that a reload comes back to the same one. Decides nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from advisor import Language
from assistant.follow_up import complete
from assistant.setup import AnySetup
from foundation.errors import UserError
from ui import draw, resources, state
from ui.conversations import asking, clicking, voting
from ui.conversations.chats import HOURS, Chats, Conversation, NoSuchConversation, Turn, chats
from ui.drawing import chats as draw_chats
from ui.drawing import live as draw_live
from ui.drawing import setup as draw_setup
from ui.drawing import vote as draw_vote
from ui.drawing.answer import answer, details, sources
from ui.drawing.improve import improve
from ui.language import language, say
from ui.service import service
from ui.words import setup_name, word

if TYPE_CHECKING:
    from assistant import Workspace
    from experiments import Split

_ROOM = (
    20_000  # letters of the field: more than a question may have, so that a longer one is told so and not cut
)
_BEAT = 0.2  # seconds; between two, a click can end this run of the page
_SUGGESTED = 3


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    kept = chats(house.root, house.database)
    try:
        conversation = draw_chats.opened(kept)
    except NoSuchConversation:
        draw.problem(say("chat.no_such"))
        st.button(
            say("chat.new"),
            icon=":material/add_comment:",
            key="new-chat",
            on_click=draw_chats.show,
            args=("",),
        )
        return
    head = st.container()  # drawn once it is known what was asked
    split = voting.split_of(house)
    blind = split is None and st.toggle(
        say("chat.blind"), key="blind", help=say("chat.blind_help"), persist_state="session"
    )
    setup = _how(house, conversation, split, blind)
    notice = st.container()
    typed = st.chat_input(say("chat.ask"), max_chars=_ROOM, key="question")
    if asked := typed or state.suggested():
        _ask(house, conversation, asked, setup)
    with head:
        _head(house, kept, conversation)
    with notice:
        _notice(house, bool(conversation.turns), split is not None)
    for place, turn in enumerate(conversation.turns):
        _turn(house, conversation, turn, place)
    if not conversation.turns:
        _suggestions(house)
    if split is not None:
        draw_live.done_or_not(house, conversation)


def _head(house: Workspace, kept: Chats, conversation: Conversation) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title(say("chat.title", name=draw.escaped(house.settings.name)), anchor=False, width="content")
        draw_chats.bar(kept, conversation)


def _how(house: Workspace, conversation: Conversation, split: Split | None, blind: bool) -> AnySetup | None:
    """Return the setup that answers: given by lot, or chosen; None where two are to be voted on."""
    if split is not None:
        return draw_live.assigned(house, split, conversation)
    if blind:
        draw_vote.candidates(house)
        return None
    return draw_setup.chosen(house)


def _notice(house: Workspace, begun: bool, by_lot: bool) -> None:
    """Say that this is a machine: before the first message in full and in both languages, shortly ever after."""
    model = draw.escaped(house.settings.model.base)
    own = language()
    told = word("shared.machine", own, model=model)
    if begun:
        st.caption(f":material/smart_toy: {told}")
        return
    others = [word("shared.machine", other, model=model) for other in Language if other is not own]
    small = [say("chat.starter")] if house.settings.model.base == "starter" else []
    kept = "chat.kept" if house.database is None else "chat.kept_shared"
    clicks = [say("chat.clicks_kept")] if clicking.kept(house) and not by_lot else []
    first = " ".join([told, *small, say(kept, hours=HOURS), *clicks])
    st.info("\n\n".join([first, *others]), icon=":material/smart_toy:")


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
            st.caption(say("chat.for_example"))
        step = max(1, len(known) // _SUGGESTED)
        for place, text in enumerate(known[step // 2 :: step][:_SUGGESTED]):
            st.button(
                draw.escaped(text),
                key=f"suggestion-{place}",
                icon=":material/chat_bubble:",
                on_click=state.suggest,
                args=(text,),
            )


def _ask(house: Workspace, conversation: Conversation, question: str, setup: AnySetup | None) -> None:
    """Begin an answer; one that is being made for this conversation ends, as if it had been stopped."""
    conversation.stop()
    try:
        if setup is None:
            if len(setups := voting.fitting(house)) > 1:
                asking.ask_two(house, conversation, question, setups)
        else:
            expose = partial(draw_live.expose, house, conversation)
            asking.ask(house, conversation, question, setup, expose, draw_live.failing(house, conversation))
        if conversation.turns:
            draw_chats.show(conversation.id)
    except Exception as error:
        draw.problem(draw.told(error))


def _turn(house: Workspace, conversation: Conversation, turn: Turn, place: int) -> None:
    """Draw a turn; one whose answer is being made is watched to its end, and the page is drawn anew then."""
    with st.chat_message("user", avatar=":material/person:"):
        st.text(turn.question)
    with st.chat_message("assistant", avatar=":material/smart_toy:"), st.container(key=f"answer-{place}"):
        if turn.running:
            _watch(house, turn)
            st.rerun()
        making = turn.making
        if making is not None and (making.failure or making.mishap):
            draw.problem(making.failure or say("shared.mishap", id=making.mishap))
        elif turn.duel is not None:
            draw_vote.duel(house, turn, turn.duel, place)
        elif turn.reply is not None:
            answer(turn.reply, place)
            if turn.hidden:  # it was said that no word of the conversation is kept
                sources(turn.reply, place)
            else:
                details(turn.reply, place, complete(turn.question, conversation.earlier(place)))
            draw_live.thumb(house, conversation, turn, place)
            improve(house, conversation, turn, place)
        else:
            _stopped(turn)


def _watch(house: Workspace, turn: Turn) -> None:
    """Draw an answer while it is made; whatever ends this run of the page does not end the answer."""
    making = turn.making
    assert making is not None
    shown = st.empty()
    st.button(say("chat.stop"), key="stop", icon=":material/stop_circle:", on_click=making.stop)
    beat = st.empty()
    waits = (
        "chat.two_written" if turn.duel else "chat.thinking" if service(house.root).warm else "chat.loading"
    )
    with shown, st.spinner(say(waits)):
        while not making.over and not making.text:
            making.watch(0, _BEAT)
            beat.empty()
    known = 0
    while not making.over:
        if text := making.text[known:]:
            known += len(text)
            shown.text(making.text)
        making.watch(known, _BEAT)
        beat.empty()


def _stopped(turn: Turn) -> None:
    """Draw what was written before it was stopped."""
    if turn.making is not None and turn.making.text:
        st.text(turn.making.text)
    named = say("chat.stopped")
    if not turn.hidden and turn.setup:
        named = say("chat.stopped_setup", setup=draw.escaped(setup_name(turn.setup, language())))
    st.caption(f":material/stop_circle: {named}")


if __name__ == "__main__":  # as Streamlit runs it
    page()
