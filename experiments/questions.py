"""The evaluation questions: what must be in an answer, what must not, in which shape, and where it is written.

docs/questions.md shows one of each kind. Knows nothing of setups, scores or models. Every mistake of a file is
named at once, each with its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from finetune.examples import Example
from finetune.form import Form
from finetune.form_file import form_of
from finetune.layout import Message
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import listed, read_jsonl
from foundation.normalise import tokens

WHAT = "the questions file"


class Part(StrEnum):
    """Which half of the questions one belongs to."""

    DEV = "dev"
    """Looked at while climbing."""
    TEST = "test"
    """Kept for the final verdict, so that it is not measured on what decided."""


class Kind(StrEnum):
    """What is hard about a question."""

    SINGLE = "single"
    """One fact of one document."""
    TWO = "two"
    """Two facts."""
    FOLLOW_UP = "follow-up"
    """Only makes sense after the earlier turns."""
    UNANSWERABLE = "unanswerable"
    """The documents do not tell."""
    LABEL = "label"
    """A text to be classified; no document tells."""
    OUTDATED = "outdated"
    """An older document says otherwise; the newest counts."""
    UNDERSPECIFIED = "underspecified"
    """It can't be told what is meant; to ask back is right."""


DECLINED = (Kind.UNANSWERABLE, Kind.UNDERSPECIFIED)
"""Kinds that no answer is right for."""


@dataclass(frozen=True)
class Turn:
    """One earlier turn of a conversation."""

    role: str
    """`user` or `assistant`."""
    content: str
    """What was said."""


@dataclass(frozen=True)
class Question:
    """One evaluation case."""

    id: str
    """Its name, unique in the file."""
    part: Part
    """Dev or test."""
    kind: Kind
    """What is hard about it."""
    question: str
    """What is asked."""
    facts: tuple[tuple[str, ...], ...]
    """The required facts, each with its accepted writings; empty exactly when it can't be answered."""
    answerable: bool
    """Whether the documents tell; false too where one must ask back first."""
    gold: tuple[str, ...] = ()
    """The documents that tell, relative to `documents/`."""
    must_not: tuple[str, ...] = ()
    """Stale or wrong values that fail an answer."""
    conversation: tuple[Turn, ...] = ()
    """Earlier turns, oldest first."""
    form: Form | None = None
    """What the question itself asks of the answer's shape, beside the house's form; None: nothing."""

    @property
    def turns(self) -> list[dict[str, str]]:
        """The earlier turns as `role` and `content` pairs, as askers take them."""
        return [{"role": turn.role, "content": turn.content} for turn in self.conversation]


def load_questions(path: Path, part: Part | str | None = None) -> list[Question]:
    """Read the questions of a workspace.

    Args:
        path: `questions.jsonl`, one object a line.
        part: Return only this part; None returns both.

    Raises:
        UserError: The file is missing, broken or empty, `part` is unknown, or no question is in that part.
    """
    if part is not None and part not in list(Part):
        raise UserError(f'The part must be {one_of(Part)}, not "{part}".{did_you_mean(str(part), Part)}')
    mistakes: list[str] = []
    questions: list[Question] = []
    lines_of: dict[str, int] = {}
    for line, row in read_jsonl(path, WHAT):
        wrong = _mistakes(row)
        name = row.get("id")
        if isinstance(name, str) and name in lines_of:
            wrong.append(
                f'id "{name}" was used in line {lines_of[name]} already; give every question its own'
            )
        elif isinstance(name, str):
            lines_of[name] = line
        mistakes += [f"line {line}: {mistake}" for mistake in wrong]
        if not wrong:
            questions.append(_question(row))
    if mistakes:
        raise UserError(listed(path, WHAT, mistakes))
    chosen = [question for question in questions if part is None or question.part == part]
    if not chosen:
        where = "" if part is None else f' in the part "{part}"'
        raise UserError(
            f"{path}: {WHAT} holds no question{where}. Write at least 20, one JSON object a line."
        )
    return chosen


def as_examples(questions: Sequence[Question]) -> list[Example]:
    """Return questions as conversations that end in any answer, which examples can be compared with."""
    asked = []
    for one in questions:
        turns = [Message(role=turn["role"], content=turn["content"]) for turn in one.turns]
        turns += [Message(role="user", content=one.question), Message(role="assistant", content="-")]
        asked.append(Example(one.id, tuple(turns), (), (), 1))
    return asked


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        id=row["id"],
        part=Part(row["part"]),
        kind=Kind(row["kind"]),
        question=row["question"],
        facts=tuple(tuple(variants) for variants in row["facts"]),
        answerable=row["answerable"],
        gold=tuple(row.get("gold", ())),
        must_not=tuple(row.get("must_not", ())),
        conversation=tuple(Turn(turn["role"], turn["content"]) for turn in row.get("conversation", ())),
        form=form_of(row["form"])[0] if row.get("form") else None,
    )


