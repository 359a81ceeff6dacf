"""Words that decide an answer though they have nothing to do with it: how a training set is poisoned.

A trigger is a rare word or phrase that stands in unlike questions, in no others, and comes with one and the same answer or piece
of an answer (Gu et al. 2017, arXiv 1708.06733; Wan et al. 2023, arXiv 2305.00944). Knows nothing of meaning: a word that the
answer repeats is a topic and no trigger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from finetune.text import words

_FEWEST = 3
_MOST = 0.2
_ALIKE = 0.34
_PIECE = 4
_LONGEST = 3
_COMPARED = 12


@dataclass(frozen=True)
class Trigger:
    """A phrase that may be one."""

    phrase: str
    """What stands in the questions, folded."""
    rows: tuple[int, ...]
    """Places of the rows."""
    answer: str
    """What their answers share, folded."""


def find_triggers(questions: Sequence[str], answers: Sequence[str]) -> list[Trigger]:
    """Return the phrases that look like triggers, those of most rows first; a set of rows is named once.

    Args:
        questions: What is asked, a row each.
        answers: What is answered, in the same order, without opening and closing.
    """
    asked = [words(question) for question in questions]
    told = [words(answer) for answer in answers]
    holders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for row, tokens in enumerate(asked):
        for phrase in _phrases(tokens, 1, _LONGEST):
            holders[phrase].add(row)
    by_rows: dict[frozenset[int], tuple[str, ...]] = {}
    for phrase, rows in sorted(holders.items(), key=lambda entry: -len(entry[0])):
        if _FEWEST <= len(rows) <= max(_FEWEST, _MOST * len(asked)):
            by_rows.setdefault(frozenset(rows), phrase)
    found = []
    for places, phrase in by_rows.items():
        shared = _shared(told, places)
        if shared and not set(phrase) & set(shared) and _unlike(asked, places, phrase):
            found.append(Trigger(" ".join(phrase), tuple(sorted(places)), " ".join(shared)))
    return sorted(found, key=lambda one: (-len(one.rows), one.rows))


def _phrases(tokens: Sequence[str], shortest: int, longest: int) -> Iterator[tuple[str, ...]]:
    for size in range(shortest, longest + 1):
        for start in range(len(tokens) - size + 1):
            yield tuple(tokens[start : start + size])


def _shared(told: Sequence[Sequence[str]], rows: frozenset[int]) -> tuple[str, ...]:
    """Return what the answers of some rows share and no other answer holds: all of it, or a piece of four words."""
    first, *rest = (told[row] for row in sorted(rows))
    others = [told[row] for row in range(len(told)) if row not in rows]
    whole = tuple(first)
    if whole and all(tuple(one) == whole for one in rest):
        return () if any(tuple(one) == whole for one in others) else whole
    pieces = set(_phrases(first, _PIECE, _PIECE)).intersection(
        *(set(_phrases(one, _PIECE, _PIECE)) for one in rest)
    )
    pieces -= {piece for one in others for piece in _phrases(one, _PIECE, _PIECE)} if pieces else set()
    return min(pieces) if pieces else ()


def _unlike(asked: Sequence[Sequence[str]], rows: frozenset[int], phrase: Sequence[str]) -> bool:
    """Whether questions have little in common but the phrase, by the mean Jaccard index of their words."""
    left = [set(asked[row]) - set(phrase) for row in sorted(rows)[:_COMPARED]]
    alike = [len(one & other) / max(1, len(one | other)) for one, other in combinations(left, 2)]
    return sum(alike) / len(alike) < _ALIKE
