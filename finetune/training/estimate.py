"""What a training will take, before it begins: measured for two seconds on its own rows, not looked up in a table.

Knows nothing of trainers: it takes the very steps that one would, and throws their gradients away.
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.base import free_memory
from finetune.prefix_cache.activated import batches_for
from finetune.render import Rendered
from finetune.training.batches import Batches, parts_of
from finetune.training.settings import TrainingSettings
from foundation.errors import UserError

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

_MEASURED = 2.0  # seconds
_NUMBER = 4  # bytes of a number in float32
_LOGIT_COPIES = 3  # the logits, their softmax and their gradient stand in memory together
_GOLDEN = 0.618  # steps of this share of an epoch, which is sorted in stretches, fall evenly over it
_ADAM = 3  # a weight and AdamW's two moments
_STATES = 3  # the best state, the last one, and one that is being written


@dataclass(frozen=True)
class Estimate:
    """What a training will take, at most: early stopping makes it shorter."""

    rows: int
    """Rows to learn from."""
    tokens: int
    """Tokens that are read in all epochs, padding included."""
    taught: int
    """Tokens of answers among them: what is trained on."""
    steps: int
    """Optimiser steps in all epochs."""
    seconds: float
    """How long, from this machine's own rate."""
    memory: int
    """Bytes of memory at the peak, of the process, or of the GPU where there is one."""
    disk: int
    """Bytes on the disk at the peak: states to go on from, and the adapter."""

    chosen: tuple[str, ...] = ()
    """Settings that a rule chose, each in a sentence with its source."""

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as JSON values."""
        return {**asdict(self), "chosen": list(self.chosen)}


def estimate(
    model: PeftModel,
    base: Base,
    training: Sequence[Rendered],
    validation: Sequence[Rendered],
    settings: TrainingSettings,
    folder: Path,
) -> Estimate:
    """Estimate a training, or refuse one that can't fit.

    Args:
        model: The base with the adapter on it; unchanged afterwards.
        base: The base.
        training: Rows to learn from.
        validation: Rows that are evaluated after each epoch.
        settings: How it would be trained.
        folder: Where its states would be written.

    Raises:
        UserError: It does not fit into the memory that is free, or on the disk.
    """
    import torch

    parts = _parts(training, settings)
    longest = max(parts, key=lambda part: (_padded(part), len(part)))
    trained = sum(value.numel() for value in model.parameters() if value.requires_grad)
    disk = trained * _NUMBER * (_STATES * _ADAM + 1)
    _refuse(base, longest, disk, folder)
    with torch.random.fork_rng():
        rates = _measure(model, base, parts, longest, settings)
    model.zero_grad(set_to_none=True)
    padded = sum(map(_padded, parts))
    size = settings.batch // parts_of(settings.batch)
    checked = sum(_padded(validation[start : start + size]) for start in range(0, len(validation), size))
    begun = padded + checked + (1 - rates.kept) * ((settings.epochs - 1) * padded + settings.epochs * checked)
    return Estimate(
        rows=len(training),
        tokens=settings.epochs * padded,
        taught=settings.epochs * sum(len(row.ids) - row.prompt for row in training),
        steps=settings.epochs * -(-len(training) // settings.batch),
        seconds=settings.epochs * padded * rates.learning
        + (settings.epochs + 1) * checked * rates.reading
        + begun * rates.beginning,
        memory=rates.memory + trained * _NUMBER * _ADAM,
        disk=disk,
    )


def _parts(rows: Sequence[Rendered], settings: TrainingSettings) -> list[list[Rendered]]:
    """Return the rows as one epoch would take them: what is in memory at a time."""
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    generator = torch.Generator().manual_seed(settings.seed)
    lengths = [len(row.ids) for row in rows]
    order = get_length_grouped_indices(lengths, settings.batch, generator=generator)  # type: ignore[no-untyped-call]
    size = settings.batch // parts_of(settings.batch)
    return [[rows[place] for place in order[start : start + size]] for start in range(0, len(order), size)]


def _padded(part: Sequence[Rendered]) -> int:
    return len(part) * max((len(row.ids) for row in part), default=0)


def _refuse(base: Base, longest: Sequence[Rendered], disk: int, folder: Path) -> None:
    taught = len(longest) * (max(len(row.ids) for row in longest) - min(row.prompt for row in longest))
    logits = taught * base.model.config.get_text_config().vocab_size * _NUMBER * _LOGIT_COPIES
    free = free_memory(base)
    if logits > free:
        raise UserError(
            f"This training can't fit into memory: the logits of its longest answers take {logits / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB are free. Lower `k` or `chunk_tokens` in rungwise.toml, or leave the longest examples out."
        )
    room = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
    if disk > room:
        raise UserError(
            f"{folder}: this training needs {disk / 1e9:.1f} GB on the disk for its states, and {room / 1e9:.1f} GB are free. "
            "Make room, or lower `rank` in rungwise.toml (with method `full`, take `lora`)."
        )


@dataclass(frozen=True)
class _Rates:
    """What a padded token takes, in seconds, and what stays in memory."""

    beginning: float
    """To read what an activated adapter leaves alone; 0 for others."""
    reading: float
    """To compute the loss."""
    learning: float
    """To compute the loss and its gradient."""
    kept: float
    """Share of what was read by the bare base that is kept for the next epoch."""
    memory: int
    """Bytes at the peak, with what is kept."""


def _measure(
    model: PeftModel,
    base: Base,
    parts: Sequence[list[Rendered]],
    longest: list[Rendered],
    settings: TrainingSettings,
) -> _Rates:
    """Take steps for two seconds: the longest rows, which tell the memory, then others."""
    model.train()
    # The first one sets threads up and has the memory given out that all others use again: it takes three times as long.
    batches = batches_for(base, settings)
    _step(model, base, longest, batches)
    bytes_, share = batches.kept([row for part in parts for row in part])
    tokens = 0
    spent = [0.0, 0.0, 0.0]
    for place in range(len(parts)):
        part = parts[int((place + 1) * _GOLDEN * len(parts)) % len(parts)]
        taken = _step(model, base, part, batches_for(base, settings))
        tokens, spent = tokens + _padded(part), [one + more for one, more in zip(spent, taken, strict=True)]
        if spent[0] + spent[2] >= _MEASURED:
            break
    beginning, reading, learning = (seconds / tokens for seconds in spent)
    return _Rates(beginning, reading, learning, share, _peak(base) + bytes_)


def _step(
    model: PeftModel, base: Base, part: Sequence[Rendered], batches: Batches
) -> tuple[float, float, float]:
    """Read and learn a part without changing a weight; return the seconds of its beginning, of reading alone and of both."""
    batch = {name: value.to(base.model.device) for name, value in batches.collate(part).items()}
    began = time.perf_counter()
    told = batches.complete(model, batch)
    begun = time.perf_counter()
    loss = model(**told).loss
    float(loss.detach())  # waits for a GPU
    read = time.perf_counter()
    loss.backward()
    float(loss.detach())
    return begun - began, read - begun, time.perf_counter() - begun


def _peak(base: Base) -> int:
    import torch

    if base.precision.device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
