"""Adapters that act from the answer's header on (activated LoRA, Greenewald et al. 2025, arXiv 2504.12397).

What stands before the header, the system text, passages and conversation, keeps the keys and values of the bare base. So it is
read once: a training has no gradient through it and later epochs none of its computation, and answers with and without the
adapter share it. What is kept here are those readings. Knows nothing of trainers or of what rows say.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.base import free_memory
from finetune.batches import Batches
from finetune.render import Rendered, prompt_text
from finetune.settings import TrainingSettings
from foundation.errors import UserError

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

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


@dataclass(frozen=True)
class _Reading:
    """What a base holds of one prompt's beginning: per layer the tensors of its cache, without a batch dimension."""

    tokens: int
    layers: tuple[tuple[torch.Tensor, ...], ...]
    """Keys and values, each of shape (heads, tokens, size), or the last inputs of a convolution, (channels, kernel)."""

    @property
    def bytes(self) -> int:
        return sum(part.nbytes for layer in self.layers for part in layer)


class Prefixes:
    """What a base read before its adapter acts, kept within so many bytes.

    Each is read alone, so that it is the same to the bit whatever stands beside it in a batch.

    Args:
        room: Bytes that may be kept.
        replace: When there is no room: let what was asked for longest ago go. A training takes its rows in turns, so that
            nothing would be left when its turn comes; it keeps what came first.
    """

    def __init__(self, room: int, replace: bool = False) -> None:
        self._room, self._replace = room, replace
        self._kept: OrderedDict[tuple[int, ...], _Reading] = OrderedDict()
        self._held = 0

    def cache(self, model: PreTrainedModel | PeftModel, prefixes: Sequence[Sequence[int]]) -> DynamicCache:
        """Return the cache with which the base goes on after these beginnings, padded on the left to the longest.

        Args:
            model: The base, with or without an adapter on it.
            prefixes: Token ids, at least one each.

        Raises:
            UserError: The base keeps something else than keys, values and convolutions' inputs.
        """
        keys = [tuple(prefix) for prefix in prefixes]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        with adapter.switched(model, False):
            for key in keys:
                if key not in found:
                    found[key] = _read(model, key)
                self._keep(key, found[key])
        return _joined(model, [found[key] for key in keys])

    def fitting(self, lengths: Iterable[int]) -> tuple[int, float]:
        """Return the bytes that prefixes of so many tokens would be kept in, and the share of them that there is room for."""
        read = sum(reading.tokens for reading in self._kept.values())
        if not read:
            return 0, 0.0
        wanted = int(self._held / read * sum(lengths))
        return min(wanted, self._room), min(1.0, self._room / max(1, wanted))

    def _keep(self, key: tuple[int, ...], reading: _Reading) -> None:
        if key in self._kept:
            self._kept.move_to_end(key)
            return
        while self._replace and self._kept and self._held + reading.bytes > self._room:
            self._held -= self._kept.popitem(last=False)[1].bytes
        if self._held + reading.bytes <= self._room:
            self._kept[key] = reading
            self._held += reading.bytes


def _read(model: PreTrainedModel | PeftModel, ids: Sequence[int]) -> _Reading:
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config)
    training = model.training
    model.eval()
    with torch.no_grad():
        told = torch.tensor([list(ids)], device=model.device)
        # logits of one token: a base that is told nothing computes them for all
        model(input_ids=told, past_key_values=cache, use_cache=True, logits_to_keep=1)
    model.train(training)
    return _Reading(len(ids), tuple(_parts(layer) for layer in cache.layers))


def _parts(layer: Any) -> tuple[torch.Tensor, ...]:
    from transformers.cache_utils import DynamicLayer, LinearAttentionLayer

    if type(layer) is DynamicLayer and layer.keys is not None and layer.values is not None:
        return layer.keys[0], layer.values[0]
    if type(layer) is LinearAttentionLayer and not any(layer.is_recurrent_states_initialized.values()):
        return tuple(state[0] for state in layer.conv_states.values() if state is not None)
    raise UserError(
        f"An activated adapter needs a base whose layers keep keys and values, or the inputs of convolutions, but this one has a "
        f"{type(layer).__name__}. Set `activated = false` under [training] in rungwise.toml."
    )


def _joined(model: PreTrainedModel | PeftModel, readings: Sequence[_Reading]) -> DynamicCache:
    import torch
    from torch.nn.functional import pad
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    cache = DynamicCache(config=model.config)
    longest = max(reading.tokens for reading in readings)
    for place, layer in enumerate(cache.layers):
        rows = [reading.layers[place] for reading in readings]
        if type(layer) is DynamicLayer:
            keys, values = (
                torch.stack([pad(row[part], (0, 0, longest - row[part].shape[1], 0)) for row in rows])
                for part in (0, 1)
            )
            layer.update(keys, values)
        else:
            for state in range(len(rows[0])):
                told = torch.stack([row[state] for row in rows])
                cache.update_conv_state(told, place, state, conv_kernel_size=told.shape[-1])
    return cache


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
