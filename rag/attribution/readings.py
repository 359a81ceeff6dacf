"""Texts read for comparing: their words, figures and clauses, and a passage sentence by sentence.

Knows nothing of answers, or of which of two texts is right.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from foundation.normalise import Token, tokens
from rag.sentences import sentence_spans
from rag.words import lower, question_forms

# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, date, time, phone number or code."""

    readings: frozenset[str]
    """Everything it may mean, as `foundation.normalise` reads it."""
    unit: str
    """The unit or currency behind it; empty without one."""
    code: str
    """What stands before it in a code, as `rx-` in `RX-204`; empty in a plain figure."""

    @property
    def kind(self) -> str:
        """What may stand in its place: another of this kind."""
        return self.unit or (
            "code" if self.code else next(iter(sorted(self.readings))).split(":")[0].replace("l", "n")
        )

    def agrees(self, other: Figure) -> bool:
        """Whether both write the same value; a unit that one of them leaves out is no contradiction."""
        same = bool(self.readings & other.readings) and self.code == other.code
        return same and (not self.unit or not other.unit or self.unit == other.unit)

    def written(self) -> str:
        """Return it as a person reads it."""
        value = max(self.readings, key=lambda one: (one.startswith("l:"), one)).split(":", 1)[1]
        return f"{self.code}{value}"


_NUMBER_WORDS = {
    word: number
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty",
        "sıfır bir iki üç dört beş altı yedi sekiz dokuz on",
    )
    for number, word in enumerate(words.split())
    if word not in ("bir", "on", "one")  # "a", and in the other language "upon"
} | {word: 10 * number for number, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}  # fmt: skip
_UNIT = re.compile(r"(?:unit|cur):")


def figures_of(text: str, spelled: bool = False) -> tuple[Figure, ...]:
    """Return the figures of a text; where `spelled`, number words too."""
    row, found = tokens(text), []
    for place, token in enumerate(row):
        readings = frozenset(
            one for one in token.readings if one.split(":")[0] in ("n", "l", "t", "date", "phone")
        )
        if not readings:
            number = next((_NUMBER_WORDS[w] for r in token.readings if (w := r[2:]) in _NUMBER_WORDS), None)
            if not spelled or number is None:
                continue
            readings = frozenset({f"n:{number}"})
        code = ""
        if token.glued:
            before = place - 1
            while before > 0 and row[before].glued:
                before -= 1
            code = "-".join(_word_of(one) for one in row[before:place]) + "-"
        after = row[place + 1].readings if place + 1 < len(row) else frozenset()
        unit = next((one for one in sorted(after) if _UNIT.match(one)), "")
        found.append(Figure(readings, unit, code))
    return tuple(found)


def _word_of(token: Token) -> str:
    return sorted(token.readings)[0].split(":", 1)[1]


# ---------------------------------------------------------------- negation

NEGATION = re.compile(
    r"\b(?:not(?! only)|never|cannot|without|none|neither|nor|nobody|nothing|değil\w*|yok|asla|hiçbir|nicht|kein\w{0,2})\b"
    r"|n['’]t\b|\bno(?=\s+[^\W\d]{2,})"
    r"|\b\w{2,}(?:maz|mez|mıyor|miyor|muyor|müyor|mamış|memiş|mayacak|meyecek|mamalı|memeli)(?:lar|ler|dır|dir|sınız|siniz)?\b"
)
"""Words that say "not", in small letters."""
_PRIVATE = re.compile(
    r"\b(?:except|exclud\w*|only|unless|closed|forbidden|prohibited|refus\w*|unable|unavailable|impossible|hariç|dışında|yalnız\w*|sadece|"
    r"kapalı|yasak\w*|ücretsiz|\w{3,}s[ıiuü]z)\b"
)
_CLAUSE = re.compile(r"[,:](?!\d)|[;()–—]|\b(?:but|although|though|ama|ancak|fakat)\b")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence."""

    forms: frozenset[str]
    """The forms of its words."""
    negated: bool
    """Whether it says "not"."""
    private: bool
    """Whether it limits or denies by another word ("except", "closed"), so that a "not" elsewhere is no contradiction."""


def clauses_of(text: str) -> tuple[Clause, ...]:
    """Return the parts of a sentence."""
    small = lower(text)
    parts = [part for part in _CLAUSE.split(small) if part.strip()]
    return tuple(
        Clause(forms_of(part), bool(NEGATION.search(part)), bool(_PRIVATE.search(part))) for part in parts
    )


# ---------------------------------------------------------------- passages


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a passage."""

    start: int
    """Where it starts in the passage's text, in characters."""
    end: int
    """Where it ends, exclusive."""
    forms: frozenset[str]
    """The forms of its words."""
    figures: tuple[Figure, ...]
    """Its figures, number words included."""
    clauses: tuple[Clause, ...]
    """Its parts."""


@dataclass(frozen=True, slots=True)
class Page:
    """A passage, read for comparing."""

    lines: tuple[Line, ...]
    """Its sentences, in reading order."""
    label: frozenset[str]
    """The forms of the words of its title and headings."""
    label_figures: tuple[Figure, ...]
    """The figures there."""


@functools.lru_cache(maxsize=512)
def read_page(label: str, text: str) -> Page:
    """Read a passage, its title and headings apart."""
    lines: list[Line] = []
    offset = 0
    for line in text.split("\n"):
        for low, high in sentence_spans(line):
            piece = line[low:high]
            start = offset + low + len(piece) - len(piece.lstrip())
            if said := piece.strip():
                figures = figures_of(said, spelled=True)
                lines.append(Line(start, start + len(said), forms_of(said), figures, clauses_of(said)))
        offset += len(line) + 1
    return Page(tuple(lines), forms_of(label), figures_of(label, spelled=True))


def forms_of(text: str) -> frozenset[str]:
    """Return every form of every content word: a few words don't tell their language, so both stems count."""
    return frozenset(form for forms in question_forms(text) for form in forms)
