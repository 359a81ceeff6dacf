"""How hypothesis makes answers: any combination, with numbers near the points where rules turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from advisor.answers import CHOICES, FIELDS, FLAGS, Answers
from advisor.catalog import thresholds
from advisor.check import SHARES
from advisor.questionnaire import question


def values_of(name: str) -> list[Any]:
    """Return every word, both truths, or the numbers around every threshold of one question."""
    if name in CHOICES:
        return list(CHOICES[name])
    if name in FLAGS:
        return [True, False]
    number = question(name).number
    assert number is not None
    points = {number.minimum, number.maximum, number.minimum + 3}
    for threshold in thresholds().values():
        if threshold.question == name or (threshold.unit == "%" and "%" in number.suffixes):
            points |= {threshold.value - 1, threshold.value, threshold.value + 1}
    if name in ("requests_per_month", "prompt_tokens"):
        points |= {100, 5_000, 1_000_000}
    inside = sorted(p for p in points if number.minimum <= p <= number.maximum)
    return [int(p) if number.whole else p for p in inside]


@st.composite
def answers(draw: st.DrawFn, **fixed: Any) -> Answers:
    """Draw answers to any of the questions; `fixed` ones are as given."""
    drawn: dict[str, Any] = {
        name: draw(st.one_of(st.none(), st.sampled_from(values_of(name))))
        for name in FIELDS
        if name not in SHARES
    }
    left = 100.0
    for name in SHARES:
        share = draw(st.one_of(st.none(), st.sampled_from([0, 5, 10, 20, 25, 30, 50, 60, 100])))
        if share is not None and share <= left:
            drawn[name] = share
            left -= share
    return replace(Answers(**drawn), **fixed)
