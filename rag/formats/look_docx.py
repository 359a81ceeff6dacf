"""How the letters of a Word document look: can they be seen on the page?

What a run does not say itself, its styles say. Where the ground behind letters can't be told (a table's style,
a pattern), they count as seen. Knows nothing of structure: runs in, yes or no out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.formats.colour import BLACK, WHITE, Colour, alike, from_hex

_SMALLEST = 4  # half points: letters of 2 points are a line to the eye
_OFF = ("0", "false", "off", "none")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Looks:
    """Tells which runs of a document a reader sees.

    Args:
        document: The document, as python-docx opened it.
    """

    def __init__(self, document: Any) -> None:
        self._styles = {
            style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")
        }
        self._chains: dict[tuple[str | None, str], list[Any]] = {}
        background = document.element.find(f"{_W}background")
        told = background.get(f"{_W}color", "") if background is not None else ""
        self.page: Colour = from_hex(told) or WHITE

    def seen(self, run: Any, paragraph: Any, ground: Colour | None) -> bool:
        """Whether the letters of a `w:r` can be seen.

        Args:
            run: The run's element.
            paragraph: The element of the paragraph that it stands in.
            ground: The colour of what the paragraph stands on, None where it can't be told.
        """
        styled, placed = _style(run, "r"), _style(paragraph, "p")
        told = [run.find(f"{_W}rPr"), *self._chain(styled, "rPr"), *self._chain(placed, "rPr")]
        own = [properties for properties in told if properties is not None]
        if not own:
            return True
        if _first(own, "vanish", "val", "true", missing="off").lower() not in _OFF:
            return False
        size = _first(own, "sz", "val", "")
        if size.isascii() and size.isdecimal() and int(size[:6]) <= _SMALLEST:
            return False
        colour = _first(own, "color", "val", "auto")
        if colour == "auto":  # Word then chooses black or white by the ground
            return True
        behind = [paragraph.find(f"{_W}pPr"), *self._chain(placed, "pPr")]
        return not alike(from_hex(colour), _ground(own, behind, ground))

    def ground(self, cell: Any, table: Any, outer: Colour | None) -> Colour | None:
        """Return the colour that a table's cell stands on, None where it can't be told.

        Args:
            cell: The cell's element.
            table: The table's element.
            outer: The colour that the table stands on.
        """
        for properties in (cell.find(f"{_W}tcPr"), table.find(f"{_W}tblPr")):
            shade = properties.find(f"{_W}shd") if properties is not None else None
            if shade is not None and shade.get(f"{_W}fill", "auto") != "auto":
                return _shade(shade, outer)
        # Banded rows and dark headers: which cell has which is Word's to say.
        styled = self._based(_style(table, "tbl"))
        return None if any(next(style.iter(f"{_W}shd"), None) is not None for style in styled) else outer

    def _chain(self, name: str | None, kind: str) -> list[Any]:
        """Return the properties of a style and of those it is based on, nearest first."""
        if (name, kind) not in self._chains:
            found = list(self._based(name))
            parts = [style.find(f"{_W}{kind}") for style in found]
            self._chains[name, kind] = [part for part in parts if part is not None]
        return self._chains[name, kind]

    def _based(self, name: str | None) -> Iterator[Any]:
        passed: set[str | None] = set()
        while name in self._styles and name not in passed:
            passed.add(name)
            yield self._styles[name]
            below = self._styles[name].find(f"{_W}basedOn")
            name = below.get(f"{_W}val") if below is not None else None


def _style(element: Any, kind: str) -> str | None:
    properties = element.find(f"{_W}{kind}Pr")
    named = properties.find(f"{_W}{kind}Style") if properties is not None else None
    return None if named is None else named.get(f"{_W}val")


def _first(chain: list[Any], name: str, attribute: str, default: str, missing: str | None = None) -> str:
    """Return an attribute of the nearest properties that have the element, as Word inherits it.

    Args:
        chain: Properties, nearest first.
        name: The element.
        attribute: Its attribute.
        default: What the element means without the attribute.
        missing: What it means that no element is there; None: the same.
    """
    for properties in chain:
        found = properties.find(f"{_W}{name}")
        if found is not None:
            return str(found.get(f"{_W}{attribute}", default))
    return default if missing is None else missing


def _ground(own: list[Any], behind: list[Any], outer: Colour | None) -> Colour | None:
    mark = _first(own, "highlight", "val", "none")
    if mark not in _OFF:
        return {"white": WHITE, "black": BLACK}.get(mark)
    for properties in [*own, *(part for part in behind if part is not None)]:
        shade = properties.find(f"{_W}shd")
        if shade is not None:
            return _shade(shade, outer)
    return outer


def _shade(shade: Any, outer: Colour | None) -> Colour | None:
    if shade.get(f"{_W}val", "clear") not in ("clear", "nil"):
        return None
    fill = shade.get(f"{_W}fill", "auto")
    return outer if fill == "auto" else from_hex(fill)
