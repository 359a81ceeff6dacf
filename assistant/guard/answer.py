"""A whole answer, or one that arrives in pieces, let through as far as it may be shown.

Lets through text, line breaks and citations of passages that were given. Images, links, HTML and terminal codes become plain
text, half-streamed ones too; credentials are taken out; an answer that tells what is confidential is held back, and one that runs
in circles is ended. Whole answers and streams go through the same steps. Knows nothing of models or of the form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.guard.inert import Marks, Plain
from assistant.guard.leak import Confidential, Watch
from assistant.guard.quotes import Quotes
from assistant.guard.repetition import Circling, Cycle
from assistant.guard.words import Words

HELD_BACK = "This answer was held back: it repeats what the assistant was told in confidence."
"""What is shown instead of an answer that tells what is confidential."""
CIRCLES = "endless repetition"
"""How it is told that an answer was ended because it ran in circles."""
_LISTED = re.compile(r"\[(\d{1,3}(?: {0,2}, {0,2}\d{1,3})*)\]")


@dataclass(frozen=True)
class Bounds:
    """What an answer may not say, beside what none may."""

    passages: int = 0
    """How many passages the model was given, numbered from 1."""
    confidential: Sequence[Confidential] = ()
    """What it must not tell."""
    said: str = ""
    """What the asker wrote: a credential in it may be repeated."""
    quotes: Quotes | None = None
    """How much of the passages may be quoted; None: all."""


@dataclass(frozen=True)
class Guarded:
    """What may be shown, and what was taken out."""

    text: str
    """Safe text."""
    cited: tuple[int, ...]
    """Passages that it cites, each once, in their order; all of them were given."""
    removed: tuple[str, ...]
    """What was taken out, in words."""


def guard(text: str, bounds: Bounds) -> Guarded:
    """Return what may be shown of a model's whole answer.

    Args:
        text: As the model wrote it.
        bounds: What it may not say.
    """
    gate = StreamGuard(bounds)
    shown = gate.feed(text)
    if gate.cycle is not None and gate.told is None:
        gate = StreamGuard(bounds, until=gate.cycle.once)
        shown = gate.feed(text)
    shown += gate.close()
    if gate.told is not None:
        return Guarded(HELD_BACK, (), (f"the whole answer, which {gate.told.what}",))
    # what was ended or taken out with an address can have held a citation
    stands = {int(number) for listed in _LISTED.findall(shown) for number in listed.split(",")}
    return Guarded(shown, tuple(number for number in gate.cited if number in stands), gate.removed)


class StreamGuard:
    """The same gate for an answer that arrives in pieces: what `feed` returns is never taken back.

    What it returns in all is what `guard` returns for the whole, however the answer is cut into pieces; but for an answer that is
    ended or held back, which may have begun to be shown.

    Args:
        bounds: What it may not say.
        until: Where to end it, in letters without terminal codes and invisible signs; None: where it runs in circles.
    """

    def __init__(self, bounds: Bounds, until: int | None = None) -> None:
        self._removed: dict[str, None] = {}
        self._plain = Plain(self._note)
        self._circling, self._until, self._read = Circling(), until, 0
        self._marks = Marks(bounds.passages, self._note)
        self._words = Words(bounds.said, self._note)
        self._watch = Watch(bounds.confidential)
        self._quoted = bounds.quotes.begin() if bounds.quotes is not None else None
        self._held = self._blank = ""
        self._shown = self._length = 0
        self._over = self._full = self._closed = False
        self.cycle: Cycle | None = None
        """Where the answer began to run in circles; None where it does not."""

    @property
    def told(self) -> Confidential | None:
        """What the answer tells of what it must not; None where it tells nothing."""
        return self._watch.told

    @property
    def stopped(self) -> bool:
        """Whether nothing more will be shown, so that the model can be stopped: the answer runs in circles, quotes or tells too
        much."""
        return self._over or self.told is not None

    @property
    def cited(self) -> tuple[int, ...]:
        """The passages that were cited so far, each once, in their order."""
        return tuple(dict.fromkeys(self._marks.cited))

    @property
    def removed(self) -> tuple[str, ...]:
        """What was taken out so far, in words."""
        return tuple(self._removed)

    def feed(self, piece: str) -> str:
        """Take a piece of the answer; return what can be shown now."""
        if self.stopped:
            return ""
        return self._pass(self._words.feed(self._marks.feed(self._on(self._plain.feed(piece)))))

    def close(self) -> str:
        """Return what was still held back."""
        if self._closed:
            return ""
        self._closed = True
        if self.told is None:
            rest = self._pass(self._words.feed(self._marks.feed("", last=True), last=True))
            self._watch.end()
            if self.told is None:
                rest, self._held = rest + self._held, ""
                return rest
        return f"{chr(10) if self._shown else ''}{HELD_BACK}"

    def _on(self, text: str) -> str:
        """Return the part of a piece up to where the answer is ended."""
        start, self._read = self._read, self._read + len(text)
        until = self._until
        if until is None and (cycle := self._circling.feed(text)) is not None:
            self.cycle, until = cycle, cycle.seen
        if until is None or self._read < until:
            return text
        self._over = True
        self._note(CIRCLES)
        return text[: until - start]

    def _pass(self, text: str) -> str:
        """Return what of the inert text can be shown, without blanks at the beginning and the end of the whole."""
        if self._full:
            return ""
        text = self._blank + text if self._shown + len(self._held) else text.lstrip()
        ends = len(text.rstrip())
        text, self._blank = text[:ends], text[ends:]
        if self._quoted is not None and (allowed := self._quoted.feed(text)) < len(text):
            text, self._over, self._full = text[:allowed], True, True
            self._note(self._quoted.what)
        self._length += len(text)
        self._held += text
        safe = self._watch.feed(text)
        if self.told is not None:
            return ""
        end = max(0, len(self._held) - (self._length - safe))
        shown, self._held = self._held[:end], self._held[end:]
        self._shown += len(shown)
        return shown

    def _note(self, what: str) -> None:
        self._removed.setdefault(what)
