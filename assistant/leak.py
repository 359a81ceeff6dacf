"""What a model was told in confidence, found in what it says: long stretches of its instructions, in the usual disguises.

Letters and digits alone are compared, so that case, spacing and punctuation hide nothing; read forwards, backwards, through
ROT13, base64 and hexadecimal digits. A translation or a summary is not found: nothing that reads letters could. Knows nothing
of models, prompts or passages.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence

STRETCH = 40
"""Letters and digits in a row (about eight words) that count as told."""
_BEGUN = 12
"""So many in a row may be the beginning of a stretch: a stream waits for what follows."""
_ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")


class Kept:
    """A text that is not to be told.

    Args:
        text: The text.
        free: What may be said all the same, though it stands in the text: an opening, an abstention, a passage that was shown.
    """

    def __init__(self, text: str, free: Iterable[str] = ()) -> None:
        # A shorter one can't hold a stretch, and cutting it out would leave less to keep.
        phrases = [phrase for phrase in free if len(_bare(phrase)) >= STRETCH]
        parts = [text]
        for phrase in phrases:
            parts = [rest for part in parts for rest in part.split(phrase)]
        bare = [bare for bare in (_bare(part) for part in parts) if len(bare) >= STRETCH]
        shown = [_bare(phrase) for phrase in phrases]
        self._texts = [one for each in bare for one in (each, each[::-1], each.translate(_ROT13))]
        self._stretches = {
            stretch
            for one in self._texts
            for stretch in _pieces(one)
            if not any(stretch in phrase for phrase in shown)
        }

    def told(self, answer: str) -> bool:
        """Return whether an answer tells a stretch of the text."""
        return any(piece in self._stretches for read in _readings(answer) for piece in _pieces(read))

    def begun(self, answer: str) -> int:
        """Return how much of an unfinished answer tells nothing, whatever follows: the rest may begin a stretch."""
        held = 0
        for read in _readings(answer):
            for length in range(min(STRETCH, len(read)), _BEGUN - 1, -1):
                if any(read[-length:] in one for one in self._texts):
                    held = max(held, length)
                    break
        if not held:
            return len(answer)
        # From letters back to places: encoded ones take up to two characters a letter, and what is no letter counts too.
        wanted, place = 2 * held + 4, len(answer)
        while place > 0 and wanted > 0:
            place -= 1
            wanted -= answer[place].isalnum()
        return place


def tail(answer: str, new: int) -> int:
    """Return where to look from in an answer that grew by `new` characters, when all before was looked through."""
    wanted, place = 4 * STRETCH, len(answer) - new
    while place > 0 and wanted > 0:
        place -= 1
        wanted -= answer[place].isalnum()
    return place


def _readings(answer: str) -> list[str]:
    """Return the letters and digits of an answer: as they stand, and as base64 or hexadecimal digits would spell them."""
    packed, digits = _NOT_BASE64.sub("", answer), _NOT_HEX.sub("", answer)
    read = [_bare(answer)]
    for start in range(4):
        part = packed[start : start + (len(packed) - start) // 4 * 4]
        read.append(_bare(base64.b64decode(part).decode("utf-8", "replace")))
    for start in range(2):
        part = digits[start : start + (len(digits) - start) // 2 * 2]
        read.append(_bare(bytes.fromhex(part).decode("utf-8", "replace")))
    return read


def _bare(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())


def _pieces(bare: str) -> Sequence[str]:
    return [bare[start : start + STRETCH] for start in range(len(bare) - STRETCH + 1)]
