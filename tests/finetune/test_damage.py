"""Detectors: what they find, and what honest text they leave alone."""

from __future__ import annotations

import pytest

from finetune.privacy.personal import PersonalKind, is_iban, is_tckn
from finetune.quality.damage import Kind, find_damage


@pytest.mark.parametrize("meant", ["üß", "ışığ", "£", "’", "€", "é", "при", "🙂"])
def test_utf8_read_as_windows_1252_is_found_and_what_was_meant_is_told(meant: str) -> None:
    raw = meant.encode("utf-8")
    broken = "".join(
        bytes([b]).decode("latin-1" if b in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252") for b in raw
    )
    (spot,) = find_damage(f"abc {broken} def")
    assert (spot.kind, spot.shown, spot.repaired) == (Kind.ENCODING, broken, meant)


@pytest.mark.parametrize("text", ["b\ufffdd", "a\x00b", "a\x85b"])
def test_lost_characters_and_control_characters_are_found(text: str) -> None:
    assert [spot.kind for spot in find_damage(text)] == [Kind.ENCODING]


@pytest.mark.parametrize(
    "text",
    [
        "Größe, Çeşme, İğne, “quoted” – naïve… «CAFÉ» 50 €",
        "при 日本語 🙂🙂",
        "on 2026-01-12 or 01.02.2026 at 09:30, order 20260112345, 1.234.567,89 EUR",
        "Write to help@tarn.example or ann@example.com.",
        "The token: [1]. A password: ask.",
        "SKU TT-1905, 188 cm x 56 cm",
        "See http://127.0.0.1:8000/v1 and https://a.example:443/x?y=1 or ask@tarn.example.",
    ],
)
def test_honest_text_is_left_alone(text: str) -> None:
    assert find_damage(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ann.lee@lakeside.co.uk", PersonalKind.EMAIL),
        ("TR33 0006 1005 1978 6457 8413 26", PersonalKind.IBAN),
        ("DE89370400440532013000", PersonalKind.IBAN),
        ("10000000146", PersonalKind.TCKN),
        ("+90 212 555 01 23", PersonalKind.PHONE),
        ("(0212) 555 01 23", PersonalKind.PHONE),
        ("0532 123 45 67", PersonalKind.PHONE),
        ("sk-abcdefghij0123456789", Kind.SECRET),
        ("password: hunter22", Kind.SECRET),
        ('password": "hunter22"', Kind.SECRET),
        ("ghp_abcdefghij0123456789xyz", Kind.SECRET),
        ("AIzaSyA-abcdefghij0123456789abcdefghi", Kind.SECRET),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123", Kind.SECRET),
        ("://ann:hunter22@", Kind.SECRET),
    ],
)
def test_private_things_are_found_and_hidden(text: str, kind: Kind | PersonalKind) -> None:
    (spot,) = find_damage(f"It is {text}.")
    assert spot.kind is kind
    assert (spot.start, spot.end - spot.start in (len(text), len(text) + 1)) == (6, True)
    assert spot.shown == f"{text[:3]}…"


@pytest.mark.parametrize(
    "number", ["TR33 0006 1005 1978 6457 8413 27", "GB82 WEST 1234 5698 7654 31", "hello"]
)
def test_an_iban_with_wrong_check_digits_is_none(number: str) -> None:
    assert not is_iban(number)
    assert is_iban("GB82 WEST 1234 5698 7654 32")


def test_a_tckn_is_checked_by_hand() -> None:
    # Odd places: 1+0+0+0+1 = 2, even places: 0. 7·2 - 0 = 14, so the tenth is 4; 1+1+4 = 6 is the last.
    assert is_tckn("10000000146")
    assert not is_tckn("10000000147")
    assert not is_tckn("10000000156")
    assert not is_tckn("00000000000")
    assert not is_tckn("1000000014")
