"""What can be seen of a PDF page's text: an eye that follows the page's drawing along with pypdf.

Told each operator before pypdf carries it out, it keeps what pypdf does not (colours, painted areas, the way
letters are drawn) and empties the operators that show text which nobody can see. Where the ground behind
letters can't be told (a picture, a pattern), they count as seen. Knows nothing of lines or paragraphs, of
layers that a viewer can switch off, and of what is painted over letters afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from pypdf.errors import PyPdfError

from rag.formats.colour import BLACK, WHITE, Colour, alike, from_parts

Matrix = list[float]
_UNIT: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
_INVISIBLE = 3  # text rendering mode: neither filled nor stroked
_FILLED = (0, 4)
_SMALLEST = 1.0  # points, on a page of ordinary size
_LINES_A_PAGE = 500  # nobody reads a page of this many lines, however large it is
_THIN = 3.0  # points: a painted area thinner than this is a line
_MOST_AREAS = 2_000
_SEEN_FROM = 0.05  # opacity
_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, PyPdfError)
_PARTS = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4}


@dataclass(frozen=True)
class _Area:
    """A painted area: its box in points, and its colour, None where it can't be told."""

    left: float
    bottom: float
    right: float
    top: float
    colour: Colour | None


@dataclass(frozen=True)
class _Pen:
    """The part of the graphics state that decides whether letters can be seen."""

    colour: Colour | None = BLACK
    parts: int | None = None
    """How many numbers name a colour in the current colour space; None: as many as are given; 0: unknown."""
    mode: int = 0
    opacity: float = 1.0
    font: str = ""
    size: float = 12.0


@dataclass
class _Layer:
    """A content stream that is being drawn: the page, or a form within it."""

    base: Matrix
    resources: Any
    pen: _Pen
    kept: list[_Pen] = field(default_factory=list)


