"""Training conversations in the shapes that other tools write, turned into ours: one row a conversation, with where it came from.

OpenAI `messages`, prompt and completion (also TRL's, as lists of turns), Alpaca, ShareGPT, tables with named columns, and tables
of texts and labels; the shape is told by the keys. Every mistake of a file is named with its line, all at once. Knows nothing
of whether a conversation is a good one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.layout import Message
from foundation.errors import UserError, one_of
from foundation.files import listed, read_jsonl, read_text, sha256_of, write_text_atomic

_WHAT = "the file of conversations"
_TABLES = {".csv": ",", ".tsv": "\t"}
_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
_QUESTIONS = ("question", "prompt", "instruction", "input", "user", "text", "soru", "metin")
_ANSWERS = ("answer", "completion", "output", "response", "assistant", "label", "cevap", "yanıt", "etiket")


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what; empty: the first that is called like it."""

    question: str = ""
    """What is asked."""
    answer: str = ""
    """What is answered, or the label."""
    system: str = ""
    """Instructions; none where no column is named."""


class _Mistake(Exception):
    """What is wrong with one row, in a sentence."""


def read_foreign(path: Path, columns: Columns | None = None) -> list[dict[str, Any]]:
    """Read conversations and return rows of `examples.jsonl`: `id`, `messages` and `origin`.

    Args:
        path: A `.jsonl` or `.json` file of objects, or a `.csv` or `.tsv` table with a line of names.
        columns: Of a table: which columns hold what.

    Raises:
        UserError: The file can't be read, is empty, or holds rows that are no conversation; all are named with their line.
    """
    text = read_text(path, _WHAT)
    rows = list(
        _table(path, text, columns or Columns()) if path.suffix.lower() in _TABLES else _objects(path, text)
    )
    if not rows:
        raise UserError(f"{path}: {_WHAT} is empty.")
    digest = sha256_of(path)[:12]
    made: list[dict[str, Any]] = []
    mistakes: list[str] = []
    for line, row in rows:
        try:
            shape, messages = _conversation(row)
        except _Mistake as mistake:
            mistakes.append(f"line {line}: {mistake}")
            continue
        origin = f"{path.name}, line {line}, {shape}, sha256 {digest}"
        made.append({"id": f"{path.stem}-{line}", "messages": messages, "origin": origin})
    if mistakes:
        raise UserError(listed(path, _WHAT, mistakes))
    return made


def add_rows(target: Path, rows: list[dict[str, Any]], append: bool) -> int:
    """Write rows into a file of examples and return how many were new; a conversation that is there already is left out.

    Args:
        target: The file; replaced whole, or not at all.
        rows: As `read_foreign` gives them.
        append: Whether the file may be there; its rows stay as they are.

    Raises:
        UserError: The file is there and `append` is not set, or it can't be read or written.
    """
    there = read_jsonl(target, "the examples file") if target.exists() else []
    if there and not append:
        raise UserError(
            f"{target}: it holds {len(there)} rows already. Add --append to add to them, or name another file with --out."
        )
    known = {json.dumps(row.get("messages"), sort_keys=True) for _, row in there}
    names = {row.get("id") for _, row in there}
    written = [row for _, row in there]
    for row in rows:
        content = json.dumps(row["messages"], sort_keys=True)
        if content in known:
            continue
        known.add(content)
        name, number = row["id"], 2
        while row["id"] in names:
            row, number = {**row, "id": f"{name}-{number}"}, number + 1
        names.add(row["id"])
        written.append(row)
    try:
        write_text_atomic(target, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in written))
    except OSError as error:
        raise UserError(f"{target}: it can't be written ({error.strerror or error}).") from error
    return len(written) - len(there)


# ---------------------------------------------------------------- rows of a file


