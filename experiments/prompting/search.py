"""The search for a better prompting: raced on the dev questions, single examples exchanged, the winner confirmed.

Instructions and examples are searched as DSPy's MIPRO does (Opsahl-Ong et al. 2024, arXiv 2406.11695), by racing instead of a
surrogate model; wordings come from people and from rules, not from a model (OPRO, Yang et al. 2023, arXiv 2309.03409, asks one).
Answers are kept by `experiments.run.measure`, and which are asked depends on what was answered alone: a search that was killed
goes the same way again and asks nothing twice. Knows nothing of what a prompting is made of.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Generic

from experiments.climbing.budget import Budget, Spent
from experiments.prompting.confirm import Confirmation, confirm
from experiments.prompting.halving import LEAST, Mark, Marks, Round, cost, race, rounds, standing
from experiments.prompting.tuned import Found, Outcome, Space, Tried, Tuned
from experiments.protocols import SetupT
from experiments.questions import Question
from experiments.run import Meter, Progress, Result, measure
from experiments.runs import mark_of
from foundation.errors import UserError
from foundation.files import sha256_text, write_json_atomic

NOTE = "confirmed.json"
"""The file of a run's folder that says which winners which test questions have judged."""
_EXCHANGES = 0.25
"""Share of the budget that is kept for exchanging single examples."""


