"""Dataclasses as JSON values and back, by their annotations alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pytest

from foundation.plain import from_plain, to_plain


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    name: str
    at: tuple[int, int]


@dataclass(frozen=True)
class Whole:
    colour: Colour
    parts: tuple[Part, ...]
    counts: Mapping[str, float]
    maybe: Part | None = None
    names: list[str] = field(default_factory=list)


WHOLE = Whole(Colour.RED, (Part("a", (1, 2)), Part("ş", (3, 4))), {"x": 0.5}, Part("b", (0, 0)), ["n"])


def test_what_goes_through_json_comes_back_equal() -> None:
    for one in (WHOLE, Whole(Colour.RED, (), {})):
        assert from_plain(Whole, json.loads(json.dumps(to_plain(one)))) == one


def test_fields_that_were_added_or_taken_away_since_do_not_hurt() -> None:
    told = {"colour": "red", "parts": [], "counts": {}, "gone": 1}
    assert from_plain(Whole, told) == Whole(Colour.RED, (), {})


def test_only_what_the_annotations_name_is_made_of_what_is_read() -> None:
    with pytest.raises(ValueError, match="blue"):
        from_plain(Whole, {"colour": "blue", "parts": [], "counts": {}})
    assert from_plain(Part, {"name": {"__class__": "os.system"}, "at": [1, 2]}).name == {
        "__class__": "os.system"
    }
