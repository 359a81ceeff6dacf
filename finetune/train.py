"""Training an adapter: rows in, a verified folder out.

transformers' Trainer does the loop; what is ours is that rows come rendered as they are served, that only completions are
trained on, and that what is published carries the hashes of what made it. Knows nothing of documents or of retrieval.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter, proofs, registry
from finetune.base import Base, load_base
from finetune.layout import Message
from finetune.registry import Manifest
from finetune.render import IGNORED, Rendered, render, terminators
from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    from peft import PeftModel

Report = Callable[[dict[str, float]], None]
_AT_ONCE = 4
"""Rows whose activations are held in memory at a time; a step's gradient is the sum over its rows, divided by all of its
trained tokens, so the result is that of one large batch."""


@dataclass(frozen=True)
class Row:
    """One thing to learn: a prompt exactly as it is served, and the answer to it."""

    prompt: tuple[Message, ...]
    """System text, passages and conversation, up to and with the last user turn."""
    answer: str
    """What the assistant should say."""


@dataclass(frozen=True)
class TrainingSettings:
    """How an adapter is trained.

    Raises:
        UserError: A value is out of its range.
    """

    rank: int = 16
    """Rank of the LoRA factors; α is twice as much."""
    learning_rate: float = 1e-3
    """Highest learning rate; falls along a cosine. About ten times full fine-tuning's (LoRA Without Regret, 2025)."""
    epochs: int = 2
    """At most so many passes over the rows; training stops earlier when validation no longer improves."""
    batch: int = 16
    """Rows a step."""
    dropout: float = 0.05
    """Share of adapter inputs dropped."""
    patience: int = 1
    """Epochs without improvement after which training stops."""
    seed: int = 7
    """Of the factors, the order of rows and the dropout."""

    def __post_init__(self) -> None:
        """Check every value once, and name all mistakes together."""
        checks = [
            (1 <= self.rank <= 256, f"rank must be 1 to 256, but is {self.rank}"),
            (
                0 < self.learning_rate <= 0.1,
                f"learning_rate must be above 0 and at most 0.1, but is {self.learning_rate}",
            ),
            (1 <= self.epochs <= 100, f"epochs must be 1 to 100, but is {self.epochs}"),
            (1 <= self.batch <= 512, f"batch must be 1 to 512, but is {self.batch}"),
            (0 <= self.dropout < 1, f"dropout must be 0 to 1, but is {self.dropout}"),
            (self.patience >= 1, f"patience must be 1 or more, but is {self.patience}"),
        ]
        mistakes = [sentence for holds, sentence in checks if not holds]
        if mistakes:
            raise UserError(f"The training settings can't be used: {'; '.join(mistakes)}.")


