"""A live split: each conversation, or each user, gets one setup by lot, and what becomes of it is counted.

Assignment is a pure function of an id, so nothing has to be remembered. Kept are hashes of ids, setups, thumbs
and whether the task was done: no word of a conversation. Knows nothing of pages or models.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Any

from experiments import journal, pairwise
from experiments.bradley_terry import Counts
from experiments.compare import MARGIN
from experiments.stats import Interval, wilson
from experiments.verdict import NOT_ENOUGH, Rate, Verdict
from foundation.errors import UserError

MISMATCH = 0.001
"""Below this p the arms are not as large as they were meant to be, and nothing else is believed (Fabijan et al.
2019, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD)."""
_FEWEST = 5.0  # the chi-square test wants so many units expected in every arm


class Unit(StrEnum):
    """What is assigned."""

    CONVERSATION = "conversation"
    """Each conversation."""
    USER = "user"
    """Each user, whatever they ask and when."""


class Event(StrEnum):
    """What a row tells of a unit."""

    EXPOSURE = "exposure"
    """It asked its first question."""
    THUMB = "thumb"
    """An answer was found good or not."""
    TASK = "task"
    """What the visitor came for is done, or not."""
    FAILURE = "failure"
    """An answer did not come."""


@dataclass(frozen=True)
class Split:
    """Who gets which setup."""

    weights: Mapping[str, float]
    """Setup to its share; the shares need not sum to 1."""
    unit: Unit = Unit.CONVERSATION
    """What is assigned."""
    salt: str = ""
    """Another salt is another lot: it makes a split independent of earlier ones, and ids unguessable."""

    def __post_init__(self) -> None:
        if len(self.weights) < 2:
            raise UserError('A live split needs two setups at least, as in `setups = "rag, hybrid"`.')
        unfit = [name for name, weight in self.weights.items() if not (0 < weight < math.inf)]
        if unfit:
            raise UserError(f"The weight of {unfit[0]} must be above 0, but is {self.weights[unfit[0]]:g}.")

    @property
    def shares(self) -> dict[str, float]:
        """Setup to the share of units that it should get, simplest first."""
        whole = sum(self.weights.values())
        return {name: self.weights[name] / whole for name in pairwise.by_ladder(self.weights)}

    @property
    def mark(self) -> str:
        """A hash of the split: outcomes under another one are not counted with these."""
        shares = ";".join(f"{name}={share:.6f}" for name, share in self.shares.items())
        return hashlib.sha256(f"{shares}|{self.unit}|{self.salt}".encode()).hexdigest()[:16]

    def hidden(self, unit_id: str) -> str:
        """Return the hash under which a unit is kept."""
        return hashlib.sha256(f"unit\0{self.salt}\0{unit_id}".encode()).hexdigest()[:32]


def assign(unit_id: str, split: Split) -> str:
    """Return a unit's setup: always the same for one id and split.

    Each setup draws -ln(u) / weight, with u made of the SHA-256 of salt, setup and id, and the smallest wins
    (weighted rendezvous hashing: Schindelhauer & Schomaker 2005, SPAA). A setup wins with the chance of its share.
    When one weight changes only its own draw does, so that units move to it or from it, and no others.
    """

    def drawn(setup: str) -> float:
        digest = hashlib.sha256(f"{split.salt}\0{setup}\0{unit_id}".encode()).digest()
        u = (int.from_bytes(digest[:8]) + 0.5) / 2**64
        return -math.log(u) / split.weights[setup]

    return min(sorted(split.weights), key=drawn)


@dataclass(frozen=True)
class Outcome:
    """One row: what is known of a unit since."""

    kind: Event
    """What it tells."""
    unit: str
    """A hash of the conversation's or user's id."""
    setup: str
    """The setup that it was assigned."""
    split: str
    """`Split.mark` of the split under which it was."""
    good: bool | None = None
    """Thumb up, or task done; None for an exposure and a failure."""
    when: str = ""
    """ISO 8601 in UTC."""


class OutcomeFile:
    """The outcomes of a workspace, in a file that only grows; `damaged` counts lines that can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0

    def outcomes(self) -> list[Outcome]:
        """Return every row, oldest first."""
        rows, self.damaged = journal.read(self.path)
        found: list[Outcome] = []
        for row in rows:
            try:
                found.append(Outcome(**{**row, "kind": Event(row["kind"])}))
            except (KeyError, TypeError, ValueError):
                self.damaged += 1
        return found

    def append(self, kind: Event, unit_id: str, split: Split, good: bool | None = None) -> None:
        """Write what became of a unit; its id is hashed first."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        row = Outcome(kind, split.hidden(unit_id), assign(unit_id, split), split.mark, good, when)
        journal.append(self.path, [asdict(row)])


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
