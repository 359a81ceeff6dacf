"""A question and its right answer, and the words for what it tries. Knows nothing of how either is made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ABSTAIN = "The documents do not say."
"""The starter's whole answer when the passages do not hold what is asked."""
NO_DOCUMENTS = "I do not know, I was given no documents."
"""The starter's whole answer to a question for facts when it is shown no passage."""


class Kind(StrEnum):
    """What a question of a dialogue tries."""

    FACT = "fact"
    TWO = "two facts"
    NEWEST = "newest of two"
    SENTENCE = "sentence"
    FOLLOW_UP = "follow-up"
    UNANSWERABLE = "unanswerable"
    NO_PASSAGES = "no passages"
    TALK = "talk"


class Style(StrEnum):
    """The form that the instructions ask for."""

    PLAIN = "plain"
    VALUE = "value only"
    JSON = "json"
    BULLETS = "bullets"


@dataclass(frozen=True)
class Turn:
    """A question, its right answer, and what makes an answer right."""

    question: str
    """What the user asks."""
    answer: str
    """What a good assistant says."""
    kind: Kind
    """What this question tries."""
    values: tuple[str, ...] = ()
    """What a right answer holds; empty when it must abstain."""
    cited: tuple[int, ...] = ()
    """The passages that a right answer cites, numbered from 1."""
