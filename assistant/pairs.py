"""Preferences as what is learned from: each question asked of the real library, rendered as it will be served.

The passages are those that the search finds now, in its order. A pair whose cited documents it no longer finds is left out:
it would teach to cite what is not there. Knows nothing of tokens or of how a preference is learned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.follow_up import complete
from assistant.instructions import Instructions
from assistant.prompt import messages
from assistant.setup import variant
from finetune.form import Form
from finetune.preference.align import Pair
from finetune.preference.preferences import Preference
from foundation.errors import UserError
from rag import Chunk, Library
from rag.storage.records import Records

_MARK = re.compile(r"\[(\d{1,2})\]")


@dataclass(frozen=True)
class Pairs:
    """Pairs to learn from, and what became of the preferences."""

    pairs: tuple[Pair, ...]
    """In the order of the preferences."""
    kept: tuple[Preference, ...]
    """The preferences that they come from, in the same order."""
    dropped: tuple[str, ...] = ()
    """Ids of preferences whose cited documents are not found any more."""
    excluded: tuple[str, ...] = ()
    """Ids of preferences whose documents are kept for another purpose than training may have."""


def build_pairs(
    preferences: Sequence[Preference],
    library: Library | None,
    form: Form,
    k: int,
    told: Callable[[bool], Instructions | None] = lambda retrieved: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    records: Records | None = None,
    purpose: str = "",
) -> Pairs:
    """Render preferences as live questions are rendered.

    A pair is rendered with passages where its chosen answer was written with some, and without where it was not: an answer that
    knew no passage is no example of how to use one.

    Args:
        preferences: What people chose; `[1]` in an answer is the first source.
        library: The live library; None where there is none.
        form: The house's form.
        k: Passages a question, as served.
        told: Returns the instructions, with passages and without, as they are served; None of it: the usual ones.
        progress: Called with how many preferences are done, and how many there are.
        records: What documents are kept for.
        purpose: Where it is set, pairs that rest on documents of another purpose are left out.

    Raises:
        UserError: A setup's name is none.
    """
    pairs: list[Pair] = []
    kept: list[Preference] = []
    dropped: list[str] = []
    excluded: list[str] = []
    for done, one in enumerate(preferences, start=1):
        progress(done, len(preferences))
        if purpose and any((records or Records()).of(source).purpose != purpose for source in one.sources):
            excluded.append(one.id)
            continue
        retrieved = library is not None and _with_passages(one)
        conversation = one.example.conversation
        earlier = [{"role": turn["role"], "content": turn["content"]} for turn in conversation[:-1]]
        shown: list[Chunk] = []
        if retrieved and library is not None:
            shown = [hit.chunk for hit in library.search(complete(one.question, earlier), k)]
        places = places_of(one.sources, [chunk.source for chunk in shown])
        if places is None and retrieved:
            dropped.append(one.id)
            continue
        prompt = tuple(messages(one.question, earlier, shown, form, retrieved, told(retrieved)))
        pairs.append(Pair(prompt, *(renumbered(text, places or ()) for text in (one.chosen, one.rejected))))
        kept.append(one)
    return Pairs(tuple(pairs), tuple(kept), tuple(dropped), tuple(excluded))


def _with_passages(one: Preference) -> bool:
    """Whether the chosen answer was written with passages; where it is not known, whether it cites any."""
    try:
        return variant(one.setups[0]).retrieve if one.setups[0] else True
    except UserError as error:
        raise UserError(
            f'preferences.jsonl, line {one.line}: setups names "{one.setups[0]}". {error}'
        ) from None


def places_of(sources: Sequence[str], shown: Sequence[str]) -> tuple[int, ...] | None:
    """Return for each source the number, from 1, of the passage that it is now; None where one is not among them.

    Args:
        sources: The cited documents; one that stands twice is two pieces of it, in their order.
        shown: The documents of the passages that are shown, in their order.
    """
    found: list[int] = []
    for source in sources:
        free = [n for n, name in enumerate(shown, start=1) if name == source and n not in found]
        any_of_it = free or [n for n, name in enumerate(shown, start=1) if name == source]
        if not any_of_it:
            return None
        found.append(any_of_it[0])
    return tuple(found)


def renumbered(answer: str, places: Sequence[int]) -> str:
    """Return an answer whose `[n]`, the n-th source, is the number of its passage; a number beyond the sources stays."""

    def place(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"[{places[number - 1]}]" if 1 <= number <= len(places) else match[0]

    return _MARK.sub(place, answer)


def by_source(texts: Sequence[str], shown: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return answers whose `[n]` is the n-th of their own sources, and those sources: how a preference is kept.

    Args:
        texts: Answers as they were served; `[n]` is the n-th passage.
        shown: The documents of the passages, in their order.
    """
    order: list[int] = []
    for match in _MARK.finditer("\n".join(texts)):
        number = int(match[1])
        if 1 <= number <= len(shown) and number not in order:
            order.append(number)

    def own(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"[{order.index(number) + 1}]" if number in order else ""  # a passage that never was

    return [_MARK.sub(own, text) for text in texts], [shown[number - 1] for number in order]


def without_marks(text: str) -> str:
    """Return an answer that was given no passages without the passages that it names all the same."""
    return _MARK.sub("", text)
