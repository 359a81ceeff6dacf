"""Examples small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.examples import Example
from finetune.layout import Message


def example(
    line: int,
    question: str,
    answer: str,
    sources: Sequence[str] = (),
    facts: Sequence[str] = (),
    earlier: Sequence[str] = (),
    system: str = "",
) -> Example:
    """Return an example; `earlier` are turns of user and assistant by turns."""
    turns = [Message(role="assistant" if n % 2 else "user", content=text) for n, text in enumerate(earlier)]
    first = [Message(role="system", content=system)] if system else []
    last = [Message(role="user", content=question), Message(role="assistant", content=answer)]
    return Example(f"ex-{line}", (*first, *turns, *last), tuple(sources), tuple(facts), line)
