"""How fast an adapter is trained, beside TRL's `SFTTrainer` in the same run: same rows, same weights, same seed.

Run `python benchmarks/training.py` with `trl` and `datasets` installed beside the project (they are no dependency of it). Each
way runs in a process of its own, in turns. The ways: ours; TRL tuned by hand (float32, no gradient checkpointing, rows of
like length together); TRL as it comes, told only that there is no GPU. An activated adapter, which is another model with other
losses, is timed in its first epoch and in later ones. Timed are whole steps, the first one left out, and the
losses of the same steps stand beside them: where they differ, something else was trained. `--estimate` holds what
`rungwise train --estimate` says against what then happens, on a workspace.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from finetune import adapter
from finetune.base import Base, Precision, load_base
from finetune.prefix_cache.activated import header
from finetune.render import Rendered
from finetune.training.batches import AT_ONCE, Batches
from finetune.training.fit import _trainer
from finetune.training.runs import Run
from finetune.training.settings import TrainingSettings

WAYS = ("ours", "activated", "kept", "whole", "tuned", "stock")
NAMES = {
    "ours": "ours",
    "activated": "ours, activated, first epoch",
    "kept": "ours, activated, later epochs",
    "whole": "ours, with the logits of every token",
    "tuned": "TRL tuned by hand",
    "stock": "TRL as it comes",
}
SETTINGS = TrainingSettings(batch=AT_ONCE, epochs=1, learning_rate=1e-3, dropout=0.0)


def load(model: str) -> Base:
    """Return the starter, or random weights of SmolLM2-135M's shape behind the starter's tokenizer."""
    base = load_base("starter", exactly=True)
    if model == "starter":
        return base
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        vocab_size=49_152, max_position_embeddings=8192, tie_word_embeddings=True, rope_theta=100_000, pad_token_id=0,
    )  # fmt: skip
    return Base(
        "smollm2", LlamaForCausalLM(config).eval(), base.tokenizer, "", Precision("float32", "cpu", ""), 8192
    )


def rows(context: int, count: int) -> list[Rendered]:
    """Return rows of 60 to 100 % of the context, 10 to 25 % of each an answer that the starter's header opens."""
    dice = random.Random(7)
    opening = header(load_base("starter").tokenizer)
    made = []
    for _ in range(count):
        length = dice.randint(int(0.6 * context), context)
        taught = int(length * dice.uniform(0.10, 0.25))
        read = [dice.randint(5, 1_000) for _ in range(length - taught - len(opening))]
        answer = [dice.randint(5, 1_000) for _ in range(taught - 1)]
        made.append(Rendered((*read, *opening, *answer, 2), length - taught))
    return sorted(made, key=lambda row: len(row.ids))


def one_way(way: str, model: str, context: int, steps: int) -> dict[str, Any]:
    """Train so many steps in one way; return seconds of all but the first, their tokens, and the losses."""
    from transformers import TrainerCallback

    base, told = load(model), rows(context, SETTINGS.batch * steps)
    seconds: list[float] = []

    class Clock(TrainerCallback):
        began = 0.0

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            seconds.append(time.perf_counter() - self.began)

    late = way in ("activated", "kept")
    peft = adapter.attach_new(
        base.model,
        SETTINGS.rank,
        2 * SETTINGS.rank,
        0.0,
        SETTINGS.seed,
        header=header(base.tokenizer) if late else (),
    )
    peft.train()
    with tempfile.TemporaryDirectory() as scratch:
        if way not in ("tuned", "stock"):
            if way == "whole":
                _ask_for_every_logit()
            settings = replace(SETTINGS, activated=late, epochs=2 if way == "kept" else 1)
            trainer = _ours(peft, base, told, Path(scratch), settings)
        else:
            trainer = _trl(peft, base, told, scratch, tuned=way == "tuned")
        trainer.add_callback(Clock())
        trainer.train()
        losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    if way == "kept":
        seconds, losses = seconds[steps - 1 :], losses[steps - 1 :]
    size = (
        SETTINGS.batch if way != "stock" else len(told) // len(seconds)
    )  # TRL as it comes takes more rows a step
    mean = statistics.mean(len(row.ids) for row in told)
    return {"seconds": sum(seconds[1:]), "tokens": mean * size * (len(seconds) - 1), "losses": losses}


