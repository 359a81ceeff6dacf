"""The accuracy that has to be reached: the one that was set, or the one below which every answer loses money.

Knows nothing of rungs. The formula is OpenAI's (Optimizing LLM accuracy, "How much accuracy is good
enough?").
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.answers import Answers


@dataclass(frozen=True, slots=True)
class Target:
    """What share of the answers has to be right, and where that number comes from."""

    percent: float | None
    """The higher of the two below, in percent; None where neither is known."""
    stated: float | None
    """What the team set, in percent."""
    break_even: float | None
    """Where gains equal losses, in percent."""
    abstain_below: float | None
    """Below this chance of being right (percent) a hand-off is cheaper than an answer; None where costs are
    unknown."""


def break_even(a: Answers) -> float | None:
    """Return the percentage right at which gains equal losses, or None where costs are unknown.

    A failure costs `caught * handoff + (1 - caught) * wrong`; the break-even is `failure / (gain + failure)`.
    OpenAI's case: gain 20, hand-off 40, wrong 1000, 95 % caught: 88 / 108 = 81.5 %.
    """
    if a.gain_right is None or a.cost_handoff is None or a.cost_wrong is None or a.caught_share is None:
        return None
    caught = a.caught_share / 100
    failure = caught * a.cost_handoff + (1 - caught) * a.cost_wrong
    total = a.gain_right + failure
    return round(100 * failure / total, 1) if total > 0 else None


def abstain_below(a: Answers) -> float | None:
    """Return the chance (percent) below which handing off is cheaper, or None where costs are unknown.

    Answering is worth `p * gain - (1 - p) * wrong`, a hand-off `-handoff`; they are equal at
    `p = (wrong - handoff) / (gain + wrong)`.
    """
    if a.gain_right is None or a.cost_handoff is None or a.cost_wrong is None:
        return None
    if a.gain_right + a.cost_wrong <= 0:
        return None
    chance = (a.cost_wrong - a.cost_handoff) / (a.gain_right + a.cost_wrong)
    return round(100 * min(max(chance, 0.0), 1.0), 1)


def target(a: Answers) -> Target:
    """Return the accuracy that has to be reached.

    The higher of the stated target and the break-even counts: below either, it is not wanted or not worth it.
    """
    even = break_even(a)
    known = [share for share in (a.target_pass_rate, even) if share is not None]
    return Target(max(known, default=None), a.target_pass_rate, even, abstain_below(a))
