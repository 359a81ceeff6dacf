"""A control chart: a measure day by day, its control limits, and the days outside of them; readable in light and dark.

Knows nothing of where the numbers come from, or of how limits are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from monitoring.findings import Series, Unit

_LINE, _OUT, _LIMIT = "#2F927C", "#C58B3A", "#87908C"
_HEIGHT = 300  # pixels
_FORMATS = {
    Unit.COUNT: ",.0f",
    Unit.SHARE: ".1%",
    Unit.SECONDS: ",.2f",
    Unit.SCORE: ".3f",
    Unit.TOKENS: ",.0f",
    Unit.MONEY: ",.4f",
}


def control_chart(series: Series, title: str, words: Mapping[str, str]) -> alt.LayerChart:
    """Return the chart.

    Args:
        series: One measure of one setup.
        title: What stands at the axis, unit included.
        words: `day`, `inside`, `outside` and `limits` in a reader's language.
    """
    rows = [
        {
            "day": point.day,
            "value": point.value,
            "n": point.n,
            "lower": point.lower,
            "upper": point.upper,
            "low": point.low,
            "high": point.high,
            "kind": words["outside"] if point.out else words["inside"],
        }
        for point in series.points
        if point.value is not None
    ]
    form = _FORMATS[series.unit]
    base = alt.Chart(alt.Data(values=rows), height=_HEIGHT).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%d.%m.", tickCount=8, grid=False))
    )
    axis = alt.Axis(format=form, tickCount=6, titleFontWeight="normal")
    tooltip = [
        alt.Tooltip("day:T", title=words["day"], format="%Y-%m-%d"),
        _number("value", title, form),
        _number("n", "n", ",d"),
    ]
    line = base.mark_line(strokeWidth=2, color=_LINE, opacity=0.7).encode(
        y=alt.Y("value:Q", title=title, axis=axis)
    )
    bars = base.mark_rule(strokeWidth=2, color=_LINE, opacity=0.4).encode(y="low:Q", y2="high:Q")
    return alt.layer(_limit(base, "lower"), _limit(base, "upper"), bars, line, _dots(base, words, tooltip))


def _number(name: str, title: str, form: str) -> alt.Tooltip:
    return alt.Tooltip(f"{name}:Q", title=title, format=form)


def _limit(base: alt.Chart, name: str) -> alt.Chart:
    made: alt.Chart = base.mark_line(
        strokeDash=[5, 4], strokeWidth=1.5, color=_LIMIT, interpolate="step"
    ).encode(y=f"{name}:Q")
    return made


def _dots(base: alt.Chart, words: Mapping[str, str], tooltip: list[Any]) -> alt.Chart:
    """Return the days, those outside told apart by shape as well as by colour."""
    kinds = [words["inside"], words["outside"]]
    made: alt.Chart = base.mark_point(filled=True, size=70, opacity=1).encode(
        y="value:Q",
        tooltip=tooltip,
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=[_LINE, _OUT]),
            legend=alt.Legend(orient="top", title=None, labelFontSize=13, symbolOpacity=1),
        ),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"])),
    )
    return made
