"""One setup against another, question by question: the test, the interval, and what more questions would show.

Knows nothing of winners. Where a number can't be had, a note that begins "not enough data" stands in for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from experiments.answered import Answered, Look, passes, shared
from experiments.statistics import sequential, stats
from experiments.statistics.resample import sign_flip
from experiments.statistics.sequential import p_value
from experiments.statistics.stats import ALPHA, holm, mcnemar_exact, mcnemar_mid_p, smallest_difference
from experiments.verdict import FEW, NOT_ENOUGH, Difference, PairTest


def differences(table: Answered, look: Look) -> tuple[Difference, ...]:
    """Return every setup against every simpler one, on facts and form together, corrected for their number."""
    rows = [_difference(table, setup, other, look) for other, setup in combinations(table, 2)]
    corrected = iter(holm([row.p for row in rows if row.p is not None]))
    return tuple(row if row.p is None else _shown(row, next(corrected)) for row in rows)


def count(n: int) -> str:
    """Return a number of questions in words."""
    return "1 question" if n == 1 else f"{n} questions"


def _shown(row: Difference, p_holm: float) -> Difference:
    return replace(row, p_holm=p_holm, needed=0 if p_holm < ALPHA else row.needed)


def _difference(table: Answered, setup: str, other: str, look: Look) -> Difference:
    values = [
        passes(table[setup][question], "both") - passes(table[other][question], "both")
        for question in shared(table, setup, other)
    ]
    n, wins, losses = len(values), sum(value > 0 for value in values), sum(value < 0 for value in values)
    if n < 2:
        note = f"{NOT_ENOUGH}: {count(n)} in common"
        return Difference(setup, other, n, wins, losses, None, None, None, None, None, None, note)
    found = look.interval(values)
    spread = sum(value**2 for value in values) / n
    test, p, p_exact = _tested(values, wins, losses, look)
    not_worse, other_not_worse = look.no_worse(values)
    return Difference(
        setup=setup,
        other=other,
        n=n,
        wins=wins,
        losses=losses,
        difference=found,
        p=p,
        p_exact=p_exact,
        p_holm=None,
        smallest=smallest_difference(n, spread),
        needed=_needed_to_show(n, found.mean, spread, look),
        note=_doubt(n, wins + losses),
        test=test,
        spread=spread,
        not_worse=not_worse,
        other_not_worse=other_not_worse,
        equivalent=not_worse and other_not_worse,
    )


def _tested(
    values: Sequence[float], wins: int, losses: int, look: Look
) -> tuple[PairTest, float, float | None]:
    """Return the test that fits, its p, and where it is McNemar's the exact p beside the mid-p.

    The sequential test asks of repeats only who passed a question more often: between equals that is a fair coin.
    """
    if look.anytime:
        return PairTest.SEQUENTIAL, p_value(wins, losses), None
    if all(value in (-1.0, 0.0, 1.0) for value in values):
        return PairTest.MCNEMAR, mcnemar_mid_p(wins, losses), mcnemar_exact(wins, losses)
    return PairTest.SIGN_FLIP, sign_flip(values, look.seed), None


def _doubt(n: int, disagreements: int) -> str:
    if disagreements == 0:
        return f"{NOT_ENOUGH}: all {n} questions came out alike, so nothing tells them apart"
    return f"{NOT_ENOUGH}: {count(n)}, write at least {FEW}" if n < FEW else ""


def _needed_to_show(n: int, measured: float, spread: float, look: Look) -> int | None:
    """Return how many more questions would show the measured difference, or the margin if larger."""
    if not look.counting:
        return None
    wanted = max(abs(measured), look.margin, 0.01)  # a margin of 0 would ask for infinitely many
    questions_for = sequential.questions_for if look.anytime else stats.questions_for
    try:
        return max(0, questions_for(wanted, max(spread, wanted)) - n)
    except ValueError:  # so many that no number is told
        return None
