"""Situations of conversations in other tools' shapes: what they become, and every mistake with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.examples import load_examples
from finetune.foreign import Columns, add_rows, read_foreign
from foundation.errors import UserError

ASKED, ANSWERED = "How long is the warranty?", "Two years."


def turns(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


PLAIN = [("user", ASKED), ("assistant", ANSWERED)]
SHAPES = {
    "messages": (
        {"messages": [{"role": "user", "content": ASKED}, {"role": "assistant", "content": ANSWERED}]},
        PLAIN,
    ),
    "prompt and completion": ({"prompt": ASKED, "completion": ANSWERED}, PLAIN),
    "Alpaca": (
        {"instruction": "Name the colour.", "input": "the sky", "output": "Blue."},
        [("user", "Name the colour.\n\nthe sky"), ("assistant", "Blue.")],
    ),
    "ShareGPT": (
        {
            "system": "Be kind.",
            "conversations": [{"from": "human", "value": ASKED}, {"from": "gpt", "value": ANSWERED}],
        },
        [("system", "Be kind."), *PLAIN],
    ),
    "text and label": ({"text": "It broke.", "label": 3}, [("user", "It broke."), ("assistant", "3")]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_becomes_turns_with_where_they_came_from(tmp_path: Path, shape: str) -> None:
    row, expected = SHAPES[shape]
    (made,) = read_foreign(written(tmp_path / "theirs.jsonl", row))
    assert turns(made) == expected
    assert made["id"] == "theirs-1" and made["origin"].startswith(f"theirs.jsonl, line 1, {shape}, sha256 ")


def test_trl_s_lists_of_turns_and_an_alpaca_row_without_input_are_read(tmp_path: Path) -> None:
    trl = {
        "prompt": [{"role": "user", "content": ASKED}],
        "completion": [{"role": "assistant", "content": ANSWERED}],
    }
    alpaca = {"instruction": ASKED, "input": "", "output": ANSWERED}
    assert [turns(row) for row in read_foreign(written(tmp_path / "a.jsonl", trl, alpaca))] == [PLAIN, PLAIN]


def test_a_json_list_is_read_like_lines(tmp_path: Path) -> None:
    path = tmp_path / "alpaca.json"
    path.write_text(json.dumps([SHAPES["Alpaca"][0]] * 2), "utf-8")
    assert [row["id"] for row in read_foreign(path)] == ["alpaca-1", "alpaca-2"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('question,answer\n"How long is the warranty?",Two years.\n', Columns()),
        ("soru;cevap\nHow long is the warranty?;Two years.\n", Columns()),
        ("Frage,Antwort,n\nHow long is the warranty?,Two years.,1\n", Columns("Frage", "Antwort")),
    ],
)
def test_a_table_is_read_by_the_names_of_its_columns(tmp_path: Path, text: str, columns: Columns) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, "utf-8")
    (made,) = read_foreign(path, columns)
    assert turns(made) == PLAIN and "line 2, prompt and completion" in made["origin"]


def test_a_table_of_labels_with_line_breaks_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tickets.tsv"
    path.write_text('text\tlabel\n"It\nbroke."\tdamage\nWhere is it?\t\n', "utf-8")
    with pytest.raises(UserError, match=r"has 1 mistake:\n  line 4: label must be text, but is empty"):
        read_foreign(path)
    path.write_text('text\tlabel\n"It\nbroke."\tdamage\n', "utf-8")
    (made,) = read_foreign(path)
    assert turns(made) == [("user", "It\nbroke."), ("assistant", "damage")]


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(
        UserError, match=r"no column is called question, .* with --question; its columns are a or b"
    ):
        read_foreign(path)
    with pytest.raises(UserError, match='there is no column "c". Its columns are a or b'):
        read_foreign(path, Columns("c", "b"))


def test_every_mistake_of_a_file_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    user, assistant = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
    path = written(
        tmp_path / "bad.jsonl",
        {"messages": [user]},
        {"messages": [user, {"role": "tool", "content": "x"}, assistant]},
        {"prompt": "a", "completion": " "},
        {"something": 1},
        [1],
        {"messages": [user, assistant]},
        {"messages": [user, user, assistant]},
        {"conversations": "none"},
    )
    with pytest.raises(UserError) as caught:
        read_foreign(path)
    told = str(caught.value)
    assert "bad.jsonl: the file of conversations has 7 mistakes:" in told
    for line, words in (
        (1, "the conversation must end with a turn of the assistant"),
        (2, 'turn 2: "tool" is no role'),
        (3, "completion must be text, but is empty"),
        (4, "is of no shape that is read"),
        (5, "must be an object, but is a list"),
        (7, "user and assistant must take turns, but turn 2 is of the user"),
        (8, "the turns must be a list of objects"),
    ):
        assert f"line {line}: {words}" in told


@pytest.mark.parametrize("text", ["", "[]", "not json", "[1"])
def test_what_is_no_file_of_conversations_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"x\.json: the file of conversations"):
        read_foreign(path)


def test_rows_are_added_once_and_load_as_examples(tmp_path: Path) -> None:
    theirs = read_foreign(written(tmp_path / "theirs.jsonl", SHAPES["Alpaca"][0], SHAPES["messages"][0]))
    target = tmp_path / "examples.jsonl"
    assert add_rows(target, theirs, append=False) == 2
    with pytest.raises(UserError, match="holds 2 rows already. Add --append"):
        add_rows(target, theirs, append=False)
    more = read_foreign(written(tmp_path / "theirs.jsonl", {"prompt": "Another?", "completion": "Yes."}))
    assert add_rows(target, [*theirs, *more], append=True) == 1
    loaded = load_examples(target)
    assert [one.id for one in loaded] == ["theirs-1", "theirs-2", "theirs-1-2"]
    assert loaded[0].origin.startswith("theirs.jsonl, line 1, Alpaca")
