"""Full fine-tuning: every weight of a base is trained, its own are kept beside, and it is switched off as an adapter is.

Knows nothing of rows, losses or where adapters are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.errors import UserError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

WEIGHTS = "model.safetensors"
_OWN = "_own_weights"


def begin(model: PreTrainedModel) -> PreTrainedModel:
    """Make every weight of a base trainable, and keep its own; `disable_adapter` of the model puts these back for a while.

    Args:
        model: The base, in float32: in bfloat16 most steps of a full fine-tuning would be rounded away.
    """
    own = {name: value.detach().clone() for name, value in model.named_parameters()}
    model.requires_grad_(True)
    told: Any = model
    setattr(told, _OWN, own)
    told.disable_adapter = partial(_put_back, model, own)  # as PEFT calls it
    return model


def is_whole(model: Any) -> bool:
    """Return whether a model is one that `begin` or `attach` made."""
    return hasattr(model, _OWN)


def attach(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Put saved weights in place of a base's own, which are kept.

    Raises:
        UserError: The folder holds weights of other names or shapes than the base has.
    """
    import torch
    from safetensors.torch import load_file

    begin(model).requires_grad_(False)
    written = load_file(folder / WEIGHTS)
    shapes = {name: value.shape for name, value in model.named_parameters()}
    odd = sorted(name for name in shapes.keys() | written.keys() if shapes.get(name) != _shape(written, name))
    if odd:
        raise UserError(
            f"{folder}: {odd[0]} is not what this base has under that name, so these are not weights of it. Train it again with "
            "`rungwise train`."
        )
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(written[name])
    return model


def save(model: PreTrainedModel, folder: Path) -> None:
    """Write the weights, in one file of safetensors, and the configuration into `folder`."""
    model.save_pretrained(str(folder), safe_serialization=True, max_shard_size="1TB")


def layers(model: PreTrainedModel) -> Iterator[tuple[str, bool]]:
    """Yield the names of the matrices that were trained, and whether each is another one than the base's."""
    import torch

    own = getattr(model, _OWN)
    for name, value in model.named_parameters():
        if value.dim() > 1:
            yield name.removesuffix(".weight"), not torch.equal(value, own[name])


def _shape(weights: dict[str, torch.Tensor], name: str) -> torch.Size | None:
    return weights[name].shape if name in weights else None


@contextmanager
def _put_back(model: PreTrainedModel, own: dict[str, torch.Tensor]) -> Iterator[None]:
    trained = {name: value.data for name, value in model.named_parameters()}
    try:
        for name, value in model.named_parameters():
            value.data = own[name]
        yield
    finally:
        for name, value in model.named_parameters():
            value.data = trained[name]
