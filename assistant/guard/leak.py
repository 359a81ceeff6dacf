"""What must not be told, found in what a model says: stretches of its instructions, and words that nobody may hear.

Compared are letters and digits, forwards, backwards and through ROT13, in every reading of `assistant.guard.readings`. A
translation, a summary or a cipher of another kind is not found: nothing that reads letters could. Knows nothing of models,
prompts or passages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from assistant.guard.readings import ROT13, Reading, Readings, bare

STRETCH = 40
"""Letters and digits in a row (about eight words) that count as told."""
_BEGUN = 12
"""So many in a row may be the beginning of a stretch: a stream waits for what follows."""
SHORTEST = 6
"""Letters and digits that a word must have that is never to be said: shorter ones come by chance."""


class Confidential(Protocol):
    """Something that is not to be told."""

    @property
    def what(self) -> str:
        """What an answer does that tells it, as in "the whole answer, which repeats the instructions"."""

    def look(self, reading: Reading) -> int | None:
        """Look at the letters that came last.

        Returns:
            How many of the last letters may be the beginning of telling it; None where they tell it.
        """


class Kept:
    """A text that is not to be told.

    Args:
        text: The text.
        free: What may be said all the same, though it stands in the text: an opening, an abstention, a passage that was shown.
    """

    what = "repeats the instructions"

    def __init__(self, text: str, free: Iterable[str] = ()) -> None:
        # A shorter one can't hold a stretch, and cutting it out would leave less to keep.
        phrases = [phrase for phrase in free if len(bare(phrase)) >= STRETCH]
        parts = [text]
        for phrase in phrases:
            parts = [rest for part in parts for rest in part.split(phrase)]
        kept = [part for part in parts if len(bare(part)) >= STRETCH]
        shown = {stretch for phrase in phrases for stretch in _pieces(bare(phrase), STRETCH)}
        self._texts = [disguised for part in kept for disguised in _disguises(part)]
        self._stretches = {stretch for one in self._texts for stretch in _pieces(one, STRETCH)} - shown
        self._beginnings = {piece for one in self._texts for piece in _pieces(one, _BEGUN)}

    def look(self, reading: Reading) -> int | None:
        """Return how many of the last letters stand in the text like that; 0 for fewer than a dozen, None for a stretch."""
        if any(piece in self._stretches for piece in _newest(reading, STRETCH)):
            return None
        if reading.letters[-_BEGUN:] not in self._beginnings:
            return 0
        lengths = range(min(STRETCH, len(reading.letters)), _BEGUN, -1)
        return next(
            (length for length in lengths if any(reading.letters[-length:] in one for one in self._texts)),
            _BEGUN,
        )


class Canaries:
    """Words that are never to be said, by whoever asks.

    Args:
        words: The words; those with fewer than six letters and digits are not looked for.
    """

    what = "says what is never to be said"

    def __init__(self, words: Iterable[str]) -> None:
        known = [word for word in words if len(bare(word)) >= SHORTEST]
        self._words = {disguised for word in known for disguised in _disguises(word)}
        self._beginnings = {word[:length] for word in self._words for length in range(1, len(word))}
        self._longest = max(map(len, self._words), default=0)

    def look(self, reading: Reading) -> int | None:
        """Return how many of the last letters one of the words begins with; None for a whole word."""
        last = reading.letters[-self._longest - reading.new :]
        if reading.new and any(word in last for word in self._words):
            return None
        last = last[-self._longest :] if self._longest else ""
        return next((len(last) - at for at in range(len(last)) if last[at:] in self._beginnings), 0)


class Watch:
    """Looks at an answer that arrives in pieces for everything that is confidential.

    Args:
        secrets: What must not be told.
    """

    def __init__(self, secrets: Sequence[Confidential]) -> None:
        self._secrets, self._readings = secrets, Readings()
        self._length = 0
        self.told: Confidential | None = None
        """What was told, once something was; nothing is looked at after that."""

    def feed(self, text: str) -> int:
        """Read on; return up to where the answer tells nothing, whatever follows."""
        self._length += len(text)
        if not self._secrets or self.told is not None:
            return self._length
        return self._look(self._readings.feed(text))

    def end(self) -> None:
        """Say that the answer ends here."""
        if self._secrets and self.told is None:
            self._look(self._readings.end())

    def _look(self, readings: Sequence[Reading]) -> int:
        safe = self._length
        for secret in self._secrets:
            for reading in readings:
                begun = secret.look(reading)
                if begun is None:
                    self.told = secret
                    return 0
                if begun:
                    safe = min(safe, reading.places[-begun])
        return safe


def _disguises(text: str) -> set[str]:
    letters = bare(text)
    # accents can be gone before or after the letters are exchanged
    return {letters, letters[::-1], letters.translate(ROT13), bare(text.lower().translate(ROT13))}


def _pieces(letters: str, size: int) -> Iterator[str]:
    return (letters[start : start + size] for start in range(len(letters) - size + 1))


def _newest(reading: Reading, size: int) -> Iterator[str]:
    """Return the pieces of a size that end in one of the letters that came last."""
    return _pieces(reading.letters[-size - reading.new + 1 :] if reading.new else "", size)
