"""Who wins a comparison: the simplest setup that is not worse than the best, and whether that is settled.

Knows nothing of questions or answers: it reads the rates and differences that stand in a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from experiments.stats import ALPHA, Interval, questions_for, questions_to_bound
from experiments.verdict import FEW, NOT_ENOUGH, Verdict


def judged(verdict: Verdict) -> Verdict:
    """Return the verdict with its winner: the simplest setup not worse than the best by the margin."""
    setups = [standing.setup for standing in verdict.standings]
    if len(setups) < 2:
        seen = f"only {setups[0]} was measured" if setups else "nothing was measured"
        return replace(verdict, reason=f"{NOT_ENOUGH}: {seen}, so there is nothing to compare.")
    gaps = {
        (a, b): gap
        for a in setups
        for b in setups
        if a != b and (gap := gap_between(verdict, a, b)) is not None
    }
    if len(gaps) < len(setups) * (len(setups) - 1):
        return replace(verdict, reason=f"{NOT_ENOUGH}: some setups have fewer than two questions in common.")
    best = max(verdict.standings, key=lambda row: row.both.passed / max(1, row.both.n)).setup
    if not any(row.both.passed for row in verdict.standings):
        return replace(verdict, reason="No setup passed a single question, so none of them wins.")
    winner = next(name for name in setups if name == best or gaps[name, best].mean >= -verdict.margin - 1e-9)
    needs = _open_needs(verdict, winner, best)
    fewest = min(row.n for row in verdict.differences)
    sure = not needs and fewest >= FEW
    known = [need for need in needs if need is not None]
    needed = max(1, FEW - fewest, *known) if len(known) == len(needs) else None
    reason = _reason(verdict, winner, best, sure, gaps)
    return replace(verdict, winner=winner, sure=sure, needed=0 if sure else needed, reason=reason)


def gap_between(verdict: Verdict, setup: str, other: str) -> Interval | None:
    """Return how far the pass rate of `setup` exceeds that of `other`, whichever way the table has it."""
    row = verdict.difference(setup, other)
    if row is not None:
        return row.difference
    row = verdict.difference(other, setup)
    if row is None or row.difference is None:
        return None
    return Interval(-row.difference.mean, -row.difference.high, -row.difference.low)


def _open_needs(verdict: Verdict, winner: str, best: str) -> list[int | None]:
    """Return how many more questions each open comparison needs; None where it can't be told.

    Open is what could still change the winner. It stands when every simpler setup is shown to be worse than
    the best, and no setup can be better than the winner by more than the margin.
    """
    order = [standing.setup for standing in verdict.standings]
    needs: list[int | None] = []
    for row in verdict.differences:
        disagree, measured = (row.wins + row.losses) / row.n, (row.wins - row.losses) / row.n
        simpler = order.index(row.other) < order.index(winner)
        if row.setup == best and simpler and (row.p_holm is None or row.p_holm >= ALPHA):
            needs.append(_more(row.n, partial(questions_for, measured, disagree)))
        elif winner in (row.setup, row.other):
            gap = gap_between(verdict, row.other if row.setup == winner else row.setup, winner)
            if gap is not None and gap.high > verdict.margin:
                needs.append(_more(row.n, partial(questions_to_bound, gap.mean, disagree, verdict.margin)))
    return needs


def _more(n: int, total: Callable[[], int]) -> int | None:
    """Return how many questions are wanting of a total, or None where no number of them would do."""
    try:
        return max(1, total() - n)
    except ValueError:
        return None


def _reason(
    verdict: Verdict, winner: str, best: str, sure: bool, gaps: Mapping[tuple[str, str], Interval]
) -> str:
    points = verdict.margin * 100
    if winner != best:
        behind = -gaps[winner, best].mean * 100
        first = (
            f"{best} passed the most questions; {winner} is simpler and {behind:.1f} points behind, "
            f"within the margin of {points:g}."
        )
    elif winner == verdict.standings[0].setup:
        first = f"{winner} is the simplest setup, and none passed more questions."
    else:
        first = (
            f"{winner} passed the most questions, and no simpler setup came within {points:g} points of it."
        )
    if sure:
        return f"{first} The intervals settle it."
    few = min(row.n for row in verdict.differences) < FEW
    more = f" ({NOT_ENOUGH}: write at least {FEW} questions.)" if few else ""
    return f"{first} The intervals do not settle it yet.{more}"
