"""Several adapters on one loaded base: which are on its layers now, and which prompts may stand in one forward pass.

Each is checked against its papers before it is put on, a few stay on at once, and the base is never loaded anew for another LoRA.
Knows nothing of prompts, of tokens or of whose turn it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune import adapter as adapters
from finetune import registry
from finetune.base import Base
from foundation.errors import UserError

MOST = 4
"""Adapters that stay on a base at once; the one that was asked for longest ago makes room."""


@dataclass(frozen=True)
class Tuned:
    """What a prompt is answered with: the base alone, or an adapter on it as its papers describe it."""

    key: str = ""
    """The hash of its weights; empty: the base alone."""
    folder: Path = Path()
    """Where it lies."""
    late: bool = False
    """Whether it acts from the answer's header on; for the base alone, whether it shares what it reads with one that does."""
    mixes: bool = True
    """Whether it may stand beside others in one forward pass."""
    whole: bool = False
    """Whether it is all of a base's weights, which nothing can stand beside."""

    @classmethod
    def of(cls, folder: Path) -> Tuned:
        """Return an adapter by its papers, unchecked.

        Raises:
            UserError: There is none, or its papers can't be understood.
        """
        manifest = registry.read(folder)
        told = manifest.settings
        whole = told.get("method") == "full"
        return cls(
            manifest.files.get(manifest.weights)
            or folder.name,  # without weights it is refused when it is put on
            folder,
            bool(told.get("activated")),
            not whole and told.get("variant") != "dora",  # PEFT refuses to mix DoRA
            whole,
        )


def bare(serving: Path) -> Tuned:
    """Return the base alone: it reads prompts as the adapter that serves does, so that what either read serves both."""
    try:
        return Tuned(late=Tuned.of(serving).late)
    except UserError:
        return Tuned()  # none serves: said where one is asked for


def groups(tuned: Sequence[Tuned]) -> list[list[int]]:
    """Return which prompts may be answered in one forward pass: places of those that mix, the others each kind by itself.

    An adapter that acts from the header on goes on from what the base read, a plain one from what it read itself, so these two do
    not mix; and never do more adapters than stay on the base at once.

    Args:
        tuned: What each prompt is answered with.
    """
    seen: dict[bool, dict[str, int]] = {False: {}, True: {}}
    found: dict[tuple[object, ...], list[int]] = {}
    for place, one in enumerate(tuned):
        if one.mixes:
            number = seen[one.late].setdefault(one.key, len(seen[one.late]))
            found.setdefault((one.late, number // MOST), []).append(place)
        else:
            found.setdefault((one.key,), []).append(place)
    return list(found.values())


class Attached:
    """The adapters on one loaded base.

    Args:
        base: The base, with none on it yet.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self.model: Any = base.model
        """The base, with what is on it."""
        self._held: OrderedDict[str, Tuned] = OrderedDict()

    def suits(self, needed: Sequence[Tuned]) -> bool:
        """Return whether adapters can be put beside those that are on: whole weights are where a base's own were."""
        kinds = {
            (one.whole, one.key if one.whole else "") for one in (*self._held.values(), *needed) if one.key
        }
        return len(kinds) < 2

    def missing(self, needed: Sequence[Tuned]) -> list[Tuned]:
        """Return which of them are not on yet, each once, checked: whole, untainted and of this base.

        Raises:
            UserError: One is not.
        """
        found = {one.key: one for one in needed if one.key and one.key not in self._held}
        for one in found.values():
            registry.verify(one.folder, self._base.name, self._base.fingerprint)
        return list(found.values())

    def put_on(self, missing: Sequence[Tuned], needed: Sequence[Tuned]) -> None:
        """Have all that is needed on, and the first of it chosen; what was asked for longest ago goes.

        Args:
            missing: What `missing` found of it.
            needed: What prompts are answered with; at most `MOST` adapters.
        """
        wanted = [one.key for one in needed if one.key]
        for one in missing:
            if self._held:
                adapters.attach_beside(self.model, one.folder, one.key)
            else:
                self.model = adapters.attach_saved(self._base.model, one.folder, one.key).eval()
            self._held[one.key] = one
        for key in wanted:
            self._held.move_to_end(key)
        if wanted and not self._held[wanted[0]].whole:
            adapters.choose(self.model, wanted[0])
        while len(self._held) > MOST:
            adapters.detach(self.model, self._held.popitem(last=False)[0])
