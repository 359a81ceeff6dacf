"""Hits shown with their surroundings: a hit grows by the chunks beside it, so that the passage reads whole.

Adjacent hits become one passage, and no sentence is shown twice. A passage stays within its section, and its span
stays true: `document.text[start:end] == text`. Knows nothing of scores or of how a hit was found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.types import Chunk, Hit


@dataclass
class _Passage:
    """A stretch of one section, and the best hit in it."""

    hit: Hit
    first: Chunk
    last: Chunk


def widen(
    hits: Sequence[Hit],
    neighbours: int,
    around: Callable[[str, int, int], Sequence[Chunk]],
    text_of: Callable[[str], str | None],
) -> list[Hit]:
    """Return hits grown by their neighbours, merged where they then touch.

    Args:
        hits: Best first.
        neighbours: How many chunks before and after a hit join it; 0 changes nothing.
        around: Gives the chunks of a source from one place to another, in order.
        text_of: Gives a document's whole text.

    Returns:
        Best first, ranked anew; fewer than before where hits were merged. A merged hit stands where its best part
        stood and keeps that part's id, place and scores.
    """
    if neighbours == 0:
        return list(hits)
    passages: list[_Passage] = []
    for hit in hits:
        grown = _grown(hit, around, text_of, neighbours)
        touched = [one for one in passages if _touch(one, grown, text_of)]
        if not touched:
            passages.append(grown)
            continue
        # it may close the gap between two passages, which then become one
        parts = [*touched, grown]
        best = touched[0]
        best.first = min((one.first for one in parts), key=lambda chunk: chunk.index)
        best.last = max((one.last for one in parts), key=lambda chunk: chunk.index)
        passages = [one for one in passages if one is best or one not in touched]
    return [replace(_hit(one, text_of), rank=rank) for rank, one in enumerate(passages, start=1)]


def _grown(
    hit: Hit,
    around: Callable[[str, int, int], Sequence[Chunk]],
    text_of: Callable[[str], str | None],
    neighbours: int,
) -> _Passage:
    core = hit.chunk
    near = {
        chunk.index: chunk for chunk in around(core.source, core.index - neighbours, core.index + neighbours)
    }
    passage = _Passage(hit, core, core)
    for step in range(1, neighbours + 1):
        before = near.get(core.index - step)
        if before and passage.first.index == before.index + 1 and _joins(before, passage.first, text_of):
            passage.first = before
        after = near.get(core.index + step)
        if after and passage.last.index == after.index - 1 and _joins(passage.last, after, text_of):
            passage.last = after
    return passage


def _joins(one: Chunk, next_one: Chunk, text_of: Callable[[str], str | None]) -> bool:
    """Whether two chunks are of one section: the same headings above, and nothing but space between them."""
    text = text_of(one.source)
    return one.heading == next_one.heading and text is not None and not text[one.end : next_one.start].strip()


def _touch(one: _Passage, other: _Passage, text_of: Callable[[str], str | None]) -> bool:
    """Whether two passages overlap, or follow each other within one section."""
    if one.hit.chunk.source != other.hit.chunk.source:
        return False
    early, late = sorted((one, other), key=lambda passage: passage.first.index)
    if late.first.index <= early.last.index:
        return True
    return late.first.index == early.last.index + 1 and _joins(early.last, late.first, text_of)


def _hit(passage: _Passage, text_of: Callable[[str], str | None]) -> Hit:
    start, end = passage.first.start, passage.last.end
    text = (text_of(passage.hit.chunk.source) or "")[start:end]
    chunk = replace(passage.hit.chunk, text=text, start=start, end=end, page=passage.first.page)
    return replace(passage.hit, chunk=chunk)
