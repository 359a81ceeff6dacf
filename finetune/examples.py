"""Training examples: conversations as the house would have led them, each with where it came from.

Knows nothing of tokens, of passages (a source is only a path here), or of whether an example is a good one:
that is the doctor's work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.layout import Message
from finetune.training.settings import MOST_EXAMPLES
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import listed, read_jsonl

WHAT = "the examples file"
_KEYS = ("id", "messages", "sources", "facts", "origin", "task")
TASK = re.compile(r"[A-Za-z0-9_-]{1,60}")
"""What a task is called."""
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Example:
    """One training conversation. It ends in the assistant's answer: the words that are learned."""

    id: str
    """The row's own name; `line-<n>` where the file gives none."""
    messages: tuple[Message, ...]
    """An optional system turn, then turns of user and assistant by turns."""
    sources: tuple[str, ...]
    """Paths below `documents/`: `[1]` in the answer is the first of them. Empty: no document tells."""
    facts: tuple[str, ...]
    """The values that the right passage must hold, as it writes them."""
    line: int
    """The line of the file, from 1."""
    origin: str = ""
    """Where it was taken from: file, line, shape and hash; empty where it was written here."""
    task: str = ""
    """The task that it is of, where there are several with an adapter each; empty: none of its own."""

    @property
    def system(self) -> str:
        """The system turn's text; empty without one."""
        return self.messages[0]["content"] if self.messages[0]["role"] == "system" else ""

    @property
    def conversation(self) -> tuple[Message, ...]:
        """What the answer answers: earlier turns and, last, the question; no system turn."""
        return tuple(turn for turn in self.messages[:-1] if turn["role"] != "system")

    @property
    def question(self) -> str:
        """The last turn of the user."""
        return self.messages[-2]["content"]

    @property
    def answer(self) -> str:
        """The last turn of the assistant."""
        return self.messages[-1]["content"]

    @property
    def answerable(self) -> bool:
        """Whether a document tells."""
        return bool(self.sources)


def load_examples(path: Path) -> list[Example]:
    """Read `examples.jsonl`, one example a line.

    Raises:
        UserError: The file can't be read, holds no example or too many, or holds mistakes; all are named at once.
    """
    rows = read_jsonl(path, WHAT, MOST_EXAMPLES)
    if not rows:
        raise UserError(f"{path}: {WHAT} is empty. Write one conversation a line, as in {_SAMPLE}")
    mistakes = [f"line {line}: {sentence}" for line, row in rows for sentence in _mistakes(row)]
    first_line: dict[str, int] = {}
    for line, row in rows:
        name = row.get("id")
        if isinstance(name, str) and (first := first_line.setdefault(name, line)) != line:
            mistakes.append(f'line {line}: id "{name}" is taken by line {first}. Give every example its own.')
    if mistakes:
        raise UserError(listed(path, WHAT, mistakes))
    return [_example(line, row) for line, row in rows]


def of_task(examples: Sequence[Example], task: str) -> list[Example]:
    """Return the examples of a task; all of them where it is empty.

    Raises:
        UserError: None is of that task.
    """
    found = [one for one in examples if not task or one.task == task]
    if not found:
        known = sorted({one.task for one in examples if one.task})
        there = (
            f"Tasks there are {', '.join(known)}."
            if known
            else 'No example has one. Write "task": "NAME" into its rows.'
        )
        raise UserError(f'No example is of the task "{task}".{did_you_mean(task, known)} {there}')
    return found


_SAMPLE = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def _example(line: int, row: dict[str, Any]) -> Example:
    messages = tuple(Message(role=turn["role"], content=turn["content"].strip()) for turn in row["messages"])
    sources, facts = (tuple(text.strip() for text in row.get(key) or ()) for key in ("sources", "facts"))
    return Example(
        row.get("id") or f"line-{line}",
        messages,
        sources,
        facts,
        line,
        row.get("origin", ""),
        row.get("task", ""),
    )


def _mistakes(row: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for everything that is wrong in one row."""
    for key in row:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f" An example has {', '.join(_KEYS)}."
            yield f'"{key}" is not a key of an example.{hint}'
    if "id" in row and not is_text(row["id"]):
        yield f"id must be text, but is {kind_of(row['id'])}."
    if "origin" in row and not is_text(row["origin"]):
        yield f"origin must be text, but is {kind_of(row['origin'])}."
    if "task" in row and not (is_text(row["task"]) and TASK.fullmatch(row["task"])):
        yield f"task must be a name of letters, digits, - and _, but is {kind_of(row['task'])}."
    for key in ("sources", "facts"):
        value = row.get(key)
        if value is not None and not (isinstance(value, list) and all(is_text(item) for item in value)):
            yield f"{key} must be a list of texts, but is {kind_of(value)}."
    yield from message_mistakes(row.get("messages"))


def message_mistakes(messages: object) -> Iterator[str]:
    """Yield a sentence for everything that is wrong in a conversation that ends in an answer."""
    if not isinstance(messages, list) or not messages:
        yield f"messages must be a list of turns, but is {kind_of(messages)}. Write {_SAMPLE}"
        return
    broken = False
    for number, turn in enumerate(messages, start=1):
        for sentence in _turn_mistakes(turn):
            broken = True
            yield f"messages, turn {number}: {sentence}"
    if not broken:
        yield from _order_mistakes([turn["role"] for turn in messages])


def _turn_mistakes(turn: object) -> Iterator[str]:
    if not isinstance(turn, dict):
        yield f"must be an object with role and content, but is {kind_of(turn)}."
        return
    for key in turn:
        if key not in ("role", "content"):
            hint = did_you_mean(key, ("role", "content"))
            yield f'"{key}" is not a key of a turn, which has role and content.{hint}'
    role = turn.get("role")
    if role not in _ROLES:
        seen = f'"{role}"' if isinstance(role, str) else kind_of(role)
        yield f"role must be {one_of(_ROLES)}, but is {seen}.{did_you_mean(str(role), _ROLES)}"
    content = turn.get("content")
    if not is_text(content):
        yield f"content must be text, but is {kind_of(content)}."


def _order_mistakes(roles: list[str]) -> Iterator[str]:
    """Yield the first mistake in the order of turns, as every later turn is off because of it."""
    start = 1 if roles[0] == "system" else 0
    for number, role in enumerate(roles[start:]):
        wanted = "assistant" if number % 2 else "user"
        if role != wanted:
            yield f"messages, turn {start + number + 1}: must be of the {wanted}, but is of the {role}."
            return
    if roles[-1] != "assistant" or len(roles) == start:
        yield "messages must end with a turn of the assistant: the answer to learn. Add it, or drop the row."


def is_text(value: object) -> bool:
    """Return whether `value` is text, not blank, that UTF-8 can write (JSON can hold half a character)."""
    return (
        isinstance(value, str)
        and bool(value.strip())
        and not any("\ud800" <= char <= "\udfff" for char in value)
    )


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    if value is None:
        return "missing"
    if isinstance(value, str):
        whole = not any("\ud800" <= char <= "\udfff" for char in value)
        return "empty" if not value.strip() else "text" if whole else "text with half a character in it"
    if isinstance(value, list):
        wrong = next((kind_of(item) for item in value if not is_text(item)), "")
        return f"a list that holds {wrong}" if wrong else "an empty list" if not value else "a list"
    return {bool: "true or false", int: "a number", float: "a number", dict: "an object"}.get(
        type(value), "unknown"
    )
