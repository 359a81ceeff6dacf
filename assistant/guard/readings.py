"""An answer, read in the ways in which something can be hidden in it: as it stands, and as base64 or hexadecimal digits spell it.

Letters and digits alone count, so that case, spacing and punctuation hide nothing. Each letter is told with its place in the
answer, so that a stream can be held back from there. Knows nothing of what is looked for.
"""

from __future__ import annotations

import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable

from rag.ingest.clean import LOOKALIKES

KEPT = 1_024
"""Letters of a reading that can be looked back on."""
ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")
# By their small forms, so that large and small letters of a Cyrillic or Greek text stay the same.
_PLAIN = str.maketrans({other.lower(): latin.lower() for other, latin in LOOKALIKES.items()} | {"ı": "i"})
_NO_LETTER = re.compile(r"[\W_]+")
_DIGITS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_OTHER_DIGITS = str.maketrans("-_=", "+/A")  # those of base64 in addresses, and what fills its end up: zeros
_HEXADECIMAL = frozenset("0123456789abcdefABCDEFxX")


def bare(text: str) -> str:
    """Return the letters and digits of a text, small, without accents and in their plain form."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKD", text).lower()).translate(_PLAIN)


class Reading:
    """One way to read an answer that arrives in pieces."""

    spelled = False
    """Whether its letters are what digits spell."""

    def __init__(self) -> None:
        self.letters = ""
        """The last letters that were read."""
        self.places: list[int] = []
        """Where each of them stands in the answer, or begins to."""
        self.new = 0
        """How many of them came with the last piece."""

    def feed(self, text: str, start: int) -> None:
        """Read a piece of the answer that stands at `start`."""
        self.new = 0
        self._read(text, start)
        if len(self.letters) > KEPT + self.new:
            self.letters, self.places = self.letters[-KEPT - self.new :], self.places[-KEPT - self.new :]

    def _read(self, text: str, start: int) -> None:
        plain = text.lower() if text.isascii() else ""
        if len(plain) == len(text):
            held = [(letter, start + place) for place, letter in enumerate(plain) if letter.isalnum()]
        else:
            held = [(one, start + place) for place, letter in enumerate(text) for one in bare(letter)]
        self._add("".join(letter for letter, _ in held), [place for _, place in held])

    def _add(self, letters: str, places: list[int]) -> None:
        self.letters += letters
        self.places += places
        self.new += len(letters)


class Spelled(Reading):
    """An answer as the bytes that some of its signs spell, so many at a time.

    Args:
        signs: Which signs are digits; all others are passed over.
        at_once: How many digits spell whole bytes.
        skipped: Digits before the first that count: where a spelling begins is not known, so that each beginning is tried.
        decode: Makes bytes of so many digits.
    """

    spelled = True

    def __init__(
        self, signs: frozenset[str], at_once: int, skipped: int, decode: Callable[[str], bytes]
    ) -> None:
        super().__init__()
        self._signs, self._at_once, self._skipped, self._decode = signs, at_once, skipped, decode
        self._digits: list[tuple[str, int]] = []
        self._letters = codecs.getincrementaldecoder("utf-8")("replace")

    def _read(self, text: str, start: int) -> None:
        found = [(sign, start + place) for place, sign in enumerate(text) if sign in self._signs]
        passed = min(self._skipped, len(found))
        self._skipped -= passed
        self._take(found[passed:])
        whole = len(self._digits) - len(self._digits) % self._at_once
        for first in range(0, whole, self._at_once):
            digits = self._digits[first : first + self._at_once]
            spelled = self._letters.decode(self._decode("".join(sign for sign, _ in digits)))
            letters = spelled.lower() if spelled.isascii() else bare(spelled)
            letters = letters if letters.isalnum() else "".join(one for one in letters if one.isalnum())
            self._add(letters, [digits[0][1]] * len(letters))
        del self._digits[:whole]

    def _take(self, digits: list[tuple[str, int]]) -> None:
        self._digits += digits


class Hexadecimal(Spelled):
    """An answer as the bytes that its hexadecimal digits spell; `0x` before them is none."""

    def __init__(self, skipped: int) -> None:
        super().__init__(_HEXADECIMAL, 2, skipped, bytes.fromhex)

    def _take(self, digits: list[tuple[str, int]]) -> None:
        for sign, place in digits:
            if sign not in "xX":
                self._digits.append((sign, place))
            elif self._digits and self._digits[-1][0] == "0":
                self._digits.pop()


class Readings:
    """Every reading of an answer that arrives in pieces."""

    def __init__(self) -> None:
        self.plain = Reading()
        """As it stands."""
        self._spelled = [Spelled(_DIGITS, 4, skipped, binascii.a2b_base64) for skipped in range(4)]
        self._hexadecimal = [Hexadecimal(skipped) for skipped in range(2)]
        self._read = 0

    def feed(self, text: str) -> list[Reading]:
        """Read a piece of the answer; return all readings."""
        start, self._read = self._read, self._read + len(text)
        self.plain.feed(text, start)
        digits = text.translate(_OTHER_DIGITS)
        for reading in self._spelled:
            reading.feed(digits, start)
        for reading in self._hexadecimal:
            reading.feed(text, start)
        return self.all

    def end(self) -> list[Reading]:
        """Say that the answer ends here; return all readings, with what its last digits of base64 spell."""
        for reading in (self.plain, *self._hexadecimal):
            reading.feed("", self._read)
        for reading in self._spelled:
            reading.feed("AAA", self._read)
        return self.all

    @property
    def all(self) -> list[Reading]:
        """The readings, the plain one first."""
        return [self.plain, *self._spelled, *self._hexadecimal]
