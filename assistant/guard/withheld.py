"""Text of documents that an asker may not see, found in what a model says: learned by heart, or brought in by a conversation.

An index of stretches of the documents that only some groups may see, made by winnowing: S. Schleimer, D. Wilkerson, A. Aiken,
"Winnowing: local algorithms for document fingerprinting", SIGMOD 2003. Of every run of `RUN` letters and digits at least one
stretch is in it, at about one number for ten letters. What a document says that the asker may see is free, and so is what the
asker wrote. Letters and digits alone count; a document with fewer than `STRETCH` of them is not covered, and neither is a
paraphrase. Knows nothing of prompts, models or pages.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.guard.readings import KEPT, ROT13, Reading, Readings, bare

STRETCH = 32
"""Letters and digits of a stretch; a shorter run is never called somebody's."""
RUN = 50
"""Letters and digits in a row of which a stretch is surely in the index."""
_BEGUN = 16
"""So many in a row that stand in such a document may be the beginning of a run: a stream waits for what follows."""
_MOST_BEGINNINGS = 2**24
"""Places, a byte each, of the filter of beginnings; with more letters than that a stream waits for each run to end."""
_VIEWERS = 8
_FACTOR = 0x9E3779B97F4A7C15 | 1
_EVERYBODY: frozenset[str] = frozenset()

Hashes = NDArray[np.uint64]
Groups = frozenset[str]


class Texts(Protocol):
    """Documents, with who may see each: a library."""

    @property
    def text_stamp(self) -> str:
        """Changes when a text or its readers change; empty where every text is open to everybody."""

    def texts_by_access(self) -> Iterator[tuple[Groups, str]]:
        """Yield the text of every document with the groups that may see it; none: everybody."""


@dataclass(frozen=True)
class _Index:
    """The stretches of closed documents, and in which documents each stands."""

    stretches: Hashes
    """Their hashes, sorted, each once."""
    of: NDArray[np.intp]
    """Of each pair of a stretch and a rule that it stands under: the place of the stretch."""
    under: NDArray[np.intp]
    """The place of the rule of each pair."""
    rules: tuple[Groups, ...]
    """Groups that may see a document, each set of them once."""
    beginnings: NDArray[np.bool_]
    """A filter of the first letters of closed stretches, by their hash; its length is a power of two."""


@dataclass(frozen=True)
class OfOthers:
    """What one asker must not be told; see `assistant.guard.leak.Confidential`."""

    stretches: Hashes
    """Hashes of stretches, sorted."""
    free: Hashes
    """Hashes of stretches that may be said all the same."""
    beginnings: NDArray[np.bool_]
    """The filter of beginnings."""
    what: str = "repeats a document that the asker may not see"
    """What an answer does that tells it."""

    def look(self, reading: Reading) -> int | None:
        """Return how many of the last letters stand in a row in some closed document, as far as is known; None for a stretch."""
        last = reading.letters[-RUN - _BEGUN - reading.new :]
        if len(last) < _BEGUN:
            return 0
        ways = [(last, True)]
        if not reading.spelled:  # somebody who spells a text in digits has hidden it already
            ways += [(last[::-1], False), (last.translate(ROT13), True)]
        most = 0
        for letters, forwards in ways:
            begun, whole = _hashes(letters, _BEGUN, STRETCH)
            found = whole[_among(whole, self.stretches)] if reading.new else whole[:0]
            if len(found) and not np.isin(found, self.free).all():
                return None
            known = self.beginnings[begun & np.uint64(len(self.beginnings) - 1)]
            newest_first = known[::-1] if forwards else known
            in_a_row = len(known) if newest_first.all() else int(newest_first.argmin())
            most = max(most, _BEGUN - 1 + in_a_row if in_a_row else 0)
        return min(most, RUN)


