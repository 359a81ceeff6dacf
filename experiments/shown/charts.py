"""The charts of a comparison's report, as SVG that is as wide as its place and as readable on a phone.

Places are percents across and pixels down, so that words keep their size. Colours are classes, which the page's
style gives values for light and dark. Knows nothing of how anything was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.statistics.stats import Interval
from foundation.svg import box, drawing, line, mark, tipped, words

_ROW, _LANE, _TOP, _FOOT = 30, 15, 8, 26


@dataclass(frozen=True)
class Reach:
    """One measured value and how far it reaches."""

    series: int
    """What it is of: its colour and shape."""
    value: Interval
    """The value and its interval."""
    tip: str
    """The same in words."""


@dataclass(frozen=True)
class Lane:
    """What is drawn under one name."""

    name: str
    """Stands at the left."""
    says: str
    """The main value in words; stands at the right."""
    reaches: tuple[Reach, ...]
    """One below the other."""


@dataclass(frozen=True)
class Scale:
    """What a chart goes across."""

    low: float
    """At its left end."""
    high: float
    """At its right end."""
    ticks: tuple[tuple[float, str], ...]
    """Values with their words."""

    def at(self, value: float) -> str:
        """Return where a value lies, in percent of the width."""
        share = (value - self.low) / (self.high - self.low)
        return f"{1.5 + 97 * min(1.0, max(0.0, share)):.2f}%"


def percents(top: float = 1.0) -> Scale:
    """Return a scale of shares from 0 to `top`."""
    steps = [step / 100 for step in range(0, 101, 10 if top <= 0.5 else 25)]
    return Scale(0.0, top, tuple((step, f"{100 * step:.0f} %") for step in steps if step <= top + 1e-9))


def around_zero(reach: float) -> Scale:
    """Return a scale of differences with zero in the middle, wide enough for `reach`."""
    step = next(step for step in (0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if 2 * step >= reach or step == 1.0)
    ticks = tuple((n * step, f"{100 * n * step:+.0f}" if n else "0") for n in range(-2, 3))
    return Scale(-2 * step, 2 * step, ticks)


def up_to(most: float) -> Scale:
    """Return a scale from 0 to a round number that `most` fits under."""
    steps = (front * 10.0**power for power in range(-4, 9) for front in (1, 2, 2.5, 5))
    step = next((step for step in steps if 4 * step >= most), most / 4 or 1.0)
    return Scale(0.0, 4 * step, tuple((n * step, f"{n * step:g}") for n in range(5)))


def lanes(
    rows: Sequence[Lane],
    scale: Scale,
    label: str,
    band: tuple[float, float] | None = None,
    at: tuple[float, str] | None = None,
) -> str:
    """Return values with their intervals, one name below the other.

    Args:
        rows: What to draw, from top to bottom.
        scale: What to draw it across.
        label: The chart in one sentence, for those who can't see it.
        band: A stretch that is shaded, from and to.
        at: A dashed line, and what it says.
    """
    top = _TOP + (18 if at else 0)
    bottom = top + sum(_ROW + _LANE * len(row.reaches) for row in rows)
    parts = []
    if band:
        left, right = (float(scale.at(end)[:-1]) for end in band)
        parts.append(box(f"{left:.2f}%", top, f"{right - left:.2f}%", bottom - top, class_="band"))
    for value, said in scale.ticks:
        zero = scale.low < 0 and value == 0
        parts.append(
            line(scale.at(value), top, scale.at(value), bottom + 4, class_="zero" if zero else "grid")
        )
        parts.append(
            words(scale.at(value), bottom + 19, said, class_="tick", text_anchor=_anchor(scale, value))
        )
    if at:
        value, said = at
        parts.append(line(scale.at(value), top - 4, scale.at(value), bottom, class_="target"))
        side = "end" if value > (scale.low + scale.high) / 2 else "start"
        parts.append(words(scale.at(value), top - 9, said, class_="tick", text_anchor=side))
    y = float(top)
    for row in rows:
        parts.append(words(0, y + 19, row.name, class_="name"))
        parts.append(words("100%", y + 19, row.says, class_="says", text_anchor="end"))
        y += _ROW
        for one in row.reaches:
            parts.append(_reach(one, scale, y))
            y += _LANE
    return drawing("100%", bottom + _FOOT, label, *parts, class_="chart")


def _reach(one: Reach, scale: Scale, y: float) -> str:
    bar = line(scale.at(one.value.low), y, scale.at(one.value.high), y, class_=f"reach s{one.series}")
    return tipped(one.tip, bar, mark(one.series, scale.at(one.value.mean), y, class_=f"dot s{one.series}"))


def _anchor(scale: Scale, value: float) -> str:
    if value <= scale.low:
        return "start"
    return "end" if value >= scale.high - 1e-9 else "middle"


@dataclass(frozen=True)
class Slope:
    """A line of the interaction plot: the same, without retrieval and with it."""

    name: str
    """What both ends have in common."""
    without: Interval
    """The pass rate without retrieval."""
    with_: Interval
    """The pass rate with it."""


def interaction(slopes: Sequence[Slope], label: str) -> str:
    """Return the 2×2: parallel lines are two gains that add up, lines that are not, an interaction."""
    highest = max(end.high for slope in slopes for end in (slope.without, slope.with_))
    top, bottom, left, right = 14, 214, 25.0, 61.0
    most = next(round(step / 10, 1) for step in range(1, 11) if step / 10 >= highest or step == 10)

    def height(share: float) -> float:
        return bottom - (bottom - top) * min(share, most) / most

    parts = []
    for step in range(3):
        share = most * step / 2
        parts.append(line("11%", height(share), "75%", height(share), class_="grid"))
        parts.append(words(0, height(share) + 4, f"{100 * share:.0f} %", class_="tick"))
    for place, said in ((left, "without retrieval"), (right, "with retrieval")):
        parts.append(words(f"{place}%", bottom + 22, said, class_="tick", text_anchor="middle"))
    beside = _apart([height(slope.with_.mean) for slope in slopes], 17)
    for number, slope in enumerate(slopes):
        ends = ((left + 0.8 * number, slope.without), (right + 0.8 * number, slope.with_))
        (x1, one), (x2, two) = ends
        parts.append(line(f"{x1}%", height(one.mean), f"{x2}%", height(two.mean), class_=f"slope s{number}"))
        for x, end in ends:
            tip = f"{slope.name}: {100 * end.mean:.0f} % ({100 * end.low:.0f}–{100 * end.high:.0f})"
            whisker = line(f"{x}%", height(end.low), f"{x}%", height(end.high), class_=f"reach s{number}")
            parts.append(
                tipped(tip, whisker, mark(number, f"{x}%", height(end.mean), class_=f"dot s{number}"))
            )
        parts.append(words(f"{right + 4.5}%", beside[number] + 4, slope.name, class_=f"name w{number}"))
    return drawing("100%", bottom + 34, label, *parts, class_="chart")


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Return places moved down as far as it takes that no two are closer than `least`."""
    moved = dict.fromkeys(range(len(places)), 0.0)
    last = float("-inf")
    for index in sorted(moved, key=lambda index: places[index]):
        last = max(places[index], last + least)
        moved[index] = last
    return [moved[index] for index in range(len(places))]


def share_bar(share: Interval, tip: str) -> str:
    """Return one share as a bar from 0 to 100 % with its interval."""
    ends = (f"{100 * end:.2f}%" for end in (share.low, share.high))
    parts = (
        box(0, 4, "100%", 8, class_="track"),
        box(0, 4, f"{max(0.5, 100 * share.mean):.2f}%", 8, class_="fill"),
        line(next(ends), 8, next(ends), 8, class_="whisker"),
    )
    return drawing("100%", 16, tip, tipped(tip, *parts), class_="chart")