class Eye:
    """Follows the drawing of one page; `before` and `after` are pypdf's operand visitors.

    Args:
        page: The page, as pypdf reads it.
        keep_invisible: Whether letters that are drawn in no way at all stay, as in the text layer of a scan.

    Attributes:
        hidden: How many passages were left out.
        invisible: How many shown strings are drawn in no way at all.
        visible: How many shown strings can be seen.
        pictured: Whether a picture covers at least half of the page.
    """

    def __init__(self, page: Any, keep_invisible: bool = False) -> None:
        self.keep_invisible = keep_invisible
        self.hidden = self.invisible = self.visible = 0
        self.pictured = False
        self.page = _whole(page)
        self.smallest = min(_SMALLEST, (self.page.top - self.page.bottom) / _LINES_A_PAGE)
        self.layers = [_Layer(_UNIT, _resources(page), _Pen())]
        self.areas: list[_Area] = []
        self.grounds: set[Colour | None] = set()
        self.path: list[list[float]] = []
        self.was_hidden = False

    def before(self, operator: bytes, operands: list[Any], cm: Matrix, tm: Matrix) -> None:
        """See one operator, and empty it when it shows text that can't be seen."""
        try:
            if operator in _SHOWS:
                self._show(operator, operands, cm, tm)
            elif operator in _STEPS:
                _STEPS[operator](self, operands, cm)
        except _ERRORS:
            return  # an operator that is broken for us is pypdf's to judge

    def after(self, operator: bytes, operands: list[Any], cm: Matrix, tm: Matrix) -> None:
        """Leave a form when it has been drawn."""
        if operator == b"Do" and len(self.layers) > 1:
            self.layers.pop()

    @property
    def reads_like_a_scan(self) -> bool:
        """Whether the page is a picture, and its invisible text is likely to be what the picture shows."""
        return self.pictured and self.invisible > 9 * self.visible

    def _show(self, operator: bytes, operands: list[Any], cm: Matrix, tm: Matrix) -> None:
        pen = self.layers[-1].pen
        if pen.mode == _INVISIBLE:
            self.invisible += 1
            hidden = not self.keep_invisible
        else:
            hidden = self._unseen(pen, _times(_times(tm, cm), self.layers[-1].base))
            self.visible += not hidden
        self.hidden += hidden and not self.was_hidden
        self.was_hidden = hidden
        if hidden:
            operands[_SHOWS[operator] :] = [type(operands[-1])()] if operands else []

    def _unseen(self, pen: _Pen, place: Matrix) -> bool:
        scale = math.hypot(place[2], place[3])
        size = abs(pen.size) * scale
        if pen.opacity < _SEEN_FROM or (size < self.smallest and not self._drawn_letters(pen.font)):
            return True
        x, y = place[4] + 0.3 * size, place[5] + 0.3 * size
        upright = place[0] > 0 and abs(place[1]) < 1e-6
        if upright and (y < self.page.bottom or y > self.page.top + size or x > self.page.right):
            return True
        return pen.mode in _FILLED and pen.colour is not None and self._faint(pen.colour, x, y)

    def _faint(self, colour: Colour, x: float, y: float) -> bool:
        if not alike(colour, WHITE) and not any(alike(colour, ground) for ground in self.grounds):
            return False
        for area in reversed(self.areas):
            if area.left <= x <= area.right and area.bottom <= y <= area.top:
                return alike(colour, area.colour)
        return alike(colour, WHITE)

    def _drawn_letters(self, font: str) -> bool:
        """Whether a font is a set of drawings, whose size is not that of its letters."""
        fonts = self._named("/Font", font)
        return fonts is not None and fonts.get("/Subtype") == "/Type3"

    def _named(self, kind: str, name: str) -> Any:
        found = _object(_object(self.layers[-1].resources).get(kind))
        return _object(found.get(name)) if found is not None and name in found else None

    def _write(self, **changes: Any) -> None:
        self.layers[-1].pen = replace(self.layers[-1].pen, **changes)

    def _save(self, operands: list[Any], cm: Matrix) -> None:
        self.layers[-1].kept.append(self.layers[-1].pen)

    def _restore(self, operands: list[Any], cm: Matrix) -> None:
        self.layers[-1].pen = self.layers[-1].kept.pop()

    def _device_colour(self, operands: list[Any], cm: Matrix) -> None:
        self._write(colour=from_parts([float(part) for part in operands]), parts=len(operands))

    def _space(self, operands: list[Any], cm: Matrix) -> None:
        name = str(operands[0])
        parts = _PARTS.get(name, 0)
        if not parts:
            space = self._named("/ColorSpace", name)
            if isinstance(space, list) and space and str(space[0]) == "/ICCBased":
                parts = int(_object(space[1]).get("/N", 0))
            elif isinstance(space, list) and space:
                parts = _PARTS.get(str(space[0]), 0)
        self._write(colour=BLACK if parts else None, parts=parts)

    def _colour(self, operands: list[Any], cm: Matrix) -> None:
        pen = self.layers[-1].pen
        known = pen.parts is None or pen.parts == len(operands)
        self._write(colour=from_parts([float(part) for part in operands]) if known else None)

    def _mode(self, operands: list[Any], cm: Matrix) -> None:
        self._write(mode=int(operands[0]))

    def _font(self, operands: list[Any], cm: Matrix) -> None:
        self._write(font=str(operands[0]), size=float(operands[1]))

    def _state(self, operands: list[Any], cm: Matrix) -> None:
        told = self._named("/ExtGState", str(operands[0])) or {}
        if "/ca" in told:
            self._write(opacity=float(told["/ca"]))
        if "/Font" in told:
            self._write(size=float(told["/Font"][1]))

    def _rectangle(self, operands: list[Any], cm: Matrix) -> None:
        x, y, width, height = (float(operand) for operand in operands)
        self._point([x, y], cm)
        for corner in ([x + width, y], [x, y + height], [x + width, y + height]):
            self.path[-1] += corner

    def _point(self, operands: list[Any], cm: Matrix) -> None:
        self.path.append([float(operand) for operand in operands])

    def _line(self, operands: list[Any], cm: Matrix) -> None:
        self.path[-1] += [float(operand) for operand in operands]

    def _no_paint(self, operands: list[Any], cm: Matrix) -> None:
        self.path.clear()

    def _paint(self, operands: list[Any], cm: Matrix) -> None:
        pen = self.layers[-1].pen
        for corners in self.path:
            self._cover(corners, cm, pen.colour if pen.opacity > 0.95 else None)
        self.path.clear()

    def _cover(self, corners: list[float], cm: Matrix, colour: Colour | None) -> _Area:
        a, b, c, d, e, f = _times(cm, self.layers[-1].base)
        pairs = list(zip(corners[::2], corners[1::2], strict=True))
        xs = [a * x + c * y + e for x, y in pairs]
        ys = [b * x + d * y + f for x, y in pairs]
        area = _Area(min(xs), min(ys), max(xs), max(ys), colour)
        if area.right - area.left >= _THIN and area.top - area.bottom >= _THIN:
            self.areas.append(area)
            self.grounds.add(colour)
            del self.areas[:-_MOST_AREAS]
        return area

    def _shading(self, operands: list[Any], cm: Matrix) -> None:
        self.areas.append(replace(self.page, colour=None))

    def _picture(self, operands: list[Any], cm: Matrix) -> None:
        area = self._cover([0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0], cm, None)
        width = min(area.right, self.page.right) - max(area.left, self.page.left)
        height = min(area.top, self.page.top) - max(area.bottom, self.page.bottom)
        whole = (self.page.right - self.page.left) * (self.page.top - self.page.bottom)
        self.pictured = self.pictured or (width > 0 and height > 0 and 2 * width * height >= whole)

    def _draw(self, operands: list[Any], cm: Matrix) -> None:
        layer = self.layers[-1]
        self.layers.append(_Layer(_times(cm, layer.base), layer.resources, layer.pen))
        drawn = self._named("/XObject", str(operands[0]))
        if drawn is not None and drawn.get("/Subtype") == "/Image":
            self.layers[-1].base = layer.base
            self._picture(operands, cm)
        elif drawn is not None:
            own = [float(number) for number in drawn.get("/Matrix", _UNIT)]
            self.layers[-1].base = _times(own, self.layers[-1].base)
            self.layers[-1].resources = _resources(drawn) or layer.resources


