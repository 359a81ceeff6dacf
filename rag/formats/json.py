"""JSON and JSON Lines: keys become headings, `key: value` lines and the columns of tables.

Numbers stay as they are written, however long, and a key that is given twice is read twice. Knows nothing of
schemas: what a key means is left to whoever reads the lines.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rag.formats.outline import Outline, Unreadable
from rag.formats.plain import decode
from rag.ingest.clean import one_line

_DEEPEST = 100
_MOST_LEVELS = 6  # of headings; keys below stand in front of their values
_LONG = 200  # characters; a longer value is prose and gets lines of its own
_NAMING = ("title", "name", "subject", "question", "label", "key", "id")


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs in order, so that none of two equal keys is lost."""


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.json` or `.jsonl`."""
    text, outline.encoding = decode(data)
    value = _lines(text) if suffix != ".json" else _whole(text)
    _check_depth(value)
    _Teller(outline).tell(value, (), 1)
    named = dict(reversed(value)) if isinstance(value, _Object) else {}
    told = next((named[key] for key in ("title", "name") if isinstance(named.get(key), str)), "")
    # The first heading is only the first key that holds more than a value: the file's name says more.
    outline.title = one_line(outline.plain(told)) if len(told) <= _LONG else ""


def _whole(text: str) -> Any:
    try:
        return _parsed(text)
    except json.JSONDecodeError as error:
        first = error
    if first.msg == "Extra data":  # JSON Lines under the name of JSON
        try:
            return _lines(text)
        except Unreadable:
            pass
    raise Unreadable(f"not JSON at line {first.lineno}, column {first.colno} ({_why(first)})")


def _lines(text: str) -> list[Any]:
    values, broken = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append(_parsed(line))
        except json.JSONDecodeError as error:
            broken.append(f"line {number} is not JSON ({_why(error)})")
    if broken:
        more = f", and {len(broken) - 3:,} more" if len(broken) > 3 else ""
        raise Unreadable(f"{'; '.join(broken[:3])}{more}")
    return values


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text.lstrip("\ufeff"),
            object_pairs_hook=_Object,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
        )
    except RecursionError:
        raise Unreadable("its values are nested too deeply") from None


def _why(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for parent in level if isinstance(parent, list) for child in _children(parent)]
        if not level:
            return
    raise Unreadable(f"its values are nested more than {_DEEPEST} levels deep")


def _children(value: list[Any]) -> list[Any]:
    return [child for _, child in value] if isinstance(value, _Object) else value


class _Teller:
    """Says a JSON value as the lines of a document."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline

    def tell(self, value: Any, keys: tuple[str, ...], level: int) -> None:
        """Add a value.

        Args:
            value: Any JSON value, objects as pairs.
            keys: The keys that lead to it and stand in no heading.
            level: The level of the next heading.
        """
        if isinstance(value, _Object):
            flat = [(key, child) for key, child in value if _is_flat(child)]
            for key, child in flat:
                self.line((*keys, key), child)
            for key, child in value:
                if not _is_flat(child):
                    self.section(key, child, keys, level)
        elif isinstance(value, list):
            self.entries(value, keys, level)
        else:
            self.line(keys, value)

    def entries(self, values: Sequence[Any], keys: tuple[str, ...], level: int) -> None:
        if keys:
            self.outline.paragraph(f"{_path(keys)}:")
        for number, value in enumerate(values, start=1):
            if _is_record(value):
                shown = [_shown(child) for _, child in value]
                if any(shown):
                    self.outline.table([[_readable(key) for key, _ in value], shown], header=True)
            elif _is_flat(value):
                self.outline.item(_shown(value))
            else:
                self.section(_label(value) or f"entry {number}", value, (), level)

    def section(self, key: str, value: Any, keys: tuple[str, ...], level: int) -> None:
        """Add a value that holds others under a heading, or below the last level with its key in front."""
        if level <= _MOST_LEVELS and key.strip():
            self.outline.heading(level, _readable(key))
            self.tell(value, (), level + 1)
        else:
            self.tell(value, (*keys, key), level)

    def line(self, keys: tuple[str, ...], value: Any) -> None:
        text = _shown(value)
        name = _path(keys)
        if text.strip():
            self.outline.paragraph(f"{name}: {text}" if name else text)


def _is_flat(value: Any) -> bool:
    """Whether a value fits a line: a single one, or a short list of single ones."""
    if isinstance(value, _Object):
        return not value
    if isinstance(value, list):
        return all(not isinstance(child, list) for child in value) and len(_shown(value)) <= _LONG
    return True


def _is_record(value: Any) -> bool:
    """Whether an object fits a row of a table."""
    if not isinstance(value, _Object) or not all(_is_flat(child) for _, child in value):
        return False
    return all(len(_shown(child)) <= _LONG and "\n" not in _shown(child) for _, child in value)


def _shown(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_shown, value)))
    return str(value)


def _label(value: Any) -> str:
    """Return what an object calls itself."""
    named = dict(reversed(value)) if isinstance(value, _Object) else {}
    told = {key.lower(): child for key, child in named.items() if isinstance(child, str)}
    name = next((name for name in _NAMING if 0 < len(told.get(name, "").strip()) <= 80), "")
    if name and not any(letter.isalpha() for letter in told[name]):
        return f"{name} {told[name]}"
    return told.get(name, "")


def _path(keys: tuple[str, ...]) -> str:
    return " > ".join(filter(None, map(_readable, keys)))


def _readable(key: str) -> str:
    return one_line(key.replace("_", " ")).rstrip(":")
