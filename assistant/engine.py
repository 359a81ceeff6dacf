"""What makes text: the joint between the assistant and whatever runs a model.

Knows nothing of documents or setups: it is handed messages, and told whether the adapter is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from finetune.layout import Message


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


class Engine(Protocol):
    """Something that answers messages with the base alone or with the adapter on it."""

    @property
    def name(self) -> str:
        """The base's name."""

    def identity(self, adapter: bool) -> str:
        """Return what the answers depend on: a hash of the weights and of how they are decoded.

        Raises:
            UserError: The adapter is asked for and there is none that can be used.
        """

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool) -> list[Generated]:
        """Answer every prompt, greedily, in the same order.

        Raises:
            UserError: The model or the adapter can't be used.
        """

    def stream(self, prompt: Sequence[Message], adapter: bool) -> Iterator[str | Generated]:
        """Yield an answer piece by piece, then the whole of it; closing the iterator stops the model."""
