"""The climb: start with the prompt, mend what was lost, stop at the lowest rung that meets the target.

Knows nothing of how an index or an adapter is made: the caller gives what makes them. What to try next is
decided by `next_rung`, a pure function of what was measured, so that simulated worlds can test it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from experiments.attribute import Cause, attribute
from experiments.compare import MARGIN, compare
from experiments.evidence import to_evidence
from experiments.policy import Decision, Tried, causes, next_rung
from experiments.protocols import SetupT
from experiments.questions import Question
from experiments.run import Meter, Result, measure
from experiments.verdict import LADDER, Difference, Standing, Verdict
from foundation.errors import UserError, one_of


@dataclass(frozen=True)
class Step:
    """One rung of a climb."""

    setup: str
    """What was tried."""
    made: tuple[str, ...]
    """What had to be made first: `index`, `adapter`."""
    before: Standing | None
    """The rung below, on the dev questions; None for the first."""
    after: Standing
    """This rung, on the same questions."""
    change: Difference | None
    """This rung against the one below, question by question."""
    causes: Mapping[Cause, int]
    """Failed questions by cause; a broken form counts wherever it occurred."""
    decision: str
    """What was decided from it, and why."""


@dataclass(frozen=True)
class ClimbReport:
    """How a climb went and where it ended."""

    target: float
    """The pass rate wanted, facts and form together."""
    steps: tuple[Step, ...]
    """The rungs tried, in order."""
    chosen: str | None
    """Where to stay: where the target was met, else the simplest setup that was no worse than the best."""
    met: bool
    """Whether the chosen setup meets the target with confidence on the test questions."""
    reason: str
    """Why the climb stopped, and what is missing if the target was not met."""
    verdict: Verdict
    """The rungs tried, compared on the test questions, which no decision looked at."""
    evidence: dict[str, Any]
    """What the advisor takes from it."""


@dataclass(frozen=True)
class Ways(Generic[SetupT]):
    """What a climb can try, and what makes it."""

    setups: Sequence[SetupT]
    """The caller's setups, by their names `prompt`, `rag`, `lora`, `hybrid`."""
    sync: Callable[[], object] | None = None
    """Makes the index, and does nothing when it is there; None: there are no documents."""
    train: Callable[[], object] | None = None
    """Makes the adapter, and does nothing when it is there; None: it can't be trained.

    Called after `sync`, because training rows hold the passages that the live index finds."""

    @property
    def available(self) -> tuple[str, ...]:
        """The setups that can be tried, simplest first."""
        names = {str(setup) for setup in self.setups}
        lacking = ({"rag", "hybrid"} if self.sync is None else set()) | (
            {"lora", "hybrid"} if self.train is None else set()
        )
        return tuple(name for name in LADDER if name in names - lacking)


def climb(
    dev: Sequence[Question],
    test: Sequence[Question],
    ways: Ways[SetupT],
    meter: Meter[SetupT],
    *,
    target: float,
    margin: float = MARGIN,
    on_step: Callable[[Step], None] | None = None,
    seed: int = 0,
) -> ClimbReport:
    """Climb the ladder on the dev questions and give the verdict on the test questions.

    Killed and started again with the same meter folder, it goes the same way and asks nothing twice.

    Args:
        dev: Decide what to try.
        test: Measured at the end, on every rung that was tried.
        ways: What can be tried, and what makes it.
        meter: Who is asked and how answers are judged and kept.
        target: The pass rate wanted, facts and form together, above 0 and at most 1.
        margin: A pass rate this much below the best still counts as no worse.
        on_step: Told after every rung.
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
    steps, results, decision = _walk(dev, ways, meter, target, on_step, seed)
    tried = [setup for setup in ways.setups if str(setup) in {step.setup for step in steps}]
    tested = measure(test, sorted(tried, key=lambda setup: LADDER.index(str(setup))), meter) if test else []
    verdict = compare(tested, margin=margin, seed=seed)
    chosen = _chosen(steps, decision, verdict, results, margin, seed)
    met, reason = _ending(chosen, verdict, target, decision)
    return ClimbReport(
        target, tuple(steps), chosen, met, reason, verdict, to_evidence(verdict, attribute(tested))
    )


def _walk(
    dev: Sequence[Question],
    ways: Ways[SetupT],
    meter: Meter[SetupT],
    target: float,
    on_step: Callable[[Step], None] | None,
    seed: int,
) -> tuple[list[Step], list[Result], Decision]:
    """Try rung after rung on the dev questions until `next_rung` says stop."""
    by_name = {str(setup): setup for setup in ways.setups}
    steps: list[Step] = []
    rungs: list[Tried] = []
    results: list[Result] = []
    made: set[str] = set()
    decision = next_rung(rungs, target, ways.available)
    while decision.setup is not None:
        setup = decision.setup
        new = _make(setup, ways, made)
        answers = measure(dev, [by_name[setup]], meter)
        results += answers
        verdict = compare(results, seed=seed)
        standing = verdict.standing(setup)
        if standing is None:  # can't be: dev is not empty
            break
        losses = tuple(attribute(answers))
        rungs.append(Tried(standing, losses))
        decision = next_rung(rungs, target, ways.available)
        below = steps[-1].after if steps else None
        change = verdict.difference(setup, below.setup) if below else None
        steps.append(Step(setup, new, below, standing, change, causes(losses), decision.why))
        if on_step is not None:
            on_step(steps[-1])
    return steps, results, decision


def _make(setup: str, ways: Ways[SetupT], made: set[str]) -> tuple[str, ...]:
    """Make what a setup needs and this climb has not made yet, index before adapter; say what it was."""
    new: list[str] = []
    for thing, maker, needed in (
        ("index", ways.sync, setup != "prompt"),
        ("adapter", ways.train, setup in ("lora", "hybrid")),
    ):
        if needed and maker is not None and thing not in made:
            maker()
            made.add(thing)
            new.append(thing)
    return tuple(new)


def _chosen(
    steps: Sequence[Step],
    decision: Decision,
    verdict: Verdict,
    results: Sequence[Result],
    margin: float,
    seed: int,
) -> str | None:
    """Return where to stay: where the target was met, else the winner on test, else the winner on dev."""
    if decision.met or len(steps) == 1:
        return steps[-1].setup
    return verdict.winner or compare(results, margin=margin, seed=seed).winner


def _ending(chosen: str | None, verdict: Verdict, target: float, decision: Decision) -> tuple[bool, str]:
    """Say whether the chosen setup meets the target on the test questions, and why the climb stopped."""
    standing = verdict.standing(chosen) if chosen else None
    rate = standing.both.rate if standing else None
    if standing is None or rate is None:
        proof = (
            verdict.reason if verdict.standings else "No test question was asked, so nothing is proved yet."
        )
        return False, f"{decision.why} {proof}"
    held = f"{standing.both.passed} of {standing.both.n} ({rate.low:.0%}–{rate.high:.0%})"
    if rate.low >= target:
        return True, f"{decision.why} On the test questions {chosen} passed {held}: the target is met."
    verb = "misses the target" if rate.high < target else "does not surely meet the target"
    return False, f"{decision.why} On the test questions {chosen} passed {held}: it {verb} of {target:.0%}."
