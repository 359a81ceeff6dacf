"""Tables and numbers as text: aligned for a terminal of 100 columns, or as Markdown.

Knows nothing of what the cells mean.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.stats import Interval
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
        """Return it with aligned columns: the first to the left, the others to the right."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        aligned = [
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, *aligned])

    def markdown(self) -> str:
        """Return it as a Markdown table under its title in bold."""
        rule = "|" + "|".join([":--", *["--:"] * (len(self.header) - 1)]) + "|"
        body = [_markdown_row(self.header), rule, *(_markdown_row(row) for row in self.rows)]
        return "\n".join([f"**{self.title}**", "", *body])


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


def p_value(p: float | None) -> str:
    """Return a p value with as many digits as mean anything."""
    if p is None:
        return "–"
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0")


def number(value: float | None, digits: int = 0) -> str:
    """Return a number; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"
