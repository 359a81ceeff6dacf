"""Situations of personal data: what is found in whatever spelling, what is left alone, and what stands in its place."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.tr import tckimlik, vkn

from finetune.privacy.personal import PersonalKind, find_personal
from finetune.privacy.pseudonyms import Pseudonymiser, pseudonymise_row

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "tr_ids_synthetic" / "tr_ids.json"
TCKN = "10000000146"


def found(text: str) -> list[tuple[PersonalKind, str]]:
    return [(span.kind, text[span.start : span.end]) for span in find_personal(text)]


def tckn(rng: random.Random) -> str:
    nine = str(rng.randrange(100_000_000, 1_000_000_000))
    return nine + tckimlik.calc_check_digits(nine)


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize(
    "written",
    [
        TCKN,
        "100 000 001 46",
        "100.000.001.46",
        "１０００００００１４６",
        "1000000\u200b0146",
        "1000\u00ad0000146",
        "100\u00a0000\u00a0001\u00a046",
    ],
)
@pytest.mark.parametrize("around", ["TCKN: {}", "kimlik numaram {}'dır", "TC\u00a0{}.", "({})", "{}"])
def test_an_identity_number_is_found_however_it_is_written_and_the_span_is_what_stands_there(
    written: str, around: str
) -> None:
    assert found(around.format(written)) == [(PersonalKind.TCKN, written)]


@pytest.mark.parametrize(
    "text",
    [
        "Sipariş no 12345678901",
        "Fatura 2026-00000000014",
        "10000000146999",
        "order 20260112345, 1.234.567,89 EUR",
        "SKU TT-1905, 188 cm x 56 cm",
        "24 EUR 100, 20 CM 100, 12 KG 5000",
        "version 10.2.3.4 and v1.2.3.4, at 12:30:45",
        "127.0.0.1, 0.0.0.0, 192.0.2.7, 2001:db8::1",
        "Write to help@tarn.example or ann@example.com.",
        "on 12.03.1985 and 2026-01-12",
        "the number 1234567890 of a parcel",
        "VKN ve +90 000 056 15 67",
        "TR330006100519786457841327",
        "İSTANBUL, ISPARTA, IĞDIR",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("VKN 1234567890", PersonalKind.VKN, "1234567890"),
        ("vergi no: 4540536920", PersonalKind.VKN, "4540536920"),
        ("TC 10000000146 5 gün", PersonalKind.TCKN, "10000000146"),
        ("kart 4111 1111 1111 1111 ile", PersonalKind.CARD, "4111 1111 1111 1111"),
        ("card 5500-0000-0000-0004", PersonalKind.CARD, "5500-0000-0000-0004"),
        ("amex 378282246310005", PersonalKind.CARD, "378282246310005"),
        ("TR33 0006 1005 1978 6457 8413 26", PersonalKind.IBAN, "TR33 0006 1005 1978 6457 8413 26"),
        ("+90 532 123 45 67", PersonalKind.PHONE, "+90 532 123 45 67"),
        ("05321234567", PersonalKind.PHONE, "05321234567"),
        ("(0212) 123 45 67", PersonalKind.PHONE, "(0212) 123 45 67"),
        ("Call +44 20 7946 0958.", PersonalKind.PHONE, "+44 20 7946 0958"),
        ("Call 0532 123 45 67 [1].", PersonalKind.PHONE, "0532 123 45 67"),
        ("34 ABC 123'ün", PersonalKind.PLATE, "34 ABC 123"),
        ("35AB1234", PersonalKind.PLATE, "35AB1234"),
        ("06 A 1234", PersonalKind.PLATE, "06 A 1234"),
        ("from 10.1.2.3 on", PersonalKind.IP, "10.1.2.3"),
        ("fe80::1ff:fe23:4567:890a", PersonalKind.IP, "fe80::1ff:fe23:4567:890a"),
        ("Doğum tarihi: 12.03.1985", PersonalKind.BIRTH_DATE, "12.03.1985"),
        ("born on 1985-03-12", PersonalKind.BIRTH_DATE, "1985-03-12"),
        ("Ayse.Yilmaz@kurum.com.tr", PersonalKind.EMAIL, "Ayse.Yilmaz@kurum.com.tr"),
    ],
)
def test_each_kind_is_found_where_it_stands(text: str, kind: PersonalKind, written: str) -> None:
    assert found(text) == [(kind, written)]


def test_a_word_for_birth_makes_only_the_next_date_one() -> None:
    assert found("Doğum tarihi 12.03.1985, rapor 01.02.2024") == [(PersonalKind.BIRTH_DATE, "12.03.1985")]


def test_of_random_eleven_digits_no_more_pass_for_an_identity_number_than_the_checksum_lets_through() -> None:
    rng = random.Random(3)
    numbers = [str(rng.randrange(10**10, 10**11)) for _ in range(4_000)]
    passed = sum(any(kind is PersonalKind.TCKN for kind, _ in found(number)) for number in numbers)
    assert 0 < passed <= 0.016 * len(numbers)  # 1 % by the two check digits, and room for chance


@pytest.mark.skipif(not DATA.is_file(), reason="the made-up Turkish numbers stand outside of the repository")
def test_the_made_up_turkish_numbers_are_told_apart() -> None:
    data = json.loads(DATA.read_text("utf-8"))
    for number in data["tckn_valid_checksum"]:
        assert found(number) == [(PersonalKind.TCKN, number)]
    for text in [*data["tckn_invalid"], *data["must_not_be_redacted_as_tckn"]]:
        assert PersonalKind.TCKN not in [kind for kind, _ in found(text)], text
    for text in data["tckn_written_forms_must_be_redacted"]:
        if len(re.sub(r"\D", "", text)) == 11:  # one of them was made up with twelve digits
            assert [kind for kind, _ in found(text)] == [PersonalKind.TCKN], text
    for kind, name in (
        (PersonalKind.IBAN, "iban_valid"),
        (PersonalKind.PHONE, "phones_tr"),
        (PersonalKind.PLATE, "plates_tr"),
    ):
        for text in data[name]:
            assert found(text) == [(kind, text)]
    assert not any(found(text) for text in data["iban_invalid"])


@pytest.mark.parametrize(
    "part",
    ["1", "1 ", "a@", "a.", "TR12 ", "::", "34 A", "+90 ", "(", "1.", "0532 ", "1-", "4111 ", "01.01."],
)
def test_a_hundred_kilobytes_of_anything_are_read_in_a_moment(part: str) -> None:
    text = part * (100_000 // len(part))
    began = time.process_time()
    find_personal(text)
    assert time.process_time() - began < 5  # a pattern that runs away takes hours


# ---------------------------------------------------------------- what stands in its place

PERSONAL = [
    "TCKN 10000000146", "VKN 1234567890", "kart 4111 1111 1111 1111", "TR33 0006 1005 1978 6457 8413 26",
    "GB82 WEST 1234 5698 7654 32", "+90 532 123 45 67", "34 ABC 123", "10.1.2.3", "fe80::1ff:fe23:4567:890a",
    "born on 1985-03-12", "ann.lee@lakeside.co.uk",
]  # fmt: skip


@given(st.lists(st.sampled_from(PERSONAL), min_size=1, max_size=6), st.binary(min_size=32, max_size=32))
@settings(max_examples=60)
def test_a_second_pass_changes_nothing_and_the_text_around_stays_letter_by_letter(
    parts: list[str], key: bytes
) -> None:
    text = " İĞ ışık – ".join(["", *parts, ""])
    once = Pseudonymiser(key)(text)
    assert Pseudonymiser(key)(once) == once == Pseudonymiser(b"another key")(once)
    assert once.count(" İĞ ışık – ") == len(parts) + 1
    for span in find_personal(text):
        assert text[span.start : span.end] not in once


def test_the_surrogate_of_an_account_is_none_even_where_its_remainder_is_right() -> None:
    account = "TR33 0006 1005 1978 6457 8413 26"
    surrogates = [Pseudonymiser(bytes([key]) * 32)(account) for key in range(256)]
    naive = [one for one in surrogates if int(one[4:] + "2927" + one[2:4]) % 97 == 1]
    assert naive, "one in 97 leaves the remainder of an account"
    assert not [one for one in surrogates if find_personal(one)]


def test_one_value_has_one_surrogate_in_a_data_set_and_another_in_another_and_spellings_share_it() -> None:
    one, other = Pseudonymiser(), Pseudonymiser()
    first, second, third = (
        one(f"Ara: {number}") for number in ("0532 123 45 67", "+905321234567", "0532 123 45 68")
    )
    assert first == second != third
    assert other("Ara: 0532 123 45 67") != first
    assert one.replaced[PersonalKind.PHONE] == 3
    assert not any("5321234567" in str(value) for value in vars(one).values())  # nothing leads back


def test_a_surrogate_can_be_nobody_s() -> None:
    made = Pseudonymiser(b"k" * 32)
    assert not tckimlik.is_valid(made(TCKN))
    assert not luhn.is_valid(made("4111 1111 1111 1111").replace(" ", "")) or made(
        "4111 1111 1111 1111"
    ).startswith("0000")
    assert not vkn.is_valid(made("VKN 1234567890").split()[1])
    assert made("ann.lee@lakeside.co.uk").endswith("@example.com")


def test_a_row_keeps_its_roles_and_sources_and_says_a_birthday_nowhere_any_more() -> None:
    row = {
        "id": "ann.lee@lakeside.co.uk",
        "messages": [
            {"role": "user", "content": f"When was the holder of {TCKN} born?"},
            {"role": "assistant", "content": "She was born on 12.03.1985 [1]."},
        ],
        "sources": ["hr/ann.lee@lakeside.co.uk.md"],
        "facts": ["12.03.1985"],
        "weight": 1,
    }
    made = pseudonymise_row(row, Pseudonymiser(b"k" * 32))
    assert [turn["role"] for turn in made["messages"]] == ["user", "assistant"]
    assert made["sources"] == row["sources"] and made["weight"] == 1
    assert made["facts"] == ["1900-01-01"] and "1900-01-01" in made["messages"][1]["content"]
    assert TCKN not in json.dumps(made) and made["id"].endswith("@example.com")
    assert pseudonymise_row(made, Pseudonymiser()) == made
