"""What one visitor has open: a conversation, a half-filled questionnaire. Typed, kept in this session.

The only module that touches `st.session_state` by key. Knows nothing of how anything is drawn or decided.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import streamlit as st

from advisor import Answers, Language, load_answers, questionnaire
from advisor.answers import Value
from advisor.questionnaire import asked

if TYPE_CHECKING:
    from assistant import Reply


@dataclass
class Turn:
    """A question and what became of it."""

    question: str
    """As typed."""
    setup: str
    """The setup that was chosen."""
    text: str = ""
    """What was shown so far; the whole answer once there is a reply."""
    reply: Reply | None = None
    """The finished reply; None while it is being made, and after Stop or a failure."""
    failure: str = ""
    """The sentence that was shown in place of an answer."""

    @property
    def stopped(self) -> bool:
        """Whether the answer was cut off by the visitor."""
        return self.reply is None and not self.failure


@dataclass
class Chat:
    """One conversation."""

    turns: list[Turn] = field(default_factory=list)
    """Its turns, oldest first."""

    def earlier(self) -> list[dict[str, str]]:
        """Return the answered turns as the assistant takes them."""
        told: list[dict[str, str]] = []
        for turn in self.turns:
            if turn.reply is not None:
                told.append({"role": "user", "content": turn.question})
                told.append({"role": "assistant", "content": turn.reply.text})
        return told


@dataclass
class Survey:
    """The questionnaire, as far as one visitor has filled it in."""

    answers: Answers
    """What is answered by now."""
    saved: Answers
    """What the file held when it was read or written last."""
    place: str | None
    """The question that is shown; None: the recommendation is."""
    language: Language = Language.EN
    """The language of questions and card."""
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


_CHAT, _SURVEY, _SUGGESTED = "rungwise_chat", "rungwise_survey", "rungwise_suggested"


def chat() -> Chat:
    """Return this session's conversation."""
    return cast(Chat, st.session_state.setdefault(_CHAT, Chat()))


def new_chat() -> None:
    """Forget this session's conversation."""
    st.session_state[_CHAT] = Chat()


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


def language() -> Language:
    """Return the language that this session chose for the questionnaire; English before that."""
    opened = cast("Survey | None", st.session_state.get(_SURVEY))
    return opened.language if opened is not None else Language.EN


def forget_survey() -> None:
    """Drop what this session has filled in, so that the file is read again."""
    st.session_state.pop(_SURVEY, None)
