"""How hypothesis makes answers: any combination, with numbers near the points where rules turn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from advisor.answers import CHOICES, FIELDS, FLAGS, Answers
from advisor.catalog import thresholds
from advisor.check import SHARES
from advisor.questionnaire import question
from advisor.vocabulary import BaseWeights, Knowledge, OutputForm, Tasks, Tone


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


BACKGROUNDS: tuple[dict[str, Any], ...] = (
    {},
    {"tone": Tone.OURS},
    {"tone": Tone.OURS, "output_form": OutputForm.OWN},
    {
        "tone": Tone.OURS,
        "tasks": Tasks.NARROW,
        "knowledge": Knowledge.PRIVATE,
        "base_weights": BaseWeights.OPEN,
    },
    {
        "tone": Tone.OURS,
        "output_form": OutputForm.OWN,
        "knowledge": Knowledge.PRIVATE,
        "base_weights": BaseWeights.OPEN,
    },
)
"""Where the drawn answers start from: near prompting, a nudge below training, at it,
a nudge below both, and at both, so that every rung is met often and every nudge can tip the scale."""

PAIRS = [(name, value) for name in FIELDS if name not in SHARES for value in values_of(name)]
SHARE_PAIRS = [(name, float(share)) for name in SHARES for share in (0, 5, 10, 20, 25, 30, 50, 60, 100)]


@st.composite
def answers(draw: st.DrawFn, **fixed: Any) -> Answers:
    """Draw answers to any of the questions; `fixed` ones are as given."""
    pairs = draw(st.lists(st.sampled_from(PAIRS), max_size=12))
    shares = dict(draw(st.lists(st.sampled_from(SHARE_PAIRS), max_size=3)))
    kept = {name: share for name, share in shares.items() if sum(shares.values()) <= 100}
    return Answers(**{**draw(st.sampled_from(BACKGROUNDS)), **dict(pairs), **kept, **fixed})
