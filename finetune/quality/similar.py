"""Which examples ask the same thing: near-duplicates found exactly, and the clusters they form.

The one place where two examples are compared: the doctor reports what is found here, the split keeps it on
one side. Knows no paraphrases: two texts are alike when they share their word pairs, so "How heavy is it?"
and "What does it weigh?" are strangers here, and only the facts they share bring them together.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from finetune.examples import Example
from finetune.text import fold, words

THRESHOLD = 0.8
"""Jaccard similarity of word pairs from which two texts are near-duplicates, the value of Lee et al. 2022
(arXiv 2107.06499). One exchanged word makes two texts of fewer than 19 words different."""


@dataclass(frozen=True)
class Pair:
    """Two texts that are alike."""

    first: int
    """Index of the earlier one."""
    second: int
    """Index of the later one."""
    similarity: float
    """Jaccard similarity of their word pairs, from the threshold to 1."""


def shingles(tokens: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """Return the pairs of neighbouring words; of a text of one word, that word."""
    return frozenset(pairwise(tokens)) if len(tokens) > 1 else frozenset([tuple(tokens)])


def jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """Return |a ∩ b| / |a ∪ b|."""
    return len(a & b) / len(a | b) if a or b else 1.0


def near_pairs(texts: Sequence[str], threshold: float = THRESHOLD) -> list[Pair]:
    """Return every pair of texts that are alike, none missed.

    Candidates come from the prefix filter (Bayardo, Ma, Srikant, WWW 2007): two sets with Jaccard ≥ t must
    share a member among their first |x| - ⌈t·|x|⌉ + 1, the rarest first. It is exact, where MinHash would
    guess. Texts of the same words are each paired with the first of them only: a file of copies stays
    linear.
    """
    pairs: list[Pair] = []
    first_with: dict[tuple[str, ...], int] = {}
    for index, tokens in enumerate(tuple(words(text)) for text in texts):
        if (first := first_with.setdefault(tokens, index)) != index:
            pairs.append(Pair(first, index, 1.0))
    sets = {index: shingles(tokens) for tokens, index in first_with.items()}
    frequency = Counter(shingle for members in sets.values() for shingle in members)
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, members in sets.items():
        prefix = len(members) - math.ceil(threshold * len(members) - 1e-9) + 1
        rarest = sorted(members, key=lambda shingle: (frequency[shingle], shingle))[:prefix]
        for other in sorted({other for shingle in rarest for other in holders[shingle]}):
            similarity = jaccard(members, sets[other])
            if similarity >= threshold:
                pairs.append(Pair(other, index, similarity))
        for shingle in rarest:
            holders[shingle].append(index)
    return sorted(pairs, key=lambda pair: (pair.second, pair.first))


def similar_examples(examples: Sequence[Example], threshold: float = THRESHOLD) -> list[Pair]:
    """Return the pairs of examples that ask the same: alike in the whole conversation and the last question.

    Two texts that name different things or numbers are different questions, however alike the rest is.
    """
    asked = ["\n".join(turn["content"] for turn in example.conversation) for example in examples]
    marks = [_names(text) for text in asked]
    tokens = [frozenset(words(text)) for text in asked]
    last = [shingles(words(example.question)) for example in examples]
    return [
        pair
        for pair in near_pairs(asked, threshold)
        if jaccard(last[pair.first], last[pair.second]) >= threshold
        and marks[pair.first] <= tokens[pair.second]
        and marks[pair.second] <= tokens[pair.first]
    ]


def clusters(
    examples: Sequence[Example], threshold: float = THRESHOLD, whole_documents: bool = False
) -> list[list[int]]:
    """Return the examples that ask the same thing, or rest on the same fact of a source, together.

    Args:
        examples: The examples.
        threshold: As in `near_pairs`.
        whole_documents: Whether all that rests on one source is together, whatever the facts.

    Returns:
        Indices of examples, each once; clusters by their first member, members in order.
    """
    links = [(pair.first, pair.second) for pair in similar_examples(examples, threshold)]
    first_with: dict[tuple[str, str], int] = {}
    for index, example in enumerate(examples):
        for source in example.sources:
            for fact in ("",) if whole_documents else example.facts:
                links.append((first_with.setdefault((source, fold(fact)), index), index))
    return join(len(examples), links)


def join(count: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the connected parts of `count` points, each sorted, ordered by their first point."""
    parent = list(range(count))

    def root(point: int) -> int:
        while parent[point] != point:
            parent[point] = parent[parent[point]]
            point = parent[point]
        return point

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for point in range(count):
        parts[root(point)].append(point)
    return list(parts.values())


def _names(text: str) -> frozenset[str]:
    """Return the folded words that hold a digit, or begin with a capital inside a sentence."""
    found = re.findall(r"(?<!\w)\w*\d\w*|(?<=[^\W_] )[^\W\d_]\w*|(?<=, )[^\W\d_]\w*", text)
    named = (each for each in found if each[0].isupper() or any(char.isdigit() for char in each))
    return frozenset(word for each in named for word in words(each))
