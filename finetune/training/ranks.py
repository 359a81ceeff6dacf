"""The processes of one launch, by `accelerate launch`, torchrun or Ray Train: the first one leads, the others take part.

The first process reads, decides, writes and tells, as if it were alone; the others wait for a training that it begins, and are
told what came of everything that it did for all. Knows nothing of models, rows or trainers.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from foundation.errors import ExitCode, UserError

T = TypeVar("T")
_LONGEST = timedelta(hours=6)
"""How long the others wait for the first one, which may render rows or validate alone; one that died is noticed at once."""
_LOST = ("Connection closed by peer", "Connection reset by peer", "Broken pipe", "Gloo", "gloo/", "NCCL")
_met = _begun = False


class Elsewhere(UserError):
    """What ended here because the first process ended it, which says why."""


def size() -> int:
    """Return how many processes were launched together; 1: this one alone."""
    return int(os.environ.get("WORLD_SIZE") or 1) if "RANK" in os.environ else 1


def place() -> int:
    """Return which of them this is; 0 is the first."""
    return int(os.environ["RANK"]) if size() > 1 else 0


def sharded() -> bool:
    """Return whether the base's weights are to be divided among the processes (FSDP), and not copied to each (DDP)."""
    return size() > 1 and os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("true", "1")


def meet() -> None:
    """Wait until all processes of the launch are there; each then has a GPU of its own, where there are any.

    Raises:
        UserError: They do not come together.
    """
    global _met
    if size() == 1 or _met:
        return
    import torch
    from accelerate import PartialState  # type: ignore[import-untyped]

    try:
        PartialState(cpu=not torch.cuda.is_available(), timeout=_LONGEST)
    except (RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(
            f"The {size()} processes of this launch did not come together: {first} Start all of them with one launcher, as "
            "`accelerate launch` does."
        ) from error
    _met = True


def first(do: Callable[[], T]) -> T:
    """Do something in the first process alone, and return in all what it returned.

    Args:
        do: What is to be done; what it returns must be picklable.

    Raises:
        Elsewhere: In the others, where it raised something in the first.
    """
    if size() == 1:
        return do()
    raised: Exception | None = None
    told: list[Any] = [None, False]
    if place() == 0:
        try:
            told[0] = do()
        except Exception as error:
            raised, told[1] = error, True
    _tell(told)
    if raised is not None:
        raise raised
    if told[1]:
        raise Elsewhere("The first process ended this, and says why.")
    made: T = told[0]
    return made


def begin(job: Any) -> None:
    """Have the others take part in a job; called by the first process, once.

    Args:
        job: What they are told; picklable.
    """
    global _begun
    if size() > 1:
        meet()
        _begun = True
        _tell([job])


def await_job() -> Any:
    """Return the job that the first process begins; None: it ended without one. Called by all others, once."""
    meet()
    told: list[Any] = [None]
    _tell(told)
    return told[0]


def dismiss() -> None:
    """Tell the others that there is no job, where none was begun."""
    if not _begun:
        begin(None)


def everybody() -> None:
    """Wait for all processes."""
    if size() > 1:
        import torch

        torch.distributed.barrier()


def total(values: list[float]) -> list[float]:
    """Return the sum of each value over all processes."""
    if size() == 1:
        return values
    import torch

    told = torch.tensor(values, dtype=torch.float64, device="cuda" if torch.cuda.is_available() else "cpu")
    torch.distributed.all_reduce(told)
    return [float(value) for value in told]


@contextmanager
def losses_told(command: str) -> Iterator[None]:
    """Turn the loss of another process into a sentence: a connection that ended, or the launcher that ends what is left.

    Args:
        command: What goes on from the state that is kept.
    """
    if size() == 1:
        yield
        return

    def lost() -> UserError:
        return UserError(
            f"Another of the {size()} processes of this training ended, so it can't go on. `{command}`, launched with as many "
            "processes, goes on from the last whole state.",
            ExitCode.INTERRUPTED,
        )

    def ended(*_: Any) -> None:
        raise lost()

    before = heard(signal.SIGTERM, ended)
    try:
        yield
    except RuntimeError as error:
        if any(sign in str(error) for sign in _LOST):
            raise lost() from error
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def heard(what: signal.Signals, handler: Any) -> Any:
    """Have a signal heard, and return what heard it before; None in a thread, which can hear none."""
    in_thread = threading.current_thread() is not threading.main_thread()
    return None if in_thread else signal.signal(what, handler)


def _tell(told: list[Any]) -> None:
    """Put the first process's values into the list of every other one."""
    import torch

    torch.distributed.broadcast_object_list(told, src=0)
