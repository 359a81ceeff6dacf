"""What one visitor has open: a conversation, a half-filled questionnaire. Typed, kept in this session.

The only module that touches `st.session_state` by key. Knows nothing of how anything is drawn or decided.
"""

from __future__ import annotations

import secrets
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
class Duel:
    """Two answers to one question, side by side, until one of them is preferred."""

    id: str
    """Names this pair of answers among all votes."""
    left: str
    """The setup behind A."""
    right: str
    """The setup behind B."""
    earlier: list[dict[str, str]] = field(default_factory=list)
    """The turns before, which both were asked with."""
    replies: list[Reply] = field(default_factory=list)
    """A and B; fewer while they are being made, and after Stop or a failure."""
    marks: tuple[str, str] = ("", "")
    """The state of either setup that answered, as a hash."""
    choice: str = ""
    """What was chosen; empty before."""
    failure: str = ""
    """Why the vote could not be kept."""

    @property
    def complete(self) -> bool:
        """Whether both answers are there."""
        return len(self.replies) == 2

    @property
    def told(self) -> Reply | None:
        """The answer that the conversation goes on from: the preferred one, A of two equal ones, else none."""
        if not self.complete or self.choice not in ("left", "right", "tie"):
            return None
        return self.replies[self.choice == "right"]


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
    hidden: bool = False
    """Whether the setup was given by lot and is not named."""
    duel: Duel | None = None
    """Two answers in place of one; `setup` is empty then."""

    @property
    def told(self) -> Reply | None:
        """The reply that later questions are asked with."""
        return self.reply if self.duel is None else self.duel.told

    @property
    def stopped(self) -> bool:
        """Whether the answer was cut off by the visitor."""
        return self.reply is None and not self.failure


@dataclass
class Chat:
    """One conversation."""

    turns: list[Turn] = field(default_factory=list)
    """Its turns, oldest first."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    """Names it in a live split; new for every conversation."""
    split: str = ""
    """The mark of the live split that it began under; empty where it began under none."""
    done: bool | None = None
    """Whether the visitor said that what they came for is done."""

    def earlier(self) -> list[dict[str, str]]:
        """Return the answered turns as the assistant takes them."""
        told: list[dict[str, str]] = []
        for turn in self.turns:
            if (reply := turn.told) is not None:
                told.append({"role": "user", "content": turn.question})
                told.append({"role": "assistant", "content": reply.text})
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
_VISITOR = "rungwise_visitor"


def visitor() -> str:
    """Return a name for whoever sits at this session: drawn by lot, and gone with it."""
    return cast(str, st.session_state.setdefault(_VISITOR, secrets.token_hex(16)))


def value_of(key: str) -> object:
    """Return what a widget holds; None where it is not drawn."""
    return st.session_state.get(key)


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
