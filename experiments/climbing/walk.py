"""The way up: one thing after another is made, asked of the dev questions and weighed, until nothing is left to try.

Knows nothing of test questions but their number, nor of how anything is made. What to try next is decided by
`next_rung`; what was asked is kept by `measure`, so that a climb that was killed goes the same way again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic

from experiments.attribute import Loss, attribute
from experiments.climbing.budget import Budget, Spent
from experiments.climbing.policy import Tried, causes, next_rung, state, unmoved
from experiments.climbing.steps import Step
from experiments.climbing.ways import SEARCHED, Blocked, Tuned, Ways, Workshop, in_order
from experiments.compare import compare
from experiments.protocols import Case, ReplyLike, SetupT
from experiments.questions import Question
from experiments.run import Meter, Progress, Result, measure
from experiments.verdict import Difference
from foundation.errors import UserError

NOTE = "climb.json"
"""The file of a run's folder that says what a climb tuned."""
UNTUNED = "before the tuning"


class Walk(Generic[SetupT]):
    """One climb on the dev questions, while it goes on.

    Args:
        dev: What is asked.
        ways: What can be tried, and what makes it.
        meter: Who is asked and how answers are judged and kept.
        target: The pass rate wanted.
        budget: How long it may take.
        proof: How many questions the proof asks in every setup that was tried.
        on_step: Told after every step.
        seed: Of the bootstrap.
    """

    def __init__(
        self,
        dev: Sequence[Question],
        ways: Ways[SetupT],
        meter: Meter[SetupT],
        target: float,
        budget: Budget,
        proof: int = 0,
        on_step: Callable[[Step], None] | None = None,
        seed: int = 0,
    ) -> None:
        self._dev, self._ways, self._target, self._seed = dev, ways, target, seed
        self._budget, self._proof, self._on_step = budget, proof, on_step
        self._told, self._meter = meter.progress, replace(meter, progress=self._progress)
        self._seen, self._pace = Progress((), 0, 0, 0), 0.0
        self._shop = Workshop(ways)
        self._note = Tuned.read(meter.folder / NOTE)
        self._tunable = ways.tune is not None
        self._available, self._found = ways.available, dict[str, SetupT]()
        self._rungs: list[Tried] = []
        self.steps: list[Step] = []
        self.results: list[Result] = []
        self.last: list[Result] = []
        self.searched: list[str] = []
        self.blocked = self.spent = ""
        self.decision = next_rung([], target, self._available)

    @property
    def tried(self) -> list[str]:
        """The setups that were tried, simplest first."""
        return in_order(dict.fromkeys(step.setup for step in self.steps))

    @property
    def _provable(self) -> list[str]:
        """The setups that were tried, without variants that are shown to be worse than the best on the dev questions."""
        rates = {step.setup: step.after.both.rate for step in self.steps}
        best = max((rate.low for rate in rates.values() if rate), default=0.0)
        return [
            name for name in self.tried if "+" not in name or ((rate := rates[name]) and rate.high >= best)
        ]

    @property
    def decided(self) -> tuple[Loss, ...]:
        """What the last step lost on the dev questions, and so decided where to go from it."""
        return self._rungs[-1].losses if self._rungs else ()

    def go(self) -> None:
        """Try one thing after another on the dev questions until there is nothing more to try."""
        while self.decision.setup is not None:
            try:
                self._step(self.decision.setup, self.decision.tune)
            except Spent as spent:
                self.spent = str(spent)
                self._stop(self.spent)
            except Blocked as blocked:
                self.blocked = str(blocked)
                self._stop(f"But nothing was trained: {self.blocked}")

    def _stop(self, why: str) -> None:
        self.decision = replace(
            self.decision, setup=None, tune=False, why=f"{self.decision.why} {why}".strip()
        )

    def _step(self, setup: str, tune: bool) -> None:
        self._budget.begin_step()
        proof = self._pace * self._proof * len({setup, *self.tried})
        self._budget.claim(self._pace * len(self._dev), f"asking {setup}", later=proof)
        if tune:
            made = self._tune(setup)
            if not made:
                return
            results = self._ask(setup)
        else:
            if setup.endswith(SEARCHED):
                setup = self._search(setup)
                if not setup:
                    return
            made = self._shop.make(setup, lambda thing: self._budget.claim(0, f"making the {thing}"))
            results = self._before_tuning(setup) or self._ask(setup)
        self._measured(setup, made, results)

    def _tune(self, setup: str) -> tuple[str, ...]:
        """Tune retrieval, once; nothing where it was the best already: then the decision is taken anew without it."""
        self._tunable = False
        note, now = self._note, self._meter.fingerprint(self._named(setup))
        if note is not None and (note.setup, note.after) == (setup, now):
            return ("tuning",)  # by a climb that was killed afterwards
        self._budget.claim(0, "tuning retrieval")
        if self._ways.tune is not None and self._ways.tune():
            after = self._meter.fingerprint(self._named(setup))
            Tuned(setup, now, after).write(self._meter.folder / NOTE)
            return ("tuning",)
        self.decision = unmoved(next_rung(self._rungs, self._target, self._available))
        self.steps[-1] = replace(self.steps[-1], decision=self.decision.why)
        return ()

    def _search(self, step: str) -> str:
        """Search the prompting of a setup, once, and return the best; empty where none leads: then the decision is taken anew."""
        base = step.removesuffix(SEARCHED)
        self._available = tuple(name for name in self._available if name != step)
        assert self._ways.search is not None  # or the step would not be available
        searched = self._ways.search(base)
        self.searched += searched.tried
        if (best := searched.best) is not None:
            self._found[str(best)] = best
            return str(best)
        self.decision = unmoved(
            next_rung(self._rungs, self._target, self._available, self._tunable),
            f"No other prompting of {base} leads on the dev questions.",
        )
        self.steps[-1] = replace(self.steps[-1], decision=self.decision.why)
        return ""

    def _named(self, name: str) -> SetupT:
        """Return the setup of a name, the caller's own or one that a search found."""
        return self._found[name] if name in self._found else self._ways.named(name)

    def _before_tuning(self, setup: str) -> list[Result] | None:
        """Return what an earlier climb measured in this setup before it tuned retrieval; None where there is nothing."""
        note = self._note
        if note is None or note.setup != setup or not self._tunable:
            return None
        if self._meter.fingerprint(self._named(setup)) != note.after:
            return None
        return self._kept(self._dev, setup, replace(self._meter, fingerprint=lambda _: note.before))

    def _kept(self, questions: Sequence[Question], setup: str, meter: Meter[SetupT]) -> list[Result] | None:
        """Return the answers of a setup that are kept, and ask nobody; None where one is missing."""
        silent = replace(meter, asker=_Nobody[SetupT](), ask_failures_again=False, progress=None)
        try:
            return measure(questions, [self._named(setup)], silent)
        except _NotKept:
            return None

    def prove(self, test: Sequence[Question]) -> list[Result]:
        """Ask test questions in every setup that may be stayed on; where the budget does not last, those count that are
        answered completely."""
        if not test or not self.steps:
            return []
        self._budget.begin_step()
        try:
            return measure(test, [self._named(name) for name in self._provable], self._meter)
        except Spent as spent:
            self.spent = self.spent or str(spent)
            return [row for name in self._provable for row in self._kept(test, name, self._meter) or []]

    def _ask(self, setup: str) -> list[Result]:
        """Ask the dev questions, and take the pace of what was asked anew."""
        began = self._budget.spent
        answers = measure(self._dev, [self._named(setup)], self._meter)
        asked = self._seen.done - self._seen.reused
        if asked:
            self._pace = (self._budget.spent - began) / asked
        return answers

    def _progress(self, seen: Progress) -> None:
        """Pass on how far it is, and end where the budget does; what was answered is kept."""
        self._seen = seen
        if self._told is not None:
            self._told(seen)
        if seen.done < seen.total:
            self._budget.claim(0, f"asking {' and '.join(seen.setups)}")

    def _measured(self, setup: str, made: tuple[str, ...], results: list[Result]) -> None:
        """Take a step down: how it did, what it changed, and where to go from it."""
        standing = compare(results, seed=self._seed).standing(setup)
        assert standing is not None  # dev is not empty
        losses = tuple(self.attributed(results))
        self._rungs.append(Tried(standing, losses))
        self.decision = next_rung(self._rungs, self._target, self._available, self._tunable)
        below = self.steps[-1].after if self.steps else None
        step = Step(
            setup=setup,
            made=made,
            before=below,
            after=standing,
            change=self._change(results),
            causes=causes(losses),
            target=state(standing.both, self._target),
            seconds=self._budget.step_spent,
            decision=self.decision.why,
        )
        self.steps.append(step)
        self.results += results
        self.last = results
        if self._on_step is not None:
            self._on_step(step)

    def _change(self, results: list[Result]) -> Difference | None:
        """Compare a step with the one before, question by question; None for the first."""
        if not self.last:
            return None
        setup, below = results[0].setup, self.last[0].setup
        other = f"{below} {UNTUNED}" if setup == below else below
        rows = [
            replace(row, setup=name)
            for name, of in (("earlier", self.last), ("later", results))
            for row in of
        ]
        change = compare(rows, order=("earlier", "later"), seed=self._seed).differences[0]
        return replace(change, setup=setup, other=other)

    def attributed(self, results: Sequence[Result]) -> list[Loss]:
        """Return why these questions were lost."""
        return attribute(results, self._ways.evidence, self._ways.undress)


class _NotKept(UserError):
    """An answer that should be kept is not."""


class _Nobody(Generic[SetupT]):
    """Answers nothing: whoever asks it wanted an answer that is not kept."""

    def answer_cases(self, cases: Sequence[Case[SetupT]]) -> Sequence[ReplyLike | Exception]:
        raise _NotKept("An answer of an earlier climb is not kept.")
