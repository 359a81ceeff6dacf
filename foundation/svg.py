"""What every SVG chart is drawn of: lines, words and marks, told apart by shape as well as by colour.

A place is a number of pixels, or a text such as "42%", which stays where it is however wide the chart becomes. No
script, no font, nothing fetched; all text is escaped. Knows nothing of what is drawn.
"""

from __future__ import annotations

import re
from xml.sax import saxutils

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Place = float | str
"""Pixels, or a text with a percent sign."""


def plain(text: str) -> str:
    """Return a text without letters that no SVG may hold, and without those that turn the reading direction."""
    return _CONTROL.sub("", text)


def line(x1: Place, y1: Place, x2: Place, y2: Place, **paint: str | float) -> str:
    """Return a line; `paint` is its attributes, `stroke_width` for `stroke-width` and `class_` for `class`."""
    ends = f'x1="{_at(x1)}" y1="{_at(y1)}" x2="{_at(x2)}" y2="{_at(y2)}"'
    return f"<line {ends}{_painted(paint)}/>"


def words(x: Place, y: Place, text: str, **paint: str | float) -> str:
    """Return a text whose baseline is at `y`."""
    return f'<text x="{_at(x)}" y="{_at(y)}"{_painted(paint)}>{saxutils.escape(plain(text))}</text>'


def box(x: Place, y: Place, width: Place, height: Place, **paint: str | float) -> str:
    """Return a rectangle."""
    where = f'x="{_at(x)}" y="{_at(y)}" width="{_at(width)}" height="{_at(height)}"'
    return f"<rect {where}{_painted(paint)}/>"


def mark(number: int, x: Place, y: Place, **paint: str | float) -> str:
    """Return a mark around a place: circle, square or diamond by its number, so that no eye depends on colour."""
    painted = _painted(paint)
    shape = (
        f'<circle r="5"{painted}/>'
        if number % 3 == 0
        else f'<rect x="-4.5" y="-4.5" width="9" height="9"{_turned(number)}{painted}/>'
    )
    # a nested svg takes percents where a transform does not
    return f'<svg x="{_at(x)}" y="{_at(y)}" overflow="visible">{shape}</svg>'


def tipped(tip: str, *parts: str) -> str:
    """Return parts that show a text where the pointer rests on them, and to those who hear the page."""
    return f"<g><title>{saxutils.escape(plain(tip))}</title>{''.join(parts)}</g>"


def drawing(width: Place, height: float, label: str, *parts: str, **paint: str | float) -> str:
    """Return a whole drawing for a page, named for those who can't see it."""
    size = f'width="{_at(width)}" height="{_at(height)}"'
    return f'<svg {size} role="img" aria-label={_quoted(label)}{_painted(paint)}>{"".join(parts)}</svg>'


def _quoted(value: str) -> str:
    return saxutils.quoteattr(plain(value))


def _turned(number: int) -> str:
    return ' transform="rotate(45)"' if number % 3 == 2 else ""


def _at(place: Place) -> str:
    return place if isinstance(place, str) else f"{place:.1f}"


def _painted(paint: dict[str, str | float]) -> str:
    named = {key.rstrip("_").replace("_", "-"): value for key, value in paint.items()}
    return "".join(f" {key}={_quoted(str(value))}" for key, value in named.items())
