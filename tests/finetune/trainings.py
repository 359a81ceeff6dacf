"""Trainings that take a second: forty rows on a tiny base."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune import registry
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, train_adapter

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = TrainingSettings(rank=2, learning_rate=1e-3, epochs=3, batch=8, dropout=0.1, patience=3)
STEPS = 15  # 40 rows in batches of 8, three times


def rows(first: int, last: int, answer: str = "The fee is {} EUR.") -> list[Row]:
    return [
        Row(
            ({"role": "user", "content": f"What is the fee for plan {n}{' please' * (n % 5)}?"},),
            answer.format(n),
        )
        for n in range(first, last)
    ]


def train(
    base: Path,
    home: Path,
    name: str,
    stop_at: int | None = None,
    settings: TrainingSettings = SETTINGS,
    training: Sequence[Row] = (),
    **more: Any,
) -> registry.Manifest:
    """Train on forty rows where no others are given, with a directory of runs; stop at a step where one is named."""
    seen = 0

    def stop() -> bool:
        nonlocal seen
        seen += 1
        return seen == stop_at

    return train_adapter(
        str(base),
        training or rows(0, 40),
        rows(40, 48),
        home / "adapters" / name,
        settings,
        runs=home / "runs",
        stop=stop,
        **more,
    )


WRONG = rows(40, 48, "Nobody told me about {0}, sorry.")
"""Rows to stop by that contradict what is learned: validation gets worse after the first epochs."""
