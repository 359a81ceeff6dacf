"""The four ways to answer, retrieval on or off and adapter on or off over the same base weights, and variants of each.

A variant is a setup with its prompting changed, named as `rag+shots`: it is asked and compared as a setup is. Knows nothing of
how any of it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from foundation.errors import UserError, did_you_mean, one_of

_MOST_SHOTS, _USUAL_SHOTS = 16, 3


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
    """How they are chosen: `nearest` to the question, or the same `fixed` ones for all."""
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
        if self.shots_by not in ("nearest", "fixed"):
            meant = did_you_mean(self.shots_by, ["nearest", "fixed"])
            raise UserError(f'shots_by must be "nearest" or "fixed", not "{self.shots_by}".{meant}')
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


@dataclass(frozen=True)
class Variant:
    """A setup with its prompting changed."""

    setup: Setup
    """The cell of the 2×2."""
    changes: tuple[str, ...] = ()
    """What is changed of the workspace's own prompting, in order."""

    def __str__(self) -> str:
        return "+".join((self.setup.value, *self.changes))

    @property
    def retrieve(self) -> bool:
        """Whether passages are retrieved."""
        return self.setup.retrieve

    @property
    def adapter(self) -> bool:
        """Whether the adapter is on."""
        return self.setup.adapter

    def prompting(self, usual: Prompting) -> Prompting:
        """Return how it prompts.

        Args:
            usual: The workspace's own prompting.
        """
        for change in self.changes:
            name, _, count = change.partition("=")
            usual = _CHANGES[name](replace(usual, shots=int(count)) if count else usual)
        return usual


def variant(name: str) -> Variant:
    """Return what a name stands for: `rag`, or a setup with changes as in `rag+shots`, `prompt+shots=5+fixed`, `hybrid+repair`.

    Raises:
        UserError: There is no such setup or change.
    """
    setup, *changes = (part.strip() for part in name.split("+"))
    for change in changes:
        word, equals, count = change.partition("=")
        if word not in _CHANGES:
            raise UserError(
                f'"{name}": there is no change "{word}".{did_you_mean(word, _CHANGES)} Choose {one_of(_CHANGES)}.'
            )
        if equals and not (
            word in ("shots", "nearest", "fixed") and count.isdigit() and 0 < int(count) <= _MOST_SHOTS
        ):
            raise UserError(
                f'"{name}": only a number of shots may be given, from 1 to {_MOST_SHOTS}, as in "{setup}+shots=5".'
            )
    return Variant(Setup.named(setup), tuple(changes))


AnySetup = Setup | Variant
"""What a question can be asked in."""


def as_variant(setup: AnySetup) -> Variant:
    """Return a setup as the variant without changes."""
    return Variant(setup) if isinstance(setup, Setup) else setup
