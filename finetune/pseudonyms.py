"""Personal data replaced by surrogates: the same one for the same value within a data set, another one in any other.

A surrogate keeps the kind's shape and can be nobody's: check digits that are never right, a range that is never given out, a
domain that is reserved. So a second pass finds nothing to replace. What comes out is pseudonymised, not anonymous: who wrote
about somebody may still be recognised by the rest of the text. Knows nothing of what a row is for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.personal import PersonalKind, PersonalSpan, find_personal
from foundation.errors import UserError
from foundation.files import read_jsonl, write_text_atomic

Find = Callable[[str], list[PersonalSpan]]
"""Finds personal data in a text, in order, without overlaps."""


class Pseudonymiser:
    """Replaces personal data in the texts of one data set.

    The surrogate of a value hangs on the key alone, so nothing that leads back from it is kept anywhere.

    Args:
        key: Decides the surrogates; None: drawn, and gone with this object. Whoever holds a key can test a guess against it.
        find: Finds what is replaced.
    """

    def __init__(self, key: bytes | None = None, find: Find = find_personal) -> None:
        self._key = key or secrets.token_bytes(32)
        self.find = find
        self.replaced: Counter[PersonalKind] = Counter()
        """How many places of each kind were replaced so far."""

    def __call__(self, text: str) -> str:
        """Return the text with surrogates; everything else in it stays as it is, letter by letter."""
        parts, end = [], 0
        for span in self.find(text):
            parts += [text[end : span.start], self.surrogate(span.kind, span.value)]
            end = span.end
            self.replaced[span.kind] += 1
        return "".join([*parts, text[end:]])

    def surrogate(self, kind: PersonalKind, value: str) -> str:
        """Return what stands for a value in this data set.

        Args:
            kind: What the value is.
            value: The value, in the one spelling that `find_personal` gives.
        """
        made = hmac.new(self._key, f"{kind}\n{value}".encode(), hashlib.sha256).digest()
        number = int.from_bytes(made[:16], "big")
        return _SHAPES[kind](number, value)


def _digits(number: int, count: int) -> str:
    return f"{number % 10**count:0{count}}"


def _phone(number: int, value: str) -> str:
    digits = _digits(number, 7)
    return f"+90 000 {digits[:3]} {digits[3:5]} {digits[5:]}"  # no area and no operator begins with 0


def _machine(number: int, value: str) -> str:
    if ":" in value:
        return f"2001:db8::{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}"
    net = ("192.0.2", "198.51.100", "203.0.113")[number % 3]
    return f"{net}.{1 + number // 3 % 254}"


def _plate(number: int, value: str) -> str:
    letters = "".join("ABCDEFGHJKLMNPRSTUVYZ"[number // 21**place % 21] for place in range(3))
    return f"00 {letters} {_digits(number // 21**3, 3)}"  # there is no province 00


def _card(number: int, value: str) -> str:
    digits = _digits(number, 12)
    return f"0000 {digits[:4]} {digits[4:8]} {digits[8:]}"  # no card begins with 0


def _iban(number: int, value: str) -> str:
    return f"{value[:2]}00{_digits(number, max(11, len(value) - 4))}"  # check digits are 02 to 98


_SHAPES: dict[PersonalKind, Callable[[int, str], str]] = {
    PersonalKind.EMAIL: lambda number, value: f"person-{_digits(number, 8)}@example.com",
    PersonalKind.IBAN: _iban,
    PersonalKind.CARD: _card,
    PersonalKind.TCKN: lambda number, value: (
        f"000{_digits(number, 8)}"
    ),  # no TCKN begins with 0, no telephone with 000
    PersonalKind.VKN: lambda number, value: f"000000{_digits(number, 8)}",  # fourteen digits are none
    PersonalKind.PHONE: _phone,
    PersonalKind.IP: _machine,
    PersonalKind.PLATE: _plate,
    PersonalKind.BIRTH_DATE: lambda number, value: "1900-01-01",  # a year in which nobody here was born
}

# ---------------------------------------------------------------- rows and files


@dataclass(frozen=True)
class Pseudonymised:
    """What became of a file."""

    rows: int
    """Rows written."""
    replaced: dict[str, int]
    """Places replaced, by kind; only kinds that were found."""
    facts_changed: tuple[str, ...]
    """Rows, by id or line, whose `facts` were replaced: no document says the surrogate."""

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON values."""
        return asdict(self)


def pseudonymise_file(
    source: Path, target: Path, pseudonymiser: Pseudonymiser | None = None
) -> Pseudonymised:
    """Write a file of JSON lines anew, with surrogates.

    Args:
        source: The file; it is not changed.
        target: Where to write; replaced whole, or not at all.
        pseudonymiser: Gives the surrogates; None: one with a key of its own.

    Raises:
        UserError: The file can't be read, holds no JSON lines, or the target can't be written.
    """
    replace = pseudonymiser or Pseudonymiser()
    rows, changed = [], []
    for line, row in read_jsonl(source, "the file of rows"):
        made = pseudonymise_row(row, replace)
        rows.append(json.dumps(made, ensure_ascii=False))
        if made.get("facts") != row.get("facts"):
            changed.append(str(made.get("id") or f"line-{line}"))
    try:
        write_text_atomic(target, "".join(f"{row}\n" for row in rows))
    except OSError as error:
        raise UserError(f"{target}: it can't be written ({error.strerror or error}).") from error
    replaced = {str(kind): replace.replaced[kind] for kind in PersonalKind if replace.replaced[kind]}
    return Pseudonymised(len(rows), replaced, tuple(changed))


_LEFT = ("role", "sources")
"""Keys whose texts are names that other things hang on."""


def pseudonymise_row(row: dict[str, Any], pseudonymiser: Pseudonymiser) -> dict[str, Any]:
    """Return a row of a data set with surrogates in every text, whatever its keys; roles and sources stay.

    What is personal by its surroundings ("born on …") is replaced wherever else the row says it, too.
    """
    texts: list[str] = []
    _each(row, texts.append)
    told = {
        text[span.start : span.end]: pseudonymiser.surrogate(span.kind, span.value)
        for text in texts
        for span in pseudonymiser.find(text)
    }
    again = re.compile(
        "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(told, key=len, reverse=True))
    )

    def replaced(text: str) -> str:
        made = pseudonymiser(text)
        return again.sub(lambda match: told[match[0]], made) if told else made

    result: dict[str, Any] = _each(row, replaced)
    return result


def _each(value: Any, change: Callable[[str], Any], key: str = "") -> Any:
    """Return a value with every text in it changed."""
    if key in _LEFT:
        return value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each(part, change, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_each(part, change) for part in value]
    return value
