"""What goes into one call of a model besides its prompt: how tokens are chosen, when it stops, and a watch on its time.

Knows nothing of setups, adapters or whose turn it is.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.engines.constrain import processor
from assistant.engines.engine import Caller, Decoding
from assistant.guard.repetition import cycling

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

_LOOKED_UP = 10
"""Tokens that are guessed at once from the prompt, where what was written last stands there too."""
_EVERY = 8
"""Tokens between two looks whether an answer goes round in circles."""


class Watch:
    """Stops rows that go round in circles, and all of them once nobody waits; tells when the first token came.

    transformers calls it a stopping criterion.

    Args:
        caller: Who waits.
        begun: How many ids stand before the answers, padding included.
    """

    def __init__(self, caller: Caller, begun: int) -> None:
        self._caller, self._begun, self._looked = caller, begun, 0
        self.began = time.perf_counter()
        self.first: float | None = None
        """When the first token was there, on the clock of `began`; None before."""

    @property
    def prefill(self) -> float:
        """Seconds until the first token."""
        return 0.0 if self.first is None else self.first - self.began

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Return for every row whether it has ended."""
        import torch

        if self.first is None:
            self.first = time.perf_counter()
        rows, written = input_ids.shape[0], input_ids.shape[1] - self._begun
        ended = torch.full((rows,), self._caller.gone(), dtype=torch.bool, device=input_ids.device)
        if written - self._looked >= _EVERY:
            for place, answer in enumerate(input_ids[:, self._begun :].tolist()):
                ended[place] |= circling(answer, self._looked) is not None
            self._looked = written // _EVERY * _EVERY
        return ended


def circling(answer: Sequence[int], looked: int = 0) -> int | None:
    """Return after how many tokens an answer is seen to go round in circles; None where it does not.

    Looked at after every so many tokens, so that an answer is cut at the same place however many of them came at once.

    Args:
        answer: Its token ids.
        looked: How many of them were looked at before.
    """
    looks = range(looked + _EVERY, len(answer) + 1, _EVERY)
    return next((length for length in looks if cycling(answer[:length])), None)


class Drawn:
    """Draws tokens at a temperature, each row from a generator of its own.

    Adding Gumbel noise and taking the highest score draws from the softmax (Gumbel 1954; Maddison et al. 2014, arXiv 1411.0030).
    So a prompt draws the same answer from the same seed, whatever stands beside it in a batch.

    Args:
        prompts: Token ids of the rows.
        temperature: Above 0.
        seed: Of all rows; each takes its own from it and its prompt.
    """

    def __init__(self, prompts: Sequence[Sequence[int]], temperature: float, seed: int) -> None:
        import torch

        self._temperature = temperature
        self._generators = [
            torch.Generator().manual_seed(
                int.from_bytes(hashlib.sha256(f"{seed}|{list(ids)}".encode()).digest()[:7])
            )
            for ids in prompts
        ]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores with noise on them."""
        import torch

        noise = torch.stack(
            [torch.rand(scores.shape[-1], generator=generator) for generator in self._generators]
        ).clamp_(1e-12, 1 - 1e-7)
        return scores / self._temperature - torch.log(-torch.log(noise)).to(scores)


def read_rest_only(model: Any) -> None:
    """Have a model that guesses ahead go on from what it is given of a prompt.

    In the first pass of assisted decoding transformers 5 would read the whole prompt, what is in the cache already too, and count
    it twice.
    """
    prepare = model.prepare_inputs_for_generation

    @functools.wraps(prepare)
    def rest_only(input_ids: torch.Tensor, *args: Any, **told: Any) -> Any:
        cache = told.get("past_key_values")
        if told.get("is_first_iteration") and told.get("next_sequence_length") is None and cache is not None:
            told["next_sequence_length"] = input_ids.shape[1] - int(cache.get_seq_length())
        return prepare(input_ids, *args, **told)

    model.prepare_inputs_for_generation = rest_only


def arguments(
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    begun: int,
    ends: Sequence[int],
    longest: int,
    decoding: Decoding,
    lookup: bool,
) -> dict[str, Any]:
    """Return what `generate` is told of how tokens are chosen.

    Args:
        tokenizer: The base model's.
        prompts: Token ids of the rows, without padding.
        begun: How many ids stand before the answers, padding included.
        ends: The ids that end an answer.
        longest: Where an answer is cut off, in tokens.
        decoding: How tokens are chosen.
        lookup: Whether tokens may be guessed from the prompt where there is one row (prompt-lookup decoding, Saxena 2023): the
            answer is the same, and passages that are copied take fewer passes.
    """
    told: dict[str, Any] = {
        "max_new_tokens": longest, "do_sample": False, "temperature": None, "top_p": None, "top_k": None,
        "pad_token_id": tokenizer.pad_token_id, "eos_token_id": list(ends),
    }  # fmt: skip
    processors: list[Any] = []
    if decoding.constraint is not None:
        held = processor(tokenizer, decoding.constraint, begun, ends)
        processors.append(held)
        told["max_new_tokens"] = held.longest or longest
    if decoding.temperature > 0:
        processors.append(Drawn(prompts, decoding.temperature, decoding.seed))
    elif lookup and len(prompts) == 1:
        told["prompt_lookup_num_tokens"] = _LOOKED_UP
    if processors:
        told["logits_processor"] = processors
    return told
