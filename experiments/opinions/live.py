"""How a live split stands: sizes of the arms, rates, differences that hold at every look, and who wins.

Knows nothing of pages or models, and of units only their hashes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from experiments.compare import MARGIN
from experiments.opinions import pairwise
from experiments.opinions.bradley_terry import Counts
from experiments.opinions.split import Event, Outcome, Split, Unit
from experiments.statistics.stats import Interval, wilson
from experiments.verdict import NOT_ENOUGH, Rate, Verdict

MISMATCH = 0.001
"""Below this p the arms are not as large as they were meant to be, and nothing else is believed (Fabijan et al.
2019, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD)."""
_FEWEST = 5.0  # the chi-square test wants so many units expected in every arm


@dataclass(frozen=True)
class Arm:
    """One setup of a split."""

    setup: str
    """Its name."""
    expected: float
    """Share of the units that it should have."""
    units: int
    """Units that it answered."""
    good: Rate
    """Units with a good outcome, of those with any; a unit counts once, with its last thumb."""
    failures: int
    """Units with an answer that did not come; where nothing was said later, that is a bad outcome."""


@dataclass(frozen=True)
class Contrast:
    """One arm against a simpler one."""

    setup: str
    """The one."""
    other: str
    """The simpler one."""
    difference: Interval | None
    """Its rate less the other's, with Newcombe's interval for one look (1998, method 10)."""
    anytime: Interval | None
    """The same, by outcomes paired in the order in which they came, with an interval that holds at every look."""
    p: float | None
    """Of the sequential sign test on those pairs, Holm-corrected for the number of contrasts."""


@dataclass(frozen=True)
class LiveResult:
    """How a split stands."""

    measure: str
    """`thumb` or `task`."""
    unit: Unit
    """What was assigned."""
    arms: tuple[Arm, ...]
    """Simplest first."""
    contrasts: tuple[Contrast, ...]
    """Every pair of arms."""
    ratio_p: float | None
    """Chi-square p that the arms are as large as they should be; None while there are too few units."""
    mismatch: bool
    """Whether they are surely not: then no winner is named."""
    crossed: int
    """Units that were seen in two setups, which are left out."""
    earlier: int
    """Rows of another split (other setups, weights, unit or salt), which are left out."""
    verdict: Verdict
    """The verdict, by the same rules as every other comparison."""


def live_result(
    outcomes: Iterable[Outcome], split: Split, measure: Event = Event.THUMB, margin: float = MARGIN
) -> LiveResult:
    """Count what became of a split.

    The k-th outcome of one arm is paired with the k-th of the other in the order in which they came: between
    equals a pair that disagrees is a fair coin, so the sequential sign test of every other comparison applies.

    Args:
        outcomes: Oldest first.
        split: The split as it is now.
        measure: `THUMB` or `TASK`.
        margin: A rate this much below the best still counts as no worse.
    """
    rows = list(outcomes)
    now = [row for row in rows if row.split == split.mark and row.setup in split.weights]
    homes: dict[str, set[str]] = {}
    for row in now:
        homes.setdefault(row.unit, set()).add(row.setup)
    kept = [row for row in now if len(homes[row.unit]) == 1]
    units = {setup: {row.unit for row in kept if row.setup == setup} for setup in split.shares}
    judged = {
        setup: judgements([row for row in kept if row.setup == setup], measure) for setup in split.shares
    }
    failed = {row.unit for row in kept if row.kind is Event.FAILURE}
    arms = tuple(
        Arm(setup, share, len(units[setup]), _rate(judged[setup]), len(failed & units[setup]))
        for setup, share in split.shares.items()
    )
    ratio_p = ratio_mismatch([arm.units for arm in arms], [arm.expected for arm in arms])
    mismatch = ratio_p is not None and ratio_p < MISMATCH
    verdict = _verdict(arms, judged, margin, mismatch)
    return LiveResult(
        measure=measure.value,
        unit=split.unit,
        arms=arms,
        contrasts=_contrasts(arms, verdict),
        ratio_p=ratio_p,
        mismatch=mismatch,
        crossed=sum(len(setups) > 1 for setups in homes.values()),
        earlier=len(rows) - len(now),
        verdict=verdict,
    )


def judgements(rows: Sequence[Outcome], measure: Event) -> list[bool]:
    """Return one outcome a unit, in the order in which units had their first: the last thumb counts.

    A unit that got no answer and said nothing is not lost: it counts as a bad outcome.
    """
    found: dict[str, bool | None] = {}
    for row in rows:
        if row.kind is measure and row.good is not None:
            found[row.unit] = row.good
        elif row.kind is Event.FAILURE:
            found.setdefault(row.unit, False)
    return [good for good in found.values() if good is not None]


def paired(one: Sequence[bool], other: Sequence[bool]) -> list[int]:
    """Return 1 (won), -1 (lost) or 0 for the k-th outcome of one arm against the k-th of the other."""
    return [int(a) - int(b) for a, b in zip(one, other, strict=False)]


def ratio_mismatch(units: Sequence[int], shares: Sequence[float]) -> float | None:
    """Return the p of Pearson's chi-square test that units came in these shares; None for too few units."""
    n = sum(units)
    expected = [n * share for share in shares]
    if not expected or min(expected) < _FEWEST:
        return None
    from scipy.stats import chisquare

    return float(chisquare(units, expected).pvalue)


