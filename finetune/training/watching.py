"""What stands beside a fit: it tells how it goes, has states saved and sealed, and ends what should not go on.

One callback for rows and for pairs, the same where several processes share the work, and sentences for a full disk, full memory
and a process that is lost. Knows nothing of losses, of models, of rows or of pairs.
"""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from finetune.training import ranks
from finetune.training.runs import Run
from foundation.errors import ExitCode, UserError

Report = Callable[[dict[str, float]], None]
Stop = Callable[[], bool]
SAVE_EVERY = 60.0
"""Seconds after which a state is saved within an epoch; each epoch's end is saved too."""


class BrokenDown(UserError):
    """A fit that would break down again if it went on: its states are of no use."""


@dataclass(frozen=True)
class Watched:
    """What a callback has to know of a fit."""

    name: str
    """What it is called in sentences: `training` or `alignment`."""
    command: str
    """What goes on from a state that was saved."""
    rate: str
    """What the learning rate is set by, and its value, for the sentence that asks to lower it."""
    seed: int
    """Of the order of rows."""
    steps_an_epoch: int
    """After so many steps an epoch is validated and saved."""
    point: Callable[[Mapping[str, Any], float], dict[str, float]]
    """From what was logged and the epoch to a line of the curve; empty where that was no validation."""


@contextmanager
def going(run: Run) -> Iterator[None]:
    """Have a run that breaks down ended, and let others go on in it afterwards."""
    try:
        yield
    except BrokenDown as error:
        run.end("failed", reason=str(error))
        raise
    finally:
        run.release()


def began(run: Run, goes_on: bool) -> float:
    """Return when a run began on the monotonic clock, the seconds of its earlier attempts counted where it goes on."""
    told = run.curve() if goes_on else []
    return time.monotonic() - max((line.get("seconds", 0.0) for line in told), default=0.0)


def watch(fit: Watched, run: Run, report: Report, stop: Stop, began: float) -> Any:
    """Return the callback for transformers' Trainer; `generator` is the one that its order of rows is drawn with.

    Args:
        fit: What is watched.
        run: The directory of states and of the curve.
        report: Called with a line of the curve.
        stop: Asked after each step; once true, a state is saved and the fit ends.
        began: When it began on the monotonic clock.
    """
    import torch
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        """Tells how it goes, has states saved and sealed, and ends what should not go on."""

        generator = torch.Generator()
        saved = time.monotonic()
        stopping = ended = False

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            self.generator.manual_seed(1_000_003 * fit.seed + int(state.epoch or 0))

        def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            self.stopping, due = ranks.first(lambda: self._due(state.global_step))
            control.should_save = control.should_save or due

        def _due(self, step: int) -> tuple[bool, bool]:
            """Return whether it is to stop, and whether a state is to be saved now."""
            stopping = self.stopping or stop()
            if step % fit.steps_an_epoch == 0:
                return (
                    stopping,
                    False,
                )  # the epoch's end is validated and saved in a moment: this would skip that
            return stopping, stopping or time.monotonic() - self.saved > SAVE_EVERY

        def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            ranks.everybody()  # each process writes its own dice into the state
            ranks.first(lambda: self._sealed(state))

        def _sealed(self, state: Any) -> None:
            run.must_go_on()
            run.seal(state.global_step, state.best_global_step)
            self.saved = time.monotonic()
            if self.stopping and state.global_step < state.max_steps:
                raise UserError(
                    f"Stopped after step {state.global_step} of {state.max_steps}. `{fit.command}` goes on from there.",
                    ExitCode.INTERRUPTED,
                )

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **rest: Any
        ) -> None:
            if self.ended or not logs:
                return
            if "loss" in logs:
                line = {"step": state.global_step, "steps": state.max_steps, "loss": float(logs["loss"])}
            else:
                line = fit.point(logs, float(state.epoch or 0))
            if line:
                ranks.first(lambda: self._told(line, state.global_step))

        def _told(self, line: dict[str, float], step: int) -> None:
            if not all(math.isfinite(value) for value in line.values()):
                raise BrokenDown(
                    f"The {fit.name} broke down at step {step}: the loss is no number any more. Nothing was "
                    f"published. Lower {fit.rate}, to a third."
                )
            line["seconds"] = round(time.monotonic() - began, 2)
            run.tell(line)
            report(line)

    return Watch()


@contextmanager
def mishaps(command: str) -> Iterator[None]:
    """Turn a full disk, full memory and the loss of another process, which come as many classes, into sentences.

    Args:
        command: What goes on from the state that is kept.
    """
    try:
        with ranks.losses_told(command):
            yield
    except (OSError, RuntimeError, MemoryError) as error:
        said = str(error)
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        if full or any(sign in said for sign in ("No space left", "File too large", "PytorchStreamWriter")):
            raise UserError(
                f"The disk is full, so the training can't save its state. The last whole one is kept: make room, then "
                f"`{command}` goes on from there."
            ) from error
        if isinstance(error, MemoryError) or any(
            sign in said for sign in ("allocate memory", "out of memory")
        ):
            raise UserError(
                "The memory does not suffice for this training. Lower `k` or `chunk_tokens` in rungwise.toml, so that rows are "
                "shorter, or take a smaller `base`."
            ) from error
        raise
