"""The four ways to answer, retrieval on or off and adapter on or off over the same base weights, and variants of each.

A variant is a setup with its prompting changed, named as `rag+shots`, or with another adapter on, as `hybrid+adapter=NAME` or
`hybrid+routed`: it is asked and compared as a setup is. Knows nothing of how any of it is done, or of which adapters there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assistant.engines.engine import Adapter
from foundation.errors import UserError, did_you_mean, one_of

_MOST_SHOTS, _USUAL_SHOTS = 16, 3
_BY = ("nearest", "fixed", "picked")
NAMED = re.compile(r"[A-Za-z0-9_-]{1,60}")
"""What instructions, examples and adapters are called, where the name of a variant names them."""


class Setup(StrEnum):
    """One cell of the 2×2."""

    PROMPT = "prompt"
    """The base and its instructions alone."""
    RAG = "rag"
    """With passages from the library."""
    LORA = "lora"
    """With the house's adapter."""
    HYBRID = "hybrid"
    """With both."""

    @property
    def retrieve(self) -> bool:
        """Whether passages are retrieved."""
        return self in (Setup.RAG, Setup.HYBRID)

    @property
    def adapter(self) -> bool:
        """Whether the adapter is on."""
        return self in (Setup.LORA, Setup.HYBRID)

    @classmethod
    def named(cls, name: str) -> Setup:
        """Return the setup of a name.

        Raises:
            UserError: There is no such setup.
        """
        try:
            return cls(name)
        except ValueError:
            options = [one.value for one in cls]
            raise UserError(
                f'There is no setup "{name}".{did_you_mean(name, options)} Choose {one_of(options)}.'
            ) from None


@dataclass(frozen=True)
class Prompting:
    """What a prompt is made of beside instructions, passages and question: [prompt] in `rungwise.toml`."""

    shots: int = 0
    """Examples of the training part that are shown before the question, 0 to 16."""
    shots_by: str = "nearest"
    """How they are chosen: `nearest` to the question, the same `fixed` ones for all, or those that are `picked` by their ids."""
    picked: tuple[str, ...] = field(default=(), repr=False)
    """With `shots_by = "picked"`: the ids of the examples, in the order in which they are shown."""
    instructions: str = field(default="", repr=False)
    """Which wording of the instructions is told: one that is built in, or of `instructions.toml`; empty: the usual one."""
    constrain: bool = True
    """Whether answers are held to the form's labels, JSON Schema or pattern while they are made."""
    rewrite: bool = False
    """Whether the base completes a question that hangs on the conversation, instead of rules."""
    repair: bool = False
    """Whether an answer that breaks the form is written once more."""
    ask_back: bool = True
    """Whether a question that points at nothing ("How much is it?") is asked back, where the form has room for that."""
    memory: int = 0
    """Tokens of earlier turns that are kept, the newest first; 0: as many as the model has room for."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if not 0 <= self.shots <= _MOST_SHOTS:
            raise UserError(f"shots must be 0 to {_MOST_SHOTS}, but is {self.shots}.")
        if self.shots_by not in _BY:
            meant = did_you_mean(self.shots_by, _BY)
            raise UserError(f'shots_by must be "nearest", "fixed" or "picked", not "{self.shots_by}".{meant}')
        if self.shots and self.shots_by == "picked" and not self.picked:
            raise UserError('shots_by is "picked", but picked names no example. Write picked = ["ID", …].')
        if self.memory < 0:
            raise UserError(
                f"memory must be 0 (as much as fits) or a number of tokens, but is {self.memory}."
            )


_CHANGES: dict[str, Callable[[Prompting], Prompting]] = {
    "shots": lambda one: replace(one, shots=one.shots or _USUAL_SHOTS),
    "nearest": lambda one: replace(one, shots=one.shots or _USUAL_SHOTS, shots_by="nearest"),
    "fixed": lambda one: replace(one, shots=one.shots or _USUAL_SHOTS, shots_by="fixed"),
    "noshots": lambda one: replace(one, shots=0),
    "held": lambda one: replace(one, constrain=True),
    "free": lambda one: replace(one, constrain=False),
    "rewrite": lambda one: replace(one, rewrite=True),
    "repair": lambda one: replace(one, repair=True),
    "chain": lambda one: replace(one, rewrite=True, repair=True),
}
_NAMING: dict[str, Callable[[Prompting, str], Prompting]] = {
    "instructions": lambda one, name: replace(one, instructions=name),
    "picked": lambda one, ids: replace(
        one, picked=tuple(ids.split(".")), shots=ids.count(".") + 1, shots_by="picked"
    ),
}
"""Changes of the prompting that name something: `instructions=terse`, `picked=ID.ID`."""
_ADAPTER = "adapter"
"""The change that says which adapter is on, of several over one base: `hybrid+adapter=NAME`."""
_ROUTED = "routed"
"""The change by which the task of a question says it: `hybrid+routed`."""


@dataclass(frozen=True)
class Variant:
    """A setup with its prompting changed, or with an adapter of its own."""

    setup: Setup
    """The cell of the 2×2."""
    changes: tuple[str, ...] = ()
    """What is changed of the workspace's own ways, in order."""

    def __str__(self) -> str:
        return "+".join((self.setup.value, *self.changes))

    @property
    def retrieve(self) -> bool:
        """Whether passages are retrieved."""
        return self.setup.retrieve

    @property
    def adapter(self) -> Adapter:
        """Which adapter is on: False: none; True: the one that serves; a name: that one."""
        named = (change.partition("=") for change in self.changes)
        return next((name for word, _, name in named if word == _ADAPTER), self.setup.adapter)

    @property
    def routed(self) -> bool:
        """Whether the adapter is that of the question's task."""
        return _ROUTED in self.changes

    def prompting(self, usual: Prompting) -> Prompting:
        """Return how it prompts.

        Args:
            usual: The workspace's own prompting.
        """
        for change in self.changes:
            name, _, value = change.partition("=")
            if name in (_ADAPTER, _ROUTED):
                continue
            if name in _NAMING:
                usual = _NAMING[name](usual, value)
            else:
                usual = _CHANGES[name](replace(usual, shots=int(value)) if value else usual)
        return usual


