"""Adapters in memory, LoRA or whole weights: put on a base, switched on and off, and written down.

The one home of peft. Knows nothing of rows, losses or where adapters are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from finetune.training import whole

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

NAME = "default"
"""What the one adapter is called inside PEFT. With any other name PEFT writes it into a folder of that name, where
transformers' Trainer does not look for the best epoch: it warns, and keeps the last one."""

WEIGHTS = {"lora": "adapter_model.safetensors", "full": whole.WEIGHTS}
"""The file that holds an adapter's weights, by the method that it was trained with."""


def attach_new(
    model: PreTrainedModel,
    rank: int,
    alpha: int,
    dropout: float,
    seed: int,
    variant: str = "lora",
    header: Sequence[int] = (),
) -> PeftModel:
    """Put a fresh LoRA adapter on every linear layer of a base (Hu et al. 2021, arXiv 2106.09685).

    Args:
        model: The base; its own weights are frozen.
        rank: Rank of the two factors.
        alpha: Scale of the update, applied as `alpha / rank`.
        dropout: Share of adapter inputs dropped in training.
        seed: Of the factors' first values.
        variant: `lora`, `rslora`, `dora` or `pissa`. PiSSA takes out of the base's weights, which should be float32, what the
            adapter begins with; `save` puts it back.
        header: Ids from whose last place in a text on the adapter acts (activated LoRA); none: it acts everywhere.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        use_rslora=variant == "rslora",
        use_dora=variant == "dora",
        alora_invocation_tokens=list(header) or None,
        init_lora_weights="pissa" if variant == "pissa" else True,
    )
    return get_peft_model(model, config, adapter_name=NAME)


def faster_second_factors(model: PeftModel, rate: float, times: float) -> torch.optim.Optimizer:
    """Return AdamW that moves the second factors so many times as fast as the first (LoRA+)."""
    import torch
    from peft.optimizers import create_loraplus_optimizer

    optimizer: torch.optim.Optimizer = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=rate, loraplus_lr_ratio=times, loraplus_weight_decay=0.0
    )
    return optimizer


def save(model: PeftModel | PreTrainedModel, folder: Path, begun: Path | None = None) -> None:
    """Write the adapter's weights (safetensors) and configuration straight into `folder`.

    Args:
        model: The base with the adapter on it.
        folder: Where to.
        begun: What `save_beginning` wrote: the difference to it is written, which fits the base as it was.
    """
    if whole.is_whole(model):
        whole.save(cast("PreTrainedModel", model), folder)
        return
    more: dict[str, Any] = {} if begun is None else {"path_initial_model_for_weight_conversion": str(begun)}
    model.save_pretrained(str(folder), selected_adapters=[NAME], safe_serialization=True, **more)
    (folder / "README.md").unlink(missing_ok=True)


def save_beginning(model: PeftModel, folder: Path) -> Path:
    """Write what a PiSSA adapter begins with, and return the folder."""
    config = model.peft_config[NAME]
    chosen, config.init_lora_weights = (
        config.init_lora_weights,
        True,
    )  # read again, it shall not take from the base once more
    save(model, folder)
    config.init_lora_weights = chosen
    return folder


def attach_saved(model: PreTrainedModel, folder: Path, name: str = NAME) -> PeftModel:
    """Put a saved adapter on a base. Check it with `registry.verify` first: PEFT accepts a wrong base in silence.

    Args:
        model: The base.
        folder: Where the adapter lies.
        name: What it is called on the base; with several on it, they are told apart by this.

    Raises:
        UserError: The folder holds whole weights, and not of this base.
    """
    from peft import PeftModel as Loaded

    if (folder / whole.WEIGHTS).is_file():
        return cast("PeftModel", whole.attach(model, folder))
    return Loaded.from_pretrained(model, str(folder), adapter_name=name, is_trainable=False)


def attach_beside(model: PeftModel, folder: Path, name: str) -> None:
    """Put one more saved LoRA adapter on a base; it acts once it is chosen. Check it first, as for `attach_saved`."""
    model.load_adapter(str(folder), adapter_name=name, is_trainable=False)
    model.eval()


def choose(model: PeftModel, name: str) -> None:
    """Have one of a base's adapters act from now on."""
    if model.active_adapter != name:
        model.set_adapter(name, inference_mode=True)


def detach(model: PeftModel, name: str) -> None:
    """Take an adapter off a base on which another one is chosen."""
    model.delete_adapter(name)


def mixed(names: Sequence[str]) -> dict[str, Any]:
    """Return what `generate` is told where each row of a batch has an adapter of its own.

    Args:
        names: The adapter of each row; empty: the base alone.
    """
    return {"adapter_names": [name or "__base__" for name in names]}


def merged(model: PeftModel) -> PreTrainedModel:
    """Return the base with the adapter added into its weights; the base that it was put on is that model."""
    if whole.is_whole(model):
        return cast("PreTrainedModel", model)
    merged: PreTrainedModel = model.merge_and_unload(safe_merge=True)
    return merged


def restore(model: PeftModel, weights: Mapping[str, torch.Tensor]) -> None:
    """Put weights in place of the adapter's own.

    Args:
        model: The base with the adapter on it.
        weights: What `read_weights` or `weights_of` returned.

    Raises:
        KeyError: These are other weights than the adapter has.
    """
    import torch

    with torch.no_grad():
        for name, value in weights_of(model).items():
            value.copy_(weights[name])


def weights_of(model: PeftModel) -> dict[str, torch.Tensor]:
    """Return the adapter's weights in memory, under the names that they are written with."""
    from peft import get_peft_model_state_dict

    if whole.is_whole(model):
        return {name: value.detach() for name, value in model.named_parameters()}
    return dict(get_peft_model_state_dict(model, adapter_name=NAME))


def gathered(model: PeftModel) -> dict[str, torch.Tensor]:
    """Return the adapter's weights, put together from all processes that they are divided among, on the CPU."""

    def whole_of(value: Any) -> torch.Tensor:
        full = getattr(value, "full_tensor", None)
        put: torch.Tensor = (value if full is None else full()).detach().cpu()
        return put

    return {name: whole_of(value) for name, value in weights_of(model).items()}


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Return the adapter's weights as they were written."""
    from safetensors.torch import load_file

    return load_file(next(path for name in WEIGHTS.values() if (path := folder / name).is_file()))


def layers(model: PeftModel) -> Iterator[tuple[str, bool]]:
    """Yield the name of every trained layer, and whether it moved from where it began."""
    if whole.is_whole(model):
        yield from whole.layers(cast("PreTrainedModel", model))
        return
    for name, value in model.named_parameters():
        if "lora_B" in name:  # the factors that begin as zeros: one that still is zero was never trained
            yield name.split(".lora_B")[0].removeprefix("base_model.model."), bool(value.any())


def going_on(model: PreTrainedModel | PeftModel, rows: int) -> dict[str, Any]:
    """Return what a model is told besides when it goes on from a cache: an activated adapter acts on all that is new.

    Args:
        model: The base, with or without an adapter on it.
        rows: In the batch.
    """
    active = getattr(model, "active_peft_config", None)
    if getattr(active, "alora_invocation_tokens", None) is None:
        return {}
    return {
        "alora_offsets": [sys.maxsize] * rows
    }  # PEFT would look for the header in the new tokens, and find none


@contextmanager
def switched(model: PreTrainedModel | PeftModel, on: bool) -> Iterator[None]:
    """Run with the adapter on or off; on a bare base there is nothing to switch off."""
    off = getattr(model, "disable_adapter", None)
    with nullcontext() if on or off is None else off():
        yield