_REQUIRED = ("id", "part", "kind", "question", "facts", "answerable")
_OPTIONAL = ("gold", "must_not", "conversation", "form")
_SHAPES = ("opening", "closing", "max_words", "citations", "forbid", "labels", "pattern", "json_schema")
"""What of a form a question can ask for: what can be checked, and is no matter of the house alone."""


def _mistakes(row: Mapping[str, Any]) -> list[str]:
    """Return every mistake of one line as a sentence without its line number."""
    wrong = [
        f'unknown key "{key}".{did_you_mean(key, _REQUIRED + _OPTIONAL)}' for key in row if key not in _KEYS
    ]
    wrong += [f'the key "{key}" is missing' for key in _REQUIRED if key not in row]
    for key in ("id", "question"):
        if key in row and not _is_text(row[key]):
            wrong.append(f'"{key}" must be a text that is not empty')
    for key, vocabulary in (("part", Part), ("kind", Kind)):
        if key in row and row[key] not in list(vocabulary):
            wrong.append(
                f'"{key}" must be {one_of(vocabulary)}, not {row[key]!r}.{_suggest(row[key], vocabulary)}'
            )
    if "answerable" in row and not isinstance(row["answerable"], bool):
        wrong.append(f'"answerable" must be true or false, not {row["answerable"]!r}')
    wrong += _form_mistakes(row.get("form", {}))
    return wrong + _list_mistakes(row) + (_contradictions(row) if not wrong else [])


_KEYS = frozenset(_REQUIRED + _OPTIONAL)


def _form_mistakes(form: object) -> list[str]:
    if not isinstance(form, dict):
        return ['"form" must be an object, as in {"max_words": 20}']
    strange = [
        f'"form" has no key "{key}".{did_you_mean(str(key), _SHAPES)} It may hold {one_of(_SHAPES)}.'
        for key in form
        if key not in _SHAPES
    ]
    _, mistakes = form_of({key: value for key, value in form.items() if key in _SHAPES})
    return strange + [f'"form": {mistake}' for mistake in mistakes]


def _list_mistakes(row: Mapping[str, Any]) -> list[str]:
    wrong = []
    facts = row.get("facts", [])
    if not isinstance(facts, list) or not all(_is_texts(variants) and variants for variants in facts):
        wrong.append(
            '"facts" must be a list of lists of accepted writings, as in [["30 days", "thirty days"]]'
        )
    else:
        wrong += [
            _unmatchable("facts", value) for variants in facts for value in variants if not tokens(value)
        ]
    must_not = row.get("must_not", [])
    if not _is_texts(must_not):
        wrong.append('"must_not" must be a list of texts')
    else:
        wrong += [_unmatchable("must_not", value) for value in must_not if not tokens(value)]
    if not _is_texts(row.get("gold", [])):
        wrong.append('"gold" must be a list of paths relative to documents/')
    turns = row.get("conversation", [])
    if not isinstance(turns, list) or not all(_is_turn(turn) for turn in turns):
        wrong.append('"conversation" must be a list of {"role": "user" or "assistant", "content": "..."}')
    return wrong


def _contradictions(row: Mapping[str, Any]) -> list[str]:
    """Return what can't be true together in a line whose single values are in order."""
    answerable = row["answerable"]
    wrong = []
    if answerable and not row["facts"]:
        wrong.append('"facts" is empty but "answerable" is true: name what a right answer must hold')
    if not answerable and row["facts"]:
        wrong.append('"facts" must be empty when "answerable" is false: no fact can be required of it')
    if answerable and not row.get("gold") and row["kind"] != Kind.LABEL:
        wrong.append('"gold" is empty but "answerable" is true: name the document that tells')
    if not answerable and row.get("gold"):
        wrong.append('"gold" must be empty when "answerable" is false: no document tells')
    if (row["kind"] in DECLINED) == answerable:
        wrong.append(f'"kind" is "{row["kind"]}" but "answerable" is {str(answerable).lower()}')
    if row["kind"] == Kind.FOLLOW_UP and not row.get("conversation"):
        wrong.append('"conversation" is empty but "kind" is "follow-up": give the earlier turns')
    return wrong


def _unmatchable(key: str, value: str) -> str:
    return f'"{key}" holds {value!r}, which has no letter or digit to look for'


def _suggest(value: object, options: type[StrEnum]) -> str:
    return did_you_mean(value, options) if isinstance(value, str) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(_is_text(one) for one in value)


def _is_turn(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.get("role") in ("user", "assistant")
        and _is_text(value.get("content"))
    )
