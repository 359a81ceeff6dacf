"""Proof that a training did what it seemed to do: every row teaches something, and the adapter is what was trained.

Knows nothing of settings, of documents or of where adapters are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.layout import Message
from finetune.render import IGNORED, Rendered, prompt_ids
from foundation.errors import UserError

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

    from finetune.base import Base

CANARY: tuple[Message, ...] = ({"role": "user", "content": "What does it cost, and where is that said?"},)
"""A question of nobody's, whose next-token logits an adapter is known by."""
_LOGITS = 16
_CLOSE = 1e-3
_ASKED = 8
_ROOM = 3
"""An answer that is not at its end after so many times the longest one that was taught does not end by itself."""


@dataclass(frozen=True)
class Proof:
    """What was found true of a finished adapter."""

    moved: int
    """Adapted layers; all of them moved from where they began."""
    canary: tuple[float, ...]
    """Logits after `CANARY` at evenly spread tokens of the vocabulary, with the adapter on."""
    stopped: int
    """Of the prompts that were asked, how many answers came to their end by themselves."""
    asked: int
    """How many prompts were asked."""

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as JSON values."""
        return {**asdict(self), "canary": list(self.canary)}


def before(rows: Sequence[Rendered], ends: Sequence[int]) -> None:
    """Check that every row teaches something, and last of all to stop.

    Raises:
        UserError: A row has nothing to learn, or does not end in a token that ends answers.
    """
    for number, row in enumerate(rows, start=1):
        taught = [token for token in row.labels if token != IGNORED]
        if not taught:
            raise UserError(f"Training row {number} has no answer to learn. Write one, or drop the row.")
        if taught[-1] not in ends:
            raise UserError(
                f"Training row {number} does not end in a token that ends answers, so the model would not learn to stop. "
                "Use a base whose chat template closes the assistant's turn."
            )


def after(
    model: PeftModel, base: Base, off_before: torch.Tensor, rows: Sequence[Rendered], saved: Path
) -> Proof:
    """Prove a finished adapter, or say what is wrong with it.

    Args:
        model: The base with the trained adapter on it, in evaluation mode.
        base: The base as it was loaded.
        off_before: The base's logits after `CANARY` before the training, shape (vocabulary,).
        rows: Rows that were not trained on; some of their prompts are asked.
        saved: The folder that the adapter was written to.

    Raises:
        UserError: A layer did not move, the base changed, or what was written is not what was trained.
    """
    import torch

    layers = dict(adapter.layers(model))
    still = [name for name, moved in layers.items() if not moved]
    if still or not layers:
        raise _unmoved(still, len(layers))
    with adapter.switched(model, False):
        if not torch.equal(canary_logits(model, base), off_before):
            raise UserError(
                "The base answers otherwise with the adapter off than before the training; the adapter is not used."
            )
    on = canary_logits(model, base)
    wanted = _spread(on)
    stopped = sum(_stops(model, base, row) for row in rows[:_ASKED])
    _same_as_written(model, saved)
    return Proof(len(layers), wanted, stopped, len(rows[:_ASKED]))


def moved(weights: Mapping[str, torch.Tensor], begun: Mapping[str, torch.Tensor]) -> None:
    """Check that no factor is what it began as: after PiSSA, which begins with none at zero.

    Raises:
        UserError: One is.
    """
    import torch

    still = [name for name, value in weights.items() if torch.equal(value.cpu(), begun[name])]
    if still:
        raise _unmoved(still, len(weights))


def _unmoved(still: Sequence[str], layers: int) -> UserError:
    told = ", ".join(still[:3]) or "there are none"
    return UserError(
        f"The training moved {layers - len(still)} of {layers} layers ({told} stayed), so the adapter is not used. Raise "
        "`learning_rate` or `epochs` in rungwise.toml."
    )


def canary_logits(model: PreTrainedModel | PeftModel, base: Base) -> torch.Tensor:
    """Return the logits of the token after `CANARY`, shape (vocabulary,), float32."""
    import torch

    ids = torch.tensor([prompt_ids(base.tokenizer, CANARY)], device=base.model.device)
    with torch.inference_mode():
        logits: torch.Tensor = model(ids).logits[0, -1]
    return logits.float().cpu()


def agrees(model: PeftModel, base: Base, canary: Sequence[float], close: float = 0.05) -> bool:
    """Return whether an adapter answers `CANARY` as it did when it was trained, on this machine's number format too."""
    found = _spread(canary_logits(model, base))
    return len(found) == len(canary) and all(
        abs(one - other) <= close * max(1.0, abs(other)) for one, other in zip(found, canary, strict=True)
    )


def _spread(logits: torch.Tensor) -> tuple[float, ...]:
    step = max(1, len(logits) // _LOGITS)
    return tuple(round(float(value), 4) for value in logits[::step][:_LOGITS])


def _stops(model: PeftModel, base: Base, row: Rendered) -> bool:
    import torch

    prompt = torch.tensor([row.ids[: row.prompt]], device=base.model.device)
    longest = _ROOM * (len(row.ids) - row.prompt) + 16
    with torch.inference_mode():
        made = model.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=longest, do_sample=False,
            pad_token_id=base.tokenizer.pad_token_id,
        )  # fmt: skip
    return int(made.shape[1]) - row.prompt < longest


def _same_as_written(model: PeftModel, saved: Path) -> None:
    """Compare the written factors with those in memory, one by one."""
    import torch

    written = adapter.read_weights(saved)
    held = adapter.weights_of(model)
    if written.keys() != held.keys():
        odd = sorted(written.keys() ^ held.keys())[0]
        raise UserError(
            f"What was written is not what was trained: {odd} is in one of the two only. The adapter is not used."
        )
    for name, value in held.items():
        if not torch.allclose(value.float().cpu(), written[name].float(), atol=_CLOSE):
            raise UserError(
                f"What was written is not what was trained: {name} differs. The adapter is not used."
            )
