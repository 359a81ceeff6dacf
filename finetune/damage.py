"""What does not belong in a training text: broken characters, secrets, personal data.

Detectors of patterns and checksums, nothing more. Knows no names, addresses or birthdays, and can not tell a
house's own public telephone number from somebody's private one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What was found in a text."""

    ENCODING = "encoding"
    """Characters that were decoded wrongly, or lost."""
    SECRET = "secret"
    """A key or a password."""
    EMAIL = "e-mail address"
    """An e-mail address outside the domains that are reserved for examples (RFC 2606)."""
    IBAN = "IBAN"
    """A bank account with right check digits (ISO 13616)."""
    TCKN = "TCKN"
    """A Turkish identity number with right check digits."""
    PHONE = "phone number"
    """A telephone number that begins with +, 0 or a bracket."""


@dataclass(frozen=True)
class Spot:
    """A place in a text."""

    kind: Kind
    """What it is."""
    start: int
    """Index of its first character."""
    end: int
    """Index after its last character."""
    shown: str
    """What may be shown of it: its first characters, the rest hidden; of broken characters, all."""
    repaired: str = ""
    """What was probably meant, for broken characters that can be decoded again."""


def find_damage(text: str) -> list[Spot]:
    """Return every spot of a text in its order; a character belongs to one spot only."""
    taken: list[Spot] = []
    for detect in (_mojibake, _broken, _secrets, *_PERSONAL):
        for spot in detect(text):
            if all(spot.end <= other.start or spot.start >= other.end for other in taken):
                taken.append(spot)
    return sorted(taken, key=lambda spot: spot.start)


# ---------------------------------------------------------------- broken characters


def _mojibake(text: str) -> Iterator[Spot]:
    """Find UTF-8 that was read as Windows-1252: `Ã¼` for ü, `â‚¬` for €."""
    for match in re.finditer(r"[^\x00-\x7f]{2,}", text):
        meant = _decoded_again(match[0])
        if meant is not None and (len(meant) > 1 or _is_western(meant)):
            yield Spot(Kind.ENCODING, match.start(), match.end(), match[0], meant)


def _decoded_again(run: str) -> str | None:
    """Return what the bytes behind `run` mean in UTF-8; None where they mean nothing, as in honest text."""
    try:
        # Windows-1252 leaves five bytes open; software passes those through as control characters.
        raw = b"".join(char.encode("latin-1" if "\x80" <= char <= "\xa0" else "cp1252") for char in run)
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def _is_western(char: str) -> bool:
    """Return whether a lone character is one that mojibake usually hides: honest É» decodes as well, to ɻ."""
    return "\xa0" <= char <= "\u017f" or "\u2010" <= char <= "\u2044" or char == "€" or char >= "\U0001f300"


def _broken(text: str) -> Iterator[Spot]:
    for match in re.finditer(r"[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+", text):
        codes = " ".join(f"U+{ord(char):04X}" for char in dict.fromkeys(match[0]))
        yield Spot(Kind.ENCODING, match.start(), match.end(), codes)


# ---------------------------------------------------------------- secrets and personal data

_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,})"
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,})"
    r"|\b(?:password|passwort|parola|şifre|api[_ -]?key|secret|token)\b\s*[:=]\s*\S{6,}",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?![\w-])")
_RESERVED = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_TCKN = re.compile(r"(?<!\d)[1-9]\d{10}(?!\d)")
_PHONE = re.compile(r"(?<![\w.,/+-])(?:\+|\(?0)\d{0,3}[\d ()/.-]{7,20}\d(?![\w/-]|[.,]\d)")
_DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}")


def is_iban(text: str) -> bool:
    """Return whether `text` is an IBAN: the number of its rotated characters is 1 modulo 97 (ISO 7064)."""
    plain = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def is_tckn(text: str) -> bool:
    """Return whether `text` is a Turkish identity number: eleven digits, the last two check the others."""
    if not re.fullmatch(r"[1-9][0-9]{10}", text):
        return False
    d = [int(char) for char in text]
    return d[9] == (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10 and d[10] == sum(d[:10]) % 10


def is_phone(text: str) -> bool:
    """Return whether `text` has the digits of a telephone number (E.164: at most 15) and is no date."""
    digits = sum(char.isdigit() for char in text)
    return 8 <= digits <= 15 and not _DATE.search(text) and text.count("(") == text.count(")")


def _secrets(text: str) -> Iterator[Spot]:
    return _spots(Kind.SECRET, _SECRET, lambda match: True)(text)


def _spots(
    kind: Kind, pattern: re.Pattern[str], holds: Callable[[re.Match[str]], bool]
) -> Callable[[str], Iterator[Spot]]:
    def detect(text: str) -> Iterator[Spot]:
        for match in pattern.finditer(text):
            if holds(match):
                yield Spot(kind, match.start(), match.end(), f"{match[0][:3]}…")

    return detect


_PERSONAL = (
    _spots(Kind.EMAIL, _EMAIL, lambda match: not _RESERVED.search(match[1])),
    _spots(Kind.IBAN, _IBAN, lambda match: is_iban(match[0])),
    _spots(Kind.TCKN, _TCKN, lambda match: is_tckn(match[0])),
    _spots(Kind.PHONE, _PHONE, lambda match: is_phone(match[0])),
)
