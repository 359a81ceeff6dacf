"""What one visitor has open: which conversation, a half-filled questionnaire. Typed, kept in this session.

The only module that touches `st.session_state` by key. Knows nothing of how anything is drawn or decided.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import streamlit as st

from advisor import Answers, load_answers, questionnaire
from advisor.answers import Value
from advisor.questionnaire import asked
from ui.conversations.chats import Conversation


@dataclass
class Survey:
    """The questionnaire, as far as one visitor has filled it in."""

    answers: Answers
    """What is answered by now."""
    saved: Answers
    """What the file held when it was read or written last."""
    place: str | None
    """The question that is shown; None: the recommendation is."""
    tried: list[tuple[str, Value | None]] = field(default_factory=list)
    """Answers that were tried out from the card, each with what stood there before, oldest first."""

    loaded: str = ""
    """The uploaded file that was read last, so that a rerun doesn't read it again."""

    def try_out(self, name: str, value: Value | None) -> None:
        """Put another answer in, and keep the one that stood there."""
        self.tried.append((name, self.answers.get(name)))
        self.answers = replace(self.answers, **{name: value})  # type: ignore[arg-type]

    def take_back(self) -> None:
        """Undo the last answer that was tried out."""
        name, value = self.tried.pop()
        self.answers = replace(self.answers, **{name: value})  # type: ignore[arg-type]

    def begin(self) -> None:
        """Go to the first question."""
        self.place = asked(self.answers)[0]

    def move(self, by: int) -> None:
        """Go to the next question that is still relevant (1) or back (-1); past the last one is the card."""
        order = [one.id for one in questionnaire()]
        here = order.index(self.place) if self.place in order else 0
        relevant = set(asked(self.answers))
        rest = order[here + 1 :] if by > 0 else order[:here][::-1]
        target = next((name for name in rest if name in relevant), None)
        self.place = target if by > 0 or target is not None else self.place


_DRAFT, _OPEN = "rungwise_draft", "rungwise_open"
_SURVEY, _SUGGESTED = "rungwise_survey", "rungwise_suggested"
_VISITOR, _ONCE = "rungwise_visitor", "rungwise_once"


def visitor() -> str:
    """Return a name for whoever sits at this session: drawn by lot, and gone with it."""
    return cast(str, st.session_state.setdefault(_VISITOR, secrets.token_hex(16)))


def first_time(name: str) -> bool:
    """Whether something happens for the first time in this session."""
    seen = cast("set[str]", st.session_state.setdefault(_ONCE, set()))
    new = name not in seen
    seen.add(name)
    return new


def value_of(key: str) -> object:
    """Return what a widget holds; None where it is not drawn."""
    return st.session_state.get(key)


def draft() -> Conversation:
    """Return a conversation that nothing was asked in yet; nobody keeps it but this session."""
    return cast(Conversation, st.session_state.setdefault(_DRAFT, Conversation()))


def opened_chat() -> str:
    """Return the id of the conversation that this session has open; empty where it begins a new one."""
    return cast(str, st.session_state.get(_OPEN, ""))


def open_chat(id: str) -> None:
    """Have another conversation open; an empty id begins a new one."""
    st.session_state[_OPEN] = id
    st.session_state.pop(_DRAFT, None)


def suggest(question: str) -> None:
    """Keep a question that was clicked, to be asked by the next run."""
    st.session_state[_SUGGESTED] = question


def suggested() -> str | None:
    """Return the question that was clicked, once."""
    return cast("str | None", st.session_state.pop(_SUGGESTED, None))


def survey(path: Path) -> Survey:
    """Return this session's questionnaire, filled in from the file at first.

    Raises:
        UserError: The answers file holds mistakes.
    """
    if _SURVEY not in st.session_state:
        known = load_answers(path) if path.is_file() else Answers()
        made = Survey(answers=known, saved=known, place=None)
        if not path.is_file():
            made.begin()
        st.session_state[_SURVEY] = made
    return cast(Survey, st.session_state[_SURVEY])


def forget_survey() -> None:
    """Drop what this session has filled in, so that the file is read again."""
    st.session_state.pop(_SURVEY, None)
