"""Learning rate and epochs where nobody set them: from the base's width and the number of rows, by published rules.

Each choice comes with a sentence that says where it is from. Knows nothing of how rows look or of how training goes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from finetune.training.settings import TrainingSettings

_FULL = 5e-5  # the rate of full fine-tuning at the width of 2,000
_WIDTH = 2_000
_NARROWEST = 512  # the rule was fitted on models of 2,048 and wider; it is not stretched to toys
_TIMES, _TIMES_SHORT, _SHORT = 10.0, 15.0, 100
_EXPONENTS = {"llama": 0.781, "qwen": 0.0775}
_PASSES, _LEAST_SEEN, _MOST_SEEN, _MOST_PASSES = 3, 100, 25_000, 25


@dataclass(frozen=True)
class Recipe:
    """Settings in which nothing is left open."""

    settings: TrainingSettings
    """With a rate above 0 and at least one epoch."""
    why: tuple[str, ...]
    """A sentence for each value that was chosen here."""


def settle(settings: TrainingSettings, rows: int, family: str, width: int) -> Recipe:
    """Choose what the settings leave open (0).

    Epochs: three, but so many that at least 100 rows are seen and at most 25,000 (OpenAI Cookbook, "Data preparation and
    analysis for chat model fine-tuning"). Rate: `5e-5 · 10 · (2000 / width) ** exponent`, the exponent being 0.781 for Llama
    and 0.0775 for Qwen (Thinking Machines, "LoRA Without Regret", 2025, and its cookbook); 15 instead of 10 for runs of up
    to 100 steps, as the same study found, and 1 for full fine-tuning, which the 10 and 15 are multiples of.

    Args:
        settings: As the user wrote them.
        rows: Rows to learn from.
        family: The base's `model_type` in transformers.
        width: The base's hidden size.
    """
    why: list[str] = []
    if not settings.epochs:
        epochs = _epochs(rows)
        settings = replace(settings, epochs=epochs)
        why.append(
            f"epochs = {epochs}: {rows} rows; three passes, at least {_LEAST_SEEN} and at most {_MOST_SEEN:,} rows seen (OpenAI "
            "Cookbook)."
        )
    if not settings.learning_rate:
        steps = settings.epochs * -(-rows // settings.batch)
        rate, how = _rate(steps, family, width, settings.method == "full")
        settings = replace(settings, learning_rate=rate)
        why.append(f"learning_rate = {rate:g}: {how} (LoRA Without Regret, 2025).")
    return Recipe(settings, tuple(why))


def _epochs(rows: int) -> int:
    if rows * _PASSES < _LEAST_SEEN:
        return min(_MOST_PASSES, math.ceil(_LEAST_SEEN / rows))
    return _PASSES if rows * _PASSES <= _MOST_SEEN else max(1, _MOST_SEEN // rows)


def _rate(steps: int, family: str, width: int, full: bool) -> tuple[float, str]:
    known = next((name for name in _EXPONENTS if name in family), None)
    times = 1.0 if full else _TIMES_SHORT if steps <= _SHORT else _TIMES
    wide = max(width, _NARROWEST)
    rate = _FULL * times * (_WIDTH / wide) ** _EXPONENTS[known or "qwen"]
    told = "full fine-tuning's" if full else f"{times:g} times full fine-tuning's, for {steps} steps"
    told += f" at a width of {width:,}"
    if wide > width:
        told += f", taken as {wide}"
    if not known:
        told += f"; for {family} no exponent is published, so Qwen's, the smaller one, is taken"
    return float(f"{rate:.2g}"), told