def _objects(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Yield the objects of JSON lines, or of one JSON list, with their line (of a list, their place)."""
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}: {_WHAT} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
            ) from None
        yield from enumerate(values, start=1)
        return
    mistakes = []
    found: list[tuple[int, Any]] = []
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            try:
                found.append((line, json.loads(written)))
            except json.JSONDecodeError as error:
                mistakes.append(f"line {line}, column {error.colno}: not JSON ({error.msg})")
    if mistakes:
        raise UserError(listed(path, _WHAT, mistakes))
    yield from found


def _table(path: Path, text: str, columns: Columns) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a table as prompt and completion, or as text and label, with their line."""
    mark = _TABLES[path.suffix.lower()]
    if mark == "," and text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(","):
        mark = ";"  # as spreadsheets write it where the comma is a decimal one
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        names = [name or "" for name in reader.fieldnames or ()]
        question, answer = (
            _column(path, names, columns.question, _QUESTIONS),
            _column(path, names, columns.answer, _ANSWERS),
        )
        system = _column(path, names, columns.system, ()) if columns.system else ""
        for row in reader:
            given = {"prompt": row.get(question), "completion": row.get(answer)}
            labelled = answer.casefold() in ("label", "etiket")
            told = {"text": given["prompt"], "label": given["completion"]} if labelled else given
            yield reader.line_num, {**told, **({"system": row.get(system)} if system else {})}
    except csv.Error as error:
        raise UserError(f"{path}: {_WHAT} is no table: line {reader.line_num}: {error}.") from None


def _column(path: Path, names: list[str], wanted: str, usual: tuple[str, ...]) -> str:
    if wanted and wanted not in names:
        raise UserError(
            f'{path}: there is no column "{wanted}". Its columns are {one_of(names) if names else "none"}.'
        )
    found = wanted or next((name for one in usual for name in names if name.strip().casefold() == one), "")
    if not found:
        option = "--question" if usual is _QUESTIONS else "--answer"
        raise UserError(
            f"{path}: no column is called {one_of(usual)}. Name the one that is meant with {option}; its columns are "
            f"{one_of(names) if names else 'none'}."
        )
    return found


# ---------------------------------------------------------------- one conversation


def _conversation(row: Any) -> tuple[str, list[Message]]:
    """Return a row's shape and its turns."""
    if not isinstance(row, dict):
        raise _Mistake(f"must be an object, but is a {type(row).__name__}")
    for keys, name, turn_into in _SHAPES:
        if all(key in row for key in keys):
            messages = turn_into(row)
            _check(messages)
            return name, messages
    known = "; ".join(f"{name} ({', '.join(keys)})" for keys, name, _ in _SHAPES)
    raise _Mistake(
        f"is of no shape that is read: {known}. Its keys are {one_of(map(str, row)) if row else 'none'}."
    )


def _turns(value: Any, role: str, content: str) -> list[Message]:
    if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
        raise _Mistake("the turns must be a list of objects")
    made = []
    for number, turn in enumerate(value, start=1):
        name = turn.get(role)
        if name not in _ROLES:
            raise _Mistake(
                f'turn {number}: "{name}" is no {role} that can be learned from; {one_of(_ROLES)} are'
            )
        made.append(Message(role=_ROLES[name], content=_text(turn.get(content), f"turn {number}: {content}")))
    return made


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Mistake(
            f"{what} must be text, but is {'empty' if value in ('', None) or isinstance(value, str) else 'something else'}"
        )
    return value.strip()


def _system(row: Mapping[str, Any]) -> list[Message]:
    told = row.get("system")
    return [Message(role="system", content=told.strip())] if isinstance(told, str) and told.strip() else []


def _pair(row: Mapping[str, Any], question: str, answer: str) -> list[Message]:
    asked = Message(role="user", content=_text(row[question], question))
    return [*_system(row), asked, Message(role="assistant", content=_text(row[answer], answer))]


def _prompted(row: Mapping[str, Any]) -> list[Message]:
    if isinstance(row["prompt"], list):  # TRL's conversational form
        completion = row["completion"] if isinstance(row["completion"], list) else [row["completion"]]
        return _turns([*row["prompt"], *completion], "role", "content")
    return _pair(row, "prompt", "completion")


def _alpaca(row: Mapping[str, Any]) -> list[Message]:
    given = row.get("input")
    asked = _text(row["instruction"], "instruction")
    if isinstance(given, str) and given.strip():
        asked = f"{asked}\n\n{given.strip()}"
    answer = Message(role="assistant", content=_text(row["output"], "output"))
    return [*_system(row), Message(role="user", content=asked), answer]


def _labelled(row: Mapping[str, Any]) -> list[Message]:
    label = row["label"]
    return _pair({**row, "label": str(label) if isinstance(label, int) else label}, "text", "label")


_SHAPES: tuple[tuple[tuple[str, ...], str, Callable[[Mapping[str, Any]], list[Message]]], ...] = (
    (("messages",), "messages", lambda row: _turns(row["messages"], "role", "content")),
    (
        ("conversations",),
        "ShareGPT",
        lambda row: [*_system(row), *_turns(row["conversations"], "from", "value")],
    ),
    (("prompt", "completion"), "prompt and completion", _prompted),
    (("instruction", "output"), "Alpaca", _alpaca),
    (("text", "label"), "text and label", _labelled),
)


def _check(messages: list[Message]) -> None:
    """Raise where the turns do not end in an answer, or do not take turns."""
    talk = [turn["role"] for turn in messages if turn["role"] != "system"]
    if [turn["role"] for turn in messages[1:]].count("system"):
        raise _Mistake("a system turn must be the first one")
    if not talk or talk[-1] != "assistant":
        raise _Mistake("the conversation must end with a turn of the assistant: the answer to learn")
    for number, role in enumerate(talk, start=1):
        if role != ("assistant" if number % 2 == 0 else "user"):
            raise _Mistake(f"user and assistant must take turns, but turn {number} is of the {role}")
