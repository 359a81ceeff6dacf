"""Preferences: of two answers to one question, the one that people chose and the one that they passed over.

They come from blind votes and from answers that were edited, and stand in `preferences.jsonl`, one a line. Knows nothing of who
chose, of how a preference is learned, or of passages: a source is only a path here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from finetune.examples import Example, is_text, kind_of, message_mistakes
from finetune.layout import Message
from finetune.training.settings import MOST_EXAMPLES
from finetune.training.split import Split, split
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import listed, read_jsonl

WHAT = "the preferences file"
SHARES = (0.7, 0.15, 0.15)
"""Of the pairs: to learn from, to stop by, and to measure by when all is decided."""
_KEYS = ("id", "messages", "chosen", "rejected", "sources", "setups", "when", "from")


class Origin(StrEnum):
    """Where a preference comes from."""

    VOTE = "vote"
    """A blind vote that chose a side."""
    EDIT = "edit"
    """An answer that somebody wrote better; what they wrote was chosen, what stood there was not."""


@dataclass(frozen=True)
class Preference:
    """One choice between two answers."""

    id: str
    """The row's own name; `line-<n>` where the file gives none."""
    conversation: tuple[Message, ...]
    """Earlier turns and, last, the question."""
    chosen: str
    """The answer that was preferred; `[1]` in both answers is the first source."""
    rejected: str
    """The other one."""
    sources: tuple[str, ...] = ()
    """The documents that the two cite, by their paths below `documents/`; one twice where two pieces of it are cited."""
    setups: tuple[str, str] = ("", "")
    """Which setups wrote `chosen` and `rejected`; an edited answer has its first writer's name twice. Empty: not known."""
    when: str = ""
    """When it was chosen, ISO 8601 in UTC; empty: not known."""
    origin: Origin = Origin.VOTE
    """Where it comes from."""
    line: int = 0
    """The line of the file, from 1; 0 where it was not read from one."""

    @property
    def question(self) -> str:
        """The last turn of the user."""
        return self.conversation[-1]["content"]

    @property
    def example(self) -> Example:
        """The conversation with the chosen answer, as a training example: what is compared and split."""
        answer = Message(role="assistant", content=self.chosen)
        sources = tuple(dict.fromkeys(self.sources))
        return Example(self.id, (*self.conversation, answer), sources, (), self.line, str(self.origin))

    def to_row(self) -> dict[str, Any]:
        """Return the preference as it stands in the file."""
        return {
            "id": self.id,
            "messages": [dict(turn) for turn in self.conversation],
            "chosen": self.chosen,
            "rejected": self.rejected,
            "sources": list(self.sources),
            "setups": list(self.setups),
            "when": self.when,
            "from": str(self.origin),
        }


def load_preferences(path: Path) -> list[Preference]:
    """Read `preferences.jsonl`, one preference a line.

    Raises:
        UserError: The file can't be read, holds no preference or too many, or holds mistakes; all are named at once.
    """
    if not path.is_file():
        raise UserError(
            f"{path}: there are no preferences yet. Set `keep_text = true` under [votes] in rungwise.toml, then vote in the chat "
            "or improve answers there; or write one a line, as docs/how-to/align.md shows."
        )
    rows = read_jsonl(path, WHAT, MOST_EXAMPLES)
    if not rows:
        raise UserError(f"{path}: {WHAT} is empty. Vote in the chat or improve answers there.")
    mistakes = [f"line {line}: {sentence}" for line, row in rows for sentence in _mistakes(row)]
    first_line: dict[str, int] = {}
    for line, row in rows:
        name = row.get("id")
        if isinstance(name, str) and (first := first_line.setdefault(name, line)) != line:
            mistakes.append(
                f'line {line}: id "{name}" is taken by line {first}. Give every preference its own.'
            )
    if mistakes:
        raise UserError(listed(path, WHAT, mistakes))
    return [preference_of(row, line) for line, row in rows]


def preference_of(row: dict[str, Any], line: int = 0) -> Preference:
    """Return the preference of a row without mistakes."""
    setups = row.get("setups") or ("", "")
    return Preference(
        id=row.get("id") or f"line-{line}",
        conversation=tuple(
            Message(role=turn["role"], content=turn["content"].strip()) for turn in row["messages"]
        ),
        chosen=row["chosen"].strip(),
        rejected=row["rejected"].strip(),
        sources=tuple(row.get("sources") or ()),
        setups=(setups[0], setups[1]),
        when=row.get("when") or "",
        origin=Origin(row.get("from") or Origin.VOTE),
        line=line,
    )


def split_preferences(
    preferences: list[Preference], seed: int, shares: tuple[float, float, float] = SHARES
) -> tuple[list[Preference], list[Preference], list[Preference], Split]:
    """Split preferences as examples are: what asks the same, or rests on the same document, stays on one side.

    Args:
        preferences: Their ids are unique.
        seed: Another seed, another split.
        shares: What goes to learning, to stopping and to the measurement.

    Returns:
        The three parts in the order of the file, and the split that they come from.
    """
    parts = split([one.example for one in preferences], seed, shares)
    by_id = {one.id: one for one in preferences}
    learn, stop, measure = (
        [by_id[example.id] for example in part] for part in (parts.train, parts.validation, parts.test)
    )
    return learn, stop, measure, parts


def _mistakes(row: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for everything that is wrong in one row."""
    for key in row:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f" A preference has {', '.join(_KEYS)}."
            yield f'"{key}" is not a key of a preference.{hint}'
    for key in ("id", "when"):
        if row.get(key) and not is_text(row[key]):
            yield f"{key} must be text, but is {kind_of(row[key])}."
    for key in ("chosen", "rejected"):
        if not is_text(row.get(key)):
            yield f"{key} must be text, but is {kind_of(row.get(key))}."
    for key in ("sources", "setups"):
        value = row.get(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            yield f"{key} must be a list of texts, but is {kind_of(value)}."
        elif key == "setups" and value and len(value) != 2:
            yield f"setups must name two, who wrote chosen and who wrote rejected, but names {len(value)}."
    if row.get("from") not in (None, "", *Origin):
        yield f'from must be {one_of(Origin)}, but is "{row["from"]}".'
    yield from _conversation_mistakes(row.get("messages"))


def _conversation_mistakes(messages: object) -> Iterator[str]:
    """Yield what is wrong with the turns before the answers, by the rules for examples."""
    if not isinstance(messages, list) or not messages:
        yield f"messages must be a list of turns that ends in the question, but is {kind_of(messages)}."
        return
    last = messages[-1]
    if isinstance(last, dict) and last.get("role") == "assistant":
        yield "messages must end with the question: the answers stand in chosen and rejected."
        return
    yield from message_mistakes([*messages, {"role": "assistant", "content": "…"}])
