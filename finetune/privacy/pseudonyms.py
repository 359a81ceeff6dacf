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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.privacy.name_words import AMBIGUOUS, name_key
from finetune.privacy.personal import Find, PersonalKind, PersonalSpan, find_personal
from foundation.errors import UserError
from foundation.files import read_jsonl, write_text_atomic


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

    def __call__(self, text: str, before: str = "", same: Mapping[str, str] | None = None) -> str:
        """Return the text with surrogates; everything else in it stays as it is, letter by letter.

        Args:
            text: The text.
            before: What stands before it and may say what it is ("born on"); it is not in what is returned.
            same: Values that stand for another one, as a first name does for the full name.
        """
        parts, end = [], 0
        for span in self.spans(text, before):
            value = (same or {}).get(span.value, span.value)
            parts += [text[end : span.start], self.surrogate(span.kind, value)]
            end = span.end
            self.replaced[span.kind] += 1
        return "".join([*parts, text[end:]])

    def spans(self, text: str, before: str = "") -> list[PersonalSpan]:
        """Return what is found in a text; arguments as for the call, places are those in `text`."""
        if not before:
            return self.find(text)
        at = len(before)
        found = (span for span in self.find(before + text) if span.start >= at)
        return [PersonalSpan(span.kind, span.start - at, span.end - at, span.value) for span in found]

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
    PersonalKind.NAME: lambda number, value: f"Person-{_digits(number, 8)}",  # no name has digits
    PersonalKind.ADDRESS: lambda number, value: f"Address-{_digits(number, 8)}",
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
        rows.append(_line(made))
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

    What is personal by its surroundings ("born on …") is replaced wherever else the row says it, too, and so are the parts of a
    full name. JSON inside of a text stays JSON: its strings are read as JSON reads them, and a number that is replaced becomes a
    string. Surroundings change when something in them is replaced, so a row is read again until nothing more is found.
    """
    for _ in range(_PASSES):
        made = _replaced(row, pseudonymiser)
        if made == row:
            break
        row = made
    return row


_PASSES = 5


def _replaced(row: dict[str, Any], pseudonymiser: Pseudonymiser) -> dict[str, Any]:
    texts: list[tuple[str, str]] = []
    _each(row, lambda text, before: texts.append((text, before)))
    found = [
        (text[span.start : span.end], span)
        for text, before in texts
        for span in pseudonymiser.spans(text, before)
    ]
    full = _full_names(span.value for _, span in found if span.kind is PersonalKind.NAME)
    told: dict[str, str] = {}
    for written, span in found:
        surrogate = pseudonymiser.surrogate(span.kind, full.get(span.value, span.value))
        if span.kind is PersonalKind.NAME:
            told |= {part: surrogate for part in _parts(written) if part not in told}
        told[written] = surrogate
    again = re.compile(
        "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(told, key=len, reverse=True))
    )

    def replaced(text: str, before: str) -> str:
        made = pseudonymiser(text, before, full)
        return again.sub(lambda match: told[match[0]], made) if told else made

    result: dict[str, Any] = _each(row, replaced)
    return result


def _full_names(values: Iterable[str]) -> dict[str, str]:
    """Return which full name each part of one stands for, where a row has only one that it can be."""
    every = set(values)
    longer = {value: [other for other in every if set(value.split()) < set(other.split())] for value in every}
    return {value: others[0] for value, others in longer.items() if len(others) == 1}


def _parts(name: str) -> Iterator[str]:
    """Yield the words of a full name that can be nothing but a part of it."""
    words = name.split()
    if len(words) > 1:
        yield from (word for word in words if len(word) > 2 and name_key(word) not in AMBIGUOUS)


Change = Callable[[str, str], Any]
"""Makes another text of one, given what stands before it."""


def _each(value: Any, change: Change, key: str = "") -> Any:
    """Return a value with every text in it changed, names of keys and numbers too; a number that is changed becomes a text."""
    if key in _LEFT:
        return value
    before = f"{key.replace('_', ' ')}: " if key else ""
    if isinstance(value, str):
        return _in_text(value, change, before)
    if isinstance(value, dict):
        return {_changed(name, change): _each(part, change, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_each(part, change) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        made = change(str(value), before)
        return value if made in (None, str(value)) else made
    return value


def _changed(name: str, change: Change) -> str:
    return change(name, "") or name


_OPENS = re.compile(r"\{|\A\s*\[")
_LITERAL = re.compile(r'(?<!\\)"(?:[^"\\]|\\.)*+"|-?\d[\d.eE+-]*+')
_TRIES = 50
"""So many braces of a text that are no JSON are looked at; what follows is read as prose."""
_NAMES = 32
"""So many letters before a value may say what it is."""


def _in_text(text: str, change: Change, before: str) -> Any:
    """Change a text, the JSON in it value by value."""
    parts, end = [], 0
    for start, stop in _json_in(text):
        if start > end:
            parts.append(change(text[end:start], before if not end else ""))
        parts.append(_in_json(text[start:stop], change))
        end = stop
    if end < len(text) or not text:
        parts.append(change(text[end:], before if not end else ""))
    return "".join(part or "" for part in parts)


def _json_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where JSON stands in a text: its objects, and the list that it begins with."""
    decoder, tries, end = json.JSONDecoder(), 0, 0
    for opening in _OPENS.finditer(text):
        start = opening.end() - 1
        if start < end:
            continue
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            tries += 1
            if tries == _TRIES:
                return
            continue
        yield start, end


def _in_json(text: str, change: Change) -> str:
    """Change the strings and numbers of a JSON text; its layout stays."""

    def literal(found: re.Match[str]) -> str:
        before = re.sub(r'["\\_{}\[\],]', " ", text[max(0, found.start() - _NAMES) : found.start()])
        value = json.loads(found[0]) if found[0][0] == '"' else found[0]
        made = change(value, before)
        return found[0] if made in (None, value) else json.dumps(made, ensure_ascii=False)

    return _LITERAL.sub(literal, text)


def _line(row: dict[str, Any]) -> str:
    """Return a row as JSON that UTF-8 can write: half a character stays escaped, as it came."""
    made = json.dumps(row, ensure_ascii=False)
    return json.dumps(row) if any("\ud800" <= char <= "\udfff" for char in made) else made
