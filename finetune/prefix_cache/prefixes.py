"""What a model read once, kept: the keys and values of prompts' beginnings, put together for whatever goes on from them.

A system text that every question begins with is read once, an earlier conversation too, and, where an adapter acts from the
answer's header on, everything before it for base and adapter both. Knows nothing of rows, questions or documents.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.layout import Message
from finetune.prefix_cache.growing import growing
from finetune.render import prompt_ids
from foundation.errors import UserError

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase


def boundaries(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], ids: Sequence[int]
) -> list[int]:
    """Return where a prompt may be read in pieces that other prompts share: after its system text and after each answer in it.

    A function of the prompt alone, so that the same prompt is always read in the same pieces, whatever is kept by then: read in
    other pieces, it would differ in the last bits.

    Args:
        tokenizer: The base model's.
        messages: The prompt.
        ids: Its token ids.

    Returns:
        Numbers of tokens, ascending; what two continuations share there is told by trying two.
    """
    found: list[int] = []
    for place, turn in enumerate(messages[:-1]):
        if turn["role"] == "user":
            continue
        one, other = (
            prompt_ids(tokenizer, [*messages[: place + 1], Message(role="user", content=letter)])
            for letter in ("a", "7")
        )
        shared = next(
            (at for at, (a, b, c) in enumerate(zip(one, other, ids, strict=False)) if not a == b == c), 0
        )
        if shared > (found[-1] if found else 0):
            found.append(shared)
    return found


@dataclass(frozen=True)
class Reading:
    """What a model holds of one prompt's beginning: per layer the tensors of its cache, without a batch dimension."""

    tokens: int
    """How many it has read."""
    layers: tuple[tuple[torch.Tensor, ...], ...]
    """Keys and values, each of shape (heads, tokens, size), or the last inputs of a convolution, (channels, kernel)."""

    @property
    def bytes(self) -> int:
        """The memory that it takes."""
        return sum(part.nbytes for layer in self.layers for part in layer)


class Prefixes:
    """What a model read of prompts' beginnings, kept within so many bytes.

    Each is read alone, so that it is the same to the bit whatever stands beside it in a batch.

    Args:
        room: Bytes that may be kept.
        replace: When there is no room: let what was asked for longest ago go. A training takes its rows in turns, so that
            nothing would be left when its turn comes; it keeps what came first.
        adapter_on: Whether they are read with the adapter on; not for one that acts from the answer's header on.
    """

    def __init__(self, room: int, replace: bool = False, adapter_on: bool = False) -> None:
        self._room, self._replace, self._on = room, replace, adapter_on
        self._kept: OrderedDict[tuple[str, tuple[int, ...]], Reading] = OrderedDict()
        self._held = 0

    def cache(
        self,
        model: PreTrainedModel | PeftModel,
        prefixes: Sequence[Sequence[int]],
        splits: Sequence[Sequence[int]] | None = None,
        by: str = "",
    ) -> DynamicCache:
        """Return the cache with which the model goes on after these beginnings, padded on the left to the longest.

        Args:
            model: The base, with or without an adapter on it.
            prefixes: Token ids, at least one each.
            splits: For each, the numbers of tokens after which it is read on as a piece of its own, ascending; what others share
                up to there is not read again. None: each is read in one go.
            by: The adapter that reads them, where there are several: what one read is nothing to another.

        Raises:
            UserError: The base keeps something else than keys, values and convolutions' inputs.
        """
        keys = [tuple(prefix) for prefix in prefixes]
        with adapter.switched(model, self._on):
            found = {
                key: self._reading(model, by, key, cuts)
                for key, cuts in zip(keys, splits or [()] * len(keys), strict=True)
            }
        return growing(_joined(model, [found[key] for key in keys]))

    def fitting(self, lengths: Iterable[int]) -> tuple[int, float]:
        """Return the bytes that prefixes of so many tokens would be kept in, and the share of them that there is room for."""
        read = sum(reading.tokens for reading in self._kept.values())
        if not read:
            return 0, 0.0
        wanted = int(self._held / read * sum(lengths))
        return min(wanted, self._room), min(1.0, self._room / max(1, wanted))

    def _reading(
        self, model: PreTrainedModel | PeftModel, by: str, key: tuple[int, ...], cuts: Sequence[int]
    ) -> Reading:
        known = self._known(by, key)
        if known is not None:
            return known
        ends = [*(cut for cut in cuts if 0 < cut < len(key)), len(key)]
        begun = next(
            (place for place in reversed(range(len(ends))) if (by, key[: ends[place]]) in self._kept), -1
        )
        held = self._known(by, key[: ends[begun]]) if begun >= 0 else None
        for end in ends[begun + 1 :]:
            held = _read(model, key[:end], held)
            self._keep(by, key[:end], held)
        assert held is not None  # the last piece is never empty
        return held

    def _known(self, by: str, key: tuple[int, ...]) -> Reading | None:
        if (by, key) in self._kept:
            self._kept.move_to_end((by, key))
        return self._kept.get((by, key))

    def _keep(self, by: str, key: tuple[int, ...], reading: Reading) -> None:
        if reading.bytes > self._room:
            return
        while self._replace and self._kept and self._held + reading.bytes > self._room:
            self._held -= self._kept.popitem(last=False)[1].bytes
        if self._held + reading.bytes <= self._room:
            self._kept[by, key] = reading
            self._held += reading.bytes


def _read(model: PreTrainedModel | PeftModel, ids: Sequence[int], begun: Reading | None) -> Reading:
    """Read a beginning, going on from what was read of it before."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config) if begun is None else _joined(model, [begun])
    new = list(ids[0 if begun is None else begun.tokens :])
    training = model.training
    if training:  # asked first: telling all of a model's parts takes as long as reading a short text
        model.eval()
    with torch.no_grad():
        told = torch.tensor([new], device=model.device)
        # logits of one token: a base that is told nothing computes them for all
        model(input_ids=told, past_key_values=cache, use_cache=True, logits_to_keep=1)
    if training:
        model.train()
    return Reading(len(ids), tuple(_parts(layer) for layer in cache.layers))


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


def _joined(model: PreTrainedModel | PeftModel, readings: Sequence[Reading]) -> DynamicCache:
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