class Withheld:
    """The texts of a library that not everybody may see, made searchable when first asked for, and anew when they change.

    Safe to share between threads.

    Args:
        library: The documents.
    """

    def __init__(self, library: Texts) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._made: tuple[str, _Index] | None = None
        self._viewers: OrderedDict[Groups, Hashes] = OrderedDict()

    def tells(self, text: str, groups: Groups = _EVERYBODY, free: Iterable[str] = ()) -> bool:
        """Return whether a text tells what somebody in these groups may not see.

        Args:
            text: Any text.
            groups: The asker's groups.
            free: What may be said all the same.
        """
        others = self.of_others(groups, free)
        if others is None:
            return False
        readings = Readings()
        return (
            any(
                others.look(reading) is None
                for start in range(0, len(text), KEPT)  # no more at once than a reading looks back on
                for reading in readings.feed(text[start : start + KEPT])
            )
            or any(others.look(reading) is None for reading in readings.end())
        )

    def of_others(self, groups: Groups = _EVERYBODY, free: Iterable[str] = ()) -> OfOthers | None:
        """Return what somebody in these groups must not be told; None where there is nothing.

        Args:
            groups: The asker's groups.
            free: What may be said all the same: what the asker wrote, and the house's own sentences.
        """
        stamp = self._library.text_stamp
        if not stamp:
            return None
        with self._lock:
            if self._made is None or self._made[0] != stamp:
                self._made = (stamp, _index(self._library.texts_by_access))
                self._viewers.clear()
            index = self._made[1]
            hidden = self._viewers.pop(groups, None)
            if hidden is None:
                hidden = _hidden_from(index, groups)
            self._viewers[groups] = hidden
            if len(self._viewers) > _VIEWERS:
                self._viewers.popitem(last=False)
        said = np.concatenate([np.empty(0, np.uint64), *(_stretches(bare(text)) for text in free)])
        return OfOthers(hidden, said, index.beginnings) if len(hidden) else None


def _hidden_from(index: _Index, groups: Groups) -> Hashes:
    """Return the stretches that stand in no document that somebody in these groups may see."""
    open_rules = np.array([not rule or bool(rule & groups) for rule in index.rules], np.bool_)
    seen = np.zeros(len(index.stretches), np.bool_)
    seen[index.of[open_rules[index.under]]] = True
    return index.stretches[~seen]


def _index(texts: Callable[[], Iterator[tuple[Groups, str]]]) -> _Index:
    """Read all documents twice: for the stretches of the closed ones, and for who may see which of them elsewhere."""
    closed, letters = [np.empty(0, np.uint64)], 0
    for access, text in texts():
        if access:
            read = bare(text)
            letters += len(read)
            closed.append(_winnowed(_stretches(read)))
    stretches = np.unique(np.concatenate(closed))
    size = min(_MOST_BEGINNINGS, 1 << max(10, (8 * letters).bit_length()))
    beginnings = np.zeros(size, np.bool_)
    rules: dict[Groups, int] = {}
    pairs: dict[int, list[NDArray[np.intp]]] = {}
    for access, text in texts():
        read = bare(text)
        rule = rules.setdefault(access, len(rules))
        begun, here = _hashes(read, _BEGUN, STRETCH)
        pairs.setdefault(rule, []).append(
            np.unique(np.searchsorted(stretches, here[_among(here, stretches)]))
        )
        if access:
            beginnings[begun & np.uint64(size - 1)] = True
    held = {rule: np.unique(np.concatenate(places)) for rule, places in pairs.items()}
    of = np.concatenate([np.empty(0, np.intp), *held.values()])
    under = np.repeat(np.fromiter(held, np.intp, len(held)), [len(places) for places in held.values()])
    return _Index(stretches, of, under, tuple(rules), beginnings)


def _hashes(letters: str, *sizes: int) -> list[Hashes]:
    """Return, for each size, a hash of every piece of so many letters, in their order: halves, then halves of halves.

    A polynomial in a fixed base, modulo 2^64, mixed at its end by the finalizer of splitmix64.

    Args:
        letters: The letters.
        sizes: Powers of two, the smallest first.
    """
    made = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    power, joined, found = _FACTOR, 1, []
    for size in sizes:
        while joined < size:
            made = made[:-joined] * np.uint64(power) + made[joined:]
            power, joined = power * power % 2**64, 2 * joined
        mixed = (made ^ (made >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found.append(mixed ^ (mixed >> np.uint64(31)))
    return found


def _stretches(letters: str) -> Hashes:
    return _hashes(letters, STRETCH)[0]


def _winnowed(hashes: Hashes) -> Hashes:
    """Return the smallest hash of each run."""
    window = RUN - STRETCH + 1
    if len(hashes) <= window:
        return hashes[hashes == hashes.min()] if len(hashes) else hashes
    return np.unique(np.lib.stride_tricks.sliding_window_view(hashes, window).min(axis=1))


def _among(hashes: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Return which hashes are known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    places = np.searchsorted(known, hashes)
    among: NDArray[np.bool_] = known[np.minimum(places, len(known) - 1)] == hashes
    return among
