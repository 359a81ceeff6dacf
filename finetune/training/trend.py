"""What a curve says in a sentence: whether rows were learned by heart, whether more passes might help, how wide the gap is.

Knows nothing of how the curve came about.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_FLAT = 0.01  # nats a token; what validation moves by less is noise at these sizes
_WIDE = 0.2  # nats a token; from here on an answer's tokens are a fifth less likely in new rows than in learned ones


def trend(curve: Sequence[Mapping[str, float]]) -> str:
    """Tell a training's curve in a sentence or two.

    Args:
        curve: Per epoch `epoch`, `loss` (of training, a mean over the epoch, dropout on, so it lags behind) and
            `validation_loss`, in nats a token.
    """
    if not curve:
        return ""
    best = min(curve, key=lambda point: point["validation_loss"])
    last, first = curve[-1], curve[0]
    kept = f"{best['validation_loss']:.3f} at epoch {best['epoch']:g}"
    risen = last["validation_loss"] - best["validation_loss"]
    if len(curve) == 1:
        told = f"Validation stands at {kept}; after a single epoch nobody can tell whether more would help."
    elif risen > _FLAT:
        told = (
            f"Validation was best with {kept} and rose to {last['validation_loss']:.3f} while the training loss fell to "
            f"{last['loss']:.3f}: from there on rows were learned by heart. The best epoch was kept."
        )
    elif first["validation_loss"] - best["validation_loss"] <= _FLAT:
        told = f"Validation hardly moved after the first epoch (best {kept}): one epoch would have done."
    elif best is last and curve[-2]["validation_loss"] - best["validation_loss"] > _FLAT:
        told = f"Validation still fell in the last epoch (best {kept}): more epochs may help."
    else:
        told = f"Validation levelled off (best {kept}): more epochs would not have helped."
    gap = best["validation_loss"] - best["loss"]
    if gap > _WIDE:
        told += (
            f" New rows are harder than learned ones by {gap:.2f} nats a token ({math.exp(gap):.1f} times less likely): more or "
            "more varied examples would help, or a lower rank."
        )
    return told
