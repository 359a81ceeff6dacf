"""Text made plain: invisible characters out, disguised words mended, both counted; spaces and line breaks of one kind.

What a person can't see must not reach a model: zero-width and tag characters carry hidden instructions, bidi
controls show another order than the one stored, a Cyrillic letter in an English word hides it from a search. Knows
nothing of files or formats.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_RUNS = re.compile(" {2,}")
# Joiners stay after an emoji and inside scripts written with them (Arabic to Sinhala). Elsewhere they hide.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\u0600-\u0dff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
_MARKS = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{4})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]+"
)
LOOKALIKES = dict(
    zip(
        "АВСЕНІЈКМОРЅТХУаеорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορνι",
        "ABCEHIJKMOPSTXYaeopcyxijshdqwABEZHIKMNOPTYXaopvi",
        strict=True,
    )
)
"""Cyrillic and Greek letters that look like Latin ones, with those."""
_DISGUISES = re.compile(f"[{''.join(LOOKALIKES)}]")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_OTHER_ALPHABETS = re.compile("[\u0370-\u052f\u1c80-\u1c8f\u1f00-\u1fff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


def clean(text: str) -> tuple[str, int]:
    """Return the text without invisible characters, in Unicode NFC, and how many were removed or words mended.

    A word that is Latin but for letters that look Latin (a Cyrillic "о" in "warranty of") becomes Latin; a word of another
    alphabet stays. Line breaks become `\\n`, every kind of space becomes a plain one, runs of spaces one space, lines are
    stripped, and more than four combining marks on one letter are cut.
    """
    text, hidden = _HIDDEN.subn("", _LINE_BREAKS.sub("\n", text))
    text, stacked = _MARKS.subn(r"\1", text)
    text = _RUNS.sub(" ", _SPACES.sub(" ", unicodedata.normalize("NFC", text)))
    text, disguised = _undisguised(text)
    return "\n".join(line.strip() for line in text.split("\n")), hidden + stacked + disguised


def _undisguised(text: str) -> tuple[str, int]:
    """Return the text with its disguised words in plain letters, and how many there were."""
    if not _DISGUISES.search(text):
        return text, 0
    found = 0

    def plain(match: re.Match[str]) -> str:
        nonlocal found
        word = match[0]
        foreign = _OTHER_ALPHABETS.findall(word)
        if not foreign or not _LATIN.search(word) or not all(letter in LOOKALIKES for letter in foreign):
            return word
        found += 1
        return "".join(LOOKALIKES.get(letter, letter) for letter in word)

    return _WORDS.sub(plain, text), found


def one_line(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return " ".join(text.split())
