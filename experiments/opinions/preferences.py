"""What blind votes say: who was preferred, how surely, and by how much.

Knows nothing of pages or models; a judge's votes are counted as people's are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from experiments.compare import CONTRASTS, MARGIN
from experiments.opinions import pairwise
from experiments.opinions.ballots import Choice, Vote
from experiments.opinions.bradley_terry import Counts, Strengths, strengths
from experiments.statistics.stats import ALPHA, Interval, mcnemar_exact, questions_for, wilson
from experiments.verdict import NOT_ENOUGH, Difference, Effect, Rate, Verdict

PLANNED = (0.60, 0.65, 0.70)
"""True win rates for which the votes that show them are told."""


@dataclass(frozen=True)
class Pairing:
    """How a setup fared against a simpler one."""

    setup: str
    """The one."""
    other: str
    """The simpler one."""
    n: int
    """Votes."""
    wins: int
    """Votes for `setup`."""
    losses: int
    """Votes for `other`."""
    ties: int
    """Votes that both are equally good."""
    both_bad: int
    """Votes that neither is good."""
    rate: Interval | None
    """Share of the votes that `setup` won, ties and "both bad" as half, with an interval that holds at every look."""
    p_exact: float | None
    """Two-sided exact sign test on wins and losses, for one look."""
    p: float | None
    """The same, holding at every look, Holm-corrected for the number of pairs."""
    needed: int | None
    """How many more votes would show what was measured, or the margin; 0 once it is shown."""


@dataclass(frozen=True)
class Tally:
    """What the votes say."""

    votes: int
    """Votes that count."""
    passed_over: int
    """Further votes of one voter on one question and pair: only the first one was blind."""
    voters: int
    """Different voters; votes of nobody in particular count as one."""
    busiest: float
    """Share of the votes that came from one voter."""
    pairs: tuple[Pairing, ...]
    """Every pair of setups that got votes."""
    strengths: Strengths
    """Bradley and Terry's model over all of them."""
    both_bad: Rate
    """How often neither answer was good."""
    left: Rate
    """How often the left one was chosen where one was."""
    left_p: float | None
    """Two-sided exact test of that against one half; small: the side decided, not the answer."""
    earlier_states: Mapping[str, int]
    """By setup, votes on answers of another state (documents, adapter, prompt) than its newest one."""
    verdict: Verdict
    """The verdict of these votes, by the same rules as every other comparison."""


def tally(votes: Iterable[Vote], margin: float = MARGIN, seed: int = 0) -> Tally:
    """Count votes.

    Ties and "both bad" are half a win for each side in every rate; "both bad" is told beside it as well.
    Several votes of one voter on one question and pair count once, the first.

    Args:
        votes: Oldest first.
        margin: A setup whose votes fall short of the best one's by this share still counts as no worse.
        seed: Of the bootstrap.
    """
    given = list(votes)
    seen = counted(given)
    setups = pairwise.by_ladder(name for vote in seen for name in vote.pair)
    counts = {pair: _counts(seen, *pair) for pair in _pairs(setups)}
    met = {pair: found for pair, found in counts.items() if found.n}
    model = strengths(setups, met, CONTRASTS, seed)
    rows = pairwise.differences(setups, met, margin, "votes")
    sides = Counter(vote.choice for vote in seen)
    left, right = sides[Choice.LEFT], sides[Choice.RIGHT]
    voters = Counter(vote.who for vote in seen)
    return Tally(
        votes=len(seen),
        passed_over=len(given) - len(seen),
        voters=len(voters),
        busiest=max((n for who, n in voters.items() if who), default=0) / max(1, len(seen)),
        pairs=tuple(_pairing(seen, row) for row in rows if row.n),
        strengths=model,
        both_bad=_rate(sides[Choice.BOTH_BAD], len(seen)),
        left=_rate(left, left + right),
        left_p=mcnemar_exact(left, right) if left + right else None,
        earlier_states=_earlier(seen),
        verdict=_verdict(seen, setups, rows, model, margin),
    )


def counted(votes: Iterable[Vote]) -> list[Vote]:
    """Return the votes that count: of one voter on one question and pair the first, before the names were shown."""
    found: dict[object, Vote] = {}
    for vote in votes:
        key = (vote.who, vote.question, vote.pair) if vote.who else vote.id
        if len(vote.pair) == 2:
            found.setdefault(key, vote)
    return list(found.values())


