"""A verdict from votes or from outcomes of a live split, which come one by one and are looked at all the time.

Knows nothing of who voted or what an outcome was: it takes counts of who was preferred to whom. Every test and
interval in it holds at every look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from itertools import combinations
from typing import Any

from experiments.opinions.bradley_terry import Counts
from experiments.statistics.sequential import bound, confidence_sequence, p_value
from experiments.statistics.stats import (
    ALPHA,
    POWER,
    Interval,
    holm,
    mcnemar_exact,
    questions_for,
    smallest_difference,
)
from experiments.verdict import FEW, LADDER, NOT_ENOUGH, Difference, Effect, PairTest, Rate, Standing, Verdict
from experiments.winner import judged

Pairs = Mapping[tuple[str, str], Counts]
"""Counts by (the fuller setup, the simpler one)."""
_MOST = 1_500
NOTHING = Rate(0, 0, None)
"""A rate of what nobody asked about."""


def by_ladder(setups: Iterable[str]) -> list[str]:
    """Return setups, simplest first; a variant (`rag+shots`) stands behind the setup that it varies."""

    def place(setup: str) -> tuple[int, bool, str]:
        base = setup.partition("+")[0]
        return LADDER.index(base) if base in LADDER else len(LADDER), base != setup, setup

    return sorted(set(setups), key=place)


def differences(setups: Sequence[str], pairs: Pairs, margin: float, what: str) -> tuple[Difference, ...]:
    """Return every pair of setups, tested so that it holds at every look, Holm-corrected for their number.

    Args:
        setups: Simplest first.
        pairs: Who was preferred how often; a pair that is absent was never met.
        margin: A difference within it counts as none.
        what: What is counted, for the notes: `votes`, `pairs of outcomes`.
    """
    rows = [
        _difference(setup, other, pairs.get((setup, other), Counts(0, 0, 0)), margin, what)
        for other, setup in combinations(setups, 2)
    ]
    tested = [row.p for row in rows if row.p is not None]
    corrected = iter(holm(tested))
    return tuple(
        row if row.p is None else _shown(row, next(corrected), margin, ALPHA / len(tested)) for row in rows
    )


def verdict(
    questions: int,
    margin: float,
    standings: Sequence[Standing],
    rows: tuple[Difference, ...],
    effects: tuple[Effect, ...] = (),
) -> Verdict:
    """Return the verdict: the simplest setup that is not worse than the best, as in every comparison.

    Args:
        questions: Different questions, or units of a live split.
        margin: A share this much below the best still counts as no worse.
        standings: Simplest first.
        rows: Every pair of them.
        effects: The 2×2.
    """
    rates = {row.setup: row.both.rate.mean if row.both.rate else 0.0 for row in standings}
    found = judged(rates, rows, margin)
    return Verdict(
        questions, margin, tuple(standings), rows, effects, found.winner, found.sure, found.needed, found.reason, sequential=True
    )  # fmt: skip


def standing(setup: str, n: int, preferred: Rate) -> Standing:
    """Return a setup's standing where only one thing is known: how often it was preferred, or found good."""
    return Standing(
        setup, n, preferred, NOTHING, NOTHING, NOTHING, NOTHING, errors=0, seconds_p50=None, seconds_p95=None,
        tokens_in=None, tokens_out=None, answers=n,
    )  # fmt: skip


def reasoned(found: Verdict, best: str, plural: str) -> str:
    """Return why a setup wins, or what is missing, in words that fit what was counted."""
    if found.winner is None:
        return f"{NOT_ENOUGH}: {plural} are needed on every pair of setups, two at least, before anybody can win."
    settled = (
        "The intervals settle it, whenever one looks."
        if found.sure
        else "The intervals do not settle it yet."
    )
    points = f"{100 * found.margin:g} points"
    if found.winner != best:
        return f"{best} has the most {plural}; {found.winner} is simpler and within {points} of it. {settled}"
    simpler = found.standings[0].setup != found.winner
    more = f", and no simpler setup comes within {points} of it" if simpler else " and is the simplest"
    return f"{found.winner} has the most {plural}{more}. {settled}"


