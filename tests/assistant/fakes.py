"""A fake engine whose answers can be worked out by hand, and a real library over a few lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from assistant.engines.engine import Generated
from finetune.layout import Message

Say = Callable[[Sequence[Message], bool], str]


@dataclass
class FakeEngine:
    """Says what `say` makes of the messages; remembers what it was asked."""

    say: Say = lambda prompt, adapter: "Yes [1]."
    asked: list[tuple[list[Message], bool]] = field(default_factory=list)
    closed: int = 0

    @property
    def name(self) -> str:
        return "fake"

    def identity(self, adapter: bool) -> str:
        return f"fake:{adapter}"

    def adapter_name(self) -> str:
        return "house"

    def room(self) -> int | None:
        return None

    def count(self, prompt: Sequence[Message]) -> int:
        return sum(len(str(turn["content"]).split()) for turn in prompt)

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool, *_: object) -> list[Generated]:
        self.asked += [(list(prompt), adapter) for prompt in prompts]
        return [Generated(self.say(prompt, adapter), 10, 5, True, 0.01) for prompt in prompts]

    def stream(self, prompt: Sequence[Message], adapter: bool, *_: object) -> Iterator[str | Generated]:
        self.asked.append((list(prompt), adapter))
        try:
            yield from self.say(prompt, adapter)
            yield Generated(self.say(prompt, adapter), 10, 5, True, 0.01)
        finally:
            self.closed += 1


def obeys(prompt: Sequence[Message], adapter: bool) -> str:
    """The hostile stub: whatever it reads, it says."""
    return "\n".join(turn["content"] for turn in prompt)
