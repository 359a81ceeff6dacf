"""Where sentences end, in English and Turkish.

Pure functions over one line of text. Knows nothing of documents or tokens.
"""

from __future__ import annotations

import re

_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)")
_GAP = re.compile(r"\s*")
_ABBREVIATIONS_WORDS = (
    "mr mrs ms dr prof st nr vs etc inc ltd co corp approx dept est fig vol art sec p pp e.g i.e a.m p.m "
    "u.s u.k sn sok cad mah apt av doç yrd vb vd bkz örn tel sf çev haz ör md m"
)
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_WORDS.split())


def sentence_spans(line: str) -> list[tuple[int, int]]:
    """Return the `(start, end)` spans of the sentences of a line, without the white space between them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(line):
        if _really_ends(line, found.start(), found.end()):
            spans.append((start, found.end()))
            start = _GAP.match(line, found.end()).end()  # type: ignore[union-attr]  # it matches nothing, too
    if start < len(line):
        spans.append((start, len(line)))
    return spans


def _really_ends(line: str, mark: int, after: int) -> bool:
    following = line[after : after + 50].lstrip()[:1]
    if following.islower():
        return False
    if line[mark] != ".":
        return True
    word = line[max(0, mark - 20) : mark].rsplit(maxsplit=1)[-1:] or [""]
    bare = word[0].strip("(\"'“").lower()
    if bare in _ABBREVIATIONS or (len(bare) == 1 and bare.isalpha()):
        return False
    if bare == "no" and following.isdigit():
        return False
    return not (bare.isdigit() and mark == len(bare))  # "1. Open the valve": the number of a step