def newcombe(passed: Rate, other: Rate) -> Interval | None:
    """Return the difference of two unpaired rates, with the square-and-add Wilson interval (Newcombe 1998, method 10)."""
    if passed.rate is None or other.rate is None:
        return None
    one, two = passed.rate, other.rate
    mean = one.mean - two.mean
    low = mean - math.hypot(one.mean - one.low, two.high - two.mean)
    high = mean + math.hypot(one.high - one.mean, two.mean - two.low)
    return Interval(mean, low, high)


def live_dict(results: Sequence[LiveResult], on: bool, damaged: int = 0) -> dict[str, Any]:
    """Return results as JSON values, as the schema `live` says.

    Args:
        results: One for each measure; none without a split.
        on: Whether the split is on.
        damaged: Lines of the file that can't be read.
    """
    told = [{**asdict(found), "verdict": pairwise.told(found.verdict)} for found in results]
    return {"on": on, "damaged": damaged, "measures": told}


def _rate(outcomes: Sequence[bool]) -> Rate:
    return Rate(sum(outcomes), len(outcomes), wilson(sum(outcomes), len(outcomes)) if outcomes else None)


def _verdict(
    arms: Sequence[Arm], judged: Mapping[str, Sequence[bool]], margin: float, mismatch: bool
) -> Verdict:
    setups = [arm.setup for arm in arms]
    counts = {}
    for other, setup in combinations(setups, 2):
        values = paired(judged[setup], judged[other])
        counts[setup, other] = Counts(values.count(1), values.count(-1), values.count(0))
    rows = pairwise.differences(setups, counts, margin, "pairs of outcomes")
    standings = [pairwise.standing(arm.setup, arm.good.n, arm.good) for arm in arms]
    found = pairwise.verdict(sum(arm.units for arm in arms), margin, standings, rows)
    if mismatch:
        return replace(found, winner=None, sure=False, needed=None, reason=_MISMATCHED)
    if found.winner is None and all(row.difference is not None for row in rows):
        return replace(found, reason="No setup had a single good outcome, so none of them wins.")
    rates = {arm.setup: arm.good.rate.mean if arm.good.rate else 0.0 for arm in arms}
    best = max(rates, key=lambda name: rates[name])
    reason = (
        pairwise.reasoned(found, best, "good outcomes")
        if found.winner
        else f"{NOT_ENOUGH}: every setup needs two outcomes at least."
    )
    return replace(found, reason=reason)


_MISMATCHED = (
    "The setups did not get the share of units that they should have, by more than chance explains, so no rate "
    "can be compared: look for units that one setup loses (errors before the first answer, a page that does not "
    "load), mend that, and begin again with another salt."
)


def _contrasts(arms: Sequence[Arm], verdict: Verdict) -> tuple[Contrast, ...]:
    good = {arm.setup: arm.good for arm in arms}
    return tuple(
        Contrast(row.setup, row.other, newcombe(good[row.setup], good[row.other]), row.difference, row.p_holm)
        for row in verdict.differences
    )
