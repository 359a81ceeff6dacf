"""The chart of a training: its loss at each step, the mean of each epoch, and the validation loss; readable in light and dark.

Knows nothing of where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import altair as alt

_COLOURS = ("#87908C", "#5B8DB8", "#C58B3A")
_SHAPES = ("triangle", "circle", "square")
"""Told apart by shape too, for eyes and printers that see no colour."""
_HEIGHT = 360  # pixels
_MOST = 600  # points of the step line; a chart has no more pixels


@dataclass(frozen=True)
class Words:
    """What the chart calls things, in a reader's language."""

    step: str = "each step"
    """The line of steps."""
    training: str = "training, mean of an epoch"
    """The line of epochs."""
    validation: str = "validation"
    """The line of validation losses."""
    epoch: str = "epoch"
    """What is counted to the right."""
    unit: str = "loss, nats a token"
    """What is measured upwards."""


def losses(
    steps: Sequence[tuple[float, float]],
    curve: Iterable[Mapping[str, float]],
    epochs: float,
    words: Words = Words(),
) -> alt.LayerChart:
    """Return the chart.

    Args:
        steps: Each step's place, in epochs, and its loss in nats a token.
        curve: Per epoch `epoch`, `loss` and `validation_loss`.
        epochs: How many there will be at most: how wide the chart is.
        words: What things are called.
    """
    every = -(-len(steps) // _MOST) or 1
    fine = [_point(words.step, place, loss) for place, loss in steps[::every]]
    coarse = [
        _point(kind, point["epoch"], point[name])
        for point in curve
        for kind, name in ((words.training, "loss"), (words.validation, "validation_loss"))
    ]
    kinds = [words.step, words.training, words.validation]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=list(_COLOURS)),
        legend=alt.Legend(
            orient="top", columns=2, title=None, labelFontSize=13, labelLimit=220, symbolOpacity=1
        ),
    )
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=list(_SHAPES)))
    x = alt.X(
        "epoch:Q",
        scale=alt.Scale(domain=[0, max(epochs, 1)]),
        title=words.epoch,
        axis=alt.Axis(tickMinStep=1, tickCount=8, titleFontWeight="normal", grid=False),
    )
    y = alt.Y(
        "loss:Q",
        scale=alt.Scale(zero=False),
        title=words.unit,
        axis=alt.Axis(tickCount=6, titleFontWeight="normal"),
    )
    tooltip = [
        alt.Tooltip("kind:N", title=words.unit),
        alt.Tooltip("epoch:Q", format=".2f", title=words.epoch),
        alt.Tooltip("loss:Q", format=".3f"),
    ]
    line = alt.Chart(alt.Data(values=fine), height=_HEIGHT).mark_line(strokeWidth=1.6, opacity=0.9)
    means = alt.Chart(alt.Data(values=coarse), height=_HEIGHT)
    layered: alt.LayerChart = (
        line.encode(x=x, y=y, color=colour, tooltip=tooltip)
        + means.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
        + means.mark_point(filled=True, size=90, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=tooltip
        )
    )
    return layered


def _point(kind: str, epoch: float, loss: float) -> dict[str, object]:
    return {"kind": kind, "epoch": epoch, "loss": loss}
