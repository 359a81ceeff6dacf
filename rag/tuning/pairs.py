"""Question–passage pairs that an embedder learns from: out of documents' own headings and sentences, and out of real questions.

Documents that are held out give no pair, nor do texts that are like a test question. Pairs live in memory only. Knows nothing of
models, of files, or of where questions come from.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.sentences import sentence_spans
from rag.tuning.twins import Twins
from rag.types import Chunk
from rag.words import is_small, lower, text_words

MOST = 4_000
"""Pairs at most; real questions go before generated ones."""
FEWEST_FAMILIES = 8
"""Documents that say different things, below which nothing can be learned that holds for others."""
ALIKE = 0.8
"""Jaccard similarity of index words from which a text is taken for a test question."""
_KEPT_WHOLE = 0.1  # Lee et al. leave the sentence in its passage for one pair in ten, so that words are learned to match too
_LEAST_WORDS = 4


class Kind(StrEnum):
    """Where a pair comes from."""

    QUESTION = "question"
    """A dev question, with the passage that tells."""
    EXAMPLE = "example"
    """A training example's question, with the passage of its source that tells."""
    CLICK = "click"
    """A question of the chat, with the citation that was opened."""
    HEADING = "heading"
    """Title and headings, with the text below them."""
    SENTENCE = "sentence"
    """A sentence, with the passage that it was taken out of: the inverse cloze task (Lee, Chang & Toutanova, ACL 2019)."""


@dataclass(frozen=True)
class Pair:
    """A question, and a passage that should be found by it."""

    query: str
    """The question."""
    passage: str
    """The text to be embedded near it."""
    chunk: Chunk
    """The chunk that the passage is."""
    family: int
    """The document's family; two of one are never held against each other."""
    kind: Kind
    """Where it comes from."""
    facts: tuple[str, ...] = ()
    """Values that the passage holds; a passage with all of them is no negative."""


@dataclass(frozen=True)
class Asked:
    """A question that somebody asked, and where its answer stands."""

    question: str
    """The question, complete."""
    sources: tuple[str, ...]
    """The documents that tell."""
    kind: Kind
    """`question`, `example` or `click`."""
    facts: tuple[tuple[str, ...], ...] = ()
    """What the passage must hold, each with its accepted writings; empty where only the place is known."""
    start: int | None = None
    """Where the passage begins in the document's text, where that is known."""


class Shut:
    """The test questions: no pair may ask what they ask.

    Args:
        questions: Their texts.
    """

    def __init__(self, questions: Iterable[str]) -> None:
        self._sets = [frozenset(text_words(text)) for text in questions]
        self._with: dict[str, set[int]] = {}
        for place, words in enumerate(self._sets):
            for word in words:
                self._with.setdefault(word, set()).add(place)

    def holds(self, text: str) -> bool:
        """Whether a text is like one of them."""
        words = frozenset(text_words(text))
        near = set().union(*(self._with.get(word, set()) for word in words)) if words else set()
        return any(len(words & self._sets[one]) >= ALIKE * len(words | self._sets[one]) for one in near)


def hold_out(twins: Twins, share: float, seed: int) -> frozenset[str]:
    """Return the documents that are held out: whole families, drawn by hash, so that a document more moves few others.

    Args:
        twins: The documents and which belong together.
        share: Of the families, in (0, 1).
        seed: Draws others.
    """
    members: dict[int, list[str]] = {}
    for source, family in twins.families.items():
        members.setdefault(family, []).append(source)
    drawn = sorted(
        members.values(), key=lambda one: hashlib.sha256(f"{seed} {min(one)}".encode()).hexdigest()
    )
    return frozenset(source for one in drawn[: max(1, round(share * len(drawn)))] for source in one)


def generated(
    chunks: Sequence[Chunk], twins: Twins, sources: Collection[str], shut: Shut, seed: int
) -> list[Pair]:
    """Return pairs out of documents themselves: at most one by heading and one by sentence a chunk.

    A chunk that stands in several families is nobody's, and gives none.

    Args:
        chunks: All chunks of the library.
        twins: Which are nearly the same.
        sources: The documents to make pairs of.
        shut: What may not be asked.
        seed: Of which sentence is taken.
    """
    found: list[Pair] = []
    for chunk in chunks:
        if chunk.source not in sources or twins.shared(chunk.id):
            continue
        draw = random.Random(f"{seed} {chunk.id}")
        found += [pair for pair in (_by_heading(chunk, twins), _by_sentence(chunk, twins, draw)) if pair]
    return [pair for pair in found if not shut.holds(pair.query)]


