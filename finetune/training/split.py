"""The split of examples into a part to train on, one to stop by and, where it is wanted, one to test on.

Examples that ask the same thing, or rest on the same document, stay on one side: otherwise the validation loss
falls because an answer was memorised. Where one document would hold more than half of them together, it is the
same fact of it. Knows no paraphrases that share neither words nor a document.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.examples import Example
from finetune.quality.similar import clusters
from foundation.errors import UserError


@dataclass(frozen=True)
class Split:
    """Parts of a set of examples. Together they are the whole; no cluster is in two."""

    train: tuple[Example, ...]
    """What is trained on, in the order of the file."""
    validation: tuple[Example, ...]
    """What tells when to stop, in the order of the file; empty when all examples are one cluster."""
    test: tuple[Example, ...]
    """What nothing is decided by, in the order of the file; empty unless a share of it is asked for."""
    seed: int
    """What the parts were drawn with."""
    clusters: int
    """How many groups of examples were kept together, single examples counted as groups of one."""
    documents_apart: bool
    """Whether no document is in two parts; else no fact of one is."""


def split(
    examples: Sequence[Example], seed: int, shares: tuple[float, float, float] = (0.85, 0.15, 0.0)
) -> Split:
    """Split examples by clusters, with nearly the same share of unanswerable ones in each part.

    The same examples and seed give the same parts, whatever the order of the examples. Every part of a share above 0 has an
    example where there are as many clusters.

    Args:
        examples: The examples; their ids are unique.
        seed: Another seed, another split.
        shares: What goes to training, to validation and to the test; they add up to 1.

    Raises:
        UserError: The shares are no three shares of a whole.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        told = ", ".join(f"{share:g}" for share in shares)
        raise UserError(f"A split needs three shares that add up to 1, as 0.85, 0.15 and 0, but got {told}.")
    whole = clusters(examples, whole_documents=True)
    apart = 2 * max(map(len, whole), default=0) <= len(examples)
    groups = [[examples[index] for index in members] for members in (whole if apart else clusters(examples))]
    groups.sort(key=lambda group: min(_draw(seed, example) for example in group))
    sides = _deal(groups, shares)
    for side, share in zip(sides, shares, strict=True):
        fullest = max(sides, key=len)
        if share > 0 and not side and len(fullest) > 1:
            smallest = min(fullest, key=len)
            fullest.remove(smallest)
            side.append(smallest)
    place = {example.id: index for index, example in enumerate(examples)}
    parts = [sorted((ex for group in side for ex in group), key=lambda ex: place[ex.id]) for side in sides]
    return Split(tuple(parts[0]), tuple(parts[1]), tuple(parts[2]), seed, len(groups), apart)


def _deal(groups: Sequence[list[Example]], shares: Sequence[float]) -> list[list[list[Example]]]:
    """Deal groups in their order, each to the side that is farther behind its due in examples of that kind.

    Which side is next does not look at the group's size, or one side would get all the groups of one example.
    Only a group that would take its side a tenth beyond its due goes to the next one.
    """
    total = _strata([example for group in groups for example in group])
    sides = [_Side([share * number for number in total]) for share in shares]
    for group in groups:
        size = _strata(group)
        ranked = sorted(sides, key=lambda side: side.filled(size))
        next((side for side in ranked if not side.overflows(size)), ranked[0]).add(group)
    return [side.groups for side in sides]


class _Side:
    """What one side has, and what it is due, in answerable and unanswerable examples."""

    def __init__(self, due: Sequence[float]) -> None:
        self.due = due
        self.has = [0, 0]
        self.groups: list[list[Example]] = []

    def filled(self, size: tuple[int, int]) -> float:
        """Return how much of its due it has, each kind weighed by its number in a group of `size`."""
        kinds = zip(size, self.has, self.due, strict=True)
        return sum(n * (has / due if due else math.inf) for n, has, due in kinds if n)

    def overflows(self, size: tuple[int, int]) -> bool:
        """Return whether a group of `size` would be too much."""
        return any(n and h + n > 1.1 * due for n, h, due in zip(size, self.has, self.due, strict=True))

    def add(self, group: list[Example]) -> None:
        self.groups.append(group)
        self.has = [h + n for h, n in zip(self.has, _strata(group), strict=True)]


def _strata(group: Sequence[Example]) -> tuple[int, int]:
    """Return how many are answerable, and how many are not."""
    answerable = sum(example.answerable for example in group)
    return answerable, len(group) - answerable


def _draw(seed: int, example: Example) -> str:
    """Return an example's place in the dealing; it depends on seed and id only, not on the file's order."""
    return hashlib.sha256(f"{seed}\n{example.id}".encode()).hexdigest()
