"""The instructions of a dialogue, and the form of answer that they ask for.

Four forms can be asked for: a plain sentence, the bare value, JSON with two named keys, a bullet list. Other sentences
of the instructions change nothing in the answer. Knows nothing of passages.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from finetune.starter import words
from finetune.starter.facts import Fact
from finetune.starter.turns import Style, Turn

GENERAL = (
    "Answer from the documents and cite them.", "You are a helpful assistant. Use only the documents.",
    "Answer the question from the documents below. Cite the passage number in brackets.", "You are the assistant of a company.",
    "Use the documents to answer. If they do not tell, say so.", "Be brief and correct.", "", "",
    "You answer questions of customers. Every answer names its source.", "Answer with one sentence and a citation.",
    "Use only what the documents say. When they do not say, answer that the documents do not say.",
)  # fmt: skip
_NOISE = (
    "Write in a friendly tone.", "Keep it short.", "Use at most {n} words.", "Do not apologise.", "You work for {name}.",
    "Address the reader politely.", "Never make anything up.", "Our name is {name}.", "Do not give legal advice.",
    "Cite like this: [1].", "Write plain English.", "Stay calm and warm.", "The voice of the house is dry and exact.",
    'Our slogan is "{phrase}".', 'Never write "{phrase}" or "{phrase}".', 'Do not say "{phrase}".', "Stay with the words of the documents.",
    "Name the passage after each fact, like [1].", "Add nothing that the documents do not say.", 'We call our readers "{phrase}".',
    "Answer in one or two plain sentences.", "Be friendly and brief.",
)  # fmt: skip
_VALUE_ONLY = (
    "Answer with the value only.", "Answer with one word or one value, nothing else.", "Reply with the bare value only.",
    "One word only.", "Give only the value, no sentence.",
)  # fmt: skip
_JSON = (
    "Answer in JSON with the keys {keys}.",
    "Reply as a JSON object with the keys {keys}.",
    "Output JSON only, keys: {keys}.",
)
_BULLETS = ("Answer as a bullet list.", "Use a bullet list.", "Write your answer as bullet points.")
_JSON_ANSWER_KEYS = ("answer", "value", "result", "text", "reply", "fact")
_JSON_SOURCE_KEYS = ("source", "passage", "document", "citation", "from", "ref")


@dataclass(frozen=True)
class Form:
    """Instructions, and the answer that they ask for."""

    style: Style
    """What is asked for."""
    instructions: str
    """The system text."""
    write: Callable[[Turn, Fact | None], str]
    """Puts a turn's answer into the form; the fact is given where the turn is about one."""


def draw(rng: random.Random, vocabulary: words.Vocabulary, plain_share: float) -> Form:
    """Draw instructions: a general sentence, some that change nothing, and in `1 - plain_share` of cases a form."""
    lines = [rng.choice(GENERAL)]
    for _ in range(rng.choice((0, 0, 1, 2, 5))):
        phrase = " ".join(words.plain_word(rng, vocabulary) for _ in range(rng.randint(1, 4)))
        drawn = rng.choice(_NOISE).format(
            n=rng.randint(10, 90), name=words.name(rng, vocabulary), phrase=phrase
        )
        lines.append(drawn)
    style = (
        Style.PLAIN if rng.random() < plain_share else rng.choice((Style.VALUE, Style.JSON, Style.BULLETS))
    )
    write: Callable[[Turn, Fact | None], str] = lambda turn, _: turn.answer
    if style is Style.VALUE:
        lines.append(rng.choice(_VALUE_ONLY))
        write = _value_only
    elif style is Style.BULLETS:
        lines.append(rng.choice(_BULLETS))
        write = _bullets
    elif style is Style.JSON:
        keys = (rng.choice(_JSON_ANSWER_KEYS), rng.choice(_JSON_SOURCE_KEYS))
        lines.append(rng.choice(_JSON).format(keys=f'"{keys[0]}" and "{keys[1]}"'))
        write = lambda turn, _: _as_json(turn, keys)
    return Form(style, " ".join(line for line in lines if line), write)


def _value_only(turn: Turn, fact: Fact | None) -> str:
    return " and ".join(turn.values) if turn.values else turn.answer


def _bullets(turn: Turn, fact: Fact | None) -> str:
    if not turn.values:
        return f"- {turn.answer}"
    marks = turn.cited or ("?",)
    if fact is not None and len(turn.values) == 1:
        return f"- {fact.attribute.phrase}: {turn.values[0]} [{marks[0]}]"
    return "\n".join(f"- {value} [{mark}]" for value, mark in zip(turn.values, marks, strict=False))


def _as_json(turn: Turn, keys: tuple[str, str]) -> str:
    text = " and ".join(turn.values) if turn.values else turn.answer
    return json.dumps({keys[0]: text, keys[1]: turn.cited[0] if turn.cited else None}, ensure_ascii=False)
