"""The course of a fit, of rows and of pairs alike: gone through from a state on, its curve, and which epoch is kept.

transformers' Trainer, or TRL's upon it, takes the steps and writes the history that is read here. Knows nothing of rows or pairs,
nor of what else stands beside a fit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter
from finetune.training.watching import BrokenDown, Watched

if TYPE_CHECKING:
    from peft import PeftModel

_SAME = 1e-3  # how far the validation loss may be from itself, computed again


def go_through(
    trainer: Any, model: PeftModel, newest: Path | None, patience: int, fit: Watched
) -> tuple[Sequence[dict[str, Any]], int]:
    """Take the steps that are left; the best epoch's weights are in the model after it.

    Args:
        trainer: What takes them.
        model: The base with the adapter on it.
        newest: The newest state that is whole; None: it begins.
        patience: Epochs without a lower validation loss after which it ends.
        fit: What is fitted.

    Returns:
        The trainer's history, and how many steps were taken.
    """
    state = json.loads((newest / "trainer_state.json").read_text(encoding="utf-8")) if newest else {}
    if newest and _at_its_end(state, patience, fit):
        adapter.restore(model, adapter.read_weights(Path(state["best_model_checkpoint"])))
        return state["log_history"], int(state["global_step"])
    trainer.train(resume_from_checkpoint=str(newest) if newest else None)
    return list(trainer.state.log_history), int(trainer.state.global_step)


def curve_of(history: Sequence[Mapping[str, Any]], fit: Watched) -> list[dict[str, float]]:
    """Return a line an epoch: `epoch`, `loss` (the mean of its steps) and what was validated."""
    curve: list[dict[str, float]] = []
    recent: list[float] = []
    for line in history:
        if "loss" in line:
            recent.append(float(line["loss"]))
        if point := fit.point(line, float(line.get("epoch") or 0)):
            point["loss"] = sum(recent) / len(recent) if recent else math.nan
            curve.append({name: round(value, 4) for name, value in point.items()})
            recent = []
    return curve


def best_of(curve: Sequence[Mapping[str, float]]) -> int:
    """Return the place of the epoch that is kept: that of the lowest validation loss, the first of equal ones.

    Not that of the most pairs told apart, in an alignment: of thirty held-out pairs two more or less are luck, and once all are
    told apart a count can't say that they are told apart more surely.
    """
    return min(range(len(curve)), key=lambda place: curve[place]["validation_loss"])


def check_kept(again: float, best: Mapping[str, float], fit: Watched) -> None:
    """Check that the weights in the model are those of the best epoch.

    Args:
        again: Their validation loss, computed once more.
        best: The best epoch's line of the curve.
        fit: What was fitted.

    Raises:
        BrokenDown: They are not.
    """
    if not math.isclose(again, best["validation_loss"], rel_tol=_SAME, abs_tol=_SAME):
        raise BrokenDown(
            f"After the {fit.name} the validation loss is {again:.4f}, but the best epoch had {best['validation_loss']:.4f}: "
            f"these are other weights than those to keep. The adapter is not used. Run `{fit.command}` again."
        )


def _at_its_end(state: Mapping[str, Any], patience: int, fit: Watched) -> bool:
    """Return whether a state was saved after the last step, or when it had been found that no more should follow."""
    curve = curve_of(state["log_history"], fit)
    best = best_of(curve) if curve else 0
    return bool(state["global_step"] >= state["max_steps"] or len(curve) - 1 - best >= patience)
