"""How much of its passages an answer may repeat word for word: enough to quote a rule, not enough to copy a library.

Counts letters that stand in the passages in stretches. Knows nothing of who may see what: a passage is something that the asker
may see.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.guard.readings import Reading, bare

STRETCH = 32
"""Letters and digits in a row that count as quoted; fewer come by chance."""


class Quotes:
    """The passages of an answer, and how many of their letters it may repeat.

    Args:
        passages: Their texts.
        most: Letters and digits that may be repeated, all stretches together.
    """

    def __init__(self, passages: Iterable[str], most: int) -> None:
        self.most = most
        self.stretches = {
            letters[start : start + STRETCH]
            for letters in map(bare, passages)
            for start in range(len(letters) - STRETCH + 1)
        }

    def begin(self) -> Quoted:
        """Return a count for one answer."""
        return Quoted(self)


class Quoted:
    """Counts what an answer that arrives in pieces quotes.

    Args:
        quotes: What is counted.
    """

    def __init__(self, quotes: Quotes) -> None:
        self._quotes, self._reading, self._read = quotes, Reading(), 0
        self._quoted = self._last = self._letters = 0

    @property
    def what(self) -> str:
        """What is taken out, in words."""
        return f"what it quotes beyond {self._quotes.most:,} letters"

    def feed(self, text: str) -> int:
        """Read on; return how much of the piece may be shown."""
        self._reading.feed(text, self._read)
        start, self._read = self._read, self._read + len(text)
        letters, new = self._reading.letters, self._reading.new
        for end in range(len(letters) - new + 1, len(letters) + 1):
            self._letters += 1
            if letters[max(0, end - STRETCH) : end] in self._quotes.stretches:
                # a stretch that goes on adds one letter, a new one all of its own
                self._quoted += min(STRETCH, self._letters - self._last)
                self._last = self._letters
            if self._quoted > self._quotes.most:
                return self._reading.places[end - 1] - start
        return len(text)
