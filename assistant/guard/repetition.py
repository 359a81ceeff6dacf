"""An answer that runs in circles: the same piece again and again, with no end of its own.

A piece that comes back at once, several times and over a long stretch, is a cycle; rows of dashes, empty table rows, columns of
zeros and refrains with verses between them are not. Only exact repetitions count: lines that differ in a number never do. Knows
nothing of models or pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

REPEATS = 4
"""A piece must stand there so often, one right after the other."""
_LONGEST = 1_000
"""Letters of the longest piece that is looked for."""
_PHRASE = 16
"""From so many letters on, a piece is a phrase; a shorter one may be a cell of a table or an item of a list."""
_PHRASES, _ITEMS, _SIGNS = 160, 400, 1_000
"""Letters that a cycle must cover: of phrases, of shorter pieces, of pieces without any letter (lines, blanks, zeros)."""


def cycling(ids: Sequence[int], repeats: int = REPEATS, least: int = 64, longest: int = 250) -> int:
    """Return the length of the shortest piece that a list of tokens ends in again and again; 0 where it does not.

    Cheap enough for every token of an answer: what comes before the cycle is not looked at.

    Args:
        ids: The tokens of the answer so far, without those of the prompt.
        repeats: How often the piece must stand there, in full.
        least: Tokens that all of it must cover.
        longest: Tokens of the longest piece that is looked for.
    """
    if len(ids) < least:
        return 0
    last = np.asarray(ids[-max(least, repeats * longest) :], dtype=np.int64)
    for period in (np.flatnonzero(last[-1 - longest : -1][::-1] == last[-1]) + 1).tolist():
        covered = max(least, repeats * period)
        if covered > len(last):
            return 0
        end = last[-covered:]
        if (end[period:] == end[:-period]).all():
            return int(period)
    return 0


@dataclass(frozen=True)
class Cycle:
    """Where a text began to run in circles."""

    once: int
    """Where the piece ends that is said again and again after it, in letters from the beginning."""
    seen: int
    """Where it was noticed."""


class Circling:
    """Reads a text in pieces and notices the first cycle, at the same letter however the text is cut into pieces."""

    def __init__(self) -> None:
        self._periods = np.arange(1, _LONGEST + 1)
        self._least = np.maximum(_PHRASES, REPEATS * self._periods)
        # The last letters, newest first. Written twice, a length apart, so that they are always one slice.
        self._letters = np.full(2 * _LONGEST, -1, dtype=np.int32)
        self._covered = self._periods.copy()  # letters that go on with each period, its first piece included
        self._length = 0

    def feed(self, text: str) -> Cycle | None:
        """Read on; return the cycle where the text has one now. Nothing may be read after that."""
        for letter in text:
            at, order = _LONGEST - 1 - self._length % _LONGEST, ord(letter)
            same = self._letters[at + 1 : at + 1 + _LONGEST] == order
            self._covered = np.where(same, self._covered + 1, self._periods)
            self._letters[at] = self._letters[at + _LONGEST] = order
            self._length += 1
            if (self._covered >= self._least).any() and (found := self._found(at)):
                return found
        return None

    def _found(self, at: int) -> Cycle | None:
        covered = int(self._covered[int((self._covered >= self._least).argmax())])
        period = int(self._periods[int((self._covered >= covered).argmax())])  # what "abab" repeats is "ab"
        piece = "".join(map(chr, self._letters[at : at + period][::-1].tolist()))
        letters = any(letter.isalpha() for letter in piece)
        if covered < (_SIGNS if not letters else _PHRASES if period >= _PHRASE else _ITEMS):
            return None
        turned = (period - covered) % period
        following = piece[turned:] + piece[:turned]
        return Cycle(self._length - covered + period + _to_a_stop(following), self._length)


def _to_a_stop(following: str) -> int:
    """Return how far a sentence goes on that was cut in its last letters: a cycle begins where chance lets it."""
    ends = [place + 1 for place, letter in enumerate(following[: len(following) // 2]) if letter in ".!?}\n"]
    return ends[0] if ends else 0
