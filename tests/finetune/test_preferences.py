"""Preferences: read with every mistake named by its line, looked over, and split so that nothing leaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.form import Form
from finetune.preference.preference_checks import AT_LEAST, Checked, check_preferences, checked_text
from finetune.preference.preferences import (
    Origin,
    Preference,
    load_preferences,
    preference_of,
    split_preferences,
)
from finetune.quality.findings import Code, Severity
from foundation.errors import UserError

ROW = {
    "id": "v1",
    "messages": [{"role": "user", "content": "What does the kettle cost?"}],
    "chosen": "The kettle costs 49 EUR [1].",
    "rejected": "49 or so.",
    "sources": ["kettle.md"],
    "setups": ["hybrid", "lora"],
    "when": "2026-11-01T00:00:00+00:00",
    "from": "vote",
}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "preferences.jsonl"
    path.write_text(
        "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8"
    )
    return path


def one(name: str, question: str, chosen: str = "", rejected: str = "No.", **more: Any) -> Preference:
    """Return a preference whose answers are sentences of the question's own, unless they are named."""
    row = {
        **ROW,
        "id": name,
        "messages": [{"role": "user", "content": question}],
        "rejected": rejected,
        "sources": [],
        **more,
    }
    made = preference_of({**row, "chosen": chosen or f"This answers: {question}"}, int(name))
    return made


def many(number: int) -> list[Preference]:
    words = ["stove", "tent", "lamp", "rope", "boot", "map", "flask", "spoon", "coat", "hook"]
    return [
        one(str(n), f"How heavy is the {words[n % 10]} {words[n // 10 % 10]} of series {n}?")
        for n in range(1, number + 1)
    ]


def checked(*preferences: Preference, **more: Any) -> Checked:
    return check_preferences(preferences, more.pop("form", Form(name="any")), **more)


def codes(found: Checked) -> list[tuple[Severity, Code]]:
    return [(item.severity, item.code) for item in found.items]


def test_a_preference_is_read_as_it_was_written(tmp_path: Path) -> None:
    (read,) = load_preferences(written(tmp_path, ROW))
    assert read.to_row() == ROW
    assert (read.question, read.origin, read.setups) == (
        "What does the kettle cost?",
        Origin.VOTE,
        ("hybrid", "lora"),
    )
    assert read.example.answer == ROW["chosen"] and read.example.sources == ("kettle.md",)


