"""One step's rows divided among the processes of a launch, so that the step is the one that a single process would take.

A last batch that is too small is filled up with rows that teach nothing; gradients are divided by all taught tokens of all
processes; validation reads the very batches that one process would. Knows nothing of where rows come from, of states or of what
is published.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from finetune import quantised
from finetune.render import Rendered
from finetune.training import ranks
from finetune.training.batches import parts_of
from finetune.training.settings import TrainingSettings
from foundation.errors import UserError


def share_of(batch: int, processes: int) -> int:
    """Return the rows of a step that each process takes.

    Raises:
        UserError: They can't be divided evenly.
    """
    if batch % processes:
        raise UserError(
            f"A step's {batch} rows can't be divided among {processes} processes. Set `batch` under [training] in rungwise.toml "
            f"to a multiple of {processes}, or launch another number of processes."
        )
    return batch // processes


def check_shared(settings: TrainingSettings, base_name: str) -> None:
    """Check that a training of a base can be divided among the processes of this launch.

    Raises:
        UserError: It can't.
    """
    share_of(settings.batch, ranks.size())
    if ranks.sharded() and os.environ.get("FSDP_VERSION") != "2":
        raise UserError(
            "Weights are divided among processes by FSDP2. Launch with `fsdp_version: 2`, as examples/accelerate/fsdp-gpu.yaml "
            "says."
        )
    if ranks.sharded() and (settings.method, settings.variant, settings.lora_plus) != ("lora", "lora", 1):
        raise UserError(
            'Under FSDP an adapter is trained with `method = "lora"`, `variant = "lora"` and `lora_plus = 1`. Set these under '
            "[training] in rungwise.toml, or launch with DDP, which gives each process a whole base."
        )
    if ranks.sharded() and quantised.stored(base_name)[1]:
        raise UserError(
            f'"{base_name}" is held in four bits a weight, which FSDP can\'t divide. Launch with DDP, which gives '
            f"each process a whole base, or take {quantised.MARK} off `base` in rungwise.toml."
        )


def parts(settings: TrainingSettings) -> tuple[int, int, int]:
    """Return the rows that a process reads at a time, how often it does in a step, and the rows of a validation batch."""
    share = share_of(settings.batch, ranks.size())
    often = parts_of(share)
    return share // often, often, settings.batch // parts_of(settings.batch)


class FilledUp:
    """An order of rows whose last batch is as large as the others.

    Args:
        order: What draws the order of rows.
        batch: Rows of a step.
        filler: The place of the row that teaches nothing.
    """

    def __init__(self, order: Any, batch: int, filler: int) -> None:
        self._order, self._filler = order, filler
        self._missing = -len(order) % batch

    def __len__(self) -> int:
        return len(self._order) + self._missing

    def __iter__(self) -> Iterator[int]:
        yield from self._order
        yield from [self._filler] * self._missing


def blank(row: Rendered) -> Rendered:
    """Return a row's prompt as a row of its own, of which nothing is taught."""
    return Rendered(row.ids[: row.prompt], row.prompt)


def validation_loss(
    loss: Callable[[Sequence[Rendered]], float], rows: Sequence[Rendered], size: int
) -> float:
    """Return the mean loss of rows in nats a token, batch by batch, each weighted by its rows, as transformers' Trainer has it.

    All processes compute equally often, as a base whose weights are divided needs all of them for each.

    Args:
        loss: Computes one batch's mean.
        rows: The rows.
        size: Rows of a batch.
    """
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    summed = 0.0
    for start in range(0, len(batches), ranks.size()):
        mine = start + ranks.place()
        found = loss(batches[min(mine, len(batches) - 1)])
        summed += found * len(batches[mine]) if mine < len(batches) else 0.0
    return ranks.total([summed])[0] / len(rows)


def shard_on_cpus(trainer: Any) -> None:
    """Have accelerate divide weights among CPUs.

    It does so among GPUs; where FSDP is asked for on CPUs, accelerate 1.15 gives each process a whole base and says nothing.

    Args:
        trainer: transformers' Trainer before it trains.
    """
    from accelerate import PartialState  # type: ignore[import-untyped]
    from accelerate.utils import (  # type: ignore[import-untyped]
        DistributedType,
        FullyShardedDataParallelPlugin,
    )

    state = trainer.accelerator.state
    state.fsdp_plugin = FullyShardedDataParallelPlugin()  # as the launcher's environment says
    for one in (state, PartialState()):
        one.distributed_type = DistributedType.FSDP
    trainer.is_fsdp_enabled = True
