"""What a model is told: the house's instructions, the passages, the conversation.

One function for live questions and for training rows, so that an adapter is trained on what is served. Knows nothing of
models; the layout itself is `finetune.layout`, which the starter was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.instructions import BUILT_IN, USUAL, Instructions
from finetune.form import Form
from finetune.layout import Message, Passage, lay_out
from rag import Chunk


def messages(
    question: str,
    earlier: Sequence[Mapping[str, str]],
    chunks: Sequence[Chunk],
    form: Form,
    retrieved: bool,
    told: Instructions | None = None,
) -> list[Message]:
    """Return the messages of a question.

    Args:
        question: The newest question.
        earlier: Turns before it, oldest first.
        chunks: What was retrieved, numbered from 1 in this order.
        form: The house's form; its sentences follow the instructions.
        retrieved: Whether the setup retrieves, even where nothing was found.
        told: The instructions, which say the form's rules themselves; None: the usual ones.
    """
    told = told or BUILT_IN[USUAL](form, retrieved)
    turns = [Message(role=turn["role"], content=turn["content"]) for turn in earlier]
    asked = f"{question}\n{told.reminder}" if told.reminder else question
    turns.append(Message(role="user", content=asked))
    return lay_out(told.system, [Passage(chunk.label, chunk.text) for chunk in chunks], turns)
