"""What a verdict tells the advisor, as plain JSON values.

Knows nothing of the advisor's rules: it states rates, effects and why questions were lost, and draws no
conclusion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.attribute import Loss, shares
from experiments.stats import Interval
from experiments.verdict import Rate, Verdict


def to_evidence(verdict: Verdict, losses: Iterable[Loss]) -> dict[str, Any]:
    """Return the evidence of a verdict: `questions`, `setups`, `effects` and `failures`.

    Setups and effects that were not measured are absent, not zero.
    """
    return {
        "questions": verdict.questions,
        "setups": {row.setup: _rate(row.both) for row in verdict.standings},
        "effects": {
            row.name: _interval(row.effect) for row in verdict.effects if row.measure == "both" and row.effect
        },
        "failures": {
            setup: {cause.value: round(share, 4) for cause, share in causes.items()}
            for setup, causes in shares(losses).items()
        },
    }


def _rate(rate: Rate) -> dict[str, float]:
    found = rate.rate or Interval(0.0, 0.0, 1.0)
    return {
        "n": rate.n,
        "passed": rate.passed,
        "pass_rate": round(found.mean, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {"mean": round(interval.mean, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}
