"""What `rungwise align` takes and does on a workspace, beside TRL as it comes, on preferences that are made and so are known.

Run `python benchmarks/align.py WORKSPACE --pairs 80`. Three sorts of pairs:

- as they are: a workspace's examples; their answer was chosen, and the same without the form's closing was not. An adapter that
  was trained knows that already, so there is nothing to learn;
- `--coin`: a coin says which of two like answers was chosen. Nothing can be learned, and nothing should be found;
- `--own`: what people would write on the page. The adapter that serves answers the examples' questions twice, drawn at a
  temperature; a vote prefers the answer that is right in facts and form to the one that is not, and where neither is, the
  example's answer is written in the first one's place. The page's own functions keep both.

`--ask` asks the test questions, too; `--stock` times the very same pairs with TRL's trainer told only that there is no GPU. What
`rungwise align` is told besides stands behind `--`. The workspace is copied; nothing in it changes.
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
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant.workspace import Workspace
from finetune.examples import Example, load_examples
from finetune.form import Form
from finetune.preference.preferences import Origin, Preference

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


def voted(workspace: Path, number: int, temperature: float, seed: int = 7) -> list[Preference]:
    """Return preferences as the page keeps them of somebody who wants facts and form to be right, on a copy of a workspace."""
    from assistant.open import open_assistant
    from assistant.setup import Setup
    from experiments.protocols import Case
    from experiments.questions import Kind, Part, Question
    from experiments.records import record_of
    from experiments.scorers import score
    from finetune.preference.preferences import load_preferences
    from ui.conversations.chats import Duel
    from ui.conversations.preferring import keep_edit, keep_vote

    (workspace / "rungwise.toml").open("a", encoding="utf-8").write("\n[votes]\nkeep_text = true\n")
    house = Workspace.open(workspace)
    assistant = open_assistant(house)
    fit = [one for one in load_examples(house.examples) if len(one.conversation) == 1]
    asked = random.Random(seed).sample(fit, len(fit))
    for start in range(0, len(asked), 16):
        some = asked[start : start + 16]
        cases = [
            Case(one.question, (), Setup.HYBRID, drawn, temperature)
            for one in some
            for drawn in (seed, seed + 1)
        ]
        replies = assistant.answer_cases(cases)
        for one, left, right in zip(some, replies[::2], replies[1::2], strict=True):
            kind = Kind.SINGLE if one.answerable else Kind.UNANSWERABLE
            question = Question(
                one.id,
                Part.DEV,
                kind,
                one.question,
                tuple((fact,) for fact in one.facts),
                one.answerable,
                one.sources,
            )
            fits = [score(question, record_of(reply), house.form).both.passed for reply in (left, right)]
            if fits[0] != fits[1]:
                choice = "left" if fits[0] else "right"
                keep_vote(
                    house,
                    Duel(one.id, "hybrid", "hybrid", replies=[left, right], choice=choice),
                    one.question,
                )
            elif not fits[0] and one.answer != left.text:
                keep_edit(house, one.id, (), one.question, left, one.answer)
        kept = load_preferences(house.preferences) if house.preferences.exists() else []
        if len(kept) >= number:
            return kept[:number]
    return kept


def written(target: Path, preferences: list[Preference]) -> None:
    """Write the preferences of a workspace."""
    rows = "".join(json.dumps(one.to_row(), ensure_ascii=False) + "\n" for one in preferences)
    (target / "preferences.jsonl").write_text(rows, encoding="utf-8")


def aligned(workspace: Path, measured: bool, told: list[str]) -> dict[str, object]:
    """Run `rungwise align --json` and return what it told, with its seconds."""
    if not measured:
        (workspace / "questions.jsonl").unlink(missing_ok=True)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "align", "--json", "-w", str(workspace), *told],
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
    from finetune.base import load_base
    from finetune.preference.align_settings import AlignSettings
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
    parser.add_argument(
        "--own", action="store_true", help="votes and edits on what the adapter itself answers"
    )
    parser.add_argument(
        "--temperature", type=float, default=0.7, help="at which the answers that are voted on are drawn"
    )
    parser.add_argument(
        "--keep", type=Path, help="keep the copy of the workspace in this folder, which is made"
    )
    parser.add_argument("align", nargs="*", help="what `rungwise align` is told, behind --")
    told = parser.parse_args()
    house = Workspace.open(told.workspace)
    with tempfile.TemporaryDirectory() as home:
        copy = told.keep or Path(home) / "workspace"
        shutil.copytree(told.workspace, copy)
        if told.own:
            preferences = voted(copy, told.pairs, told.temperature)
        else:
            preferences = planted(load_examples(house.examples), house.form, told.pairs, told.coin)
        written(copy, preferences)
        print(json.dumps(Counter(str(one.origin) for one in preferences)))
        found = aligned(copy, told.ask, told.align)
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
