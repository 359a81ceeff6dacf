"""The fit of an alignment: TRL's DPOTrainer on rendered pairs, with states to go on from, stopped early or by hand.

The one home of trl. What is ours: pairs rendered as they are served; the reference's log-probabilities, computed once from the
adapter that the policy begins as, so that no second model is held or run; held-out pairs told apart by exact counts; an order
that a seed and the epoch give; no word to any network. Knows nothing of where pairs come from or of what is published.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from finetune import adapter
from finetune.preference.align_settings import AlignSettings
from finetune.probes.intervals import Values
from finetune.probes.likelihood import losses
from finetune.render import Rendered
from finetune.training.course import best_of, check_kept, curve_of, go_through
from finetune.training.fit import Fitted
from finetune.training.runs import Run
from finetune.training.watching import Report, Stop, Watched, began, mishaps, watch

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

COMMAND = "rungwise align"
"""What goes on where an alignment was killed or stopped."""
_AT_ONCE = 2  # pairs, so four rows, whose activations are in memory at a time
_STEP = 3.0  # a step costs about so many readings without a gradient: there, and back twice as much


@dataclass(frozen=True)
class Tokens:
    """A pair as token ids."""

    chosen: Rendered
    """Prompt and chosen answer."""
    rejected: Rendered
    """The same prompt and the rejected answer."""


@dataclass(frozen=True)
class Cost:
    """What an alignment will take, as far as it can be told before."""

    pairs: int
    """Pairs to learn from."""
    steps: int
    """Steps at most."""
    seconds: float
    """Seconds at most, from how long the same pairs took to be read once."""

    @property
    def text(self) -> str:
        """It in words."""
        return f"{self.pairs} pairs to learn from, at most {self.steps} steps: at most about {self.seconds:.0f} s."


def log_probs(model: PeftModel, base: Base, pairs: Sequence[Tokens]) -> Values:
    """Return the log-probability of both answers of each pair with the adapter on, in nats; shape (pairs, 2), chosen first.

    Args:
        model: The base with an adapter on it.
        base: The base.
        pairs: Rendered pairs.
    """
    rows = [row for pair in pairs for row in (pair.chosen, pair.rejected)]
    training = model.training
    model.eval()
    per_token = losses(model, base, rows, True)
    model.train(training)
    taught = np.array([len(row.ids) - row.prompt for row in rows])
    return np.asarray(-per_token * taught).reshape(-1, 2)


def margins(before: Values, after: Values, beta: float) -> Values:
    """Return DPO's margins, β times how much more the chosen answers gained than the rejected ones, in nats; shape (pairs,).

    Args:
        before: Log-probabilities with the reference, shape (pairs, 2), chosen first.
        after: Those with the policy.
        beta: How strongly the policy is held to the reference.
    """
    gained = after - before
    return np.asarray(beta * (gained[:, 0] - gained[:, 1]))


def cost(pairs: int, held_out: int, seconds: float, settings: AlignSettings) -> Cost:
    """Return what an alignment will take.

    Args:
        pairs: Pairs to learn from.
        held_out: Pairs that are read after each epoch.
        seconds: How long it took to read all of them once.
        settings: How to align.
    """
    each = seconds / max(1, pairs + held_out)
    an_epoch = each * (_STEP * pairs + held_out)
    return Cost(pairs, settings.epochs * math.ceil(pairs / settings.batch), settings.epochs * an_epoch)


def fit_pairs(
    model: PeftModel,
    base: Base,
    training: Sequence[Tokens],
    validation: Sequence[Tokens],
    references: tuple[Values, Values],
    settings: AlignSettings,
    run: Run,
    report: Report,
    stop: Stop = lambda: False,
) -> Fitted:
    """Fit an adapter to pairs, from the run's newest state on where it has one; the best epoch's weights are in `model` after it.

    Args:
        model: The base with the adapter on it.
        base: The base.
        training: Pairs to learn from.
        validation: Pairs that decide when to stop and which epoch is kept.
        references: Log-probabilities of both with the adapter as it began.
        settings: How to align.
        run: The directory of states and of the curve.
        report: Called with `step`, `steps`, `loss` and `seconds`, or with `epoch`, `validation_loss`, `accuracy` and `margin`.
        stop: Asked after each step; once true, a state is saved and the fit ends.

    Raises:
        BrokenDown: The loss is no number any more, or the weights are not those of the best epoch.
        UserError: It was stopped, or disk or memory is full.
    """
    newest = run.newest()
    since = began(run, newest is not None)

    def judge() -> dict[str, float]:
        found = margins(references[1], log_probs(model, base, validation), settings.beta)
        loss = float(np.logaddexp(0, -found).mean())
        return {"loss": loss, "accuracy": float((found > 0).mean()), "margin": float(found.mean())}

    fitting = _watched(settings, len(training))
    watching = watch(fitting, run, report, stop, since)
    trainer = _trainer(model, base, training, references[0], settings, run, watching, judge)
    with mishaps(COMMAND):
        history, steps = go_through(trainer, model, newest, settings.patience, fitting)
        again = judge()
    curve = curve_of(history, fitting)
    best = curve[best_of(curve)]
    check_kept(again["loss"], best, fitting)
    return Fitted(curve, best["epoch"], steps, round(time.monotonic() - since, 1))


def _trainer(
    model: PeftModel,
    base: Base,
    training: Sequence[Tokens],
    reference: Values,
    settings: AlignSettings,
    run: Run,
    watching: Any,
    judge: Callable[[], dict[str, float]],
) -> Any:
    from torch.utils.data import RandomSampler
    from transformers import EarlyStoppingCallback, PrinterCallback
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    class Quiet(DPOTrainer):
        """Takes pairs and reference as they are given, counts held-out pairs exactly, and tells nobody."""

        def _send_telemetry(self) -> None:
            pass

        def _prepare_dataset(self, dataset: Any, *args: Any, **rest: Any) -> Any:
            return dataset

        def _precompute_ref_logps(self, dataset: Any, *args: Any, **rest: Any) -> Any:
            return dataset

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return RandomSampler(range(len(training)), generator=watching.generator)

        def evaluate(self, *args: Any, **rest: Any) -> dict[str, float]:
            told = {f"eval_{name}": value for name, value in judge().items()}
            self.log(told)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, told)
            return told

    rows = _dataset(training, reference)
    trainer = Quiet(
        model=model,
        args=DPOConfig(**_arguments(base, len(training), settings, run)),
        train_dataset=rows,
        eval_dataset=rows.select(range(1)),  # never read: `evaluate` reads what is held out
        processing_class=base.tokenizer,
        callbacks=[EarlyStoppingCallback(settings.patience), watching],
    )
    trainer.pop_callback(PrinterCallback)
    if "ref" in model.peft_config:
        model.delete_adapter("ref")  # the reference is known by its log-probabilities
    model.set_adapter(adapter.NAME)
    return trainer


def _dataset(pairs: Sequence[Tokens], reference: Values) -> Any:
    from datasets import Dataset  # type: ignore[import-untyped]

    return Dataset.from_list(
        [
            {
                "prompt_ids": list(pair.chosen.ids[: pair.chosen.prompt]),
                "chosen_ids": list(pair.chosen.ids[pair.chosen.prompt :]),
                "rejected_ids": list(pair.rejected.ids[pair.rejected.prompt :]),
                "ref_chosen_logps": float(chosen),
                "ref_rejected_logps": float(rejected),
            }
            for pair, (chosen, rejected) in zip(pairs, reference, strict=True)
        ]
    )


def _arguments(base: Base, pairs: int, settings: AlignSettings, run: Run) -> dict[str, Any]:
    """Return what TRL is told; what is not named here is its own default."""
    parts = next(
        n for n in range(1, settings.batch + 1) if settings.batch % n == 0 and settings.batch // n <= _AT_ONCE
    )
    steps = settings.epochs * math.ceil(pairs / settings.batch)
    return {
        "output_dir": str(run.states),
        "beta": settings.beta,
        "loss_type": ["sigmoid"],
        "precompute_ref_log_probs": True,
        "max_length": None,  # a pair that does not fit was refused; none is cut
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": settings.batch // parts,
        "gradient_accumulation_steps": parts,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": steps // 10,
        "weight_decay": 0.0,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": base.precision.device == "cpu",
        "bf16": False,  # the base has the type that suits this machine already; TRL's default is slow on a CPU
        "gradient_checkpointing": False,
        "seed": settings.seed,
        "data_seed": settings.seed,
        "remove_unused_columns": False,
        "dataloader_pin_memory": False,
    }


def _watched(settings: AlignSettings, pairs: int) -> Watched:
    return Watched(
        name="alignment",
        command=COMMAND,
        rate=f"--learning-rate, now {settings.learning_rate:g}",
        seed=settings.seed,
        steps_an_epoch=math.ceil(pairs / settings.batch),
        point=_point,
    )


def _point(logs: Mapping[str, Any], epoch: float) -> dict[str, float]:
    if "eval_accuracy" not in logs:
        return {}
    told = {"validation_loss": "loss", "accuracy": "accuracy", "margin": "margin"}
    return {"epoch": epoch, **{name: float(logs[f"eval_{key}"]) for name, key in told.items()}}
