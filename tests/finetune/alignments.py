"""Alignments that take a second: an adapter of forty rows on a tiny base, and pairs whose preference is planted or drawn."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from finetune.preference.align import Aligned, Pair, align_adapter
from finetune.preference.align_settings import AlignSettings

SETTINGS = AlignSettings(learning_rate=3e-3, epochs=3, batch=4, patience=3)
GOOD, BAD = "The fee is {} EUR, gladly.", "Fee {} whatever!"


def pairs(first: int, last: int, chosen: str = GOOD, rejected: str = BAD) -> list[Pair]:
    """Return pairs in which the same way of answering is always preferred."""
    return [
        Pair(
            ({"role": "user", "content": f"What is the fee for plan {n}{' please' * (n % 5)}?"},),
            chosen.format(n),
            rejected.format(n),
        )
        for n in range(first, last)
    ]


def drawn(first: int, last: int, seed: int) -> list[Pair]:
    """Return pairs in which a coin says which of two like answers is preferred: nothing can be learned."""
    rng = random.Random(seed)
    made = []
    for n in range(first, last):
        both = [
            f"The fee is {n} EUR, {' '.join(rng.sample(['gladly', 'today', 'here', 'again', 'now'], 2))}."
            for _ in "ab"
        ]
        made += pairs(n, n + 1, *both)
    return made


def align(base: Path, source: Path, folder: Path, **more: Any) -> Aligned:
    """Align with 24 pairs to learn from, 8 to stop by and 12 to measure by."""
    told: dict[str, Any] = {
        "training": pairs(0, 24),
        "validation": pairs(24, 32),
        "test": pairs(32, 44),
        "settings": SETTINGS,
    }
    told |= more
    return align_adapter(
        str(base), source, told.pop("training"), told.pop("validation"), told.pop("test"), folder, **told
    )
