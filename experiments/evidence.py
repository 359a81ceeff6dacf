"""What a verdict tells the advisor, as plain JSON values.

Knows nothing of the advisor's rules: it states rates, effects and why questions were lost, and draws no
conclusion. The advisor knows rungs and no variants, so a rung is told by the variant that does best on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.attribute import Loss, shares
from experiments.statistics.stats import Interval
from experiments.verdict import LADDER, Rate, Standing, Verdict


def to_evidence(verdict: Verdict, losses: Iterable[Loss], tried: Iterable[str] = ()) -> dict[str, Any]:
    """Return the evidence of a verdict: `questions`, `setups`, `effects` and `failures`.

    Setups and effects that were not measured are absent, not zero. Where several variants of a setup were
    measured (`prompt`, `prompt+shots`), the one that passed the most stands for it, and is named; of equals the
    plain one. All that were tried are named too.

    Args:
        verdict: What `compare` found.
        losses: What `attribute` found.
        tried: Setups that were measured elsewhere and found wanting, as on a climb's dev questions.
    """
    measured = dict.fromkeys([*(row.setup for row in verdict.standings), *tried])
    rungs = {base: row for base in LADDER if (row := _best(verdict, base)) is not None}
    lost = shares(losses)
    return {
        "questions": verdict.questions,
        "setups": {
            base: _row(base, row, [name for name in measured if name.partition("+")[0] == base])
            for base, row in rungs.items()
        },
        "effects": {
            row.name: _interval(row.effect) for row in verdict.effects if row.measure == "both" and row.effect
        },
        "failures": {
            base: {cause.value: round(share, 4) for cause, share in lost[row.setup].items()}
            for base, row in rungs.items()
            if row.setup in lost
        },
    }


def _best(verdict: Verdict, base: str) -> Standing | None:
    variants = [row for row in verdict.standings if row.setup.partition("+")[0] == base]
    return max(variants, key=lambda row: (_mean(row.both), row.setup == base), default=None)


def _mean(rate: Rate) -> float:
    return rate.rate.mean if rate.rate else 0.0


def _row(base: str, row: Standing, names: list[str]) -> dict[str, Any]:
    variant = {} if row.setup == base else {"variant": row.setup}
    return {**_rate(row.both), **variant, **({} if names == [base] else {"tried": names})}


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
