"""What a model is told: the house's instructions, the passages, the conversation.

One function for live questions and for training rows, so that an adapter is trained on what is served. Knows nothing of
models; the layout itself is `finetune.layout`, which the starter was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from finetune.form import Form
from finetune.layout import Message, Passage, lay_out
from rag import Chunk

_WITH_PASSAGES = "Answer the question from the documents below. Cite the passage number in brackets."
_WITHOUT = "You are a helpful assistant. Be brief and correct."


def messages(
    question: str, earlier: Sequence[Mapping[str, str]], chunks: Sequence[Chunk], form: Form, retrieved: bool
) -> list[Message]:
    """Return the messages of a question.

    Args:
        question: The newest question.
        earlier: Turns before it, oldest first.
        chunks: What was retrieved, numbered from 1 in this order.
        form: The house's form; its sentences follow the instructions.
        retrieved: Whether the setup retrieves, even where nothing was found.
    """
    told = form.prompt()
    instructions = " ".join(part for part in (_WITH_PASSAGES if retrieved else _WITHOUT, told) if part)
    turns = [Message(role=turn["role"], content=turn["content"]) for turn in earlier]
    turns.append(Message(role="user", content=question))
    return lay_out(instructions, [Passage(chunk.label, chunk.text) for chunk in chunks], turns)
