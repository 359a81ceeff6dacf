"""Texts made comparable."""

from __future__ import annotations

import pytest

from finetune.text import clip, contains, fold, squeeze, words


def test_spacing_and_case_are_folded_in_turkish_too() -> None:
    assert squeeze(" a\n\tb\u00a0c ") == "a b c"
    assert fold("İADE Iğdır STRASSE") == fold("iade ığdır straße") == "iade iğdir strasse"
    assert words("What's the Oxby, then?") == ["what", "s", "the", "oxby", "then"]


@pytest.mark.parametrize(
    ("text", "value", "held"),
    [
        ("It weighs 5 kg.", "5 KG", True),
        ("It weighs 25 kg.", "5 kg", False),
        ("It weighs 1.5 kg.", "5 kg", False),
        ("It weighs 5 kgs.", "5 kg", False),
        ("In 2 sizes.5 kg", "5 kg", True),
        ("(form R-14)", "r-14", True),
    ],
)
def test_a_value_is_held_only_as_a_whole(text: str, value: str, held: bool) -> None:
    assert contains(text, value) == held


def test_a_long_text_is_clipped_to_the_limit() -> None:
    assert clip("a  b", 3) == "a b"
    assert clip("abcdef", 4) == "abc…"