def told(found: Verdict) -> dict[str, Any]:
    """Return what a verdict adds to the table that it was made from, as JSON values."""
    return {
        "questions": found.questions,
        "margin": found.margin,
        "winner": found.winner,
        "sure": found.sure,
        "needed": found.needed,
        "reason": found.reason,
        "effects": [asdict(row) for row in found.effects],
    }


def _difference(setup: str, other: str, seen: Counts, margin: float, what: str) -> Difference:
    if seen.n < 2:
        note = f"{NOT_ENOUGH}: {seen.n} {what}"
        return Difference(
            setup, other, seen.n, seen.wins, seen.losses, None, None, None, None, None, None, note
        )
    values = {1.0: seen.wins, -1.0: seen.losses, 0.0: seen.ties}
    found, narrow = confidence_sequence(values), confidence_sequence(values, alpha=2 * ALPHA)
    spread = (seen.wins + seen.losses) / seen.n
    not_worse, other_not_worse = narrow.low > -margin, narrow.high < margin
    return Difference(
        setup=setup,
        other=other,
        n=seen.n,
        wins=seen.wins,
        losses=seen.losses,
        difference=found,
        p=p_value(seen.wins, seen.losses),
        p_exact=mcnemar_exact(seen.wins, seen.losses),
        p_holm=None,
        smallest=smallest_difference(seen.n, spread),
        needed=None,
        note=f"{NOT_ENOUGH}: {seen.n} {what}, at least {FEW} are needed" if seen.n < FEW else "",
        test=PairTest.SEQUENTIAL,
        spread=spread,
        not_worse=not_worse,
        other_not_worse=other_not_worse,
        equivalent=not_worse and other_not_worse,
    )


def _shown(row: Difference, p_holm: float, margin: float, alpha: float) -> Difference:
    return replace(row, p_holm=p_holm, needed=0 if p_holm < ALPHA else _more(row, margin, alpha))


def _more(row: Difference, margin: float, alpha: float) -> int:
    """Return how many more would show what was measured, or the margin where that is larger (power 80 %).

    Where one look would take thousands already, that number stands in: nobody plans by the next digit then.
    """
    measured = row.difference.mean if row.difference else 0.0
    wanted = max(abs(measured), margin, 0.01)  # a margin of 0 would ask for infinitely many
    spread = max(row.spread or 0.0, wanted)
    apart = disagreements_for((1 + wanted / spread) / 2, alpha) if wanted**2 * _MOST > spread else None
    total = questions_for(wanted, spread) if apart is None else math.ceil(apart / spread)
    return max(1, total - row.n)


@lru_cache(maxsize=256)
def disagreements_for(win: float, alpha: float, power: float = POWER) -> int | None:
    """Return after how many disagreements the sequential test has decided for the better side with this power.

    Followed exactly: the chance of each place of a walk of wins less losses that has not left the bound yet.

    Args:
        win: The chance that a disagreement is won.
        alpha: The level of the test.
        power: How often it must have decided by then.

    Returns:
        The number; None above `_MOST`.
    """
    import numpy as np

    inside, decided = np.zeros(2 * _MOST + 3), 0.0
    middle = _MOST + 1
    inside[middle] = 1.0
    for count in range(1, _MOST + 1):
        moved = np.zeros_like(inside)
        moved[1:] = win * inside[:-1]
        moved[:-1] += (1 - win) * inside[1:]
        edge = bound(count, alpha)
        if edge <= count:
            decided += float(moved[middle + edge :].sum())
            moved[middle + edge :] = moved[: middle - edge + 1] = 0.0
        if decided >= power:
            return count
        inside = moved
    return None


def share_of(difference: Interval | None) -> Interval | None:
    """Return a difference of votes (wins less losses) as the share that was won, ties as half."""
    if difference is None:
        return None
    return Interval(*((1 + end) / 2 for end in (difference.mean, difference.low, difference.high)))
