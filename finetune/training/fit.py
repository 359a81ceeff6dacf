"""The fit itself: transformers' Trainer on rendered rows, with states to go on from, stopped early or by hand.

What is ours: rows of like length in an order that a seed and the epoch give (so that a run that goes on takes the very same
steps), states that are sealed, a loss that is no number stops it, and proof that the epoch that is kept is the best one.
Knows nothing of where rows come from or of what is published.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.prefix_cache.activated import batches_for
from finetune.render import Rendered
from finetune.training import ranks, sharing
from finetune.training.batches import Batches
from finetune.training.course import best_of, check_kept, curve_of, go_through
from finetune.training.runs import Run
from finetune.training.settings import TrainingSettings
from finetune.training.watching import Report, Stop, Watched, began, mishaps, watch
from foundation.errors import UserError, one_of

if TYPE_CHECKING:
    import torch
    from peft import PeftModel

    from finetune.base import Base

COMMAND = "rungwise train"
"""What goes on where a fit was killed or stopped."""
TRACKERS = {"trackio": "trackio", "mlflow": "mlflow", "tensorboard": "tensorboard"}
"""What can hear of a training, and the package that each needs; none does unless it is asked for."""


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
    gathered: dict[str, torch.Tensor] = field(default_factory=dict)
    """The adapter's weights, where those in the model are divided among processes."""


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
    newest = ranks.first(run.newest)
    since = began(run, newest is not None)
    fitting = _watched(settings, len(training))
    watching = watch(fitting, run, report, stop, since)
    trainer = _trainer(model, base, training, validation, settings, run, watching, trackers)
    with mishaps(COMMAND):
        history, steps = go_through(trainer, model, newest, settings.patience, fitting)
        watching.ended = True
        trainer.callback_handler.callbacks = [watching]  # trackers are done: one would begin a second run
        again = float(trainer.evaluate()["eval_loss"])
        gathered = adapter.gathered(model) if ranks.sharded() else {}
        ranks.everybody()  # the first process removes the states next
    curve = curve_of(history, fitting)
    best = curve[best_of(curve)]
    check_kept(again, best, fitting)
    return Fitted(curve, best["epoch"], steps, round(time.monotonic() - since, 1), gathered)


def _trainer(
    model: PeftModel,
    base: Base,
    training: Sequence[Rendered],
    validation: Sequence[Rendered],
    settings: TrainingSettings,
    run: Run,
    watching: Any,
    trackers: Sequence[str],
) -> Any:
    from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments
    from transformers.trainer_pt_utils import LengthGroupedSampler

    # under FSDP all processes have to read equally often, so each reads whole rows, which come to the same
    batches = Batches(base) if ranks.sharded() else batches_for(base, settings)
    at_once, often, validated = sharing.parts(settings)
    rows = [*training, sharing.blank(training[0])]

    class InOrder(Trainer):
        """Draws its order from the seed and the epoch, not from what was drawn before: a run that goes on needs the same one."""

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            order = LengthGroupedSampler(
                settings.batch, lengths=[len(row.ids) for row in training], generator=watching.generator
            )
            return order if ranks.size() == 1 else sharing.FilledUp(order, settings.batch, len(training))

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **rest: Any) -> Any:
            bare = self.accelerator.unwrap_model(model)
            return super().compute_loss(model, batches.complete(bare, inputs), *args, **rest)

        def evaluate(self, *args: Any, **rest: Any) -> dict[str, float]:
            if ranks.size() == 1:
                return super().evaluate(*args, **rest)
            told = {"eval_loss": _shared_loss(self, base, batches, validation, validated)}
            self.log(told)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, told)
            return told

    arguments = TrainingArguments(
        output_dir=str(run.states),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=often,
        per_device_eval_batch_size=validated,
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
        ddp_find_unused_parameters=False,  # every step moves every factor; looking for others takes time
    )
    faster = settings.lora_plus > 1
    optimizer = (
        adapter.faster_second_factors(model, settings.learning_rate, settings.lora_plus) if faster else None
    )
    trainer = InOrder(
        optimizers=(optimizer, None),
        model=model,
        args=arguments,
        train_dataset=rows if ranks.size() > 1 else list(training),
        eval_dataset=list(validation),
        data_collator=batches.collate,
        callbacks=[EarlyStoppingCallback(settings.patience), watching, *_tensorboard(run, trackers)],
    )
    trainer.pop_callback(PrinterCallback)
    if ranks.sharded() and base.precision.device == "cpu":
        sharing.shard_on_cpus(trainer)
    return trainer


def _shared_loss(trainer: Any, base: Base, batches: Batches, rows: Sequence[Rendered], size: int) -> float:
    """Return the validation loss, which all processes compute together."""
    import torch

    bare = trainer.accelerator.unwrap_model(trainer.model)

    def loss(some: Sequence[Rendered]) -> float:
        batch = {name: value.to(base.model.device) for name, value in batches.collate(some).items()}
        return float(bare(**batches.complete(bare, batch)).loss)

    bare.eval()
    with torch.no_grad():
        found = sharing.validation_loss(loss, rows, size)
    bare.train()
    return found


def _tensorboard(run: Run, trackers: Sequence[str]) -> list[Any]:
    """Return what writes for TensorBoard beside the curve: left to itself it would write into the states, which are removed."""
    if "tensorboard" not in trackers:
        return []
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations.integration_utils import TensorBoardCallback

    return [TensorBoardCallback(SummaryWriter(str(run.folder / "tensorboard")))]  # type: ignore[no-untyped-call]


def _watched(settings: TrainingSettings, rows: int) -> Watched:
    return Watched(
        name="training",
        command=COMMAND,
        rate=f"`learning_rate` in rungwise.toml, now {settings.learning_rate:g}",
        seed=settings.seed,
        steps_an_epoch=math.ceil(rows / settings.batch),
        point=_point,
    )


def _point(logs: Mapping[str, Any], epoch: float) -> dict[str, float]:
    return {"epoch": epoch, "validation_loss": float(logs["eval_loss"])} if "eval_loss" in logs else {}
