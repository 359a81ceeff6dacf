"""Teaching an embedder: sentence-transformers' trainer on questions, their passages and a hard negative each.

The loss ranks the right passage above all others of its batch (van den Oord et al. 2018; Henderson et al. 2017). After each epoch
a check on held-out questions decides which state is kept and when to stop. States hold weights and numbers, no text: a model card
with samples, which the library would write, is not written. Knows nothing of where rows come from, or of what is accepted.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from rag.embedding.encode_torch import quiet
from rag.indexing import generations
from rag.indexing.generations import Sealed
from rag.tuning.pairs import batches

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Encode = Callable[[Sequence[str], bool], NDArray[np.float32]]
"""Embeds texts, as questions where the second value is true: shape (texts, dimension), each row of length 1."""
Check = Callable[[Encode], float]
"""How good an encoder is on held-out questions; higher is better."""
Report = Callable[[int, int, str], None]
"""Told the step, how many there are, and the last that is known of the loss or the check."""


@dataclass(frozen=True)
class TrainingPlan:
    """How an embedder is trained."""

    epochs: int = 4
    """Times that each row is seen at most."""
    learning_rate: float = 2e-5
    """The highest rate of AdamW: it is reached in the first tenth of the steps and falls to 0."""
    batch: int = 16
    """Rows of a batch: each has all other passages of it for negatives."""
    scale: float = 20.0
    """What cosines are multiplied by in the loss; 1 / temperature."""
    patience: int = 1
    """Epochs without a better check after which the training ends."""
    seed: int = 0
    """Of the order of rows and of dropout."""


@dataclass(frozen=True)
class Row:
    """What one step of learning is made of."""

    query: str
    """The question."""
    passage: str
    """What should be found."""
    negative: str
    """What looks like it and should not be; empty in all rows: only the batch's other passages are negatives."""
    family: int
    """Rows of one family are never in one batch."""


@dataclass(frozen=True)
class Fitted:
    """How a training went."""

    before: float
    """What the check said of the base."""
    after: float
    """What it said of the weights that were kept."""
    curve: tuple[dict[str, float], ...]
    """After each epoch: `epoch`, `loss` (mean over its steps) and `check`."""
    steps: int
    """Steps that were taken."""
    seconds: float
    """How long it took, from the last state that it went on from."""


