"""Charts as one SVG file that opens anywhere, offline: points with their intervals, and risk over coverage.

For the command line, which has no browser to draw in; the page draws with Altair (`ui.drawing.charts`), the report of a
comparison in `experiments/shown/charts.py`. Knows nothing of where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import UserError
from foundation.files import write_text_atomic
from foundation.svg import line, mark, tipped, words

KINDS = (".svg", ".html")
_COLOURS = ("#2F927C", "#5B8DB8", "#C58B3A")
_INK, _FAINT = "#3A4240", "#C9CFCC"
_WIDTH, _LEFT, _RIGHT, _ROW, _STEP, _HEAD = 760, 130, 30, 62, 16, 62


@dataclass(frozen=True)
class Dot:
    """One measured value."""

    row: str
    """The row that it stands in."""
    series: str
    """What it is of; told apart by colour and shape."""
    value: float
    """In [0, 1]."""
    low: float
    """Where its 95 % interval starts."""
    high: float
    """Where it ends."""


def intervals(title: str, dots: Sequence[Dot]) -> tuple[str, int]:
    """Return a panel of points with their intervals from 0 to 1, one row a name, and its height in pixels."""
    rows = list(dict.fromkeys(dot.row for dot in dots))
    series = list(dict.fromkeys(dot.series for dot in dots))
    bottom = _HEAD + _ROW * len(rows)
    parts = [_text(0, 18, title, 15, "start", bold=True)]
    for place, name in enumerate(series):
        x = _LEFT + 110.0 * place
        parts += [_shape(place, x, 40), _text(x + 12, 45, name, 13, "start")]
    for step in range(6):
        x = _x(step / 5)
        parts += [_line(x, _HEAD, x, bottom, _FAINT), _text(x, bottom + 18, f"{step / 5:g}", 12, "middle")]
    for dot in dots:
        number = series.index(dot.series)
        y = _HEAD + _ROW * rows.index(dot.row) + _ROW / 2 + _STEP * (number - (len(series) - 1) / 2)
        tip = f"{dot.row}, {dot.series}: {dot.value:.3f} ({dot.low:.3f} to {dot.high:.3f})"
        reach = _line(_x(dot.low), y, _x(dot.high), y, _COLOURS[number % 3], 3)
        parts.append(tipped(tip, reach, _shape(number, _x(dot.value), y)))
    for place, row in enumerate(rows):
        parts.append(_text(_LEFT - 12, _HEAD + _ROW * place + _ROW / 2 + 5, row, 13, "end"))
    return "\n".join(parts), bottom + 40


def risk_over_coverage(
    title: str, points: Sequence[tuple[float, float, float]], answered: float | None
) -> tuple[str, int]:
    """Return a panel of a risk–coverage curve, and its height in pixels.

    Args:
        title: What it is of.
        points: Coverage, risk and threshold, each in [0, 1].
        answered: The coverage at the threshold in use, drawn as a dashed line; None: none.
    """
    top, bottom = 56, 296
    most = max([0.1, *(risk for _, risk, _ in points)])

    def height(risk: float) -> float:
        return bottom - (bottom - top) * risk / most

    parts = [_text(0, 18, title, 15, "start", bold=True)]
    for step in range(6):
        x, y = _x(step / 5), height(most * step / 5)
        parts += [_line(x, top, x, bottom, _FAINT), _text(x, bottom + 18, f"{20 * step} %", 12, "middle")]
        parts += [
            _line(_x(0), y, _x(1), y, _FAINT),
            _text(_LEFT - 12, y + 4, f"{20 * step * most:.0f} %", 12, "end"),
        ]
    path = " ".join(f"{_x(coverage):.1f},{height(risk):.1f}" for coverage, risk, _ in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{_COLOURS[0]}" stroke-width="2.5"/>')
    for coverage, risk, threshold in points:
        tip = f"{coverage:.0%} answered, {risk:.0%} of these unanswerable, score at least {threshold:.2f}"
        parts.append(tipped(tip, _shape(0, _x(coverage), height(risk))))
    if answered is not None:
        dashed = _line(_x(answered), top, _x(answered), bottom, _COLOURS[2], 2)
        parts.append(
            dashed.replace("/>", ' stroke-dasharray="5 4"><title>the threshold in use</title></line>')
        )
    parts.append(_text((_x(0) + _x(1)) / 2, bottom + 40, "questions answered", 12, "middle"))
    parts.append(_text(_LEFT, top - 8, "of these unanswerable", 12, "start"))
    return "\n".join(parts), bottom + 62


def write(path: Path, panels: Sequence[tuple[str, int]]) -> None:
    """Write panels one below the other, as SVG or as a page that holds it.

    Raises:
        UserError: The file's name says another kind, or it can't be written.
    """
    check(path)
    y, parts = 24, []
    for panel, height in panels:
        parts.append(f'<g transform="translate(24 {y})">\n{panel}\n</g>')
        y += height + 24
    width = _WIDTH + 48
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
        'font-family="system-ui, sans-serif">\n'
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>\n{chr(10).join(parts)}\n</svg>\n'
    )
    page = f'<!doctype html>\n<meta charset="utf-8">\n<title>Rungwise</title>\n{drawn}'
    try:
        write_text_atomic(path, page if path.suffix.lower() == ".html" else drawn)
    except OSError as error:
        raise UserError(
            f"{path}: the chart can't be written ({error.strerror or error}). Name another file."
        ) from None


def check(path: Path) -> None:
    """See to it that a chart can have this name, before anything is measured for it.

    Raises:
        UserError: It ends in something else than `.svg` or `.html`.
    """
    if path.suffix.lower() not in KINDS:
        raise UserError(
            f'--chart draws .svg or .html, but is "{path.name}". Name a file like chart.svg; any browser opens it.'
        )


def _x(share: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return line(x1, y1, x2, y2, stroke=colour, stroke_width=width)


def _text(x: float, y: float, text: str, size: int, anchor: str, bold: bool = False) -> str:
    weight = {"font_weight": 600} if bold else {}
    return words(x, y, text, font_size=size, text_anchor=anchor, fill=_INK, **weight)


def _shape(number: int, x: float, y: float) -> str:
    return mark(number, x, y, fill=_COLOURS[number % 3])
