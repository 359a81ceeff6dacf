"""What `rungwise align` takes and does on a workspace, beside TRL as it comes, on preferences that are made and so are known.

Run `python benchmarks/align.py WORKSPACE --pairs 80`. The pairs are the workspace's own examples: their answer was chosen, and
the same answer with its form broken was not. That is easy to tell apart, and says nothing about real votes. `--coin` makes pairs
in which a coin says which of two like answers was chosen: nothing can be learned, and nothing should be found. `--stock` times
the very same pairs with TRL's trainer told only that there is no GPU. The workspace is copied; nothing in it changes.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant.workspace import Workspace
from finetune.examples import Example, load_examples
from finetune.form import Form
from finetune.preferences import Origin, Preference

TIMED = 6
"""Steps of TRL that are timed; the first one is left out."""


def planted(examples: list[Example], form: Form, number: int, coin: bool, seed: int = 7) -> list[Preference]:
    """Return preferences for the form: the example's answer over the same without the form's ending.

    Args:
        examples: A workspace's examples.
        form: Its form.
        number: How many.
        coin: Whether a coin says which of the two was chosen.
        seed: Of the draw and of the coin.
    """
    rng = random.Random(seed)
    fit = [one for one in examples if one.answerable and one.answer.endswith(form.closing)]
    made = []
    for one in rng.sample(fit, min(number, len(fit))):
        chosen, rejected = one.answer, one.answer.removesuffix(form.closing).strip()
        if coin:
            told = f"{rejected.rstrip('.')}, in short. {form.closing}"
            chosen, rejected = (one.answer, told) if rng.random() < 0.5 else (told, one.answer)
        made.append(
            Preference(
                one.id,
                one.conversation,
                chosen,
                rejected,
                one.sources,
                ("hybrid", "hybrid"),
                "2026-11-01",
                Origin.VOTE,
            )
        )
    return made


def copied(workspace: Path, preferences: list[Preference], home: Path) -> Path:
    """Return a copy of a workspace with these preferences."""
    target = home / "workspace"
    shutil.copytree(workspace, target)
    rows = "".join(json.dumps(one.to_row(), ensure_ascii=False) + "\n" for one in preferences)
    (target / "preferences.jsonl").write_text(rows, encoding="utf-8")
    return target


def aligned(workspace: Path, measured: bool) -> dict[str, object]:
    """Run `rungwise align --json` and return what it told, with its seconds."""
    if not measured:
        (workspace / "questions.jsonl").unlink(missing_ok=True)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "align", "--json", "-w", str(workspace)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 4):
        raise SystemExit(done.stderr)
    return {**json.loads(done.stdout), "wall": round(time.monotonic() - began, 1)}


def stock(workspace: Path) -> float:
    """Return the seconds of a step of eight pairs with TRL as it comes, on the first pairs."""
    from datasets import Dataset
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    from finetune import adapter
    from finetune.align_settings import AlignSettings
    from finetune.base import load_base
    from ui.aligning import checked, ready

    house = Workspace.open(workspace)
    seen = ready(house, checked(house), AlignSettings(), lambda title, done, total: None)
    base = load_base(house.settings.model.base)
    model = adapter.attach_saved(base.model, house.adapter)
    model.set_adapter(adapter.NAME)
    rows = [
        {
            "prompt": list(pair.prompt),
            "chosen": [{"role": "assistant", "content": pair.chosen}],
            "rejected": [{"role": "assistant", "content": pair.rejected}],
        }
        for pair in seen.parts[0].pairs[: 8 * TIMED]
    ]
    with tempfile.TemporaryDirectory() as home:
        arguments = DPOConfig(
            output_dir=home, use_cpu=True, per_device_train_batch_size=8, report_to=[], disable_tqdm=True, logging_steps=1,
            num_train_epochs=1, save_strategy="no",
        )  # fmt: skip
        trainer = DPOTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list(rows),
            processing_class=base.tokenizer,
        )
        steps = -(-len(rows) // 8)
        began = time.monotonic()
        trainer.train()
    return (time.monotonic() - began) / steps


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--coin", action="store_true")
    parser.add_argument("--stock", action="store_true")
    parser.add_argument("--ask", action="store_true", help="ask the test questions too, which takes minutes")
    told = parser.parse_args()
    house = Workspace.open(told.workspace)
    preferences = planted(load_examples(house.examples), house.form, told.pairs, told.coin)
    with tempfile.TemporaryDirectory() as home:
        copy = copied(told.workspace, preferences, Path(home))
        found = aligned(copy, told.ask)
        held, steps = found["held_out"], len(found["curve"])  # type: ignore[arg-type]
        print(
            json.dumps(
                {
                    name: found[name]
                    for name in ("parts", "dropped", "seconds", "wall", "best_epoch", "held_out")
                }
            )
        )
        print(json.dumps(found["gate"]))
        print(found["length_bias"]["text"])  # type: ignore[index]
        learn = found["parts"]["learn"]  # type: ignore[index]
        a_step = float(found["seconds"]) / (steps * -(-learn // 8))  # type: ignore[arg-type]
        print(
            f"{a_step:.2f} s a step of 8 pairs, what is held out read after each epoch included; {held is not None}"
        )
        if told.stock:
            print(f"{stock(copy):.2f} s a step of 8 pairs with TRL as it comes")


if __name__ == "__main__":
    main()