_SHOWS = {b"Tj": 0, b"TJ": 0, b"'": 0, b'"': 2}
"""The operators that show text, and which of their operands is the text."""

_STEPS = {
    b"q": Eye._save, b"Q": Eye._restore, b"g": Eye._device_colour, b"rg": Eye._device_colour,
    b"k": Eye._device_colour, b"cs": Eye._space, b"sc": Eye._colour, b"scn": Eye._colour, b"Tr": Eye._mode,
    b"Tf": Eye._font, b"gs": Eye._state, b"re": Eye._rectangle, b"m": Eye._point, b"l": Eye._line,
    b"c": Eye._line, b"v": Eye._line, b"y": Eye._line, b"n": Eye._no_paint, b"S": Eye._no_paint,
    b"s": Eye._no_paint, b"f": Eye._paint, b"F": Eye._paint, b"f*": Eye._paint, b"B": Eye._paint,
    b"B*": Eye._paint, b"b": Eye._paint, b"b*": Eye._paint, b"sh": Eye._shading, b"Do": Eye._draw,
    b"INLINE IMAGE": Eye._picture,
}  # fmt: skip


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m]


def _object(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


def _resources(holder: Any) -> Any:
    try:
        return _object(holder.get("/Resources")) or {}
    except _ERRORS:
        return {}


def _whole(page: Any) -> _Area:
    try:
        box = page.cropbox
        sides = [float(side) for side in (box.left, box.bottom, box.right, box.top)]
    except _ERRORS:
        sides = [-math.inf, -math.inf, math.inf, math.inf]
    return _Area(sides[0], sides[1], sides[2], sides[3], WHITE)
