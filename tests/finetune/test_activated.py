"""Adapters that act from the answer's header on: the very model that PEFT runs, with what stands before read once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter
from finetune.base import Base, load_base
from finetune.export import Shape, export
from finetune.prefix_cache import activated
from finetune.prefix_cache.activated import ActivatedBatches
from finetune.prefix_cache.prefixes import Prefixes
from finetune.render import Rendered
from finetune.training import proofs
from finetune.training.batches import Batches
from finetune.training.estimate import estimate
from finetune.training.settings import TrainingSettings
from finetune.training.train import render_rows, train_adapter
from foundation.errors import UserError
from tests.finetune.trainings import SETTINGS, rows, train

ACTIVATED = replace(SETTINGS, activated=True)


@pytest.fixture(params=["lfm2", "llama", "qwen3"])
def base(request: pytest.FixtureRequest, tiny_bases: dict[str, Path]) -> Base:
    return load_base(str(tiny_bases[request.param]))


def on(base: Base, rank: int = 4) -> Any:
    """Return a base with an activated adapter that does something."""
    import torch

    base.model.float()  # so that what is computed in two orders differs by nothing that a test could take for a mistake
    model = adapter.attach_new(base.model, rank, 2 * rank, 0.0, 1, header=activated.header(base.tokenizer))
    for name, value in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.05)
    return model


def drawn(base: Base, lengths: list[tuple[int, int]]) -> list[Rendered]:
    """Return rows of drawn tokens, by the lengths of what stands before the header and of the answer."""
    dice, header = random.Random(3), activated.header(base.tokenizer)
    size = base.model.config.vocab_size
    return [
        Rendered(
            (*dice.choices(range(5, size), k=before), *header, *dice.choices(range(5, size), k=answer), 2),
            before + len(header),
        )
        for before, answer in lengths
    ]


@contextmanager
def counted(model: Any) -> Iterator[list[int]]:
    """Count the tokens that each pass of the model reads."""
    read: list[int] = []
    hook = model.register_forward_pre_hook(
        lambda module, args, given: read.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    yield read
    hook.remove()


def test_loss_and_gradients_are_those_of_a_whole_pass_in_peft_when_read_for_the_first_time_and_when_kept(
    base: Base,
) -> None:
    import torch

    model = on(base).train()
    made = drawn(base, [(30, 9), (17, 5), (44, 12), (1, 3)])
    known = ActivatedBatches(base)
    found = []
    for batches in (Batches(base), known, known):
        model.zero_grad()
        loss = model(**batches.complete(model, batches.collate(made))).loss
        loss.backward()
        taught = [value.grad.flatten() for value in model.parameters() if value.grad is not None]
        found.append((loss.item(), torch.cat(taught)))
    (whole, gradient), *ours = found
    assert gradient.abs().max() > 1e-3
    for loss, other in ours:
        assert loss == pytest.approx(whole, rel=1e-5)
        assert torch.allclose(other, gradient, atol=1e-5)


def test_a_plain_adapter_on_the_same_weights_answers_otherwise(base: Base) -> None:
    model = on(base).eval()
    batch = Batches(base).collate(drawn(base, [(30, 9)]))
    acts_late = model(**batch).loss.item()
    model.active_peft_config.alora_invocation_tokens = None
    for layer in model.modules():
        if hasattr(layer, "lora_variant"):
            layer.lora_variant.clear()
    assert abs(model(**batch).loss.item() - acts_late) > 1e-3


def test_what_stands_before_the_header_is_read_once_and_without_the_adapter(base: Base) -> None:
    model = on(base).eval()
    prefixes = Prefixes(room=10**9)
    told = [list(row.ids[:20]) for row in drawn(base, [(20, 1), (20, 1)])]
    with counted(model) as read:
        first = prefixes.cache(model, told)
        again = prefixes.cache(model, told[::-1])
    assert read == [20, 20]
    bare = load_base(base.name).model.float()
    alone = Prefixes(room=0).cache(bare, told)
    for one, other, turned in zip(first.layers, alone.layers, again.layers, strict=True):
        if hasattr(one, "keys"):
            assert (one.keys == other.keys).all() and (one.keys == turned.keys.flip(0)).all()


def test_a_prefix_is_the_same_to_the_bit_whatever_stands_beside_it(base: Base) -> None:
    model = on(base).eval()
    short, long = ([*row.ids[:-2]] for row in drawn(base, [(9, 1), (40, 1)]))
    alone = Prefixes(room=0).cache(model, [short])
    beside = Prefixes(room=0).cache(model, [short, long])
    for one, other in zip(alone.layers, beside.layers, strict=True):
        if hasattr(one, "keys"):
            assert (one.keys[0] == other.keys[0, :, -len(short) :]).all()
        else:
            assert (one.conv_states[0][0] == other.conv_states[0][0]).all()


def test_with_too_little_room_a_training_keeps_what_came_first_and_a_service_what_came_last(
    tiny_bases: dict[str, Path],
) -> None:
    base = load_base(str(tiny_bases["llama"]))
    told = [list(row.ids[:20]) for row in drawn(base, [(20, 1)] * 3)]
    whole = Prefixes(room=10**9)
    whole.cache(base.model, told)
    room = whole.fitting([20, 20])[0]  # of two
    for replaces, hit in ((False, told[0]), (True, told[2])):
        prefixes = Prefixes(room, replace=replaces)
        for one in told:
            prefixes.cache(base.model, [one])
        with counted(base.model) as read:
            prefixes.cache(base.model, [hit])
        assert read == [], replaces
        assert prefixes.fitting([20] * 4) == (room, 0.5)


def test_an_activated_adapter_learns_is_published_and_answers_in_peft_alone_as_here(
    base: Base, tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    settings = replace(ACTIVATED, learning_rate=2e-2, epochs=4, rank=4)
    made = train(Path(base.name), tmp_path, "a", settings=settings)
    assert made.settings["activated"] is True
    assert made.curve[-1]["validation_loss"] < made.curve[0]["validation_loss"] - 0.1
    folder = tmp_path / "adapters" / "a"
    out = tmp_path / "out"
    export(folder, base, Shape.PEFT, out)
    theirs = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base.name), str(out)).eval()
    assert proofs.agrees(theirs, base, made.proof["canary"], close=0.02)
    config = json.loads((out / "adapter_config.json").read_text())
    (out / "adapter_config.json").write_text(json.dumps({**config, "alora_invocation_tokens": None}))
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base.name), str(out)).eval()
    assert not proofs.agrees(plain, base, made.proof["canary"], close=0.02)  # naive: taken for a plain one
    with pytest.raises(UserError, match=r"can't be merged into the base's weights\. Export it as peft"):
        export(folder, base, Shape.MERGED, tmp_path / "merged")


def test_an_activated_training_that_was_stopped_ends_as_an_undisturbed_one_does(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    base = tiny_bases["lfm2"]
    whole = train(base, tmp_path / "whole", "a", settings=ACTIVATED)
    with pytest.raises(UserError, match="Stopped after step 7"):
        train(base, tmp_path / "cut", "a", stop_at=7, settings=ACTIVATED)
    went_on = train(base, tmp_path / "cut", "a", settings=ACTIVATED)
    assert went_on.files == whole.files and went_on.curve == whole.curve


def test_the_estimate_counts_what_is_read_once_and_what_is_kept(
    tiny_bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = load_base(str(tiny_bases["llama"]))
    made = render_rows(base, rows(0, 40)), render_rows(base, rows(40, 48))
    model = adapter.attach_new(base.model, 2, 4, 0.0, 1, header=activated.header(base.tokenizer))
    settings = replace(ACTIVATED, epochs=50)
    kept = estimate(model, base, *made, settings, tmp_path).seconds
    monkeypatch.setattr(activated, "_SHARE", 0.0)
    assert estimate(model, base, *made, settings, tmp_path).seconds > 1.1 * kept


def test_a_template_that_opens_answers_with_nothing_is_refused(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    base = load_base(str(tiny_bases["llama"]))
    base.tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}|{% endfor %}"
    base.model.save_pretrained(tmp_path / "base")
    base.tokenizer.save_pretrained(tmp_path / "base")
    with pytest.raises(UserError, match="this base's template writes nothing there"):
        train_adapter(str(tmp_path / "base"), rows(0, 12), rows(12, 14), tmp_path / "a", ACTIVATED)


def test_a_base_that_forgets_what_is_far_back_is_refused(starter_tokenizer: Any, tmp_path: Path) -> None:
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2,
        vocab_size=len(starter_tokenizer), sliding_window=8, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    MistralForCausalLM(config).save_pretrained(tmp_path / "base")
    starter_tokenizer.save_pretrained(tmp_path / "base")
    with pytest.raises(UserError, match="but this one has a DynamicSlidingWindowLayer"):
        train_adapter(str(tmp_path / "base"), rows(0, 12), rows(12, 14), tmp_path / "a", ACTIVATED)


def test_dora_does_not_go_with_it() -> None:
    with pytest.raises(UserError, match='activated goes with variant "lora" or "rslora"'):
        TrainingSettings(activated=True, variant="dora")
