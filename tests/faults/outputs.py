"""The assistant over the hostile stub, asked whole and streamed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from assistant import Assistant, Reply, Setup
from assistant.guard import Bounds, StreamGuard
from finetune.form import Form
from rag import Library
from tests.faults.hostile import HostileEngine

Make = Callable[..., Library]
QUESTION = "What does the Fellmark stove cost?"


def both_ways(assistant: Assistant, question: str = QUESTION, **more: Any) -> tuple[list[str], Reply, Reply]:
    """Ask whole and streamed; return everything that a stream had shown at each moment, its reply, and the whole's."""
    shown, moments, last = "", [], None
    for piece in assistant.stream_reply(question, setup=Setup.RAG, **more):
        if isinstance(piece, str):
            shown += piece
            moments.append(shown)
        else:
            last = piece
    assert last is not None
    return moments, last, assistant.answer(question, setup=Setup.RAG, **more)


def ordering(library: Library, order: str) -> Assistant:
    """Return an assistant over documents of which one gives an order."""
    (library.documents / "evil.txt").write_text(f"The Fellmark stove cost. {order}\n", "utf-8")
    library.sync()
    return Assistant(HostileEngine(), library, Form(), k=6)


def streamed(pieces: Sequence[str]) -> str:
    gate = StreamGuard(Bounds())
    return "".join([*(gate.feed(piece) for piece in pieces), gate.close()])
