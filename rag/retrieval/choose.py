"""From everything that was found to the hits that are shown: joined, made diverse, limited, and not crowded out.

`choose` takes one `Lookup` and the settings, so that the same question can be ranked in many ways without being
searched again. Pure; knows nothing of indexes, ledgers or questions' words.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rag.retrieval.retrieve import fuse, fuse_ranks
from rag.types import Chunk, Hit, LibrarySettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Ranked = Sequence[tuple[str, float]]
"""`(id, score)`, best first."""

ALIKE = 0.8
"""From this share of common words on, two passages are near-duplicates."""
FEWEST_SOURCES = 3
"""Where near-duplicates had to step back, the hits come from so many documents if there are so many."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_REORDERED = 200  # every place costs a look at all others; what stands below is not shown anyway
_LAST = "whatever is left"
_FEW_WORDS = 4  # a passage with fewer words ("FS-200: 49") is compared with its numbers


class Candidate(NamedTuple):
    """A chunk that one of the two searches handed to the fusion, with its scores in both."""

    id: str
    """The chunk's."""
    source: str
    """The document that it is from."""
    dense: float
    """Cosine of question and chunk, in [-1, 1]."""
    keyword: float
    """BM25 score of the chunk, 0 when it shares no word with the question."""
    vector: NDArray[np.float32]
    """The chunk's vector, shape (dimension,), of length 1."""
    fetch: Callable[[str], Chunk]
    """Gives a chunk by its id: of a hundred candidates a handful is read."""

    @property
    def chunk(self) -> Chunk:
        """What was found."""
        return self.fetch(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """What both searches found for one question, before it is ranked."""

    candidates: tuple[Candidate, ...] = ()
    """In no order that means anything."""
    words: tuple[tuple[tuple[str, ...], float], ...] = ()
    """Each content word of the question: its forms in the index, and its inverse document frequency."""
    reranked: Mapping[str, float] = field(default_factory=dict)
    """What a reranker gave the best of them, by chunk id, in [0, 1]; empty without one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown of a lookup."""

    hits: tuple[Hit, ...]
    """Best first."""
    wanting: bool
    """Whether a limit or a near-duplicate left places that other candidates, had there been more, could take."""


def choose(
    lookup: Lookup, settings: LibrarySettings, k: int, ahead: Callable[[Sequence[str]], None] | None = None
) -> Choice:
    """Rank the candidates of a lookup and take the first `k`.

    For `k` of 4 and more, a smaller `k` gives the first hits of a larger one.

    Args:
        lookup: What was found.
        settings: How it is ranked.
        k: How many.
        ahead: Called with the ids of the chunks that will be read, so that they can be fetched at once.
    """
    found = {candidate.id: candidate for candidate in lookup.candidates}
    ranked = reordered(joined(found, settings), lookup.reranked)
    if settings.diversity > 0.0:
        ranked = diverse(ranked, {key: one.vector for key, one in found.items()}, settings.diversity)

    def source_of(key: str) -> str:
        return found[key].source

    limited = at_most_per_source(ranked, source_of, settings.max_per_source, len(ranked))
    if ahead is not None:
        ahead([key for key, _ in limited[:k]])
    kept, crowded, behind = uncrowded(limited, source_of, lambda key: found[key].chunk.text, k)
    shown = {source_of(key) for key, _ in kept}
    hits = (
        Hit(found[key].chunk, score, found[key].dense, found[key].keyword, rank,
            alike=tuple(sorted({source_of(other) for other in behind.get(key, ())} - shown)))
        for rank, (key, score) in enumerate(kept, start=1)
    )  # fmt: skip
    return Choice(tuple(hits), crowded or len(kept) < k)


def joined(found: Mapping[str, Candidate], settings: LibrarySettings) -> Ranked:
    """Rank candidates by both searches, joined as the settings say."""
    dense = {key: candidate.dense for key, candidate in found.items()}
    keyword = {key: candidate.keyword for key, candidate in found.items()}
    return fuse_ranks(dense, keyword) if settings.fusion == "rrf" else fuse(dense, keyword, settings.alpha)


def reordered(ranked: Ranked, scores: Mapping[str, float]) -> Ranked:
    """Put what was read once more before the rest, by its new scores; the rest keeps its order and scales below."""
    if not scores:
        return ranked
    first = sorted(((key, scores[key]) for key, _ in ranked if key in scores), key=lambda entry: -entry[1])
    floor = first[-1][1] if first else 1.0
    return [*first, *((key, floor * score) for key, score in ranked if key not in scores)]


def diverse(ranked: Ranked, vectors: Mapping[str, NDArray[np.float32]], diversity: float) -> Ranked:
    """Order candidates by maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998).

    The next one is the one with the highest `(1 - diversity) · score - diversity · s`, with `s` its highest
    cosine to one that stands above it; the paper's λ is `1 - diversity`.

    Args:
        ranked: Scores in [0, 1].
        vectors: By id, of length 1.
        diversity: In [0, 1]; 0 changes nothing.

    Returns:
        All of them in the new order, each with the score that it came with; from the 201st on the order stays.
    """
    import numpy as np

    if not ranked:
        return ranked
    ranked, below = ranked[:_REORDERED], ranked[_REORDERED:]
    matrix = np.stack([vectors[key] for key, _ in ranked])
    scores = (1.0 - diversity) * np.array([score for _, score in ranked])
    closest = np.zeros(len(ranked))
    open_places = np.ones(len(ranked), dtype=bool)
    order: list[int] = []
    for place in range(len(ranked)):
        # the first of equals, which is the one that stood higher before
        best = int(np.argmax(np.where(open_places, scores - diversity * closest, -np.inf)))
        order.append(best)
        open_places[best] = False
        likeness = matrix @ matrix[best]
        closest = likeness if place == 0 else np.maximum(closest, likeness)
    return [*(ranked[place] for place in order), *below]


def at_most_per_source(
    ranked: Iterable[tuple[str, float]], source_of: Callable[[str], str], most: int | None, k: int
) -> list[tuple[str, float]]:
    """Return the first `k` of a ranking with at most `most` from one source (None: no limit)."""
    if most is None:
        return list(itertools.islice(ranked, k))
    taken: Counter[str] = Counter()
    kept: list[tuple[str, float]] = []
    for key, score in ranked:
        if len(kept) == k:
            break
        source = source_of(key)
        if taken[source] < most:
            taken[source] += 1
            kept.append((key, score))
    return kept


def uncrowded(
    ranked: Ranked, source_of: Callable[[str], str], text_of: Callable[[str], str], k: int
) -> tuple[list[tuple[str, float]], bool, dict[str, list[str]]]:
    """Return the first `k` of a ranking without near-duplicates filling them.

    Two near-duplicates may stand (an old text and its new version are near-duplicates, and both should be
    seen; one where `k` is below 4). The third steps back behind everything else, and so, until there are three
    sources, do further passages of a source that is shown already. A ranking without a third near-duplicate is
    left as it is.

    Returns:
        The hits; whether something that stepped back had to be taken after all or places stayed empty; and, by hit, the
        near-duplicates of it that stepped back.
    """
    most = max(1, min(2, k - 2))
    kept: list[tuple[str, float]] = []
    words: list[frozenset[str]] = []
    sources: set[str] = set()
    rest: list[tuple[str, float]] = list(ranked)
    crowded = stepped_back = False
    behind: dict[str, list[str]] = {}
    for step in ("new sources first", "no third near-duplicate", _LAST):
        if len(kept) == k:
            break
        if step != "new sources first":
            crowded = crowded or stepped_back
        left: list[tuple[str, float]] = []
        for entry in rest:
            if len(kept) == k:
                break
            own, source = _words(text_of(entry[0])), source_of(entry[0])
            twins = [
                key
                for (key, _), other in zip(kept, words, strict=True)
                if step != _LAST and _alike(own, other)
            ]
            third = len(twins) >= most
            stepped_back = stepped_back or third
            shown = stepped_back and len(sources) < FEWEST_SOURCES and source in sources
            if third:
                behind.setdefault(twins[0], []).append(entry[0])
            if third or (step == "new sources first" and shown):
                left.append(entry)
                continue
            kept.append(entry)
            words.append(own)
            sources.add(source)
        rest = left
    return kept, crowded, behind


def _words(text: str) -> frozenset[str]:
    """Return what two passages are compared by: words without numbers, which is where copies differ."""
    small = text.lower()
    words = frozenset(_WORD.findall(small))
    return words if len(words) >= _FEW_WORDS else frozenset(small.split())


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of words share as much as near-duplicates do, by their Jaccard index."""
    if not one or not other:
        return one == other
    if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return False
    common = len(one & other)
    return common >= ALIKE * (len(one) + len(other) - common)