def _ask_for_every_logit() -> None:
    collate = Batches.collate
    Batches.collate = lambda self, rows: {
        name: value
        for name, value in collate(self, rows).items()
        if name not in ("logits_to_keep", "shift_labels")
    }


def _ours(peft: Any, base: Base, told: list[Rendered], scratch: Path, settings: TrainingSettings) -> Any:
    from transformers import EarlyStoppingCallback, TrainerCallback

    class Watch(TrainerCallback):
        """Leaves the rows in their order, which is by length: the comparison is of steps, not of orders."""

        generator: Any = None

    trainer = _trainer(peft, base, told, told[:1], settings, Run(scratch), Watch(), ())
    trainer.pop_callback(EarlyStoppingCallback)
    trainer.args.eval_strategy = trainer.args.save_strategy = "no"
    trainer._get_train_sampler = lambda *_: range(len(told))
    return trainer


def _trl(peft: Any, base: Base, told: list[Rendered], scratch: str, tuned: bool) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    more: dict[str, Any] = (
        dict(
            bf16=False, gradient_checkpointing=False, per_device_train_batch_size=SETTINGS.batch, max_length=None,
            learning_rate=SETTINGS.learning_rate, lr_scheduler_type="cosine", warmup_steps=10, weight_decay=0.0,
        )
        if tuned
        else {}
    )  # fmt: skip
    config = SFTConfig(
        output_dir=scratch, use_cpu=True, num_train_epochs=1, logging_steps=1, report_to=[], save_strategy="no",
        disable_tqdm=True, seed=SETTINGS.seed, completion_only_loss=True, **more,
    )  # fmt: skip
    table = Dataset.from_dict(
        {
            "input_ids": [list(row.ids) for row in told],
            "completion_mask": [[0] * row.prompt + [1] * (len(row.ids) - row.prompt) for row in told],
        }
    )
    trainer = SFTTrainer(model=peft, args=config, train_dataset=table, processing_class=base.tokenizer)
    if tuned:
        trainer._get_train_sampler = lambda *_: range(len(told))
    return trainer


def estimate(workspace: Path) -> None:
    """Train a workspace's adapter and print what was expected beside what happened."""
    from assistant.open import train_house
    from assistant.workspace import Workspace
    from finetune.training.estimate import Estimate

    told: list[Estimate] = []
    made = train_house(Workspace.open(workspace), expect=told.append)
    print(
        f"expected at most {told[0].seconds:.0f} s, took {made.manifest.seconds:.0f} s for {len(made.manifest.curve)} epochs"
    )


def main() -> None:
    """Run every way in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["starter:512", "smollm2:256", "smollm2:1024"])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--estimate", type=Path, metavar="WORKSPACE")
    parser.add_argument(
        "--one", nargs=4, metavar=("WAY", "MODEL", "CONTEXT", "STEPS"), help=argparse.SUPPRESS
    )
    chosen = parser.parse_args()
    if chosen.estimate:
        estimate(chosen.estimate)
        return
    if chosen.one:
        way, model, context, steps = chosen.one
        print(json.dumps(one_way(way, model, int(context), int(steps))))
        return
    print(
        "| model | context | way | tokens/s | ours is faster | losses |\n|---|---|---|---|---|---|",
        flush=True,
    )
    for name in chosen.models:
        model, context = name.split(":")
        rates: dict[str, list[float]] = {way: [] for way in chosen.ways}
        losses: dict[str, list[float]] = {}
        for turn in range(chosen.rounds):
            for way in chosen.ways:
                if way == "stock" and turn:
                    continue  # minutes a step
                steps = 2 * 2 if way == "stock" else chosen.steps  # eight rows a step: two steps
                command = [sys.executable, __file__, "--one", way, model, context, str(steps)]
                done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
                if done.returncode:
                    sys.exit(done.stderr[-2_000:])
                told = json.loads(done.stdout.splitlines()[-1])
                rates[way].append(told["tokens"] / told["seconds"])
                losses[way] = told["losses"]
        for way in chosen.ways:
            ratios = [ours / other for ours, other in zip(rates["ours"], rates[way], strict=False)]
            shown = ", ".join(f"{loss:.4f}" for loss in losses[way][:3])
            cells = [
                model,
                context,
                NAMES[way],
                f"{statistics.median(rates[way]):.0f}",
                f"{statistics.median(ratios):.2f}×",
                shown,
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
