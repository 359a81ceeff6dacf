"""Tables and numbers as text: aligned for a terminal of 100 columns, or as Markdown.

Knows nothing of what the cells mean.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.stats import Interval
from experiments.verdict import Rate

WIDTH = 100


@dataclass(frozen=True)
class Table:
    """Cells under a title."""

    title: str
    """What the table shows, in one line."""
    header: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[tuple[str, ...], ...]
    """The cells, as many in a row as there are columns."""

    def text(self) -> str:
        """Return it with aligned columns: the first to the left, the others to the right.

        Where that is wider than the terminal, the first cell of each row stands above the others.
        """
        lines = [self.header, *self.rows]
        aligned = _aligned(lines)
        if max(map(len, aligned)) > WIDTH:
            head, *rows = _aligned([("", *line[1:]) for line in lines])
            named = zip(self.rows, rows, strict=True)
            aligned = [head, *(part for cells, row in named for part in (cells[0], row))]
        return "\n".join([*textwrap.wrap(self.title, WIDTH), *aligned])

    def markdown(self) -> str:
        """Return it as a Markdown table under its title in bold."""
        rule = "|" + "|".join([":--", *["--:"] * (len(self.header) - 1)]) + "|"
        body = [_markdown_row(self.header), rule, *(_markdown_row(row) for row in self.rows)]
        return "\n".join([f"**{self.title}**", "", *body])


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def wrapped(sentence: str, indent: str = "") -> str:
    """Return a sentence broken at the terminal's width."""
    return textwrap.fill(sentence, WIDTH, initial_indent=indent, subsequent_indent=indent)


def rate(found: Rate) -> str:
    """Return a pass rate with its interval in percent: `72 % (63–80)`; a dash where nothing was judged."""
    if found.rate is None:
        return "–"
    return f"{100 * found.rate.mean:.0f} % ({100 * found.rate.low:.0f}–{100 * found.rate.high:.0f})"


def points(interval: Interval | None) -> str:
    """Return a difference with its interval in points: `+12.5 (4.2 to 20.8)`; a dash where there is none."""
    if interval is None:
        return "–"
    low, high = 100 * interval.low + 0.0, 100 * interval.high + 0.0
    return f"{100 * interval.mean + 0.0:+.1f} ({low:.1f} to {high:.1f})"


def within(value: float | None, interval: Interval | None, digits: int = 0) -> str:
    """Return a value with its interval: `0.52 (0.48–0.57)`; alone where there is none; a dash for no value."""
    if value is None:
        return "–"
    if interval is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({interval.low:.{digits}f}–{interval.high:.{digits}f})"


def signed(interval: Interval | None, scale: float = 1.0) -> str:
    """Return an interval of any size with three digits that mean something: `+0.0123 (0.0101 to 0.0150)`.

    A dash where there is none.
    """
    if interval is None:
        return "–"
    low, high = _digits(interval.low * scale), _digits(interval.high * scale)
    mean = _digits(interval.mean * scale)
    return f"{mean if mean.startswith('-') else f'+{mean}'}" + ("" if low == high else f" ({low} to {high})")


def money(value: float | None, interval: Interval | None, scale: float = 1.0) -> str:
    """Return an amount with its interval, three digits each; a dash where there is none."""
    if value is None:
        return "–"
    if interval is None:
        return _digits(value * scale)
    return f"{_digits(value * scale)} ({_digits(interval.low * scale)}–{_digits(interval.high * scale)})"


def _digits(value: float) -> str:
    """Return three significant digits, without an exponent."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(decimals, 9)}f}"


def p_told(p: float) -> str:
    """Return a p as a sentence tells it: none is 0."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def p_value(p: float | None) -> str:
    """Return a p value with as many digits as mean anything."""
    if p is None:
        return "–"
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0")


def number(value: float | None, digits: int = 0) -> str:
    """Return a number; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"