def train_embedder(
    base: Path,
    rows: Sequence[Row],
    check: Check,
    states: Path,
    model: Path,
    plan: TrainingPlan,
    report: Report = lambda step, steps, told: None,
    over: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train a copy of a model, from its newest whole state on where there is one.

    Args:
        base: The folder of the model.
        rows: What is learned.
        check: Measures an encoder on held-out questions.
        states: A folder for states to go on from: of this very plan and these rows, or empty.
        model: Where the best weights are written, as a folder that can be opened like the base.
        plan: How.
        report: Told after each step.
        over: Asked after each step; once true, the training is checked, saved and ended: its time is up.

    Raises:
        UserError: A library is missing, the loss is no number, or disk or memory is full.
    """
    check_installed()
    began = time.monotonic()
    teacher = _opened(base)
    encode = _encoder(teacher)
    before = check(encode)
    trainer = _trainer(teacher, rows, check, states, plan, report, over)
    with quiet():
        try:
            newest = _newest(states)
            trainer.train(resume_from_checkpoint=str(newest) if newest else None)
        except (MemoryError, OSError, RuntimeError) as error:
            raise _mishap(error) from error
    _write(teacher, base, model)
    history = trainer.state.log_history
    best = max((float(line["eval_check"]) for line in history if "eval_check" in line), default=before)
    return Fitted(
        before, best, _curve(history), int(trainer.state.global_step), round(time.monotonic() - began, 1)
    )


def check_installed() -> None:
    """Check that what training takes is installed.

    Raises:
        UserError: It is not.
    """
    missing = [name for name in ("datasets", "accelerate") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"Training an embedder needs {' and '.join(missing)}, not installed here. Run `pip install 'rungwise[embedder]'`."
        )


def _opened(base: Path) -> SentenceTransformer:
    from rag.embedding.encode_torch import TorchEncoder

    return TorchEncoder(base).model


def _encoder(model: SentenceTransformer) -> Encode:
    def encode(texts: Sequence[str], questions: bool) -> NDArray[np.float32]:
        how = model.encode_query if questions else model.encode_document
        made = how(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(made, dtype=np.float32)

    return encode


def _trainer(
    model: SentenceTransformer,
    rows: Sequence[Row],
    check: Check,
    states: Path,
    plan: TrainingPlan,
    report: Report,
    over: Callable[[], bool],
) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    datasets = importlib.import_module("datasets")
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.base.evaluation import BaseEvaluator
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import EarlyStoppingCallback, PrinterCallback

    class Trainer(SentenceTransformerTrainer):  # type: ignore[misc]  # untyped
        """Writes no card and no pickled settings into its states: a card would quote what was learned."""

        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            """Leave it out: it reads samples of the rows."""

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
            self.model.save_pretrained(str(output_dir), create_model_card=False)

    columns = {"query": [row.query for row in rows], "passage": [row.passage for row in rows]}
    if all(row.negative for row in rows):
        columns["negative"] = [row.negative for row in rows]
    families = [row.family for row in rows]
    order = _order_of(families, plan)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(states),
        num_train_epochs=plan.epochs,
        per_device_train_batch_size=plan.batch,
        learning_rate=plan.learning_rate,
        warmup_steps=max(1, plan.epochs * len(order) // 10),
        lr_scheduler_type="linear",
        batch_sampler=lambda *args, **rest: order,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,  # the best and the newest
        load_best_model_at_end=True,
        metric_for_best_model="eval_check",
        greater_is_better=True,
        logging_strategy="epoch",
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        seed=plan.seed,
        data_seed=plan.seed,
        dataloader_pin_memory=False,
    )
    encode = _encoder(model)

    class Checked(BaseEvaluator):  # type: ignore[misc]  # untyped
        """The check, as the trainer asks for it."""

        def __call__(self, *args: Any, **rest: Any) -> dict[str, float]:
            return {"check": check(encode)}

    watch = _watch(report, over)
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=datasets.Dataset.from_dict(columns),
        loss=MultipleNegativesRankingLoss(model, scale=plan.scale),
        evaluator=Checked(),
        callbacks=[EarlyStoppingCallback(plan.patience), watch],
    )
    trainer.pop_callback(PrinterCallback)
    return trainer


def _order_of(families: Sequence[int], plan: TrainingPlan) -> Any:
    class Order:
        """Batches of an epoch: a function of seed and epoch alone, so that a run that goes on takes the same steps."""

        batch_size = plan.batch
        drop_last = False
        sampler = None

        def __init__(self) -> None:
            self.epoch = 0
            self.count = len(batches(families, plan.batch, plan.seed))

        def set_epoch(self, epoch: int) -> None:
            self.epoch = epoch

        def __len__(self) -> int:
            return self.count

        def __iter__(self) -> Iterator[list[int]]:
            return iter(batches(families, plan.batch, 1_000_003 * plan.seed + self.epoch))

    return Order()


def _watch(report: Report, over: Callable[[], bool]) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        """Tells how it goes, seals states, and ends what should not go on."""

        told = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            report(state.global_step, state.max_steps, self.told)
            if over():
                control.should_training_stop = (
                    True  # what was begun of the epoch is checked and saved as its end is
                )

        def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            generations.seal(Path(args.output_dir) / f"checkpoint-{state.global_step}", state.global_step, 0)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
            logs = logs or {}
            if "loss" in logs and not math.isfinite(float(logs["loss"])):
                raise UserError(
                    f"The training broke down at step {state.global_step}: the loss is no number any more. Nothing was changed."
                )
            if "loss" in logs:
                self.told = f"loss {float(logs['loss']):.3f}"
            if "eval_check" in logs:
                self.told = f"held out {float(logs['eval_check']):.3f}"
                report(state.global_step, state.max_steps, self.told)

    return Watch()


def _newest(states: Path) -> Path | None:
    """Return the newest state that is whole; others are removed."""
    whole = None
    found = [path for path in states.glob("checkpoint-*") if path.name.rpartition("-")[2].isdigit()]
    for path in sorted(found, key=lambda path: int(path.name.rpartition("-")[2])):
        try:
            if generations.altered(Sealed(path, 0, 0)) is None:
                whole = path
                continue
        except (OSError, ValueError, KeyError):
            pass
        shutil.rmtree(path, ignore_errors=True)
    return whole


def _write(teacher: SentenceTransformer, base: Path, model: Path) -> None:
    """Write the weights and what is needed to open them, whole or not at all."""
    staged = model.with_name(f".{model.name}")
    for folder in (staged, model):
        shutil.rmtree(folder, ignore_errors=True)
    teacher.save(str(staged), create_model_card=False, safe_serialization=True)
    # The tokenizer is not trained: as the base has it, tokens are counted and cut as before.
    shutil.copyfile(base / "tokenizer.json", staged / "tokenizer.json")
    os.replace(staged, model)


def _curve(history: Sequence[dict[str, Any]]) -> tuple[dict[str, float], ...]:
    curve, loss = [], math.nan
    for line in history:
        if "loss" in line:
            loss = float(line["loss"])
        if "eval_check" in line:
            told = None if math.isnan(loss) else round(loss, 4)
            point = {"epoch": round(float(line["epoch"]), 2), "check": round(float(line["eval_check"]), 4)}
            curve.append(point if told is None else {**point, "loss": told})
    return tuple(curve)


def _mishap(error: Exception) -> UserError | Exception:
    said = str(error)
    if isinstance(error, OSError) or any(sign in said for sign in ("No space left", "PytorchStreamWriter")):
        return UserError(
            f"The training can't save its state ({said or type(error).__name__}). The last whole one is kept: make room, then "
            "run `rungwise tune-embedder` again."
        )
    if isinstance(error, MemoryError) or any(sign in said for sign in ("allocate memory", "out of memory")):
        return UserError(
            "The memory does not suffice for this training. Close what else runs here, or take a smaller embedder."
        )
    return error
