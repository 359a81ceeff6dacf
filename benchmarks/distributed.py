"""A training shared by two processes against one process with one and with two threads: rows a second, on the starter.

    python benchmarks/distributed.py [--rows 96]

All train the same adapter on the same made-up rows, with the same losses. Counted is from the end of the first step to the end
of the last, without loading and without validation. Only a quiet machine tells: threads of one process wait for one another, and
beside other work wait long.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

WORDS = "kettle stove warranty delivery price return tent rope boots lamp order parcel shop repair battery filter".split()
WAYS = {
    "one process, one thread": (None, 1),
    "one process, two threads": (None, 2),
    "two processes, base copied": ("ddp-cpu", 1),
    "two processes, base divided": ("fsdp-cpu", 1),
}


def rows(count: int) -> list:
    """Return rows of about 350 tokens: made-up passages, a question and an answer."""
    from finetune.training.train import Row

    draw = random.Random(7)
    made = []
    for number in range(count):
        asked = (
            f"{' '.join(draw.choices(WORDS, k=draw.randint(120, 160)))}\nWhat is the fee for plan {number}?"
        )
        made.append(
            Row(
                ({"role": "user", "content": asked},),
                f"The fee is {number} EUR, and {' '.join(draw.choices(WORDS, k=25))}.",
            )
        )
    return made


def part(count: int) -> None:
    """Train as one of the processes; the first one prints when each step ended and what it lost."""
    from finetune.training import ranks
    from finetune.training.settings import TrainingSettings
    from finetune.training.train import take_part, train_adapter

    if ranks.place():
        return take_part()
    told: list[dict[str, float]] = []
    settings = TrainingSettings(batch=16, epochs=1, learning_rate=1e-3, dropout=0.0)
    with tempfile.TemporaryDirectory() as scratch:
        every = rows(count + 8)
        train_adapter(
            "starter", every[:count], every[count:], Path(scratch) / "a", settings, report=told.append
        )
    print(json.dumps([line for line in told if "steps" in line]))


def measured(count: int, how: str | None, threads: int) -> list[dict[str, float]]:
    """Return the steps of a training in processes of its own."""
    launch = [
        "-m",
        "accelerate.commands.accelerate_cli",
        "launch",
        "--config_file",
        f"{ROOT}/examples/accelerate/{how}.yaml",
    ]
    done = subprocess.run(
        [sys.executable, *(launch if how else ()), __file__, "--rows", str(count), "--part"],
        env={**os.environ, "OMP_NUM_THREADS": str(threads)}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return list(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--part", action="store_true")
    asked = parser.parse_args()
    if asked.part:
        return part(asked.rows)
    first: list[float] = []
    for name, (how, threads) in WAYS.items():
        steps = measured(asked.rows, how, threads)
        losses = [line["loss"] for line in steps]
        first = first or losses
        apart = max(abs(one - other) for one, other in zip(first, losses, strict=True))
        seconds = steps[-1]["seconds"] - steps[0]["seconds"]
        rate = 16 * (len(steps) - 1) / seconds
        print(f"{name:28} {rate:6.2f} rows/s, losses at most {apart:.1e} from the first way's", flush=True)


if __name__ == "__main__":
    main()
