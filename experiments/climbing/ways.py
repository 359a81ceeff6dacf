"""What a climb can try, and what makes it: given by the caller, called at most once each.

Knows nothing of how an index or an adapter is made, nor of why something is tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic

from experiments.attribute import Holds
from experiments.invented import Undress, as_it_is
from experiments.protocols import SetupT
from experiments.verdict import LADDER
from foundation.files import read_text, write_json_atomic

SHOTS = "+shots"
"""How the name of a setup ends that shows examples in its prompt."""
SEARCHED = "+searched"
"""How the name of a step ends that searches the prompting of a setup; what is then asked is the best that was found."""


@dataclass(frozen=True)
class Searched(Generic[SetupT]):
    """What came of searching a setup's prompting."""

    best: SetupT | None
    """The variant that leads; None: none does."""
    tried: tuple[str, ...] = ()
    """The names of all that were asked."""


@dataclass(frozen=True)
class Ways(Generic[SetupT]):
    """What a climb can try, and what makes it."""

    setups: Sequence[SetupT]
    """The caller's setups by their names: `prompt`, `rag`, `lora`, `hybrid`, and with examples in the prompt
    `prompt+shots` and so on, which are tried before anything is trained."""
    sync: Callable[[], object] | None = None
    """Makes the index, and does nothing when it is there; None: there are no documents."""
    train: Callable[[], object] | None = None
    """Makes the adapter, and does nothing when it is there; None: it can't be trained.

    Called after `sync`, because training rows hold the passages that the live index finds. It may raise `Spent`,
    best from `Budget.claim`, when it sees how long it would take."""
    search: Callable[[str], Searched[SetupT]] | None = None
    """Searches the prompting of `prompt` or `rag` on the dev questions, before an adapter is trained; None: only the caller's own
    variants are tried. Called at most once a setup. It may raise `Spent`."""
    tune: Callable[[], bool] | None = None
    """Tunes retrieval and tells whether that changed anything; None: it can't be tuned. Called at most once."""
    check: Callable[[], str | None] | None = None
    """Looks the training data over before anything is trained: a sentence about what must be mended first, or None
    where training may begin."""
    evidence: Holds | None = None
    """Tells whether the documents hold every required fact of a question; see `experiments.holding`."""
    undress: Undress = as_it_is
    """Takes off what every answer begins and ends with; see `experiments.attribute`."""

    @property
    def available(self) -> tuple[str, ...]:
        """The setups that can be tried, simplest first."""
        lacking = ({"rag", "hybrid"} if self.sync is None else set()) | (
            {"lora", "hybrid"} if self.train is None else set()
        )
        searched = [f"{name}{SEARCHED}" for name in ("prompt", "rag") if self.search is not None]
        names = in_order([*map(str, self.setups), *searched])
        return tuple(name for name in names if name.partition("+")[0] not in lacking)

    def named(self, name: str) -> SetupT:
        """Return the caller's setup of a name that is available."""
        return next(setup for setup in self.setups if str(setup) == name)


def in_order(names: Iterable[str]) -> list[str]:
    """Return the names of the ladder's setups and their variants, simplest first; others are left out."""
    known = [name for name in names if name.partition("+")[0] in LADDER]
    return sorted(known, key=lambda name: (LADDER.index(name.partition("+")[0]), "+" in name))


class Blocked(Exception):
    """Nothing may be trained before the data is mended; the message says what."""


@dataclass
class Workshop(Generic[SetupT]):
    """Makes what setups need, each thing once a climb."""

    ways: Ways[SetupT]
    """What makes it."""
    made: set[str] = field(default_factory=set)
    """What was made."""

    def make(self, setup: str, before: Callable[[str], object]) -> tuple[str, ...]:
        """Make what a setup needs and this climb has not made yet, index before adapter; say what it was.

        Args:
            setup: The setup.
            before: Told what is about to be made; may raise to prevent it.

        Raises:
            Blocked: The data must be mended before an adapter is trained.
        """
        base = setup.partition("+")[0]
        new: list[str] = []
        if base != "prompt":
            new += self._once("index", self.ways.sync, before)
        if base in ("lora", "hybrid"):
            new += self._once("adapter", self.ways.train, before)
        return tuple(new)

    def _once(
        self, thing: str, maker: Callable[[], object] | None, before: Callable[[str], object]
    ) -> list[str]:
        if maker is None or thing in self.made:
            return []
        if thing == "adapter" and self.ways.check is not None and (blocking := self.ways.check()):
            raise Blocked(blocking)
        before(thing)
        maker()
        self.made.add(thing)
        return [thing]


@dataclass(frozen=True)
class Tuned:
    """That a climb tuned retrieval: under which fingerprint a setup was measured before, and which it has since.

    With it a climb that was killed afterwards finds what was measured before, and does not tune again.
    """

    setup: str
    """The setup that was measured before and after."""
    before: str
    """Its fingerprint before."""
    after: str
    """Its fingerprint afterwards."""

    def write(self, path: Path) -> None:
        """Keep it."""
        write_json_atomic(path, {"setup": self.setup, "before": self.before, "after": self.after})

    @classmethod
    def read(cls, path: Path) -> Tuned | None:
        """Return what an earlier climb kept; None where there is nothing, or nothing legible."""
        try:
            kept = json.loads(read_text(path, "the note of a tuning")) if path.is_file() else {}
            return cls(str(kept["setup"]), str(kept["before"]), str(kept["after"]))
        except (ValueError, KeyError, TypeError):
            return None
