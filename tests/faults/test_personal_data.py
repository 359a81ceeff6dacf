"""Fault cases of personal data in training texts, each beside the pattern that a naive build would use.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import hashlib
import random
import re

import pytest
from stdnum import luhn
from stdnum.tr import tckimlik

from finetune.privacy.personal import PersonalKind, find_personal
from finetune.privacy.pseudonyms import Pseudonymiser

TCKN = "10000000146"
NAIVE_TCKN = re.compile(r"\b[1-9]\d{10}\b")
NAIVE_IBAN = re.compile(r"\bTR\d{24}\b")
NAIVE_CARD = re.compile(r"\b\d{16}\b")


def found(text: str) -> list[tuple[PersonalKind, str]]:
    return [(span.kind, text[span.start : span.end]) for span in find_personal(text)]


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    "written",
    ["100 000 001 46", "１０００００００１４６", "1000000\u200b0146", "100\u00a0000\u00a0001\u00a046"],
)
def test_an_identity_number_that_a_pattern_of_digits_misses_is_found(written: str) -> None:
    text = f"Kimlik numaram {written}'dır."
    assert TCKN not in (hit[0] for hit in NAIVE_TCKN.finditer(text))  # naive: not in this spelling
    assert found(text) == [(PersonalKind.TCKN, written)]


@pytest.mark.fault(54)
def test_of_numbers_that_only_have_eleven_digits_hardly_any_is_called_an_identity_number() -> None:
    dice = random.Random(54)
    numbers = [str(dice.randrange(10**10, 10**11)) for _ in range(5_000)]
    assert all(NAIVE_TCKN.fullmatch(number) for number in numbers)  # naive: every order number is a person
    called = sum(found(f"Sipariş no {number}")[:1] == [(PersonalKind.TCKN, number)] for number in numbers)
    assert called <= 0.012 * len(numbers)
    assert found("Sipariş no 12345678901") == []


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    ("naive", "real", "wrong", "kind"),
    [
        (NAIVE_IBAN, "TR330006100519786457841326", "TR330006100519786457841327", PersonalKind.IBAN),
        (
            NAIVE_CARD,
            f"411111111111111{luhn.calc_check_digit('411111111111111')}",
            "4111111111111112",
            PersonalKind.CARD,
        ),
    ],
)
def test_a_number_with_check_digits_is_told_from_one_that_only_has_its_shape(
    naive: re.Pattern[str], real: str, wrong: str, kind: PersonalKind
) -> None:
    assert naive.search(real) and naive.search(wrong)  # naive: both
    assert found(f"Ödeme: {real}.") == [(kind, real)]
    assert (kind, wrong) not in found(f"Ödeme: {wrong}.")


@pytest.mark.fault(56)
@pytest.mark.parametrize("city", ["İSTANBUL", "ISPARTA", "IĞDIR", "İİİİ"])
def test_spans_stay_right_behind_letters_that_grow_when_they_are_made_small(city: str) -> None:
    text = f"{city} şubesi: ayse@ornek.example, {TCKN} numaralı müşteri."
    small = text.lower()
    start = small.index(TCKN)
    if "İ" in city:
        assert text[start : start + len(TCKN)] != TCKN  # naive: found in the small text, cut out of the other
    assert (PersonalKind.TCKN, TCKN) in found(text)
    done = Pseudonymiser(key=b"k" * 32)(text)
    assert done.startswith(f"{city} şubesi: ") and done.endswith(" numaralı müşteri.") and TCKN not in done


@pytest.mark.fault(58)
def test_a_person_is_the_same_within_a_data_set_and_another_one_in_the_next() -> None:
    one, other = Pseudonymiser(key=b"1" * 32), Pseudonymiser(key=b"2" * 32)
    text = f"TCKN {TCKN}"
    assert one(text) == one(text) != other(text)
    # naive: a hash without a key is the same everywhere, and found by trying all nine digits
    naive = [hashlib.sha256(TCKN.encode()).hexdigest() for _ in range(2)]
    assert naive[0] == naive[1]


@pytest.mark.fault(64)
def test_a_second_pass_finds_nothing_to_replace() -> None:
    text = f"TCKN {TCKN}, ayse@firma.com.tr, TR330006100519786457841326"
    pseudonymiser = Pseudonymiser(key=b"k" * 32)
    once = pseudonymiser(text)
    assert once != text and pseudonymiser(once) == once
    dice = random.Random(64)
    nine = str(dice.randrange(10**8, 10**9))
    drawn = nine + tckimlik.calc_check_digits(nine)
    # naive: another valid number in its place, which is somebody's, and is found again
    assert found(f"TCKN {drawn}")
