"""How the text of a page looks, as far as its own attributes say: can a visitor see it?

Reads the `style` attribute and the old colour attributes, what is inherited included. Knows nothing of style
sheets and scripts: what they hide at first (tabs, answers that unfold) is mostly there to be read. `aria-hidden`
hides from a screen reader only and everybody else sees the text, so it stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.formats.colour import BLACK, WHITE, Colour, alike, from_css

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_DECLARATION = re.compile(r"(?<![\w-])([\w-]+)\s*:((?:[^;()]|\([^()]*\))*)")
_LENGTH = re.compile(
    r"(-?(?:\d++(?:\.\d*+)?|\.\d++)(?:e[+-]?\d++)?)(px|pt|pc|em|rem|ex|ch|%|in|cm|mm|vw|vh)?"
)
_SMALLEST = {"": 0.0, "px": 2.0, "pt": 2.0, "em": 0.15, "rem": 0.15, "ex": 0.3, "ch": 0.3, "%": 15.0}
_OFF_PAGE = {"px": -1500.0, "pt": -1500.0, "em": -99.0, "rem": -99.0, "%": -99.0, "vw": -99.0, "vh": -99.0}
_CLIPPED = re.compile(r"inset\(\s*(?:[5-9]\d|100)%\s*\)|circle\(\s*0|polygon\(\s*\)")
_NOTHING = {"0", "0px", "0%", "0em", "0rem", "0pt"}


@dataclass(frozen=True, slots=True)
class Look:
    """What an element looks like, with what it inherits."""

    colour: Colour | None = BLACK
    """The colour of its letters; None where it can't be told."""
    ground: Colour | None = WHITE
    """The colour that they stand on; None where it can't be told (a picture, a gradient)."""
    clear: bool = False
    """Whether the letters can be seen through."""
    unseen: bool = False
    """Whether `visibility` hides it; an element within it may show itself again."""
    tiny: bool = False
    """Whether the letters are too small to be seen; those of an element within it may be larger."""
    gone: bool = False
    """Whether it is not drawn at all, with everything within it."""

    @property
    def hidden(self) -> bool:
        """Whether a visitor can't see its text."""
        return self.gone or self.unseen or self.tiny or self.clear or alike(self.colour, self.ground)

    def inside(self, given: dict[str, str]) -> Look:
        """Return the look of an element within this one, from its attributes."""
        if not given.keys() & {"style", "hidden", "color", "text", "bgcolor", "background"}:
            return self
        told = _declared(given.get("style", ""))
        gone = self.gone or "hidden" in given or _not_drawn(told)
        unseen = self.unseen
        for value in told.get("visibility", []):
            unseen = value in ("hidden", "collapse") or (unseen and value != "visible")
        colour, clear = self._coloured(given, told)
        ground = self._grounded(given, told)
        return replace(
            self, colour=colour, clear=clear, ground=ground, unseen=unseen, tiny=self._sized(told), gone=gone
        )

    def _coloured(self, given: dict[str, str], told: dict[str, list[str]]) -> tuple[Colour | None, bool]:
        colour, clear = self.colour, self.clear
        for value in [given.get("text", ""), given.get("color", ""), *told.get("color", [])]:
            found = from_css(value)
            colour, clear = found if found else (colour, clear)
        return colour, clear

    def _grounded(self, given: dict[str, str], told: dict[str, list[str]]) -> Colour | None:
        ground = None if given.get("background") else self.ground
        for value in [
            given.get("bgcolor", ""),
            *told.get("background", []),
            *told.get("background-color", []),
        ]:
            found = next(filter(None, map(from_css, re.findall(r"[#\w]+(?:\([^()]*\))?", value))), None)
            if found and not found[1]:
                ground = found[0]
            elif "(" in value and not found:
                ground = None
        return None if any("(" in value for value in told.get("background-image", [])) else ground

    def _sized(self, told: dict[str, list[str]]) -> bool:
        tiny = self.tiny
        sizes = [*told.get("font-size", []), *(_shorthand(value) for value in told.get("font", []))]
        for value in sizes:
            found = _LENGTH.fullmatch(value)
            if found and found[2] in ("em", "%", "ex", "ch"):  # a part of the size around it
                tiny = tiny or _at_most(value, _SMALLEST)
            elif found:
                tiny = _at_most(value, _SMALLEST)
            elif value not in ("", "inherit", "unset", "smaller", "larger"):
                tiny = False
        return tiny


def _declared(style: str) -> dict[str, list[str]]:
    """Return every value that a style gives each property, in order."""
    style = _ESCAPE.sub(_unescaped, _COMMENT.sub("", style))
    told: dict[str, list[str]] = {}
    for name, value in _DECLARATION.findall(style):
        told.setdefault(name.lower(), []).append(value.lower().replace("!important", "").strip())
    return told


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if 0 < number < 0xD800 else ""


def _not_drawn(told: dict[str, list[str]]) -> bool:
    """Whether a style takes an element off the page. One declaration that does is enough, whatever follows."""

    def says(name: str, *values: str) -> bool:
        return any(value in values for value in told.get(name, []))

    def small(name: str) -> bool:
        return any(_at_most(value, {"": 0.05, "%": 5.0}) for value in told.get(name, []))

    off_page = any(
        _at_most(value, _OFF_PAGE)
        for name in ("text-indent", "left", "top", "right", "bottom", "margin-left", "margin-top")
        for value in told.get(name, [])
    )
    no_room = says("overflow", "hidden", "clip") and any(
        says(name, *_NOTHING) for name in ("height", "width", "max-height", "max-width")
    )
    clipped = any(_CLIPPED.search(value) for value in told.get("clip-path", [])) or any(
        value.startswith("rect(") and not re.search(r"[2-9]|1\d|auto", value)
        for value in told.get("clip", [])
    )
    shrunk = any(
        re.search(r"scale\w{0,2}\(\s*0(?:\.0*)?\s*[,)]", value) for value in told.get("transform", [])
    )
    filtered = any(re.search(r"opacity\(\s*0(?:\.0\d*)?%?\s*\)", value) for value in told.get("filter", []))
    hides = says("display", "none") or says("mso-hide", "all") or says("content-visibility", "hidden")
    return hides or small("opacity") or off_page or no_room or clipped or shrunk or filtered


def _at_most(value: str, limits: dict[str, float]) -> bool:
    found = _LENGTH.fullmatch(value)
    if not found:
        return False
    amount, unit = float(found[1]), found[2] or ""
    return unit in limits and amount <= limits[unit]


def _shorthand(value: str) -> str:
    """Return the size within a `font` value: the first length in it, a bare number being a weight or 0."""
    found = next((part for part in re.findall(r"(?<![\w.-])[\d.]+[a-z%]+|(?<![\w.-])0(?![\w.%])", value)), "")
    return found.strip()
