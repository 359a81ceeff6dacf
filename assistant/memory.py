"""What of a conversation a prompt has room for: the newest turns, whole, within a budget of tokens.

Knows nothing of models: it is handed something that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from finetune.layout import Message


def remembered(
    turns: Sequence[Message], budget: int, count: Callable[[Sequence[Message]], int]
) -> list[Message]:
    """Return the newest turns that fit, oldest first; a question is kept with its answer or not at all.

    Args:
        turns: Earlier turns, oldest first.
        budget: Tokens that they may take together.
        count: Counts the tokens of messages.
    """
    kept: list[Message] = []
    for exchange in reversed(_exchanges(turns)):
        if count([*exchange, *kept]) > budget:
            break
        kept = [*exchange, *kept]
    return kept


def without_the_oldest(turns: Sequence[Message]) -> list[Message]:
    """Return turns without the oldest question and its answer."""
    return [turn for exchange in _exchanges(turns)[1:] for turn in exchange]


def _exchanges(turns: Sequence[Message]) -> list[list[Message]]:
    """Return a conversation as questions, each with what follows it up to the next."""
    found: list[list[Message]] = []
    for turn in turns:
        if turn["role"] == "user" or not found:
            found.append([turn])
        else:
            found[-1].append(turn)
    return found
