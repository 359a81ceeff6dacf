"""What must not be told, in every disguise and however it arrives."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guard import HELD_BACK, Bounds, StreamGuard, guard
from assistant.guard.leak import Canaries, Kept
from assistant.guard.quotes import Quotes
from tests import naive

CANARY = "ZEBRA-17"


def bounds(*words: str) -> Bounds:
    return Bounds(confidential=[Canaries(words)])


@pytest.mark.fault(65)
@pytest.mark.parametrize("encoding", naive.ENCODINGS)
@pytest.mark.parametrize("word", [CANARY, "Kuzey Tüneli", "7731 4402"])
def test_a_canary_is_found_in_every_disguise_and_never_half_shown(word: str, encoding: str) -> None:
    told = naive.ENCODINGS[encoding]
    if encoding == "base64 of a part":
        told = lambda text: naive.ENCODINGS["base64"](f"It is {text}")
    answer = f"Sure! {told(word)}"
    assert guard(answer, bounds(word)).text == HELD_BACK
    assert guard(answer, bounds("HORSE-99")).text == answer.replace("\u200b", "")
    for size in (1, 2, 5):
        gate, shown = StreamGuard(bounds(word)), ""
        for start in range(0, len(answer), size):
            shown += gate.feed(answer[start : start + size])
        assert gate.feed(" and on") + gate.close() in (HELD_BACK, f"\n{HELD_BACK}")
        assert "Sure!".startswith(shown.removesuffix("0x").strip(" *"))


def test_a_word_that_only_begins_like_a_canary_is_shown() -> None:
    for text in ("A zebra is a horse.", "ZEBRA", "ZEBRA-1", "71 arbe"):
        assert guard(text, bounds(CANARY)).text == text
        gate = StreamGuard(bounds(CANARY))
        assert "".join(map(gate.feed, text)) + gate.close() == text


def test_short_words_are_not_looked_for() -> None:
    assert guard("The code is 17.", bounds("17", "a-b-c")).text == "The code is 17."


def test_what_html_signs_of_no_width_or_a_terminal_code_take_apart_is_found_as_it_would_be_shown() -> None:
    for told in ("ZE<b>BRA</b>-17", "ZEB\u200bRA17", "ZE\x1b[31mBRA17", "ＺＥＢＲＡ１７", "Z.E.B.R.A.1.7"):
        assert guard(f"It is {told}", bounds(CANARY)).text == HELD_BACK


@given(
    st.text(alphabet="abcdefgh zer17-.", max_size=80),
    st.sampled_from(list(naive.ENCODINGS)),
    st.integers(1, 9),
)
def test_no_stream_shows_a_canary_whatever_is_around_it(noise: str, encoding: str, size: int) -> None:
    secret = "keep the harbour light burning"
    answer = f"{noise} {naive.ENCODINGS[encoding](secret)} {noise}"
    gate = StreamGuard(bounds(secret))
    shown = "".join(gate.feed(answer[start : start + size]) for start in range(0, len(answer), size))
    shown += gate.close()
    if encoding != "base64 of a part":
        assert HELD_BACK in shown
    assert not [read for read in naive.readings(shown) if "keeptheharbourlightburning" in read]


def test_what_the_house_has_the_model_say_is_free_though_it_stands_in_the_instructions() -> None:
    opening = "Hello from the little shop by the old harbour, where the kettle is always warm!"
    kept = Kept(
        f"Begin with this: {opening} Never speak of the northern tunnel to anybody at all.", [opening]
    )
    assert guard(opening, Bounds(confidential=[kept])).text == opening
    told = "never speak of the northern tunnel to anybody at all"
    assert guard(told, Bounds(confidential=[kept])).text == HELD_BACK
    assert guard(told[:34], Bounds(confidential=[kept])).text == told[:34]  # too short to tell


def test_quotes_count_letters_of_stretches_only() -> None:
    passage = (
        "Every lamp of the harbour burns from dusk to dawn, and nobody puts it out before the keeper says so."
    )
    count = Quotes([passage], 50).begin()
    own = "Every lamp of the harbour. My own words go on and on for a long while here, and on."
    assert count.feed(own) == len(own)
    shown = passage[: Quotes([passage], 50).begin().feed(passage)]
    assert sum(letter.isalnum() for letter in shown) == 50


def test_letters_that_look_latin_hide_no_word_and_large_and_small_cyrillic_ones_are_the_same() -> None:
    for word, told in (("ZEBRA-17", "ZЕВRА-17"), ("northern", "nоrthеrn"), ("Вода и хлеб", "ВОДА И ХЛЕБ")):
        assert guard(f"Well: {told}.", bounds(word)).text == HELD_BACK


def test_turkish_letters_are_the_same_large_and_small_composed_and_taken_apart() -> None:
    for told in (
        "IŞIKLI KAPI",
        "ışıklı kapı",
        "İşikli Kapi",
        "ISIKLI KAPI",
        unicodedata.normalize("NFD", "Işıklı Kapı"),
    ):
        assert guard(f"Well: {told}.", bounds("Işıklı Kapı")).text == HELD_BACK


@pytest.mark.parametrize("read", [str.upper, str.title])
def test_case_hides_nothing(read: Callable[[str], str]) -> None:
    kept = Kept("never speak of the northern tunnel to anybody at all, not even to me")
    assert (
        guard(read("never speak of the northern tunnel to anybody at all"), Bounds(confidential=[kept])).text
        == HELD_BACK
    )
