"""The one way instructions, passages and a conversation become chat messages.

The starter was trained on this layout, adapters are trained on it, and live questions are asked in it. Knows nothing of
retrieval (a passage is a title and a text), of tokens, or of what the instructions say.

Every line of a passage carries its number. Retrieved text can then not pass for another passage or for the question
(datamarking, Hines et al. 2024, arXiv 2403.14720), and a reader as small as the starter learns to cite: the number
stands right before the words that it copies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-ZÀ-ÞİĞŞ0-9])")
_MARK = re.compile(r"\[(\d{1,2})\]")
_SPECIAL = re.compile(r"<\|([^|<>]{0,40})\|>")


class Message(TypedDict):
    """One turn, in the shape of OpenAI's chat messages."""

    role: str
    content: str


@dataclass(frozen=True)
class Passage:
    """A piece of a document as the model is shown it."""

    title: str
    """Where the text comes from, in words: the document's title and the heading path."""
    text: str
    """The text itself; its line breaks are kept."""


def escape(text: str) -> str:
    """Return `text` with look-alikes of our marks and of chat templates' special tokens made harmless."""
    return _SPECIAL.sub(r"(\1)", _MARK.sub(r"(\1)", text))


def sentences(text: str) -> list[str]:
    """Split a text into its lines, and its lines into sentences; blank ones are left out."""
    found = (part.strip() for line in text.splitlines() for part in _SENTENCE_END.split(line))
    return [part for part in found if part]


def passage_lines(number: int, passage: Passage) -> list[str]:
    """Return the lines of one passage, each led by its number in brackets."""
    body = sentences(escape(passage.text))
    title = escape(" ".join(passage.title.split()))
    return [f"[{number}] {line}" for line in ([title] if title else []) + body]


def lay_out(instructions: str, passages: Sequence[Passage], conversation: Sequence[Message]) -> list[Message]:
    """Return the messages that a model answers.

    Args:
        instructions: The system text; empty for none.
        passages: What was retrieved for the newest question, numbered from 1 in this order.
        conversation: Earlier turns and, last, the newest question. The passages stand before its first turn, so that
            every later turn reads them.

    Raises:
        ValueError: The conversation does not start and end with a turn of the user.
    """
    if not conversation or conversation[0]["role"] != "user" or conversation[-1]["role"] != "user":
        raise ValueError("A conversation must start and end with a turn of the user.")
    # What a turn says may hold marks ([1] is a citation there), but never a token of the chat template.
    turns: list[Message] = [
        {"role": turn["role"], "content": _SPECIAL.sub(r"(\1)", turn["content"])} for turn in conversation
    ]
    if passages:
        lines = [
            line
            for number, passage in enumerate(passages, start=1)
            for line in passage_lines(number, passage)
        ]
        documents = "\n".join(lines)
        turns[0]["content"] = f"Documents:\n{documents}\nQuestion: {turns[0]['content']}"
    system: list[Message] = [{"role": "system", "content": instructions}] if instructions else []
    return system + turns
