"""What JSON gives: keys as headings, lines and columns, and a reason for what is not JSON."""

from __future__ import annotations

import json
import math

import pytest
from rag_files import damaged, lines, read

from rag.formats.outline import Unreadable
from rag.ingest import load_child


def test_keys_become_lines_headings_and_tables() -> None:
    text = json.dumps(
        {
            "title": "Rental terms",
            "valid_from": "2025-03-01",
            "notice": None,
            "deposit": {"amount": 50, "refundable": True, "paid_by": ["card", "cash"]},
            "fees": [
                {"item": "Tent", "price_eur": 25},
                {"item": "Stove", "price_eur": 5, "note": "clean it"},
            ],
            "rules": ["Bring it back dry.", "Call when late."],
        }
    )
    outline = read(text, ".json")
    assert outline.title == "Rental terms"
    assert [(block.kind.value, block.text, block.headings) for block in outline.blocks] == [
        ("paragraph", "title: Rental terms", ()),
        ("paragraph", "valid from: 2025-03-01", ()),
        ("paragraph", "rules: Bring it back dry., Call when late.", ()),
        ("heading", "deposit", ()),
        ("paragraph", "amount: 50", ("deposit",)),
        ("paragraph", "refundable: true", ("deposit",)),
        ("paragraph", "paid by: card, cash", ("deposit",)),
        ("heading", "fees", ()),
        ("row", "item: Tent; price eur: 25", ("fees",)),
        ("row", "item: Stove; price eur: 5; note: clean it", ("fees",)),
    ]


def test_a_list_of_things_that_hold_others_has_a_heading_for_each() -> None:
    text = '[{"name": "Lindvale", "hours": {"Monday": "9-18"}}, {"id": 7, "hours": {"Monday": "10-16"}}, [["x"]]]'
    outline = read(text, ".json")
    assert [(block.text, block.headings) for block in outline.blocks] == [
        ("Lindvale", ()),
        ("name: Lindvale", ("Lindvale",)),
        ("hours", ("Lindvale",)),
        ("Monday: 9-18", ("Lindvale", "hours")),
        ("id 7", ()),
        ("id: 7", ("id 7",)),
        ("hours", ("id 7",)),
        ("Monday: 10-16", ("id 7", "hours")),
        ("entry 3", ()),
        ("- x", ("entry 3",)),
    ]
    assert outline.title == ""


def test_long_and_many_line_values_are_prose_with_lines_of_their_own() -> None:
    body = "A long answer. " * 20
    outline = read(json.dumps([{"question": "How long?", "answer": body}, {"answer": "One.\nTwo."}]), ".json")
    assert [block.text for block in outline.blocks] == [
        "How long?", "question: How long?", f"answer: {body.strip()}", "entry 2", "answer: One.", "Two."
    ]  # fmt: skip


def test_a_key_given_twice_is_read_twice() -> None:
    text = '{"price": "25 EUR", "price": "99 EUR"}'
    assert lines(text, ".json") == ["price: 25 EUR", "price: 99 EUR"]
    assert json.loads(text) == {"price": "99 EUR"}  # naive: the first is lost in silence


def test_numbers_stay_as_they_are_written() -> None:
    huge = "9" * 5_000
    text = f'{{"price": 1.10, "code": {huge}, "far": 1e999, "none": NaN}}'
    assert lines(text, ".json") == ["price: 1.10", f"code: {huge}", "far: 1e999", "none: NaN"]
    with pytest.raises(ValueError, match="4300"):
        json.loads(text)  # naive: one long number and nothing is read
    assert math.isinf(json.loads('{"far": 1e999}')["far"])


@pytest.mark.parametrize("text", ["[" * 150 + "1" + "]" * 150, '{"a":' * 150 + "1" + "}" * 150])
def test_deep_nesting_is_a_reason(text: str) -> None:
    with pytest.raises(Unreadable, match="nested more than 100 levels deep"):
        read(text, ".json")


