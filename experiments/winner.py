"""Who wins a comparison: the simplest setup that is not worse than the best, and whether that is settled.

Knows nothing of questions or answers, nor of how differences were tested: it reads the rates and differences
of a verdict. They may come from one look or from tests that hold at every look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from experiments.statistics import sequential, stats
from experiments.statistics.stats import ALPHA, Interval
from experiments.verdict import FEW, NOT_ENOUGH, Difference, PairTest

Gaps = Mapping[tuple[str, str], Interval]
"""Setup and other → how far the pass rate of the first exceeds that of the second."""


@dataclass(frozen=True)
class Judgement:
    """Who wins; each field as in `Verdict`."""

    winner: str | None
    """The simplest setup that is not worse than the best by the margin."""
    sure: bool
    """Whether it is settled."""
    needed: int | None
    """How many more questions would settle it."""
    reason: str
    """Why."""


def judged(
    rates: Mapping[str, float], differences: Sequence[Difference], margin: float, counting: bool = True
) -> Judgement:
    """Return the winner: the simplest setup not worse than the best by the margin.

    Args:
        rates: Pass rate of each setup, simplest first.
        differences: One for each pair of setups.
        margin: A pass rate this much below the best still counts as no worse.
        counting: Whether it is told how many more questions it takes.
    """
    setups = list(rates)
    if len(setups) < 2:
        seen = f"only {setups[0]} was measured" if setups else "nothing was measured"
        return _nobody(f"{NOT_ENOUGH}: {seen}, so there is nothing to compare.")
    gaps = _gaps(differences)
    if len(gaps) < len(setups) * (len(setups) - 1):
        return _nobody(f"{NOT_ENOUGH}: some setups have fewer than two questions in common.")
    if not any(rates.values()):
        return _nobody("No setup passed a single question, so none of them wins.")
    best = max(setups, key=lambda name: rates[name])
    winner = next(name for name in setups if name == best or gaps[name, best].mean >= -margin - 1e-9)
    open_needs = _open_needs(setups, differences, gaps, winner, best, margin)
    fewest = min(row.n for row in differences)
    sure = not open_needs and fewest >= FEW
    needs = [need() if counting else None for need in open_needs]
    known = [need for need in needs if need is not None]
    needed = max(1, FEW - fewest, *known) if len(known) == len(needs) else None
    reason = _reason(setups[0], winner, best, -gaps[winner, best].mean if winner != best else 0.0, margin)
    return Judgement(winner, sure, 0 if sure else needed, f"{reason} {_settled(sure, fewest)}")


def _nobody(reason: str) -> Judgement:
    return Judgement(None, False, None, reason)


def _gaps(differences: Sequence[Difference]) -> Gaps:
    """Return every difference both ways."""
    gaps: dict[tuple[str, str], Interval] = {}
    for row in differences:
        if (gap := row.difference) is not None:
            gaps[row.setup, row.other] = gap
            gaps[row.other, row.setup] = Interval(-gap.mean, -gap.high, -gap.low)
    return gaps


def _open_needs(
    setups: Sequence[str],
    differences: Sequence[Difference],
    gaps: Gaps,
    winner: str,
    best: str,
    margin: float,
) -> list[Callable[[], int | None]]:
    """Return for each open comparison what tells how many more questions it needs; None where it can't be told.

    Open is what could still change the winner. It stands when every simpler setup is shown to be worse than
    the best, and no setup can be better than the winner by more than the margin.
    """
    needs: list[Callable[[], int | None]] = []
    for row in differences:
        measured = gaps[row.setup, row.other].mean
        spread = (row.wins + row.losses) / row.n if row.spread is None else row.spread
        simpler = setups.index(row.other) < setups.index(winner)
        sizes = sequential if row.test is PairTest.SEQUENTIAL else stats
        if row.setup == best and simpler and (row.p_holm is None or row.p_holm >= ALPHA or measured <= 0):
            total = partial(sizes.questions_for, measured, max(spread, abs(measured)))
            needs.append(partial(_more, row.n, total))
        elif winner in (row.setup, row.other):
            gap = gaps[row.other if row.setup == winner else row.setup, winner]
            if gap.high > margin:
                total = partial(sizes.questions_to_bound, gap.mean, spread, margin)
                needs.append(partial(_more, row.n, total))
    return needs


def _more(n: int, total: Callable[[], int]) -> int | None:
    """Return how many questions are wanting of a total, or None where no number of them would do."""
    try:
        return max(1, total() - n)
    except ValueError:
        return None


def _reason(simplest: str, winner: str, best: str, behind: float, margin: float) -> str:
    if winner != best:
        return (
            f"{best} passed the most questions; {winner} is simpler and {100 * behind:.1f} points behind, "
            f"within the margin of {100 * margin:g}."
        )
    if winner == simplest:
        return f"{winner} is the simplest setup, and none passed more questions."
    return (
        f"{winner} passed the most questions, and no simpler setup came within {100 * margin:g} points of it."
    )


def _settled(sure: bool, fewest: int) -> str:
    if sure:
        return "The intervals settle it."
    more = f" ({NOT_ENOUGH}: write at least {FEW} questions.)" if fewest < FEW else ""
    return f"The intervals do not settle it yet.{more}"
