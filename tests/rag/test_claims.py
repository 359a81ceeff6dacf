"""An answer cut into claims: prose, lists, tables, JSON, and what is no claim."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.attribution.claims import claims


def judged(answer: str, **more: object) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.text, one.cited) for one in claims(answer, **more) if one.judged]  # type: ignore[arg-type]


def test_each_sentence_is_a_claim_with_the_passages_that_it_names() -> None:
    assert judged("It costs 49 EUR [1]. It weighs 2 kg [2, 3].") == [
        ("It costs 49 EUR.", (1,)),
        ("It weighs 2 kg.", (2, 3)),
    ]


def test_a_mark_behind_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    assert judged("It costs 49 EUR. [1] It weighs 2 kg. [2]") == [
        ("It costs 49 EUR.", (1,)),
        ("It weighs 2 kg.", (2,)),
    ]


def test_items_of_a_list_and_rows_of_a_table_are_claims_and_their_headers_are_not() -> None:
    answer = "Our prices:\n- Stove: 49 EUR [1]\n2. Kettle: 19 EUR [2]\n\n| item | price |\n|---|---|\n| Tent | 99 EUR [3] |"
    assert judged(answer) == [
        ("Stove: 49 EUR", (1,)),
        ("Kettle: 19 EUR", (2,)),
        ("Tent; 99 EUR", (3,)),
    ]


def test_values_of_json_are_claims_with_their_key_and_neighbours_as_context() -> None:
    found = claims('{"item": "stove", "price": 49, "sources": [2], "sold_out": false, "note": ""}')
    assert [(one.text, one.cited) for one in found if one.judged] == [("stove", (2,)), ("49", (2,))]
    price = next(one for one in found if one.text == "49")
    assert "price" in price.context and "stove" in price.context


def test_an_escaped_value_is_read_as_it_is_meant_and_its_span_is_that_of_the_writing() -> None:
    answer = r'{"fiyat": "1.299,00 TL\u0027dir"}'
    (one,) = claims(answer)
    assert one.text == "1.299,00 TL'dir" and answer[one.start : one.end] == r"1.299,00 TL\u0027dir"


@pytest.mark.parametrize(
    "text",
    [
        "Hello!", "Merhaba!", "Thank you for your question.", "Happy to help.", "Anything else?", "Here are the prices:", "Yes.",
        "{}", "[]", '{"answer": null}', "---", "", "   ", "## Prices", "Rica ederim.", "Is it 49 EUR?", "[1]",
    ],
)  # fmt: skip
def test_greetings_questions_headings_and_empty_shells_are_no_claims(text: str) -> None:
    assert judged(text) == []


@pytest.mark.parametrize("text", ["89 EUR [1]", "7", "M", "A", "Çınar Sokak 19", "FS-200", "09:00"])
def test_bare_values_are_claims_however_short(text: str) -> None:
    assert len(judged(text)) == 1


def test_opening_and_closing_of_the_form_are_no_claims_nor_is_what_is_passed_over() -> None:
    answer = "Hello from the  Tarn! It costs 49 EUR [1]. The documents do not say. Happy trails."
    found = judged(
        answer,
        frame=("Hello from the tarn!", "Happy trails."),
        passed_over=lambda text: "do not say" in text,
    )
    assert found == [("It costs 49 EUR.", (1,))]


@given(st.text(alphabet=st.sampled_from('ab1. ![]{}",:|-#\n?İı"\\'), max_size=60))
def test_whatever_is_written_spans_are_in_order_and_inside(answer: str) -> None:
    end = 0
    for one in claims(answer, ("a.", "b")):
        assert end <= one.start <= one.end <= len(answer)
        end = one.end


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "a" * 200_000, "1 " * 50_000, "[1]" * 20_000]
)
def test_an_endless_answer_is_cut_in_seconds(text: str) -> None:
    began = time.monotonic()
    claims(text)
    assert time.monotonic() - began < 20
