"""Votes, a live split and a judge's noise as lines for the terminal.

Knows nothing of how any of it is counted.
"""

from __future__ import annotations

from experiments.opinions.judge_noise import Noise
from experiments.opinions.live import LiveResult
from experiments.opinions.pairwise import disagreements_for
from experiments.opinions.preferences import PLANNED, Tally, votes_for
from experiments.shown.tables import Table, number, p_value, points, rate, wrapped
from experiments.statistics.stats import ALPHA, Interval
from experiments.verdict import FEW, Rate, Verdict


def votes_text(found: Tally, damaged: int = 0) -> str:
    """Return the votes as the command prints them."""
    if not found.votes:
        return wrapped(
            "Nobody has voted yet. Open the chat with `rungwise app`, switch on “Vote blind” and ask; each vote is "
            f"one choice between two hidden setups. {planned()}"
        )
    lines = [*tally_lines(found, "votes"), "", *_sides(found), planned()]
    if damaged:
        lines.append(f"{damaged} lines of the votes file can't be read and do not count.")
    return "\n".join(wrapped(line) if len(line) > 100 and "\n" not in line else line for line in lines)


def planned() -> str:
    """Return how many votes a pair takes."""
    rates = " / ".join(f"{100 * rate:.0f} %" for rate in PLANNED)
    once = " / ".join(str(votes_for(rate)) for rate in PLANNED)
    always = " / ".join(str(disagreements_for(rate, ALPHA)) for rate in PLANNED)
    return (
        f"Votes a pair that show a true win rate of {rates} with power 80 %: {once} where one looks once, "
        f"{always} where one looks at all times, as here."
    )


def tally_lines(found: Tally, what: str) -> list[str]:
    """Return a tally as lines: pairs, strengths, who wins.

    Args:
        found: The tally.
        what: What is counted: `votes` or `comparisons`.
    """
    if not found.votes:
        return [f"No {what} to count."]
    questions = found.verdict.questions
    head = f"{found.votes} {what} on {questions} question{'' if questions == 1 else 's'}"
    pairs = Table(
        f"{head}; win rates hold at every look, ties as half",
        ("pair", "n", "won", "lost", "tie", "both bad", "win rate", "p (Holm)", "more needed"),
        tuple(
            (
                f"{row.setup} : {row.other}", str(row.n), str(row.wins), str(row.losses), str(row.ties),
                str(row.both_bad), percent(row.rate), p_value(row.p), number(row.needed),
            )
            for row in found.pairs
        ),
    )  # fmt: skip
    return [pairs.text(), "", *_strengths(found), "", conclusion(found.verdict, what)]


def conclusion(verdict: Verdict, what: str) -> str:
    """Return who wins, or what is missing."""
    needed = f" About {verdict.needed} more {what} a pair would settle it." if verdict.needed else ""
    return wrapped(f"{verdict.reason}{needed}")


def noise_lines(found: Noise) -> list[str]:
    """Return how noisy a judge is, as lines."""
    asked = found.comparisons - found.settled
    plain = f"{found.settled} of {found.comparisons} comparisons needed no judge (equal answers, or one that did not come)."
    lines = [
        plain,
        f"Same words again: agrees with itself in {percent(found.repeats)} of pairs of calls.",
        f"Answers swapped: stands by its word in {rate(found.orders)}; the rest became ties.",
        f"Chooses the answer shown first in {percent(found.first)} of its choices (a fair judge: 50 %).",
        f"Says what the scorers say in {rate(found.scorers)}; kappa {_kappa(found.kappa)} (1 full agreement, 0 chance).",
        f"Not to be read: {rate(found.unreadable)} of calls; {found.unjudged} of {asked} comparisons without a verdict.",
    ]
    if found.biased:
        side = "first" if found.first is not None and found.first.mean > 0.5 else "second"
        lines.append(
            f"This judge is biased: where the order decides it prefers the {side} answer (p {p_value(found.first_p)}); "
            "those comparisons are ties, so it sees less than it seems to."
        )
    return lines


def live_text(results: list[LiveResult], damaged: int = 0) -> str:
    """Return a live split as the command prints it."""
    blocks = []
    for found in results:
        arms = Table(
            f"{_MEASURES[found.measure]}, a {found.unit} counted once",
            ("setup", "meant", "units", "judged", "good", "failures"),
            tuple(
                (
                    arm.setup, f"{100 * arm.expected:.0f} %", str(arm.units), str(arm.good.n), rate(arm.good),
                    str(arm.failures),
                )
                for arm in found.arms
            ),
        )  # fmt: skip
        rows = Table(
            "Differences in points",
            ("pair", "at one look", "at every look", "p (Holm)"),
            tuple(
                (f"{row.setup} − {row.other}", points(row.difference), points(row.anytime), p_value(row.p))
                for row in found.contrasts
            ),
        )
        blocks += [arms.text(), "", rows.text(), "", conclusion(found.verdict, "outcomes"), ""]
    first = results[0]
    blocks.append(_ratio(first))
    if first.crossed:
        blocks.append(f"{first.crossed} units were seen in two setups and are left out.")
    if first.earlier:
        blocks.append(f"{first.earlier} rows are of another split and are left out.")
    if damaged:
        blocks.append(f"{damaged} lines of the outcomes file can't be read and do not count.")
    return "\n".join(blocks)


_MEASURES = {"thumb": "Answers found good (last thumb)", "task": "Tasks done"}


def percent(interval: Interval | None) -> str:
    """Return a share with its interval: `60 % (52–68)`; a dash where there is none."""
    if interval is None:
        return "–"
    return f"{100 * interval.mean:.0f} % ({100 * interval.low:.0f}–{100 * interval.high:.0f})"


def _strengths(found: Tally) -> list[str]:
    if found.strengths.note:
        return [f"Strengths: {found.strengths.note}."]
    rows = tuple(
        (row.setup, percent(row.share), f"{row.strength.mean:+.2f} ({row.strength.low:.2f} to {row.strength.high:.2f})")
        for row in found.strengths.rows
    )  # fmt: skip
    return [
        Table("Bradley–Terry, at one look", ("setup", "wins against the others", "strength"), rows).text()
    ]


def _sides(found: Tally) -> list[str]:
    lines = [f"Both bad: {rate(found.both_bad)}. Left chosen: {_left(found.left, found.left_p)}"]
    if found.passed_over:
        lines.append(
            f"{found.passed_over} further votes of one voter on one question do not count: only the first was blind."
        )
    if found.busiest > 0.5 and found.votes >= FEW:
        lines.append(
            f"{100 * found.busiest:.0f} % of the votes are of one voter: they tell what that voter prefers."
        )
    lines += [
        f"{n} votes are about an earlier state of {setup}." for setup, n in found.earlier_states.items()
    ]
    return lines


def _left(left: Rate, p: float | None) -> str:
    told = f"{rate(left)}, p {p_value(p)}."
    return (
        f"{told} The side decides, not only the answer: be careful." if p is not None and p < ALPHA else told
    )


def _kappa(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{interval.mean:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _ratio(found: LiveResult) -> str:
    if found.ratio_p is None:
        return "Sizes of the arms: too few units to check."
    told = f"Sizes of the arms: p {p_value(found.ratio_p)} (alarm below .001)"
    return f"{told}, sample-ratio mismatch." if found.mismatch else f"{told}, no mismatch shown."
