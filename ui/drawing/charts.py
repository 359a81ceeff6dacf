"""The two charts of a comparison: points with their 95 % intervals, readable in light and dark.

Knows nothing of where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from experiments import Effect, Interval, Standing

_MARK = "#87908C"  # seen on light and dark alike
MEASURES = ("both", "facts", "form")
_COLOURS = ("#2F927C", "#5B8DB8", "#C58B3A")
_SHAPES = ("circle", "square", "diamond")
"""Told apart by shape too, for eyes and printers that see no colour."""
_ROW, _AROUND = 62, 110
"""Pixels of a setup's row, and of legend and axis together."""


ENGLISH: Mapping[str, str] = {}
"""Words for a chart's own names; a name that is not there stands for itself."""


def pass_rates(
    standings: Iterable[Standing], target: float, words: Mapping[str, str] = ENGLISH
) -> alt.LayerChart:
    """Return the pass rates of every setup, with the target as a dashed line.

    Args:
        standings: One a setup, in the order to draw.
        target: Share of questions to reach.
        words: The setups, `both`, `facts`, `form`, `setup`, `percent of questions` and `target` in a reader's language.
    """
    rows = [
        {
            "name": words.get(standing.setup, standing.setup),
            **_row(words.get(measure, measure), getattr(standing, measure).rate),
        }
        for standing in standings
        for measure in MEASURES
        if getattr(standing, measure).rate is not None
    ]
    scale = alt.Scale(domain=[0, 100])
    line = alt.Chart(alt.Data(values=[{"target": 100 * target}])).mark_rule(
        strokeDash=[5, 4], strokeWidth=2, color=_MARK
    )
    return _intervals(rows, "setup", scale, "percent of questions", words) + line.encode(
        x="target:Q", tooltip=alt.Tooltip("target:Q", title=words.get("target", "target"))
    )


def effects(found: Iterable[Effect], words: Mapping[str, str] = ENGLISH) -> alt.LayerChart:
    """Return the effects of retrieval, of the adapter, and their interaction, in points around zero.

    Args:
        found: One an effect and measure.
        words: As `pass_rates`, and `retrieval`, `adapter`, `interaction`, `effect` and `points`.
    """
    rows = [
        {"name": words.get(one.name, one.name), **_row(words.get(one.measure, one.measure), one.effect)}
        for one in found
        if one.effect is not None
    ]
    zero = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(strokeWidth=1.5, color=_MARK)
    return _intervals(rows, "effect", alt.Scale(nice=True), "points", words) + zero.encode(x="zero:Q")


def _row(measure: str, interval: Interval | None) -> dict[str, Any]:
    assert interval is not None  # the callers leave out what was not judged
    return {
        "measure": measure,
        "value": 100 * interval.mean,
        "low": 100 * interval.low,
        "high": 100 * interval.high,
    }


def _intervals(
    rows: Sequence[Mapping[str, Any]], name: str, scale: alt.Scale, unit: str, words: Mapping[str, str]
) -> alt.LayerChart:
    order = list(dict.fromkeys(row["name"] for row in rows))
    measures = [words.get(measure, measure) for measure in MEASURES]
    name, unit = words.get(name, name), words.get(unit, unit)
    base = alt.Chart(alt.Data(values=list(rows)), height=_ROW * len(order) + _AROUND).encode(
        y=alt.Y(
            "name:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelFontSize=14, labelLimit=120, ticks=False, domain=False),
        ),
        yOffset=alt.YOffset("measure:N", sort=measures, scale=alt.Scale(paddingOuter=0.55)),
        color=alt.Color(
            "measure:N",
            scale=alt.Scale(domain=measures, range=list(_COLOURS)),
            legend=alt.Legend(orient="top", title=None, labelFontSize=13, symbolOpacity=1, symbolSize=110),
        ),
    )
    shape = alt.Shape("measure:N", scale=alt.Scale(domain=measures, range=list(_SHAPES)))
    tooltip = [
        alt.Tooltip("name:N", title=name),
        alt.Tooltip("measure:N", title=words.get("measure", "measure")),
        alt.Tooltip("value:Q", format=".1f", title=unit),
        alt.Tooltip("low:Q", format=".1f", title=words.get("95 % from", "95 % from")),
        alt.Tooltip("high:Q", format=".1f", title=words.get("to", "to")),
    ]
    x = alt.X("value:Q", scale=scale, title=unit, axis=alt.Axis(tickCount=6, titleFontWeight="normal"))
    bars = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=alt.X("low:Q", scale=scale, title=unit), x2="high:Q", tooltip=tooltip
    )
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(x=x, shape=shape, tooltip=tooltip)
    layered: alt.LayerChart = bars + dots
    return layered
