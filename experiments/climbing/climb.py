"""The climb: start with the prompt, mend what was lost, stop at the lowest rung that meets the target.

Knows nothing of how an index or an adapter is made: the caller gives what makes them. What to try next is
decided by `next_rung`, a pure function of what was measured, so that simulated worlds can test it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.climbing.budget import Budget
from experiments.climbing.missing import Ending, missing
from experiments.climbing.policy import state
from experiments.climbing.steps import ClimbReport, Step, Target
from experiments.climbing.walk import Walk
from experiments.climbing.ways import Ways
from experiments.compare import MARGIN, compare
from experiments.evidence import to_evidence
from experiments.protocols import SetupT
from experiments.questions import Question
from experiments.run import Meter, Result
from experiments.verdict import Verdict
from foundation.errors import UserError, one_of


def climb(
    dev: Sequence[Question],
    test: Sequence[Question],
    ways: Ways[SetupT],
    meter: Meter[SetupT],
    *,
    target: float,
    margin: float = MARGIN,
    budget: Budget | None = None,
    on_step: Callable[[Step], None] | None = None,
    seed: int = 0,
) -> ClimbReport:
    """Climb the ladder on the dev questions and give the verdict on the test questions.

    Killed, or ended by its budget, and started again with the same meter folder, it goes the same way and asks
    nothing twice. Before a step begins, its questions and those of the proof are held against what is left of the
    budget, at the pace so far; what makes an index or an adapter may do the same (`Budget.claim`).

    Args:
        dev: Decide what to try.
        test: Measured at the end, in every setup that was tried, but for variants that are shown to be worse on dev.
        ways: What can be tried, and what makes it.
        meter: Who is asked and how answers are judged and kept.
        target: The pass rate wanted, facts and form together, above 0 and at most 1.
        margin: A pass rate this much below the best still counts as no worse.
        budget: How long it may take; None for no limit.
        on_step: Told after every step.
        seed: Of the bootstrap.

    Raises:
        UserError: There is no dev question, the target is no share, or a callback or the asker raises it.
    """
    if not 0 < target <= 1:
        raise UserError(f"The target must be a share above 0 and at most 1, but is {target}.")
    if not dev:
        raise UserError('The climb needs questions in the part "dev", but there are none. Write at least 20.')
    if "prompt" not in ways.available:
        raise UserError(
            f'The climb begins with the setup "prompt", but was given {one_of(ways.available or ("none",))}.'
        )
    budget = budget or Budget()
    walk = Walk(dev, ways, meter, target, budget, len(test), on_step, seed)
    walk.go()
    tested = walk.prove(test)
    return _report(walk, ways, tested, compare(tested, margin=margin, seed=seed), target, budget)


def _report(
    walk: Walk[SetupT],
    ways: Ways[SetupT],
    tested: Sequence[Result],
    verdict: Verdict,
    target: float,
    budget: Budget,
) -> ClimbReport:
    """Say where to stay, what that proves, and what is missing."""
    losses = tuple(walk.attributed(tested))
    chosen = _chosen(walk, verdict, target)
    met, proof = _proof(chosen, verdict, target, walk.spent)
    ending = Ending(
        target=target,
        chosen=chosen,
        last=_last(walk, verdict),
        verdict=verdict,
        losses=losses,
        decided=walk.decided,
        trained=any(step.setup.partition("+")[0] in ("lora", "hybrid") for step in walk.steps),
        able=any(name.partition("+")[0] in ("lora", "hybrid") for name in ways.available),
        documents=ways.sync is not None,
        blocked=walk.blocked,
        spent=walk.spent,
    )
    return ClimbReport(
        target=target,
        steps=tuple(walk.steps),
        chosen=chosen,
        met=met,
        reason=f"{walk.decision.why} {proof}".strip(),
        missing=() if met else missing(ending),
        verdict=verdict,
        losses=losses,
        evidence=to_evidence(verdict, losses, [*walk.tried, *walk.searched]),
        seconds=budget.spent,
        spent=bool(walk.spent),
    )


def _last(walk: Walk[SetupT], verdict: Verdict) -> str:
    """Return the last setup that was tried and proved; what dev showed to be worse was not proved, and lost nothing on test."""
    tried = [step.setup for step in walk.steps]
    proved = [setup for setup in tried if verdict.standing(setup) is not None] or tried
    return proved[-1] if proved else "prompt"


def _chosen(walk: Walk[SetupT], verdict: Verdict, target: float) -> str | None:
    """Return the lowest setup that meets the target on test; else the winner there; else what dev says."""
    for standing in verdict.standings:
        if state(standing.both, target) is Target.MET:
            return standing.setup
    if len(walk.tried) == 1 or (walk.decision.met and verdict.winner is None):
        return walk.steps[-1].setup
    return verdict.winner or compare(walk.results, margin=verdict.margin).winner


def _proof(chosen: str | None, verdict: Verdict, target: float, spent: str) -> tuple[bool, str]:
    """Say whether the chosen setup meets the target on the test questions."""
    standing = verdict.standing(chosen) if chosen else None
    if chosen is None or standing is None or standing.both.rate is None:
        if verdict.standings:
            return False, verdict.reason
        if spent:
            return (
                False,
                "The budget ended before the test questions were answered, so nothing is proved yet.",
            )
        return False, "No test question was asked, so nothing is proved yet."
    rate, stands = standing.both.rate, state(standing.both, target)
    held = f"{standing.both.passed} of {standing.both.n} ({rate.low:.0%}–{rate.high:.0%})"
    return stands is Target.MET, (
        f"On the test questions {chosen} passed {held}: {_PROVED[stands].format(target=f'{target:.0%}')}."
    )


_PROVED = {
    Target.MET: "the target of {target} is met",
    Target.MISSED: "it provably misses the target of {target}",
    Target.OPEN: "it does not surely meet the target of {target}",
}
