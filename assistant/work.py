"""One question on its way through the assistant's steps, and what each step has found by now.

Knows nothing of how a step is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.engines.engine import Adapter, Decoding, Generated
from assistant.gate import Answerability
from assistant.reply import Turns
from assistant.setup import Prompting, Variant
from finetune.layout import Message
from rag import Hit, Viewer

_NOTICED = 0.01
"""Seconds in line from which on they are told."""


@dataclass
class Work:
    """One question on its way through the steps."""

    question: str
    """As it was asked."""
    how: Variant
    """In which setup."""
    prompting: Prompting
    """What the prompt is made of besides, and which steps are taken."""
    decoding: Decoding
    """How tokens are chosen."""
    viewer: Viewer | None = None
    """Who asks."""
    earlier: list[Message] = field(default_factory=list)
    """The earlier turns that are kept."""
    hits: tuple[Hit, ...] = ()
    """What was found."""
    nothing: bool = False
    """Whether nothing was found, and the house has a sentence for that."""
    judged: Answerability | None = None
    """What retrieval alone says."""
    back: str | None = None
    """What is asked instead of an answer."""
    prompt: list[Message] = field(default_factory=list)
    """What the model is told."""
    made: Generated = field(default=Generated("", 0, 0, True, 0.0))
    """What it wrote."""
    forgotten: int = 0
    """Earlier turns that there was no room for."""
    tuned: Adapter = False
    """Which adapter is on, as the engine is told."""
    adapter: str = ""
    """Its name; empty where none is on."""
    index: str = ""
    """The generation of the index that was searched; empty where none was."""
    spent: dict[str, float] = field(default_factory=dict)
    """Seconds by step."""

    @property
    def turns(self) -> Turns:
        """The earlier turns, as a conversation."""
        return [{"role": turn["role"], "content": turn["content"]} for turn in self.earlier]

    @property
    def low(self) -> bool:
        """Whether retrieval declines the question."""
        return self.nothing or (self.judged is not None and self.judged.low)

    @property
    def settled(self) -> bool:
        """Whether no model needs to be asked."""
        return self.low or self.back is not None

    def done(self, step: str, seconds: float) -> None:
        """Note that a step was taken."""
        self.spent = {**self.spent, step: seconds}

    def steps(self) -> tuple[str, ...]:
        """Return what was done, in order."""
        before = [step for step in ("rewrite", "retrieve") if step in self.spent]
        main = "ask back" if self.back else "decline" if self.low else "answer"
        return (*before, main, "check", *(["repair"] if "repair" in self.spent else []))

    def timings(self, made: Generated) -> dict[str, float]:
        """Return the seconds of every step that was taken, and of all."""
        found = dict(self.spent)
        if not self.settled:
            found |= {"prefill": made.prefill, "decode": made.seconds - made.prefill}
        total = sum(found.values())
        return {**({"wait": made.waited} if made.waited >= _NOTICED else {}), **found, "total": total}
