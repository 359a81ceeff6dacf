"""Keys and values that grow in place, where transformers' own cache copies all of them for every new token.

A batch of long prompts spends more time on those copies than on its matrices. What is answered is the same to the bit. Knows
nothing of prompts or of what was read before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import DynamicCache, PreTrainedModel

_SPARE = 32
"""Tokens that room is made for at once."""


def growing(cache: DynamicCache) -> DynamicCache:
    """Make a cache's layers of keys and values grow in place, and return it; layers of other kinds stay as they are."""
    from transformers.cache_utils import DynamicLayer

    kind = _kind()
    for layer in cache.layers:
        if type(layer) is DynamicLayer:
            layer.__class__ = kind
    return cache


def empty_cache(model: PreTrainedModel) -> DynamicCache | None:
    """Return an empty cache that grows in place for a model; None where it keeps something of its own."""
    from transformers import DynamicCache

    if not getattr(model, "_supports_default_dynamic_cache", lambda: False)():
        return None
    return growing(DynamicCache(config=model.config.get_text_config(decoder=True)))


_made: list[type] = []


def _kind() -> type:
    """Return the class of layers that grow in place; made when it is first asked for, as transformers takes seconds to load."""
    if _made:
        return _made[0]
    import torch
    from transformers.cache_utils import DynamicLayer

    class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]
        """A layer whose keys and values are the beginning of larger buffers."""

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
        ) -> tuple[torch.Tensor, torch.Tensor]:
            """Take new keys and values in, and return all; both of shape (batch, heads, tokens, size)."""
            if torch.is_grad_enabled():  # what a gradient goes through is not written over
                return super().update(key_states, value_states, *args, **kwargs)
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            self.keys = self._grown("keys", self.keys, key_states)
            self.values = self._grown("values", self.values, value_states)
            return self.keys, self.values

        def _grown(self, name: str, held: torch.Tensor | None, new: torch.Tensor) -> torch.Tensor:
            length = 0 if held is None or not held.numel() else held.shape[-2]
            total = length + new.shape[-2]
            buffer: torch.Tensor | None = self.__dict__.get(f"_{name}")
            # what was cut off at its end still begins where the buffer does; anything else that was done to it made a copy
            ours = buffer is not None and held is not None and held.data_ptr() == buffer.data_ptr()
            if buffer is None or not ours or buffer.shape[:-2] != new.shape[:-2] or buffer.shape[-2] < total:
                buffer = new.new_empty((*new.shape[:-2], total + _SPARE, new.shape[-1]))
                if held is not None and length:
                    buffer[..., :length, :] = held
                self.__dict__[f"_{name}"] = buffer
            buffer[..., length:total, :] = new
            return buffer[..., :total, :]

    _made.append(GrowingLayer)
    return GrowingLayer
