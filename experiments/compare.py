"""Which setup wins, and how sure are we? Paired statistics over scored results.

Knows nothing of models, files or wording on a page. Never fails for want of data: where a number can't be
had, a note that begins "not enough data" stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from experiments.answered import Answered, Look, answered, passes, shared
from experiments.differences import count, differences
from experiments.run import Result
from experiments.standing import standing
from experiments.verdict import FEW, LADDER, NOT_ENOUGH, Effect, Verdict
from experiments.winner import judged
from experiments.worth import Prices, Stakes, worths

MARGIN = 0.05
"""Five points: what teams usually call no worse. A workspace may choose its own."""


def compare(
    results: Iterable[Result],
    *,
    margin: float = MARGIN,
    order: Sequence[str] = LADDER,
    seed: int = 0,
    sequential: bool = False,
    prices: Prices | None = None,
    stakes: Stakes | None = None,
) -> Verdict:
    """Compare setups question by question and name the simplest one that is not worse than the best.

    Each pair of setups is compared on the questions that both were asked, on facts and form together, by a
    mid-p McNemar test (Fagerland et al. 2013; its false alarms are held at 5 % by tests) corrected by Holm,
    beside the exact p and a paired bootstrap interval. Where a setup was asked a question several times, the
    question counts once, with the mean of its answers, and a sign-flip permutation takes McNemar's place.

    Args:
        results: What `experiments.run.measure` returned; a later result of the same question, setup and repeat
            counts.
        margin: A pass rate this much below the best still counts as no worse; 0.05 is five points.
        order: Setups from the simplest on, their variants (`rag+shots`) behind them; others come after them, in
            the order they appear.
        seed: Of bootstrap and permutation.
        sequential: Whether somebody looked at the results and might have stopped earlier, as `until_sure`
            does. Then tests and intervals of pass rates are those of `experiments.statistics.sequential`.
        prices: What a reply costs; without them, cost is left out.
        stakes: What answers bring; without them, nothing is said about whether a setup pays.
    """
    look = Look(margin, seed, sequential)
    table = answered(results, order)
    standings = tuple(standing(setup, answers, look, prices, stakes) for setup, answers in table.items())
    rows = differences(table, look)
    return Verdict(
        questions=len({question for answers in table.values() for question in answers}),
        margin=margin,
        standings=standings,
        differences=rows,
        effects=tuple(
            _effect(table, name, of, look) for of in ("both", "facts", "form") for name in CONTRASTS
        ),
        **asdict(judged(_rates(table), rows, margin)),
        repeats=max((len(group) for answers in table.values() for group in answers.values()), default=1),
        sequential=sequential,
        currency=prices.currency if prices else "",
        worth=worths(table, look, prices, stakes),
    )


def settled_early(results: Iterable[Result], margin: float = MARGIN, order: Sequence[str] = LADDER) -> bool:
    """Return whether the winner is sure already, however often that was asked before: the stop of `until_sure`.

    Sure as in `compare(…, sequential=True)`: at least 20 questions, every simpler setup is shown to be worse
    than the best by always-valid sign tests (Holm over all pairs), and no setup can be better than the winner
    by more than the margin, by intervals that hold at every look. It is about those who might have been asked
    too, so questions must come in random order.

    Args:
        results: All there are so far.
        margin: As `compare`.
        order: As `compare`.
    """
    table = answered(results, order)
    rows = differences(table, Look(margin, anytime=True, counting=False))
    return judged(_rates(table), rows, margin, counting=False).sure


def _rates(table: Answered) -> dict[str, float]:
    return {
        setup: sum(passes(group, "both") for group in answers.values()) / len(answers)
        for setup, answers in table.items()
    }


CONTRASTS = {
    "retrieval": {"prompt": -0.5, "rag": 0.5, "lora": -0.5, "hybrid": 0.5},
    "adapter": {"prompt": -0.5, "rag": -0.5, "lora": 0.5, "hybrid": 0.5},
    "interaction": {"prompt": 1.0, "rag": -1.0, "lora": -1.0, "hybrid": 1.0},
}
"""Weights of the setups. The interaction is what the adapter adds to retrieval, less what it adds alone."""


def _effect(table: Answered, name: str, measure: str, look: Look) -> Effect:
    weights = CONTRASTS[name]
    missing = [setup for setup in weights if setup not in table]
    if missing:
        return Effect(name, measure, 0, None, f"{NOT_ENOUGH}: {' and '.join(missing)} not measured")
    values = [
        sum(weight * passes(table[setup][question], measure) for setup, weight in weights.items())
        for question in shared(table, *weights)
    ]
    if len(values) < 2:
        return Effect(name, measure, len(values), None, f"{NOT_ENOUGH}: {count(len(values))} in common")
    reach = 2.0 if name == "interaction" else 1.0
    note = f"{NOT_ENOUGH}: {count(len(values))}, write at least {FEW}" if len(values) < FEW else ""
    return Effect(name, measure, len(values), look.interval(values, reach=reach), note)
