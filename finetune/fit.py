"""The fit itself: transformers' Trainer on rendered rows, with states to go on from, stopped early or by hand.

What is ours: rows of like length in an order that a seed and the epoch give (so that a run that goes on takes the very same
steps), states that are sealed, a loss that is no number stops it, and proof that the epoch that is kept is the best one.
Knows nothing of where rows come from or of what is published.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.activated import batches_for
from finetune.batches import parts_of
from finetune.render import Rendered
from finetune.runs import Run
from finetune.settings import TrainingSettings
from foundation.errors import ExitCode, UserError, one_of

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

Report = Callable[[dict[str, float]], None]
Stop = Callable[[], bool]
SAVE_EVERY = 60.0
"""Seconds after which a state is saved within an epoch; each epoch's end is saved too."""
TRACKERS = {"trackio": "trackio", "mlflow": "mlflow", "tensorboard": "tensorboard"}
"""What can hear of a training, and the package that each needs; none does unless it is asked for."""
_SAME = 1e-3  # how far the validation loss may be from itself, computed again


class BrokenDown(UserError):
    """A fit that would break down again if it went on: its states are of no use."""


@dataclass(frozen=True)
class Fitted:
    """How a fit went."""

    curve: list[dict[str, float]]
    """Per epoch: `epoch`, `loss` (training, nats a token) and `validation_loss`."""
    best_epoch: float
    """The epoch whose weights are in the model."""
    steps: int
    """Steps that were taken, those before a kill among them."""
    seconds: float
    """How long that took, in all its attempts."""


def check_trackers(names: Sequence[str]) -> None:
    """Check that trackers are known and installed.

    Raises:
        UserError: One is not.
    """
    for name in names:
        if name not in TRACKERS:
            raise UserError(f'A training can\'t report to "{name}". Choose {one_of(TRACKERS)}.')
        if importlib.util.find_spec(TRACKERS[name]) is None:
            raise UserError(
                f"A training can't report to {name}, because that package is not installed. Run `pip install "
                f"{TRACKERS[name]}`, or leave --report-to out: the curve is kept in .rungwise/trainings all the same."
            )


def fit(
    model: PeftModel,
    base: Base,
    training: Sequence[Rendered],
    validation: Sequence[Rendered],
    settings: TrainingSettings,
    run: Run,
    report: Report,
    stop: Stop = lambda: False,
    trackers: Sequence[str] = (),
) -> Fitted:
    """Fit an adapter, from the run's newest state on where it has one; the best epoch's weights are in `model` after it.

    Args:
        model: The base with the adapter on it.
        base: The base.
        training: Rows to learn from.
        validation: Rows that decide when to stop and which epoch is kept.
        settings: How to train.
        run: The directory of states and of the curve.
        report: Called with `step`, `steps`, `loss` and `seconds`, or with `epoch` and `validation_loss`.
        stop: Asked after each step; once true, a state is saved and the fit ends.
        trackers: Names of `TRACKERS` that hear of every step too.

    Raises:
        BrokenDown: The loss is no number any more, or the weights are not those of the best epoch.
        UserError: It was stopped, or disk or memory is full.
    """
    newest = run.newest()
    before = max((line.get("seconds", 0.0) for line in run.curve()), default=0.0) if newest else 0.0
    began = time.monotonic() - before
    watch = _watch(settings, run, report, stop, began, len(training))
    trainer = _trainer(model, base, training, validation, settings, run, watch, trackers)
    state = state_of(newest) if newest else {}
    with mishaps():
        if newest and _at_its_end(state, settings):
            adapter.restore(model, Path(state["best_model_checkpoint"]))
            history, steps = state["log_history"], state["global_step"]
        else:
            trainer.train(resume_from_checkpoint=str(newest) if newest else None)
            history, steps = list(trainer.state.log_history), trainer.state.global_step
        watch.ended = True
        trainer.callback_handler.callbacks = [
            watch
        ]  # trackers are done; MLflow would begin a second run for this
        again = float(trainer.evaluate()["eval_loss"])
    curve = _curve(history)
    best = min(curve, key=lambda point: point["validation_loss"])
    if not math.isclose(again, best["validation_loss"], rel_tol=_SAME, abs_tol=_SAME):
        raise BrokenDown(
            f"After the training the validation loss is {again:.4f}, but the best epoch had {best['validation_loss']:.4f}: these"
            " are other weights than those to keep. The adapter is not used. Run `rungwise train` again."
        )
    return Fitted(curve, best["epoch"], int(steps), round(time.monotonic() - began, 1))