def train_adapter(
    base_name: str,
    training: Sequence[Row],
    validation: Sequence[Row],
    folder: Path,
    settings: TrainingSettings | None = None,
    made_from: Mapping[str, str] | None = None,
    report: Report = lambda line: None,
) -> Manifest:
    """Train a LoRA adapter and publish it.

    Args:
        base_name: The base; it is loaded fresh, so that a base that serves is not touched.
        training: Rows to learn from.
        validation: Rows that decide when to stop and which epoch is kept; never trained on.
        folder: Where the adapter goes. An earlier adapter there is replaced at the very end, and not at all on a failure.
        settings: How to train.
        made_from: Hashes, by name, of what the rows were made from, for the manifest.
        report: Called with `step`, `steps` and `loss`, or with `epoch` and `validation_loss`.

    Raises:
        UserError: There are too few rows, a row does not fit the base's window, the base can't be loaded, or the finished
            adapter is not what was trained (`finetune.proofs`).
    """
    settings = settings or TrainingSettings()
    if len(training) < 10 or not validation:
        raise UserError(
            f"Training needs at least 10 rows and 1 for validation, but there are {len(training)} and {len(validation)}. "
            "Collect more examples; 50 to 100 give a first signal."
        )
    base = load_base(base_name)
    ends = terminators(base.tokenizer, base.model.generation_config.eos_token_id)
    rendered = _render(base, training, ends), _render(base, validation, ends)
    off = proofs.canary_logits(base.model, base)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        began = time.monotonic()
        model = adapter.attach_new(
            base.model, settings.rank, 2 * settings.rank, settings.dropout, settings.seed
        )
        curve, best = _fit(model, base, *rendered, settings, report)
        adapter.save(model, staged)
        proof = proofs.after(model.eval(), base, off, rendered[1], staged)
        manifest = Manifest(
            name=folder.name,
            base=base.name,
            base_fingerprint=base.fingerprint,
            rows=len(training),
            validation_rows=len(validation),
            rows_sha256=sha256_text(repr([(row.prompt, row.answer) for row in training])),
            made_from=dict(made_from or {}),
            settings=asdict(settings),
            curve=curve,
            best_epoch=best,
            seconds=round(time.monotonic() - began, 1),
            versions={name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")},
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            proof=proof.to_dict(),
        )
        return registry.publish(staged, folder, manifest)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _render(base: Base, rows: Sequence[Row], ends: Sequence[int]) -> list[Rendered]:
    made = [render(base.tokenizer, row.prompt, row.answer, ends) for row in rows]
    for number, one in enumerate(made, start=1):
        if len(one.ids) > base.window:
            raise UserError(
                f'Training row {number} has {len(one.ids)} tokens, but "{base.name}" reads {base.window}. Lower `k` or '
                "`chunk_tokens` in rungwise.toml, or shorten the example."
            )
    proofs.before(made, ends)
    return made


def _fit(
    model: PeftModel,
    base: Base,
    training: list[Rendered],
    validation: list[Rendered],
    settings: TrainingSettings,
    report: Report,
) -> tuple[list[dict[str, float]], float]:
    """Fit the adapter; return the curve and the epoch that was kept. The best epoch's weights are in `model` after it."""
    from transformers import EarlyStoppingCallback, Trainer, TrainingArguments

    parts = next(
        n for n in range(1, settings.batch + 1) if settings.batch % n == 0 and settings.batch // n <= _AT_ONCE
    )
    with tempfile.TemporaryDirectory(prefix="rungwise-train-") as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch // parts,
            gradient_accumulation_steps=parts,
            per_device_eval_batch_size=settings.batch // parts,
            learning_rate=settings.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=10,
            weight_decay=0.0,
            train_sampling_strategy="group_by_length",
            eval_strategy="epoch",
            save_strategy="epoch",
            save_total_limit=1,
            load_best_model_at_end=True,
            metric_for_best_model="eval_loss",
            logging_steps=1,  # every epoch has a loss, however few its steps are
            report_to=[],
            disable_tqdm=True,
            use_cpu=base.precision.device == "cpu",
            seed=settings.seed,
            data_seed=settings.seed,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            label_names=["labels"],
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=_columns(training),
            eval_dataset=_columns(validation),
            data_collator=_Collator(int(base.tokenizer.pad_token_id or 0)),
            callbacks=[EarlyStoppingCallback(settings.patience), _reporter(report)],
        )
        trainer.pop_callback(_printer())
        trainer.train()
        history = trainer.state.log_history
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
    best = min(curve, key=lambda point: point["validation_loss"])["epoch"]
    return curve, best


def _columns(rows: list[Rendered]) -> list[dict[str, list[int]]]:
    return [{"input_ids": list(row.ids), "labels": row.labels} for row in rows]


class _Collator:
    """Pads rows on the right; labels of padding are ignored by their place, not by their token."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, Any]:
        import torch

        longest = max(len(row["input_ids"]) for row in rows)

        def padded(name: str, value: int) -> torch.Tensor:
            return torch.tensor([row[name] + [value] * (longest - len(row[name])) for row in rows])

        mask = [[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows]
        return {
            "input_ids": padded("input_ids", self._pad),
            "labels": padded("labels", IGNORED),
            "attention_mask": torch.tensor(mask),
        }


def _printer() -> Any:
    from transformers import PrinterCallback

    return PrinterCallback


def _reporter(report: Report) -> Any:
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):
        """Hands the trainer's log lines to the caller."""

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **rest: Any
        ) -> None:
            if logs and "loss" in logs:
                report(
                    {
                        "step": float(state.global_step),
                        "steps": float(state.max_steps),
                        "loss": float(logs["loss"]),
                    }
                )
            if logs and "eval_loss" in logs:
                report({"epoch": float(state.epoch or 0), "validation_loss": float(logs["eval_loss"])})

    return Reporter()
