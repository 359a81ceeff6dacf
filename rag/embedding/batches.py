"""Which texts go through an encoder together: one order by length, batches by token budget.

A batch costs its rows times its longest row, padding included, so texts of one length belong together, and long ones in
small batches. Knows nothing of texts or encoders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def by_length(lengths: Sequence[int]) -> list[int]:
    """Return the places of texts, the longest first, equals in their order.

    The longest come first so that whatever memory a run needs, it needs at its start.
    """
    return sorted(range(len(lengths)), key=lambda place: -lengths[place])


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield the places of each batch: rows times longest row is at most `budget`, or the batch is one text.

    Args:
        lengths: Tokens of each text.
        budget: Most tokens of a batch, padding included; 0 or 1: one text a batch.
    """
    batch: list[int] = []
    for place in by_length(lengths):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