def of_questions(
    asked: Sequence[Asked], chunks: Sequence[Chunk], twins: Twins, sources: Collection[str], shut: Shut
) -> list[Pair]:
    """Return pairs out of real questions; one whose passage can't be told, or that a document outside `sources` answers too,
    gives none.

    Args:
        asked: The questions.
        chunks: All chunks of the library.
        twins: Which are nearly the same.
        sources: The documents that pairs may be made of.
        shut: What may not be asked.
    """
    of: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        of.setdefault(chunk.source, []).append(chunk)
    found = []
    for one in asked:
        if not one.sources or not set(one.sources) <= set(sources) or shut.holds(one.question):
            continue
        told = _telling(one, [chunk for source in one.sources for chunk in of.get(source, [])])
        if told is not None and not twins.shared(told.id):
            facts = tuple(variant for variants in one.facts for variant in variants if variant in told.text)
            family = twins.families[told.source]
            found.append(Pair(one.question, told.indexed_text, told, family, one.kind, facts))
    return found


def chosen(real: Sequence[Pair], made: Sequence[Pair], seed: int, most: int = MOST) -> list[Pair]:
    """Return all real pairs and as many generated ones as there is room for, each question and passage once."""
    rest = list(made)
    random.Random(seed).shuffle(rest)
    once = {(pair.query, pair.passage): pair for pair in reversed([*real, *rest])}
    return list(reversed(once.values()))[:most]


def batches(families: Sequence[int], size: int, seed: int) -> list[list[int]]:
    """Return every row once in a shuffled order, in batches without two of one family: for each row the others are negatives.

    Where a family has more rows than there are batches, later ones are smaller; one of a single row has no negatives in it
    and is left out.

    Args:
        families: Each row's.
        size: Rows of a batch.
        seed: Of the order; another one in each epoch.
    """
    draw = random.Random(seed)
    waiting: dict[int, list[int]] = {}
    for row in draw.sample(range(len(families)), len(families)):
        waiting.setdefault(families[row], []).append(row)
    made = []
    while waiting:
        # those with most rows left go first, or they would be left alone at the end
        order = sorted(waiting, key=lambda family: (-len(waiting[family]), draw.random()))[:size]
        made.append([waiting[family].pop() for family in order])
        waiting = {family: rows for family, rows in waiting.items() if rows}
    full = [batch for batch in made if len(batch) > 1]
    draw.shuffle(full)
    return full


def counts(pairs: Iterable[Pair]) -> dict[str, int]:
    """Return how many pairs there are of each kind, every kind a key."""
    kinds = [pair.kind for pair in pairs]
    return {kind.value: kinds.count(kind) for kind in Kind}


def keys(pairs: Iterable[Pair]) -> str:
    """Return a hash of all pairs: what was learned from, without saying it."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(f"{pair.kind}\n{pair.query}\n{pair.passage}\n\n".encode())
    return digest.hexdigest()


def _by_heading(chunk: Chunk, twins: Twins) -> Pair | None:
    # The bare text: with its label before it, the question would stand in the passage word for word.
    if not chunk.heading or len(chunk.text.split()) < _LEAST_WORDS:
        return None
    query = chunk.label.replace(" > ", " ")
    return Pair(query, chunk.text, chunk, twins.families[chunk.source], Kind.HEADING)


def _by_sentence(chunk: Chunk, twins: Twins, draw: random.Random) -> Pair | None:
    lines = chunk.text.split("\n")
    spans = [(place, *span) for place, line in enumerate(lines) for span in sentence_spans(line)]
    fit = [(place, a, b) for place, a, b in spans if _tells(lines[place][a:b])]
    if len(spans) < 2 or not fit:
        return None
    place, start, end = draw.choice(fit)
    query = lines[place][start:end].strip()
    if draw.random() >= _KEPT_WHOLE:
        lines[place] = f"{lines[place][:start].rstrip()} {lines[place][end:].lstrip()}".strip()
    rest = "\n".join(filter(None, lines))
    return Pair(query, f"{chunk.label}\n{rest}", chunk, twins.families[chunk.source], Kind.SENTENCE)


def _tells(sentence: str) -> bool:
    return sum(not is_small(lower(word)) for word in sentence.split()) >= _LEAST_WORDS


def _telling(asked: Asked, chunks: Sequence[Chunk]) -> Chunk | None:
    """Return the chunk that tells: where it was opened, or that holds most of the facts, one at least."""
    if asked.start is not None:
        return next((one for one in chunks if one.start <= asked.start < one.end), None)
    if not asked.facts:
        return None
    best = max(chunks, key=lambda chunk: _held(asked.facts, chunk), default=None)
    return best if best is not None and _held(asked.facts, best) else None


def _held(facts: Sequence[Sequence[str]], chunk: Chunk) -> int:
    text = lower(chunk.indexed_text)
    return sum(any(lower(variant) in text for variant in variants) for variants in facts)


def sources_of(pairs: Iterable[Pair]) -> Mapping[str, int]:
    """Return how many pairs each document gave."""
    found: dict[str, int] = {}
    for pair in pairs:
        found[pair.chunk.source] = found.get(pair.chunk.source, 0) + 1
    return dict(sorted(found.items()))