def variant(name: str) -> Variant:
    """Return what a name stands for: `rag`, or a setup with changes as in `rag+shots`, `prompt+shots=5+fixed`, `hybrid+repair`,
    `rag+instructions=terse`, `rag+picked=ID.ID`, `hybrid+adapter=NAME`, `hybrid+routed`.

    Raises:
        UserError: There is no such setup or change.
    """
    setup, *changes = (part.strip() for part in name.split("+"))
    known = [*_CHANGES, *_NAMING, _ADAPTER, _ROUTED]
    for change in changes:
        word, equals, count = change.partition("=")
        if word in _NAMING or word == _ADAPTER:
            _check_named(name, word, count)
            continue
        if change == _ROUTED:
            continue
        if word not in known:
            raise UserError(
                f'"{name}": there is no change "{word}".{did_you_mean(word, known)} Choose {one_of(known)}.'
            )
        if equals and not (
            word in ("shots", "nearest", "fixed") and count.isdigit() and 0 < int(count) <= _MOST_SHOTS
        ):
            raise UserError(
                f'"{name}": only a number of shots may be given, from 1 to {_MOST_SHOTS}, as in "{setup}+shots=5".'
            )
    _check_adapter(name, Setup.named(setup), changes)
    return Variant(Setup.named(setup), tuple(changes))


def _check_adapter(name: str, setup: Setup, changes: Sequence[str]) -> None:
    """Refuse an adapter that is named where none is on, or two at once."""
    named = [change for change in changes if change == _ROUTED or change.startswith(f"{_ADAPTER}=")]
    if named and not setup.adapter:
        raise UserError(
            f'"{name}": the setup "{setup}" has no adapter, but {named[0]} chooses one. Write "lora+{named[0]}" or '
            f'"hybrid+{named[0]}".'
        )
    if len(named) > 1:
        raise UserError(
            f'"{name}": one adapter answers at a time, but {one_of(named)} chooses it. Keep one of them.'
        )


def _check_named(name: str, word: str, value: str) -> None:
    names = value.split(".") if word == "picked" else [value]
    if not all(map(NAMED.fullmatch, names)) or len(names) > _MOST_SHOTS:
        most = f" (at most {_MOST_SHOTS} ids, with dots between them)" if word == "picked" else ""
        raise UserError(
            f'"{name}": "{word}=" is followed by a name of letters, digits, - and _{most}, but by "{value}" here.'
        )


AnySetup = Setup | Variant
"""What a question can be asked in."""


def as_variant(setup: AnySetup) -> Variant:
    """Return a setup as the variant without changes."""
    return Variant(setup) if isinstance(setup, Setup) else setup
