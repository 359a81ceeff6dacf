"""What makes text: the joint between the assistant and whatever runs a model.

Knows nothing of documents or setups: it is handed messages, and told which adapter is on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from finetune.layout import Message
from foundation.errors import UserError

if TYPE_CHECKING:
    from assistant.engines.shapes import Constraint


Adapter = bool | str
"""Which adapter is on: False: none, the base answers; True: the one that serves; a name: that one."""

Adapters = Adapter | Sequence[Adapter]
"""One for all prompts, or one for each of them."""


@dataclass(frozen=True)
class Decoding:
    """How the tokens of an answer are chosen."""

    constraint: Constraint | None = None
    """What an answer's shape can be: only tokens that go on to it are chosen from. None: any text."""
    temperature: float = 0.0
    """0: the likeliest token each time; above it one is drawn, the wilder the higher."""
    seed: int = 0
    """Of what is drawn; the same prompt draws the same answer from the same seed, whatever stands beside it in a batch."""

    @property
    def mark(self) -> str:
        """What answers depend on, in one text; empty for greedy answers of any shape."""
        drawn = f"{self.temperature:g}/{self.seed}" if self.temperature > 0 else ""
        return f"{self.constraint.mark if self.constraint else ''}{drawn}"


GREEDY = Decoding()
"""The likeliest token each time, of any shape."""


@dataclass(frozen=True)
class Caller:
    """Who waits for an answer, and whether they still do."""

    who: str = ""
    """A session, a user, a job: callers take turns by it, so that many questions of one do not hold up another's."""
    gone: Callable[[], bool] = field(default=lambda: False)
    """Whether nobody waits any more; the model then stops at its next token."""


ANYBODY = Caller()
"""A caller who waits to the end."""


class CallerGone(Exception):
    """Nobody waits for the answer any more; none was made."""


class NoRoom(UserError):
    """A prompt leaves no room for an answer, whatever was left out of it."""


class Refused(Exception):
    """The model's provider declined to answer this prompt (a content filter), which is a result and no fault."""

    refused = True
    """Told by this, without a class of another package, from errors."""


@dataclass(frozen=True)
class Generated:
    """One answer as a model wrote it."""

    text: str
    """The text, without special tokens."""
    tokens_in: int
    """Tokens of the prompt."""
    tokens_out: int
    """Tokens of the answer."""
    finished: bool
    """Whether the model ended by itself; False: it was cut off."""
    seconds: float
    """Time to make it; in a batch, the batch's time shared out evenly."""
    prefill: float = 0.0
    """The part of it before the first token; 0 where that can't be told."""
    waited: float = 0.0
    """Seconds in line before it, which `seconds` leaves out."""
    failure: Exception | None = None
    """Why there is no text, where one of several prompts failed and the others did not: `TimeoutError`, `Refused`, any other."""


def each(adapter: Adapters, prompts: int) -> list[Adapter]:
    """Return which adapter is on for each of so many prompts."""
    if isinstance(adapter, bool | str):
        return [adapter] * prompts
    if len(adapter) != prompts:
        raise ValueError(
            f"There must be one adapter for each of {prompts} prompts, but {len(adapter)} are told."
        )
    return list(adapter)


class Engine(Protocol):
    """Something that answers messages with the base alone or with an adapter on it."""

    @property
    def name(self) -> str:
        """The base's name."""

    def identity(self, adapter: Adapter) -> str:
        """Return what the answers depend on: a hash of the weights and of how long answers may be.

        Raises:
            UserError: An adapter is asked for that is not there or can't be used.
        """

    def adapter_name(self) -> str:
        """Return the name of the adapter that serves; empty where there is none."""

    def room(self) -> int | None:
        """Return how many tokens a prompt may have beside its answer; None where that can't be told."""

    def count(self, prompt: Sequence[Message]) -> int:
        """Return the tokens of a prompt; an estimate where the tokenizer is elsewhere."""

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        adapter: Adapters,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> list[Generated]:
        """Answer every prompt, in the same order; one that failed by itself says so in its place.

        Args:
            prompts: The prompts.
            adapter: Which adapter is on, for all of them or for each.
            decoding: How tokens are chosen.
            caller: Who waits.

        Raises:
            UserError: The model or an adapter can't be used.
            CallerGone: The caller left before the end.
        """

    def stream(
        self,
        prompt: Sequence[Message],
        adapter: Adapter,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> Iterator[str | Generated]:
        """Yield an answer piece by piece, then the whole of it; closing the iterator stops the model.

        Raises:
            UserError: As `generate`.
            CallerGone: The caller left before the first piece.
        """