def votes_for(rate: float, told_apart: float = 1.0) -> int:
    """Return how many votes show a true win rate against one half, at one look (α .05 two-sided, power 80 %).

    Args:
        rate: Share of the votes that one side truly wins, ties as half.
        told_apart: Share of the votes that choose a side.

    Raises:
        ValueError: The rate is one half, or cannot be with so few votes that choose a side.
    """
    return questions_for(2 * rate - 1, told_apart)


def votes_dict(found: Tally, damaged: int = 0) -> dict[str, Any]:
    """Return a tally as JSON values, as the schema `votes` says."""
    told = asdict(replace(found, strengths=replace(found.strengths, effects={})))
    del told["strengths"]["effects"]  # the verdict tells them
    planned = {
        f"{rate:.2f}": {"one_look": votes_for(rate), "every_look": pairwise.disagreements_for(rate, ALPHA)}
        for rate in PLANNED
    }
    return {**told, "verdict": pairwise.told(found.verdict), "damaged": damaged, "planned": planned}


def votes_evidence(found: Tally) -> dict[str, Any]:
    """Return what votes tell the advisor: the effects of the 2×2, in shares of the votes won.

    Votes say which of two is better, and never whether it is good enough. So there are no pass rates in it and
    no causes of loss; those only a comparison can tell.
    """
    effects = {
        row.name: {name: round(value, 4) for name, value in asdict(row.effect).items()}
        for row in found.verdict.effects
        if row.effect
    }
    return {"questions": found.verdict.questions, "setups": {}, "effects": effects, "failures": {}}


def _pairs(setups: Sequence[str]) -> list[tuple[str, str]]:
    return [(setup, other) for other, setup in combinations(setups, 2)]


def _counts(votes: Sequence[Vote], setup: str, other: str) -> Counts:
    met = [vote.preferred for vote in votes if vote.pair == {setup, other}]
    return Counts(met.count(setup), met.count(other), met.count(None))


def _pairing(votes: Sequence[Vote], row: Difference) -> Pairing:
    bad = sum(vote.pair == {row.setup, row.other} and vote.choice is Choice.BOTH_BAD for vote in votes)
    return Pairing(
        setup=row.setup,
        other=row.other,
        n=row.n,
        wins=row.wins,
        losses=row.losses,
        ties=row.n - row.wins - row.losses - bad,
        both_bad=bad,
        rate=pairwise.share_of(row.difference),
        p_exact=row.p_exact,
        p=row.p_holm,
        needed=row.needed,
    )


def _verdict(
    votes: Sequence[Vote],
    setups: Sequence[str],
    rows: tuple[Difference, ...],
    model: Strengths,
    margin: float,
) -> Verdict:
    shares = {row.setup: row.share for row in model.rows}
    standings = []
    for setup in setups:
        met = [vote for vote in votes if setup in vote.pair]
        won = sum(vote.preferred == setup for vote in met)
        standings.append(pairwise.standing(setup, len(met), Rate(won, len(met), shares.get(setup))))
    questions = len({vote.question for vote in votes})
    effects = tuple(_effect(name, model, len(votes)) for name in CONTRASTS)
    found = pairwise.verdict(questions, margin, standings, rows, effects)
    if len(setups) < 2:
        return found
    best = max(shares, key=lambda name: shares[name].mean) if shares else setups[0]
    return replace(found, reason=pairwise.reasoned(found, best, "votes"))


def _effect(name: str, model: Strengths, votes: int) -> Effect:
    effect = model.effects.get(name)
    note = "" if effect else f"{NOT_ENOUGH}: all four setups need votes"
    return Effect(name, "votes", votes, effect, note)


def _rate(passed: int, n: int) -> Rate:
    return Rate(passed, n, wilson(passed, n) if n else None)


def _earlier(votes: Sequence[Vote]) -> dict[str, int]:
    newest: dict[str, str] = {}
    marked = [
        (setup, mark)
        for vote in votes
        for setup, mark in zip((vote.left, vote.right), vote.marks, strict=True)
        if mark
    ]
    newest = dict(marked)  # the last one of each setup stays
    old = Counter(setup for setup, mark in marked if newest[setup] != mark)
    return {setup: old[setup] for setup in pairwise.by_ladder(old)}
