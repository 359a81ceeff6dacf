"""Which setup wins, and how sure are we? Paired statistics over scored results.

Knows nothing of models, files or wording on a page. Never fails for want of data: where a number can't be
had, a note that begins "not enough data" stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from experiments.run import Result
from experiments.scorers import Score
from experiments.stats import (
    ALPHA,
    holm,
    mcnemar_exact,
    mcnemar_mid_p,
    paired_interval,
    questions_for,
    smallest_difference,
    wilson,
)
from experiments.verdict import FEW, LADDER, NOT_ENOUGH, Difference, Effect, Rate, Standing, Verdict
from experiments.winner import judged

MARGIN = 0.05
"""Five points: what teams usually call no worse. A workspace may choose its own."""

Answered = Mapping[str, Mapping[str, Result]]
"""Setup → question id → result."""


def compare(
    results: Iterable[Result], *, margin: float = MARGIN, order: Sequence[str] = LADDER, seed: int = 0
) -> Verdict:
    """Compare setups question by question and name the simplest one that is not worse than the best.

    Each pair of setups is compared on the questions that both were asked, on facts and form together, by a
    mid-p McNemar test (Fagerland et al. 2013; its false alarms are held at 5 % by tests) corrected by Holm,
    beside the exact p and a paired bootstrap interval.

    Args:
        results: What `experiments.run.measure` returned; a later result of the same question and setup
            counts.
        margin: A pass rate this much below the best still counts as no worse; 0.05 is five points.
        order: Setups from the simplest on; others come after them, in the order they appear.
        seed: Of the bootstrap.
    """
    table: dict[str, dict[str, Result]] = {}
    for result in results:
        table.setdefault(result.setup, {})[result.question.id] = result
    table = {setup: table[setup] for setup in sorted(table, key=lambda name: _place(name, order))}
    pairs = [_difference(table, setup, other, margin, seed) for other, setup in combinations(table, 2)]
    differences = _corrected(pairs)
    verdict = Verdict(
        questions=len({question for answers in table.values() for question in answers}),
        margin=margin,
        standings=tuple(_standing(setup, list(answers.values())) for setup, answers in table.items()),
        differences=differences,
        effects=tuple(
            _effect(table, name, of, seed) for of in ("both", "facts", "form") for name in CONTRASTS
        ),
        winner=None,
        sure=False,
        needed=None,
        reason="",
    )
    return judged(verdict)


def _place(setup: str, order: Sequence[str]) -> int:
    return order.index(setup) if setup in order else len(order)


def _standing(setup: str, results: Sequence[Result]) -> Standing:
    answered = [result.record for result in results if result.record.failure is None]
    seconds = [record.seconds for record in answered]
    return Standing(
        setup=setup,
        n=len(results),
        both=_rate(result.scores.both for result in results),
        facts=_rate(result.scores.facts for result in results),
        form=_rate(result.scores.form for result in results),
        citation=_rate(result.scores.citation for result in results),
        abstention=_rate(result.scores.abstention for result in results),
        errors=len(results) - len(answered),
        seconds_p50=_quantile(seconds, 0.5),
        seconds_p95=_quantile(seconds, 0.95),
        tokens_in=_mean([record.tokens_in for record in answered]),
        tokens_out=_mean([record.tokens_out for record in answered]),
    )


def _rate(scores: Iterable[Score | None]) -> Rate:
    judged = [score.passed for score in scores if score is not None]
    return Rate(sum(judged), len(judged), wilson(sum(judged), len(judged)) if judged else None)


def _quantile(values: Sequence[float], share: float) -> float | None:
    import numpy as np

    return float(np.quantile(values, share)) if values else None


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None


def _passes(result: Result, measure: str) -> float:
    score: Score = getattr(result.scores, measure)
    return float(score.passed)


def _difference(table: Answered, setup: str, other: str, margin: float, seed: int) -> Difference:
    shared = [question for question in table[setup] if question in table[other]]
    values = [
        _passes(table[setup][question], "both") - _passes(table[other][question], "both")
        for question in shared
    ]
    n, wins, losses = len(values), values.count(1.0), values.count(-1.0)
    if n < 2:
        note = f"{NOT_ENOUGH}: {_count(n)} in common"
        return Difference(setup, other, n, wins, losses, None, None, None, None, None, None, note)
    return Difference(
        setup=setup,
        other=other,
        n=n,
        wins=wins,
        losses=losses,
        difference=paired_interval(values, seed),
        p=mcnemar_mid_p(wins, losses),
        p_exact=mcnemar_exact(wins, losses),
        p_holm=None,
        smallest=smallest_difference(n, (wins + losses) / n),
        needed=_needed_to_show(n, wins, losses, margin),
        note=_doubt(n, wins + losses),
    )


def _doubt(n: int, disagreements: int) -> str:
    if disagreements == 0:
        return f"{NOT_ENOUGH}: all {n} questions came out alike, so nothing tells them apart"
    return f"{NOT_ENOUGH}: {_count(n)}, write at least {FEW}" if n < FEW else ""


def _count(n: int) -> str:
    return "1 question" if n == 1 else f"{n} questions"


def _needed_to_show(n: int, wins: int, losses: int, margin: float) -> int:
    """Return how many more questions would show the measured difference, or the margin if larger."""
    wanted = max(abs(wins - losses) / n, margin, 0.01)  # a margin of 0 would ask for infinitely many
    return max(0, questions_for(wanted, max((wins + losses) / n, wanted)) - n)


def _corrected(rows: Sequence[Difference]) -> tuple[Difference, ...]:
    tested = [row.p for row in rows if row.p is not None]
    corrected = iter(holm(tested))
    return tuple(row if row.p is None else _shown(row, next(corrected)) for row in rows)


def _shown(row: Difference, p_holm: float) -> Difference:
    return replace(row, p_holm=p_holm, needed=0 if p_holm < ALPHA else row.needed)


CONTRASTS = {
    "retrieval": {"prompt": -0.5, "rag": 0.5, "lora": -0.5, "hybrid": 0.5},
    "adapter": {"prompt": -0.5, "rag": -0.5, "lora": 0.5, "hybrid": 0.5},
    "interaction": {"prompt": 1.0, "rag": -1.0, "lora": -1.0, "hybrid": 1.0},
}
"""Weights of the setups. The interaction is what the adapter adds to retrieval, less what it adds alone."""


def _effect(table: Answered, name: str, measure: str, seed: int) -> Effect:
    weights = CONTRASTS[name]
    missing = [setup for setup in weights if setup not in table]
    if missing:
        return Effect(name, measure, 0, None, f"{NOT_ENOUGH}: {' and '.join(missing)} not measured")
    shared = [question for question in table["prompt"] if all(question in table[setup] for setup in weights)]
    values = [
        sum(weight * _passes(table[setup][question], measure) for setup, weight in weights.items())
        for question in shared
    ]
    if len(values) < 2:
        return Effect(name, measure, len(values), None, f"{NOT_ENOUGH}: {_count(len(values))} in common")
    reach = 2.0 if name == "interaction" else 1.0
    note = f"{NOT_ENOUGH}: {_count(len(values))}, write at least {FEW}" if len(values) < FEW else ""
    return Effect(name, measure, len(values), paired_interval(values, seed, reach=reach), note)
