"""Keys and values that grow in place: the same answers, and no copy for each token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finetune.base import Base, load_base
from finetune.prefix_cache.growing import empty_cache, growing
from finetune.render import prompt_ids


@pytest.fixture(scope="module", params=["lfm2", "llama", "qwen3"])
def base(request: pytest.FixtureRequest, tiny_bases: dict[str, Path]) -> Base:
    return load_base(str(tiny_bases[request.param]))


def layer() -> Any:
    """Return a layer that grows in place."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    cache = DynamicCache()
    cache.layers.append(DynamicLayer())
    return growing(cache).layers[0]


def numbers(first: int, count: int, rows: int = 2) -> Any:
    """Return keys of so many tokens whose numbers tell their place, shape (rows, 1, count, 3)."""
    import torch

    return (
        torch.arange(first, first + count).float().reshape(1, 1, count, 1).expand(rows, 1, count, 3).clone()
    )


def test_answers_of_a_batch_are_the_same_to_the_bit(base: Base) -> None:
    import torch

    asked = [
        prompt_ids(base.tokenizer, [{"role": "user", "content": text}])
        for text in ("Hi", "What is the fee, and when?")
    ]
    longest = max(map(len, asked))
    told: Any = {
        "input_ids": torch.tensor([[0] * (longest - len(row)) + row for row in asked]),
        "attention_mask": torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in asked]),
        "max_new_tokens": 70,
        "do_sample": False,
        "pad_token_id": 0,
        "eos_token_id": -1,
        "output_logits": True,
        "return_dict_in_generate": True,
    }
    with torch.inference_mode():
        plain: Any = base.model.generate(**told)
        grown: Any = base.model.generate(**told, past_key_values=empty_cache(base.model))
    assert torch.equal(plain.sequences, grown.sequences)
    assert all(torch.equal(a, b) for a, b in zip(plain.logits, grown.logits, strict=True))


def test_tokens_are_put_behind_what_is_there_without_a_copy_of_it() -> None:
    import torch

    one = layer()
    with torch.no_grad():
        one.update(numbers(0, 10), numbers(100, 10))
        began = one.keys.data_ptr()
        for place in range(10, 42):
            keys, values = one.update(numbers(place, 1), numbers(100 + place, 1))
        assert one.keys.data_ptr() == began
        assert torch.equal(keys, numbers(0, 42)) and torch.equal(values, numbers(100, 42))
        keys, _ = one.update(numbers(42, 1), numbers(142, 1))
    assert one.keys.data_ptr() != began and torch.equal(keys, numbers(0, 43))


def test_what_was_cut_off_is_written_over() -> None:
    import torch

    one = layer()
    with torch.no_grad():
        one.update(numbers(0, 6), numbers(0, 6))
        one.crop(-2)
        keys, _ = one.update(numbers(50, 3), numbers(50, 3))
    assert keys[0, 0, :, 0].tolist() == [0, 1, 2, 3, 50, 51, 52] and one.get_seq_length() == 7


def test_rows_that_were_chosen_go_on_alone() -> None:
    import torch

    one = layer()
    with torch.no_grad():
        one.update(numbers(0, 4, rows=3), numbers(0, 4, rows=3))
        one.batch_select_indices(torch.tensor([2]))
        keys, _ = one.update(numbers(4, 1, rows=1), numbers(4, 1, rows=1))
    assert torch.equal(keys, numbers(0, 5, rows=1))


def test_two_answers_that_go_on_from_one_reading_do_not_see_each_other() -> None:
    import torch

    held = numbers(0, 4)
    one, other = layer(), layer()
    with torch.no_grad():
        for each in (one, other):
            each.update(held, held)
        one.update(numbers(70, 2), numbers(70, 2))
        keys, _ = other.update(numbers(4, 2), numbers(4, 2))
    assert torch.equal(keys, numbers(0, 6)) and torch.equal(held, numbers(0, 4))


def test_where_a_gradient_goes_through_nothing_is_written_over() -> None:
    import torch

    one = layer()
    held = numbers(0, 3).requires_grad_()
    first, _ = one.update(held, held)
    whole, _ = one.update(numbers(3, 1), numbers(3, 1))
    (first.sum() + whole.sum()).backward()
    assert torch.equal(held.grad, torch.full_like(held, 2))


def test_a_model_with_a_cache_of_its_own_is_left_alone(base: Base) -> None:
    class Own:
        config = base.model.config

        @classmethod
        def _supports_default_dynamic_cache(cls) -> bool:
            return False

    assert empty_cache(Own()) is None  # type: ignore[arg-type]
    assert empty_cache(base.model) is not None
