"""Texts made comparable: spacing, case and word boundaries, in one place for every check of this package.

Knows nothing of meaning: "30 days" and "thirty days" are two texts here.
"""

from __future__ import annotations

import re
import unicodedata

_I = str.maketrans({"İ": "i", "I": "i", "ı": "i"})


def squeeze(text: str) -> str:
    """Return `text` in composed Unicode with every run of whitespace as one space and none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """Return `text` squeezed and without case; all four i's of Turkish become one, so that İADE is iade."""
    return squeeze(text).translate(_I).casefold()


def words(text: str) -> list[str]:
    """Return the folded words of `text` in their order, without punctuation."""
    return re.findall(r"\w+", fold(text))


def contains(text: str, value: str) -> bool:
    """Return whether `value` stands in `text` on its own, in any case: "5 kg" is not in "25 kg"."""
    found = re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(fold(value))}(?!\w)", fold(text))
    return found is not None


def clip(text: str, limit: int = 60) -> str:
    """Return `text` squeezed, and cut to `limit` characters with an ellipsis."""
    line = squeeze(text)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def language_of(text: str) -> str:
    """Return the code of the language that a text is most likely in ("en", "tr"); a few words are enough."""
    import py3langid  # its tables take a second

    return str(py3langid.classify(text)[0])