def tune_prompt(
    dev: Sequence[Question],
    test: Sequence[Question],
    space: Space[SetupT],
    meter: Meter[SetupT],
    *,
    answers: int | None = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> Tuned:
    """Search on the dev questions and confirm the winner on the test questions.

    Args:
        dev: Choose the winner.
        test: Confirm it; asked of the winner and the present prompting only, once a winner leads.
        space: What is searched.
        meter: Who is asked and how answers are judged and kept.
        answers: What the search may ask on the dev questions, kept answers included; None: as `rounds` has it.
        budget: How long it may take; the time that the confirmation needs is kept for it. None for no limit.
        seed: Of the order of the questions, and of the bootstrap.

    Raises:
        UserError: There are no dev questions or fewer than two test questions, nothing to try, or the budget is too small.
    """
    if len(test) < 2:
        raise UserError(
            'A winner is confirmed on test questions, and at least two are needed. Write more with "part": "test".'
        )
    budget = budget or Budget()
    search = Search(dev, space, meter, answers, budget, seed, proof=2 * len(test))
    found = search.go()
    held_out, spent = None, found.spent
    if found.winner != found.present:  # time was kept for it, even where the search ended early
        try:
            held_out, spent = search.confirm(found, test), ""
        except Spent as ended:
            spent = str(ended)
    outcome, reason = _judged(found, held_out, spent)
    return Tuned(found, held_out, outcome, reason, search.anew, budget.spent)


def search_prompt(
    dev: Sequence[Question],
    space: Space[SetupT],
    meter: Meter[SetupT],
    *,
    answers: int | None = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> Found:
    """Search on the dev questions only; whoever asks proves the winner himself, on questions that did not choose it.

    Args:
        dev: Choose the winner.
        space: As `tune_prompt`.
        meter: As `tune_prompt`.
        answers: As `tune_prompt`.
        budget: As `tune_prompt`.
        seed: As `tune_prompt`.

    Raises:
        UserError: As `tune_prompt`.
    """
    return Search(dev, space, meter, answers, budget or Budget(), seed).go()


def schedule_of(space: Space[SetupT], questions: int, answers: int | None = None) -> tuple[Round, ...]:
    """Return the rounds of a search's first race; what they leave of the budget goes into exchanges of single examples.

    Raises:
        UserError: There is nothing to try, or the budget is too small.
    """
    if not space.others:
        raise UserError(
            "There is only one prompting to try: no other wording says anything else here, and there are no examples to show. "
            "Write examples.jsonl or instructions.toml."
        )
    if answers is None:
        return rounds(len(space.others), questions)
    try:
        return rounds(len(space.others), questions, int(answers * (1 - _EXCHANGES)))
    except UserError:
        return rounds(len(space.others), questions, answers)  # nothing is left for exchanges then


def afforded(space: Space[SetupT], questions: int, answers: int) -> Space[SetupT]:
    """Return as much of a space as a number of answers can search: what changes least comes first, examples before wordings.

    Args:
        space: What is searched.
        questions: Dev questions there are.
        answers: What may be asked of them.
    """
    first = sorted(map(str, space.others), key=lambda name: (name.count("+"), "+instructions=" in name))
    for count in range(len(first), 0, -1):
        fewer = replace(space, others=[one for one in space.others if str(one) in first[:count]])
        with suppress(UserError):
            schedule_of(fewer, questions, answers)
            return fewer
    return replace(space, others=())


class Search(Generic[SetupT]):
    """One search, while it goes on.

    Args:
        dev: The questions that choose.
        space: What is searched.
        meter: Who is asked.
        answers: What may be asked of dev; None: as `rounds` has it, and a third as much again for exchanges.
        budget: How long it may take.
        seed: Of the order of the questions, and of the bootstrap.
        proof: Answers that a confirmation will take afterwards; time is kept for them.
    """

    def __init__(
        self,
        dev: Sequence[Question],
        space: Space[SetupT],
        meter: Meter[SetupT],
        answers: int | None,
        budget: Budget,
        seed: int = 0,
        proof: int = 0,
    ) -> None:
        if not dev:
            raise UserError(
                'A search needs questions in the part "dev", but there are none. Write at least 20.'
            )
        self._dev = random.Random(seed).sample(list(dev), len(dev))
        self._space, self._budget, self._seed, self._proof = space, budget, seed, proof
        self._schedule = schedule_of(space, len(dev), answers)
        self._most = answers if answers is not None else round(cost(self._schedule) / (1 - _EXCHANGES))
        self._told, self._meter = meter.progress, meter
        self._setups = {str(one): one for one in (space.present, *space.others)}
        self._marks: Marks = {}
        self.anew, self._pace = 0, 0.0

    def go(self) -> Found:
        """Race all candidates, then exchange single examples of the best as long as that helps and the budget lasts."""
        present = str(self._space.present)
        others = [str(one) for one in self._space.others]
        best, spent = race(present, others, self._dev, self._asked, self._schedule, self._marks)
        while not spent:
            near = [one for one in self._space.around(self._setups[best]) if str(one) not in self._setups]
            schedule = self._affordable(len(near))
            if not schedule:
                break
            self._setups |= {str(one): one for one in near}
            names = [str(one) for one in near]
            better, spent = race(best, names, self._dev, self._asked, schedule, self._marks)
            if better == best:
                break
            best = better
        return self._found(present, best, spent)

    def confirm(self, found: Found, test: Sequence[Question]) -> Confirmation:
        """Ask the test questions of the present prompting and of the winner.

        Raises:
            Spent: There is no time left for it.
        """
        names = (found.present.setup, found.winner.setup)
        self._proof = 0
        results = self._measured(test, names)
        passed = {name: [row.scores.both.passed for row in results if row.setup == name] for name in names}
        times = self._times(names, test)
        return confirm(passed[names[0]], passed[names[1]], times, self._seed)

    def _affordable(self, contenders: int) -> tuple[Round, ...]:
        """Return the rounds of an exchange that the rest of the budget pays; none where it does not."""
        left = self._most - sum(map(len, self._marks.values()))
        if not contenders or len(self._dev) < LEAST:
            return ()
        try:
            # the best has answered every question already: it costs nothing more
            return rounds(contenders, len(self._dev), left + len(self._dev))
        except UserError:
            return ()

    def _asked(self, names: Sequence[str], questions: Sequence[Question]) -> Mapping[str, Sequence[Mark]]:
        results = self._measured(questions, names)
        return {name: [_mark(row) for row in results if row.setup == name] for name in names}

    def _measured(self, questions: Sequence[Question], names: Sequence[str]) -> list[Result]:
        """Ask, a batch of answers at a time: what a kill can lose is one batch."""
        began, before = self._budget.spent, self.anew
        batch = max(1, self._meter.batch_size // len(names))

        def progress(now: Progress) -> None:
            if self._told is not None:
                self._told(now)
            seen = now.done - now.reused
            self.anew = before + seen
            if seen:
                self._pace = (self._budget.spent - began) / seen
            if now.done < now.total:
                coming = min(now.total - now.done, batch * len(names))
                self._budget.claim(self._pace * coming, "asking", later=self._pace * self._proof)

        meter = replace(self._meter, progress=progress, batch_size=batch)
        return measure(questions, [self._setups[name] for name in names], meter)

    def _found(self, present: str, best: str, spent: str) -> Found:
        tried = [_tried(name, marks) for name, marks in self._marks.items()]
        both = [self._marks.get(name, []) for name in (present, best)]
        shared = min(map(len, both))  # where time ended within a round, one may be a few questions ahead
        now, winner = (
            _tried(name, marks[:shared]) for name, marks in zip((present, best), both, strict=True)
        )
        if winner.passed <= now.passed:
            winner = now  # to come nearer is no lead: every test question would be asked for it, and confirm nothing
        return Found(
            present=now,
            winner=winner,
            tried=tuple(sorted(tried, key=lambda one: (-one.asked, -one.passed, -one.near))),
            questions=len(self._dev),
            answers=sum(map(len, self._marks.values())),
            grid=len(self._setups) * len(self._dev),
            spent=spent,
        )

    def _times(self, names: tuple[str, str], test: Sequence[Question]) -> int:
        """Return how many winners these test questions have judged, this one included, and keep it."""
        path = self._meter.folder / NOTE
        asked = sha256_text("\n".join(sorted(map(mark_of, test))))
        pair = "|".join(self._meter.fingerprint(self._setups[name]) for name in names)
        kept = _noted(path)
        judged = kept.setdefault(asked, [])
        if pair not in judged:
            judged.append(pair)
            write_json_atomic(path, kept)
        return judged.index(pair) + 1


def _noted(path: Path) -> dict[str, list[str]]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return {str(asked): [str(pair) for pair in pairs] for asked, pairs in kept.items()}
    except (ValueError, AttributeError, TypeError):
        return {}


def _mark(row: Result) -> Mark:
    scores = row.scores
    return Mark(scores.both.passed, (scores.facts.value + scores.form.value) / 2)


def _tried(name: str, marks: Sequence[Mark]) -> Tried:
    return Tried(name, len(marks), sum(mark.passed for mark in marks), standing(marks)[1])


def _judged(found: Found, held_out: Confirmation | None, spent: str) -> tuple[Outcome, str]:
    """Say how it ended, and why."""
    if spent:
        return (
            Outcome.UNFINISHED,
            f"{spent} Run it again: it goes on from here. Until then keep the present prompting.",
        )
    if held_out is None:
        return (
            Outcome.KEEP,
            f"Nothing passes more of the {found.questions} dev questions than the present prompting: keep it.",
        )
    points = 100 * held_out.difference.mean
    ends = f"{100 * held_out.difference.low:+.0f} to {100 * held_out.difference.high:+.0f}"
    told = (
        f"On the dev questions {found.winner.setup} leads by {100 * found.advantage:+.0f} points, which flatters it, for they "
        f"chose it; on {held_out.questions} held-out questions by {points:+.0f} points ({ends}), p = {held_out.p:.2g}"
    )
    if found.spent:
        told = f"The search ended early: its budget was spent. {told}"
    if held_out.confirmed:
        return Outcome.CONFIRMED, f"{told}: confirmed."
    return Outcome.UNCONFIRMED, f"{told}: not confirmed, so keep the present prompting."
