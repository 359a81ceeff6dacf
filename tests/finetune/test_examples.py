"""Reading training examples: what a row becomes, and what is said of rows that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.examples import load_examples
from foundation.errors import UserError


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ASKED = [turn("user", "How long?"), turn("assistant", "30 days [1].")]


def write(path: Path, *rows: dict[str, Any]) -> Path:
    file = path / "examples.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


def mistakes_of(path: Path, *rows: dict[str, Any]) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_examples(write(path, *rows))
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_follow_up_is_taken_apart(tmp_path: Path) -> None:
    messages = [
        turn("system", "Be brief."),
        *ASKED,
        turn("user", " And then? "),
        turn("assistant", "Nothing [1]."),
    ]
    row = {"id": "ex-1", "messages": messages, "sources": ["returns.md"], "facts": ["Nothing"]}
    (example,) = load_examples(write(tmp_path, row))
    assert (example.id, example.line, example.sources, example.facts) == (
        "ex-1",
        1,
        ("returns.md",),
        ("Nothing",),
    )
    assert (example.system, example.question, example.answer) == ("Be brief.", "And then?", "Nothing [1].")
    assert [(each["role"], each["content"]) for each in example.conversation] == [
        ("user", "How long?"),
        ("assistant", "30 days [1]."),
        ("user", "And then?"),
    ]
    assert example.answerable


def test_only_messages_are_needed(tmp_path: Path) -> None:
    file = write(tmp_path, {"messages": ASKED})
    file.write_text("\n\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    (example,) = load_examples(file)
    assert (example.id, example.line, example.sources, example.facts) == ("line-3", 3, (), ())
    assert not example.answerable


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([], "messages must be a list of turns, but is an empty list."),
        (None, "messages must be a list of turns, but is missing."),
        (["hi"], "messages, turn 1: must be an object with role and content, but is text"),
        (
            [turn("asistant", "x"), ASKED[1]],
            'messages, turn 1: role must be system, user or assistant, but is "asistant".',
        ),
        ([turn("user", "  "), ASKED[1]], "messages, turn 1: content must be text, but is empty."),
        ([{"role": "user"}, ASKED[1]], "messages, turn 1: content must be text, but is missing."),
        ([ASKED[0] | {"name": "Ann"}, ASKED[1]], 'messages, turn 1: "name" is not a key of a turn'),
        ([ASKED[1]], "messages, turn 1: must be of the user, but is of the assistant."),
        ([ASKED[0], ASKED[0]], "messages, turn 2: must be of the assistant, but is of the user."),
        ([*ASKED, turn("system", "x")], "messages, turn 3: must be of the user, but is of the system."),
        ([ASKED[0]], "messages must end with a turn of the assistant"),
        ([turn("system", "x")], "messages must end with a turn of the assistant"),
        (
            [ASKED[0], turn("assistant", "\ud800")],
            "messages, turn 2: content must be text, but is text with half a char",
        ),
    ],
)
def test_a_wrong_conversation_is_named_by_its_turn(tmp_path: Path, messages: Any, sentence: str) -> None:
    mistakes = mistakes_of(tmp_path, {"messages": messages})
    assert len(mistakes) == 1
    assert mistakes[0].startswith(f"line 1: {sentence}")


def test_all_mistakes_of_all_rows_are_named_at_once(tmp_path: Path) -> None:
    mistakes = mistakes_of(
        tmp_path,
        {"id": 7, "messages": ASKED, "fact": ["30 days"]},
        {"id": "a", "messages": ASKED, "sources": "returns.md"},
        {"id": "a", "messages": [turn("usr", ""), ASKED[1]], "facts": [30]},
    )
    assert mistakes == [
        'line 1: "fact" is not a key of an example. Did you mean "facts"?',
        "line 1: id must be text, but is a number.",
        "line 2: sources must be a list of texts, but is text.",
        "line 3: facts must be a list of texts, but is a list that holds a number.",
        'line 3: messages, turn 1: role must be system, user or assistant, but is "usr". '
        'Did you mean "user"?',
        "line 3: messages, turn 1: content must be text, but is empty.",
        'line 3: id "a" is taken by line 2. Give every example its own.',
    ]


def test_an_empty_file_says_what_a_row_looks_like(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the examples file is empty\. Write one conversation a line"):
        load_examples(write(tmp_path))