def test_every_mistake_of_a_file_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    broken = [
        {**ROW, "chosen": " "},
        {**ROW, "id": "v2", "rejcted": "x", "setups": ["rag"]},
        {**ROW, "id": "v3", "messages": [*ROW["messages"], {"role": "assistant", "content": "x"}]},  # type: ignore[misc]
        {**ROW, "id": "v1", "from": "guess"},
        {**ROW, "id": "v5", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
    ]
    with pytest.raises(UserError) as told:
        load_preferences(written(tmp_path, *broken))
    for sentence in (
        "line 1: chosen must be text, but is empty.",
        'line 2: "rejcted" is not a key of a preference. Did you mean "rejected"?',
        "line 2: setups must name two, who wrote chosen and who wrote rejected, but names 1.",
        "line 3: messages must end with the question: the answers stand in chosen and rejected.",
        'line 4: id "v1" is taken by line 1.',
        'line 4: from must be vote or edit, but is "guess".',
        "line 5: messages, turn 2: must be of the assistant, but is of the user.",
    ):
        assert sentence in str(told.value)


def test_without_a_file_it_is_said_how_preferences_come(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Set `keep_text = true` under \[votes\]"):
        load_preferences(tmp_path / "preferences.jsonl")


def test_an_answer_that_is_chosen_over_itself_prefers_nothing() -> None:
    found = checked(one("1", "How heavy?", "It weighs 2 kg.", "it weighs  2 kg"))
    assert codes(found) == [(Severity.ERROR, Code.SAME_ANSWER)] and not found.usable


def test_pairs_that_were_chosen_both_ways_are_left_out_together() -> None:
    a, b = "It weighs 2 kg, roughly.", "Two kilos it is."
    found = checked(one("1", "How heavy?", a, b), one("2", "How heavy?", b, a), one("3", "How long?", a, b))
    assert (Severity.ERROR, Code.CONTRADICTION) in codes(found)
    assert [each.id for each in found.usable] == ["3"]
    naive = {
        (each.question, each.chosen, each.rejected)
        for each in (one("1", "How heavy?", a, b), one("2", "How heavy?", b, a))
    }
    assert len(naive) == 2, "naive removal of copies keeps both, and teaches both ways"


def test_the_same_choice_twice_counts_once() -> None:
    found = checked(
        one("1", "How heavy?", "It weighs 2 kg.", "No idea."),
        one("2", "How heavy?", "It weighs 2 kg.", "No idea."),
    )
    assert [each.id for each in found.usable] == ["1"]


def test_what_breaks_the_form_is_never_learned_from_however_often_it_was_chosen() -> None:
    form = Form(name="house", closing="Happy trails.")
    found = checked(
        one("1", "How heavy?", "It weighs 2 kg."),
        one("2", "How long is it?", "It is 2 m. Happy trails."),
        form=form,
    )
    assert (Severity.ERROR, Code.FORM) in codes(found)
    assert [each.id for each in found.usable] == ["2"]


def test_a_secret_is_left_out_and_personal_data_is_told_without_its_value() -> None:
    found = checked(
        one("1", "How do I log in?", "Use the password: hunter2hunter2."),
        one("2", "Whom do I write to?", "Write to ayse.yilmaz@cay-evi.com, please."),
    )
    assert codes(found) == [(Severity.ERROR, Code.SECRET), (Severity.WARNING, Code.PERSONAL)]
    assert [each.id for each in found.usable] == ["2"]
    assert "hunter2" not in checked_text(found) and "yilmaz@" not in checked_text(found)


def test_lengths_that_stand_out_are_told() -> None:
    found = checked(
        one("1", "How heavy?", "Yes"),
        one("2", "How long?", "It is two metres long and " * 4 + "red.", "Two metres."),
    )
    assert codes(found) == [(Severity.ERROR, Code.LENGTHS), (Severity.NOTE, Code.LENGTHS)]
    found = checked(
        one("1", "How heavy is it?", rejected="I can not tell."),
        max_tokens=5,
        count=lambda text: len(text.split()),
    )
    assert codes(found) == [(Severity.ERROR, Code.TOO_LONG)]


def test_what_a_test_question_asks_is_left_out() -> None:
    asked = one("9", "How heavy is the Ostra kettle?").example
    found = checked(one("1", "How heavy is the Ostra kettle?", "It weighs 2 kg."), tests=[asked])
    assert codes(found) == [(Severity.ERROR, Code.TESTED)] and not found.usable


def test_near_duplicates_stand_on_one_side_of_the_split_and_a_split_by_rows_lets_them_leak() -> None:
    pairs = [
        *many(60),
        *(one(str(100 + each.line), each.question.rstrip("?") + " please?") for each in many(60)),
    ]
    parts = split_preferences(pairs, seed=3)[:3]
    assert sorted(each.id for part in parts for each in part) == sorted(each.id for each in pairs)
    series = [{each.question.split("series ")[1].split("?")[0].split()[0] for each in part} for part in parts]
    assert not (series[0] & series[1] or series[0] & series[2] or series[1] & series[2])
    naive = [
        {each.line % 100 for each in pairs[start:stop]} for start, stop in ((0, 84), (84, 102), (102, 120))
    ]
    assert naive[0] & naive[1], "a naive cut by rows puts one question on both sides"


def test_so_few_are_not_enough_and_it_is_said_how_many_are() -> None:
    assert not checked(*many(AT_LEAST - 1)).ok and checked(*many(AT_LEAST)).ok
    assert f"At least {AT_LEAST} are needed" in checked_text(checked(*many(2)))
