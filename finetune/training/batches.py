"""Rows as the tensors that a step takes.

Knows nothing of trainers, adapters or where rows come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from finetune.render import IGNORED, Rendered

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

    from finetune.base import Base

AT_ONCE = 4
"""Rows whose activations are held in memory at a time; a step's gradient is the sum over its rows, divided by all of its
trained tokens, so the result is that of one large batch."""


def parts_of(batch: int) -> int:
    """Return into how many parts a step's batch is cut, so that at most `AT_ONCE` rows are in memory."""
    return next(n for n in range(1, batch + 1) if batch % n == 0 and batch // n <= AT_ONCE)


class Batches:
    """Batches of whole rows.

    Args:
        base: The base that reads them.
    """

    def __init__(self, base: Base) -> None:
        self._pad = int(base.tokenizer.pad_token_id or 0)

    def collate(self, rows: Sequence[Rendered]) -> dict[str, Any]:
        """Pad rows on the right, as tensors of shape (rows, longest); labels of padding are ignored by their place.

        Logits are asked for where an answer is taught only: the prompt's, most of a row, would be thrown away.
        `logits_to_keep` are these columns, `shift_labels` what the next token of each is, and transformers computes the very
        loss of the whole.
        """
        import torch

        longest = max(len(row.ids) for row in rows)

        def padded(values: Sequence[int], filler: int) -> list[int]:
            return [*values, *([filler] * (longest - len(values)))]

        labels = torch.tensor([padded(row.labels, IGNORED) for row in rows])
        following = (labels[:, 1:] != IGNORED).any(dim=0).nonzero().flatten()
        return {
            "input_ids": torch.tensor([padded(row.ids, self._pad) for row in rows]),
            "labels": labels,
            "attention_mask": torch.tensor([padded([1] * len(row.ids), 0) for row in rows]),
            "logits_to_keep": following,
            "shift_labels": labels[:, following + 1],
        }

    def kept(self, rows: Sequence[Rendered]) -> tuple[int, float]:
        """Return the bytes that would be kept of rows from one epoch to the next, and what share of them that is."""
        return 0, 1.0

    def complete(self, model: PreTrainedModel | PeftModel, batch: dict[str, Any]) -> dict[str, Any]:
        """Return what a model takes: the batch as it is."""
        return batch