def test_bottomless_nesting_is_a_reason_and_ends_a_naive_reader() -> None:
    text = "[" * 100_000
    with pytest.raises(Unreadable, match="nested too deeply"):
        read(text, ".json")
    with pytest.raises(RecursionError):
        json.loads(text)


def test_keys_below_the_last_heading_stand_in_front_of_their_values() -> None:
    text = '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h": 1, "i": [{"x": 2}]}}}}}}}}'
    assert lines(text, ".json")[-3:] == ["g > h: 1", "g > i:", "x: 2"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1254", "iso-8859-9"]
)
def test_turkish_letters_of_json_come_through_every_encoding_intact(encoding: str) -> None:
    data = '{"ürün": "Işıldak", "açıklama": "Şömine için çığ ölçer, İĞDIR"}'.encode(encoding)
    assert lines(data, ".json") == ["ürün: Işıldak", "açıklama: Şömine için çığ ölçer, İĞDIR"]


def test_halves_of_letters_and_invisible_signs_are_removed_and_counted() -> None:
    outline = read(r'{"title": "Lea\u200bve\ud800", "\u202edays": "2\ufeff0"}', ".json")
    assert [block.text for block in outline.blocks] == ["title: Leave", "days: 20"]
    outline.title.encode("utf-8")
    assert (outline.title, outline.hidden >= 4) == ("Leave", True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [('{"a": 1,\n "b": }', "not JSON at line 2, column 7 (expecting value)"), ("{'a': 1}", "not JSON at line 1, column 2"),
     ('{"a": 1} {"b"', "not JSON at line 1, column 10 (extra data)"), ("plain words", "not JSON at line 1, column 1")],
)  # fmt: skip
def test_what_is_not_json_is_named_by_its_place(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text, ".json")
    assert str(caught.value).startswith(reason) and not caught.value.skip


def test_lines_of_json_are_rows_and_may_be_named_json() -> None:
    text = '{"item": "Tent", "price": 25}\n\n{"item": "Stove", "price": 5}\r\n'
    for suffix in (".jsonl", ".ndjson", ".json"):
        assert lines(text, suffix) == ["item: Tent; price: 25", "item: Stove; price: 5"]


def test_broken_lines_are_named_by_their_numbers() -> None:
    text = '{"a": 1}\n{"a": \n{"a": 3}\n' + "x\n" * 4
    with pytest.raises(Unreadable) as caught:
        read(text, ".jsonl")
    assert str(caught.value) == (
        "line 2 is not JSON (expecting value); line 4 is not JSON (expecting value); "
        "line 5 is not JSON (expecting value), and 2 more"
    )


def test_json_without_values_has_no_text() -> None:
    for text in ("{}", "[]", "null", '[{"a": null}]', '{"a": {}, "b": []}'):
        with pytest.raises(Unreadable, match="no_text"):
            read(text, ".json")


def test_a_single_value_and_a_list_of_values_are_read() -> None:
    assert (lines('"word"', ".json"), lines("[1, true, null]", ".json")) == (["word"], ["- 1", "- true"])


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_damaged_json_ends_as_a_document_or_a_reason(suffix: str) -> None:
    rows = [{"ad": "Işıldak", "n": [1, {"x": None}], "ö": {"y": "ş" * 20}}, {"a": 1.5e9}, ["x", {"y": [[]]}]]
    whole = (
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        if suffix == ".jsonl"
        else json.dumps(rows)
    )
    read_whole = 0
    for data in damaged(whole.encode("utf-8"), 300, seed=3):
        answer = load_child.answer(data, suffix, 1_000_000)
        assert answer.get("blocks") or answer.get("failed") or answer.get("skipped")
        assert (
            "broken" not in answer.get("failed", "") or "UTF" in answer["failed"]
        )  # no reason is a traceback
        read_whole += "blocks" in answer
    assert 0 < read_whole < 300