def _trainer(
    model: PeftModel,
    base: Base,
    training: Sequence[Rendered],
    validation: Sequence[Rendered],
    settings: TrainingSettings,
    run: Run,
    watch: Any,
    trackers: Sequence[str],
) -> Any:
    import torch
    from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments
    from transformers.trainer_pt_utils import LengthGroupedSampler

    batches = batches_for(base, settings)

    class InOrder(Trainer):
        """Draws its order from the seed and the epoch, not from what was drawn before: a run that goes on needs the same one."""

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return LengthGroupedSampler(
                settings.batch, lengths=[len(row.ids) for row in training], generator=watch.generator
            )

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **rest: Any) -> Any:
            return super().compute_loss(model, batches.complete(model, inputs), *args, **rest)

    parts = parts_of(settings.batch)
    arguments = TrainingArguments(
        output_dir=str(run.states),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch // parts,
        gradient_accumulation_steps=parts,
        per_device_eval_batch_size=settings.batch // parts,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=10,
        weight_decay=0.0,
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        logging_steps=1,  # every epoch has a loss, however few its steps are
        logging_nan_inf_filter=False,  # it would put the mean in place of a loss that is no number
        report_to=[name for name in trackers if name != "tensorboard"],
        run_name=run.folder.name,
        disable_tqdm=True,
        use_cpu=base.precision.device == "cpu",
        seed=settings.seed,
        data_seed=settings.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        label_names=["labels"],
    )
    watch.generator = torch.Generator()
    faster = settings.lora_plus > 1
    optimizer = (
        adapter.faster_second_factors(model, settings.learning_rate, settings.lora_plus) if faster else None
    )
    trainer = InOrder(
        optimizers=(optimizer, None),
        model=model,
        args=arguments,
        train_dataset=list(training),
        eval_dataset=list(validation),
        data_collator=batches.collate,
        callbacks=[EarlyStoppingCallback(settings.patience), watch, *_tensorboard(run, trackers)],
    )
    trainer.pop_callback(PrinterCallback)
    return trainer


def _tensorboard(run: Run, trackers: Sequence[str]) -> list[Any]:
    """Return what writes for TensorBoard beside the curve: left to itself it would write into the states, which are removed."""
    if "tensorboard" not in trackers:
        return []
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations.integration_utils import TensorBoardCallback

    return [TensorBoardCallback(SummaryWriter(str(run.folder / "tensorboard")))]  # type: ignore[no-untyped-call]


def _watch(settings: TrainingSettings, run: Run, report: Report, stop: Stop, began: float, rows: int) -> Any:
    from transformers import TrainerCallback

    steps_an_epoch = math.ceil(rows / settings.batch)

    class Watch(TrainerCallback):
        """Tells how it goes, has states saved and sealed, and ends what should not go on."""

        generator: Any = None
        saved = time.monotonic()
        stopping = ended = False

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            self.generator.manual_seed(1_000_003 * settings.seed + int(state.epoch or 0))

        def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            self.stopping = self.stopping or stop()
            if state.global_step % steps_an_epoch == 0:
                return  # the epoch's end is validated and saved in a moment; a state in between would skip that
            if self.stopping or time.monotonic() - self.saved > SAVE_EVERY:
                control.should_save = True

        def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            run.must_go_on()
            run.seal(state.global_step, state.best_global_step)
            self.saved = time.monotonic()
            if self.stopping and state.global_step < state.max_steps:
                raise UserError(
                    f"Stopped after step {state.global_step} of {state.max_steps}. `rungwise train` goes on from there.",
                    ExitCode.INTERRUPTED,
                )

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **rest: Any
        ) -> None:
            line: dict[str, float] = {}
            if logs and "loss" in logs:
                line = {"step": state.global_step, "steps": state.max_steps, "loss": float(logs["loss"])}
            elif logs and "eval_loss" in logs:
                line = {"epoch": float(state.epoch or 0), "validation_loss": float(logs["eval_loss"])}
            if not line or self.ended:
                return
            if not all(math.isfinite(value) for value in line.values()):
                raise BrokenDown(
                    f"The training broke down at step {state.global_step}: the loss is no number any more. Nothing was "
                    f"published. Lower `learning_rate` in rungwise.toml, now {settings.learning_rate:g}, to a third."
                )
            line["seconds"] = round(time.monotonic() - began, 2)
            run.tell(line)
            report(line)

    return Watch()


@contextmanager
def mishaps(command: str = "rungwise train") -> Iterator[None]:
    """Turn a full disk and full memory, which come as many classes, into sentences.

    Args:
        command: What goes on from the state that is kept.
    """
    try:
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


def state_of(checkpoint: Path) -> dict[str, Any]:
    """Return what the trainer wrote of its state beside a checkpoint's weights."""
    return dict(json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8")))


def _at_its_end(state: dict[str, Any], settings: TrainingSettings) -> bool:
    """Return whether a state was saved after the last step, or when it had been found that no more should follow."""
    curve = _curve(state["log_history"])
    best = min(range(len(curve)), key=lambda place: curve[place]["validation_loss"], default=0)
    return bool(state["global_step"] >= state["max_steps"] or len(curve) - 1 - best >= settings.patience)


def _curve(history: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    curve: list[dict[str, float]] = []
    recent: list[float] = []
    for line in history:
        if "loss" in line:
            recent.append(float(line["loss"]))
        if "eval_loss" in line:
            mean = sum(recent) / len(recent) if recent else float("nan")
            curve.append(
                {
                    "epoch": float(line["epoch"]),
                    "loss": round(mean, 4),
                    "validation_loss": round(float(line["eval_loss"]), 4),
                }
            )
            recent = []
    return curve
