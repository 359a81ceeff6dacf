"""Dataclasses as plain JSON values, and back again by their annotations: what a database or a file keeps of them.

Only what the annotations name is ever made of what is read. Knows nothing of any dataclass.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, cast


def to_plain(value: object) -> Any:
    """Return a value as JSON has it: dataclasses as objects, tuples as lists, enums as what they stand for."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(one) for one in value]
    return value


def from_plain(kind: Any, value: Any) -> Any:
    """Return what `to_plain` made a value of.

    Args:
        kind: Its type, as an annotation names it.
        value: What was kept; fields that it lacks get their defaults, and those that are no more are passed over.

    Raises:
        KeyError, TypeError, ValueError: It is no such value.
    """
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        chosen = [one for one in inside if one is not type(None)]
        return None if value is None else from_plain(chosen[0], value)
    if origin is tuple:
        kinds = [inside[0]] * len(value) if inside[-1] is Ellipsis else inside
        return tuple(from_plain(one, part) for one, part in zip(kinds, value, strict=True))
    if origin is list:
        return [from_plain(inside[0], part) for part in value]
    if origin is not None and issubclass(origin, Mapping):
        return {key: from_plain(inside[1], part) for key, part in value.items()}
    if is_dataclass(kind):
        hints = _hints(cast(type, kind))
        told = {name: from_plain(hint, value[name]) for name, hint in hints.items() if name in value}
        return cast(Any, kind)(**told)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(cast(Any, kind)) if one.init}
