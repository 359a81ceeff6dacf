"""What `python -m finetune.starter` does: train and ship, or measure.

The one place where recipe, measurement and model card meet. Knows nothing of workspaces.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.starter import card
from finetune.starter import evaluate as measuring
from finetune.starter import train as training


def train(
    preset: str, work: Path, out: Path, minutes: float | None, tokens: int | None, optimizer: str | None
) -> None:
    """Train (or resume), write the finished model to `out`, measure it and write its model card.

    Raises:
        UserError: There is no such preset.
    """
    curve = work / "curve.jsonl"

    def report(line: dict[str, Any]) -> None:
        with curve.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(
            f"step {line['step']}  {line['tokens'] / 1e6:.2f} M tokens  loss {line['loss']:.3f}  {line['seconds'] / 60:.1f} min"
            + "".join(
                f"  {name} {line[name]}" for name in line if name not in ("step", "tokens", "loss", "seconds")
            ),
            flush=True,
        )

    network, tokenizer = training.train(preset, work, minutes, tokens, optimizer, report, measuring.probe)
    network.to(torch.device("cpu"), torch.bfloat16).save_pretrained(out)  # type: ignore[arg-type]
    tokenizer.save_pretrained(out)
    for path in out.iterdir():
        path.chmod(0o644)
    measured = evaluate(out, n=300)
    lines = [json.loads(line) for line in curve.read_text().splitlines()]
    larger = asdict(training.PRESETS["gpu"]) if preset == "cpu" else None
    card.write(out, preset, asdict(training.PRESETS[preset]), lines, measured, larger=larger)


def evaluate(folder: Path, n: int) -> dict[str, Any]:
    """Load a starter as a user would, and measure it; return the table as plain values."""
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    network.eval()  # type: ignore[no-untyped-call]
    began = time.monotonic()
    rows = measuring.measure(network, tokenizer, n, progress=lambda line: print(line, flush=True))
    return {
        "parameters": sum(value.numel() for value in network.parameters()),
        "seconds": round(time.monotonic() - began),
        "measures": [
            {
                **asdict(row),
                "rate": round(row.rate, 4),
                "low": round(row.interval[0], 4),
                "high": round(row.interval[1], 4),
                "met": row.met,
            }
            for row in rows
        ],
    }
