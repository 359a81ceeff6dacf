"""The chart of a training: its loss at each step, the mean of each epoch, and the validation loss; readable in light and dark.

Knows nothing of where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import altair as alt

_STEP, _TRAINING, _VALIDATION = "each step", "training, mean of an epoch", "validation"
_COLOURS = {_STEP: "#87908C", _TRAINING: "#5B8DB8", _VALIDATION: "#C58B3A"}
_SHAPES = {_STEP: "triangle", _TRAINING: "circle", _VALIDATION: "square"}
"""Told apart by shape too, for eyes and printers that see no colour."""
_HEIGHT = 360  # pixels
_MOST = 600  # points of the step line; a chart has no more pixels


def losses(
    steps: Sequence[tuple[float, float]], curve: Iterable[Mapping[str, float]], epochs: float
) -> alt.LayerChart:
    """Return the chart.

    Args:
        steps: Each step's place, in epochs, and its loss in nats a token.
        curve: Per epoch `epoch`, `loss` and `validation_loss`.
        epochs: How many there will be at most: how wide the chart is.
    """
    every = -(-len(steps) // _MOST) or 1
    fine = [_point(_STEP, place, loss) for place, loss in steps[::every]]
    coarse = [
        _point(kind, point["epoch"], point[name])
        for point in curve
        for kind, name in ((_TRAINING, "loss"), (_VALIDATION, "validation_loss"))
    ]
    kinds = [_STEP, _TRAINING, _VALIDATION]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=[_COLOURS[kind] for kind in kinds]),
        legend=alt.Legend(
            orient="top", columns=2, title=None, labelFontSize=13, labelLimit=220, symbolOpacity=1
        ),
    )
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=[_SHAPES[kind] for kind in kinds]))
    x = alt.X(
        "epoch:Q",
        scale=alt.Scale(domain=[0, max(epochs, 1)]),
        title="epoch",
        axis=alt.Axis(tickMinStep=1, tickCount=8, titleFontWeight="normal", grid=False),
    )
    y = alt.Y(
        "loss:Q",
        scale=alt.Scale(zero=False),
        title="loss, nats a token",
        axis=alt.Axis(tickCount=6, titleFontWeight="normal"),
    )
    tooltip = [
        alt.Tooltip("kind:N", title="loss of"),
        alt.Tooltip("epoch:Q", format=".2f"),
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
