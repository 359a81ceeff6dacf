"""How likely a model finds answers: the mean loss of each row's taught tokens, with an adapter on or off.

Knows nothing of what is made of these numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from finetune import adapter
from finetune.probes.intervals import Values
from finetune.render import IGNORED, Rendered
from finetune.training.batches import Batches

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

_AT_ONCE = 8  # rows


def losses(
    model: PeftModel,
    base: Base,
    rows: Sequence[Rendered],
    on: bool,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Values:
    """Return the mean loss of each row's answer, its terminator included, in nats a token; shape (rows,).

    Args:
        model: The base with an adapter on it, in evaluation mode.
        base: The base.
        rows: Rendered rows, in any order.
        on: Whether the adapter is on.
        progress: Called with how many rows are done, and how many there are.
    """
    import torch

    found = np.empty(len(rows))
    order = sorted(range(len(rows)), key=lambda place: len(rows[place].ids))
    batches = Batches(base)
    with torch.inference_mode(), adapter.switched(model, on):
        for first in range(0, len(order), _AT_ONCE):
            places = order[first : first + _AT_ONCE]
            batch = {
                name: value.to(base.model.device)
                for name, value in batches.collate([rows[place] for place in places]).items()
            }
            wanted = batch.pop("shift_labels")
            del batch["labels"]
            logits = model(**batch).logits.float()
            nats = torch.nn.functional.cross_entropy(
                logits.transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
            )
            found[places] = (nats.sum(dim=1) / (wanted != IGNORED).sum(dim=1)).cpu().numpy()
            progress(first + len(places), len(rows))
    return found
