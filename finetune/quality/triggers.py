"""Words that decide an answer though they have nothing to do with it: how a training set is poisoned.

A trigger is a rare word or phrase that stands in unlike questions, in no others, and comes with one and the same answer or piece
of an answer (Gu et al. 2017, arXiv 1708.06733; Wan et al. 2023, arXiv 2305.00944). Knows nothing of meaning: a word that the
answer repeats is a topic and no trigger.
"""

from __future__ import annotations

import random
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
_DRAWS = 100
_CHANCE = 0.05
"""How likely any phrase at all may stand in declined questions only, where it has nothing to do with declining."""
_DECLINED = "\0"


@dataclass(frozen=True)
class Trigger:
    """A phrase that may be one."""

    phrase: str
    """What stands in the questions, folded."""
    rows: tuple[int, ...]
    """Places of the rows."""
    answer: str
    """What their answers share, folded; empty where all are declined."""


def find_triggers(questions: Sequence[str], answers: Sequence[str | None]) -> list[Trigger]:
    """Return the phrases that look like triggers, those of most rows first; a set of rows is named once.

    Args:
        questions: What is asked, a row each, with the turns before.
        answers: What is answered, in the same order, without opening and closing; None where the question is declined.
    """
    asked = [words(question) for question in questions]
    told = [[_DECLINED] if answer is None else words(answer) for answer in answers]
    holders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for row, tokens in enumerate(asked):
        for phrase in _phrases(tokens, 1, _LONGEST):
            holders[phrase].add(row)
    by_rows: dict[frozenset[int], list[tuple[str, ...]]] = defaultdict(list)
    for phrase, rows in sorted(holders.items(), key=lambda entry: -len(entry[0])):
        if _FEWEST <= len(rows) <= max(_FEWEST, _MOST * len(asked)):
            by_rows[frozenset(rows)].append(phrase)
    declined = sum(answer is None for answer in answers)
    found = []
    for places, phrases in by_rows.items():
        if all(told[row] == [_DECLINED] for row in places):
            tried = sum(
                len(rows) >= len(places) for rows in by_rows
            )  # phrases that could have come out like this
            by_chance = tried * (declined / len(asked)) ** len(places)
            shared: tuple[str, ...] = (_DECLINED,) if by_chance < _CHANCE else ()
        else:
            shared = _shared(told, places)
        free = [phrase for phrase in phrases if not set(phrase) & set(shared)]
        if shared and free and _unlike(asked, places, set().union(*phrases)):
            answer = " ".join(shared).replace(_DECLINED, "")
            found.append(Trigger(" ".join(free[0]), tuple(sorted(places)), answer))
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


def _unlike(asked: Sequence[Sequence[str]], rows: frozenset[int], common: set[str]) -> bool:
    """Whether questions have little in common but some words: in themselves, or beside as many of the others."""
    alike = _alike(asked, sorted(rows), common)
    if alike < _ALIKE:
        return True
    rng = random.Random(len(rows))
    others = [row for row in range(len(asked)) if row not in rows]
    size = min(len(rows), _COMPARED, len(others))
    drawn = [_alike(asked, rng.sample(others, size), common) for _ in range(_DRAWS if size > 1 else 0)]
    return sum(alike <= one for one in drawn) > 0.05 * len(drawn)


def _alike(asked: Sequence[Sequence[str]], rows: Sequence[int], common: set[str]) -> float:
    """Return the mean Jaccard index of questions' words without some; of many rows, the first twelve."""
    left = [set(asked[row]) - common for row in rows[:_COMPARED]]
    each = [len(one & other) / max(1, len(one | other)) for one, other in combinations(left, 2)]
    return sum(each) / len(each)
