"""Adapters that act from the answer's header on (activated LoRA, Greenewald et al. 2025, arXiv 2504.12397).

What stands before the header, the system text, passages and conversation, keeps the keys and values of the bare base. So it is
read once: a training has no gradient through it and later epochs none of its computation, and answers with and without the
adapter share it (`finetune.prefix_cache.prefixes` keeps it). Knows nothing of trainers or of what rows say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from finetune.base import free_memory
from finetune.prefix_cache.prefixes import Prefixes
from finetune.render import Rendered, prompt_text
from finetune.training.batches import Batches
from finetune.training.settings import TrainingSettings
from foundation.errors import UserError

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from finetune.base import Base

_SHARE = 0.5  # of the memory that is free when a training begins, for what it reads once


def header(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the ids with which the chat template opens an answer; an activated adapter acts from the first of them on.

    Raises:
        UserError: The template opens answers with nothing of their own.
    """
    asked = tokenizer.apply_chat_template([{"role": "user", "content": "?"}], tokenize=False)
    opened = prompt_text(tokenizer, [{"role": "user", "content": "?"}])
    if not opened.startswith(str(asked)) or len(opened) == len(str(asked)):
        raise UserError(
            "An activated adapter begins to act where the chat template opens the answer, but this base's template writes "
            "nothing there. Set `activated = false` under [training] in rungwise.toml, or choose another base."
        )
    return list(tokenizer(opened[len(str(asked)) :], add_special_tokens=False)["input_ids"])


def suits(base: Base, settings: TrainingSettings) -> tuple[bool, str]:
    """Return whether an adapter for a base can be activated, and a sentence that says so; empty where nothing is to be said."""
    if settings.method == "full" or settings.variant in ("dora", "pissa"):
        return False, ""
    try:
        Prefixes(0).cache(base.model, [header(base.tokenizer)])
    except UserError:
        return False, "activated = false: this base's template or layers do not allow it."
    return True, (
        "activated = true: it acts from the answer's header on (Greenewald et al. 2025); with --no-activated it could be merged."
    )


def batches_for(base: Base, settings: TrainingSettings) -> Batches:
    """Return how a training's rows become what a step takes.

    Raises:
        UserError: The adapter is to be activated, and the base's template opens answers with nothing.
    """
    return ActivatedBatches(base) if settings.activated else Batches(base)


class ActivatedBatches(Batches):
    """Batches of what follows the prefixes, with the prefixes' readings put in when a step takes them."""

    def __init__(self, base: Base) -> None:
        super().__init__(base)
        self._header = len(header(base.tokenizer))
        self._prefixes = Prefixes(int(_SHARE * free_memory(base)))

    def collate(self, rows: Sequence[Rendered]) -> dict[str, Any]:
        """Pad prefixes on the left and what follows on the right; labels and positions are of what follows."""
        import torch

        begun = [row.prompt - self._header for row in rows]
        following = [
            replace(row, ids=row.ids[start:], prompt=self._header)
            for row, start in zip(rows, begun, strict=True)
        ]
        batch = super().collate(following)
        longest = max(begun)
        starts = torch.tensor(begun)
        told = [
            [self._pad] * (longest - start) + list(row.ids[:start])
            for row, start in zip(rows, begun, strict=True)
        ]
        mask = (torch.arange(longest) >= longest - starts[:, None]).long()
        width = batch["input_ids"].shape[1]
        return {
            **batch,
            "prefixes": torch.tensor(told),
            "attention_mask": torch.cat([mask, batch["attention_mask"]], dim=1),
            "position_ids": starts[:, None] + torch.arange(width),
        }

    def kept(self, rows: Sequence[Rendered]) -> tuple[int, float]:
        """Return the bytes that would be kept of rows' prefixes, and what share that is; known once some were read."""
        return self._prefixes.fitting(row.prompt - self._header for row in rows)

    def complete(self, model: PreTrainedModel | PeftModel, batch: dict[str, Any]) -> dict[str, Any]:
        """Return what a model takes: the batch with the cache of its prefixes."""
        told = dict(batch)
        padded = told.pop("prefixes")
        mask = told["attention_mask"][:, : padded.shape[1]].bool()
        ids = [row[kept].tolist() for row, kept in zip(padded, mask, strict=True)]
        return {**told, "past_key_values": self._prefixes.cache(model, ids)}
