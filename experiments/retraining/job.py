"""The job: check the data, train a candidate, ask it beside what serves, decide, switch or keep.

Each stage is written down before it begins, so that a job that was killed goes on where it was, and nothing is trained or asked
twice. Knows nothing of how an adapter is made, asked or switched: the caller gives what does.
"""

from __future__ import annotations

import datetime
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from experiments.climbing.budget import Budget, Spent
from experiments.compare import MARGIN
from experiments.gating import Ruling, gate
from experiments.protocols import SetupT
from experiments.questions import Question
from experiments.retraining.record import Retraining, Stage, read, records, taken_back, upcoming
from experiments.run import Meter, Progress, measure
from foundation.errors import UserError
from foundation.files import dated_name

_TAKEN_BACK = (
    "{name} was switched to on {day} and taken back since, so it is not switched to again. Change the examples or the settings, "
    "or have it serve with `rungwise adapters use {name}`."
)


@dataclass(frozen=True)
class Means(Generic[SetupT]):
    """What a retraining is done with."""

    check: Callable[[], Sequence[str]]
    """Looks the training data over: what must be mended before anything is trained, a sentence each."""
    plan: Callable[[], Mapping[str, str]]
    """Returns hashes, by name, of all that a candidate is made from."""
    fresh: Callable[[], str]
    """Returns a name for a new candidate."""
    usable: Callable[[str], bool]
    """Tells whether an adapter of a name is there, whole, and may be used."""
    train: Callable[[str], object]
    """Makes the candidate of a name, which does not serve; goes on where it was killed. May raise `Spent`."""
    serving: Callable[[], str]
    """Returns the adapter that serves; empty: none."""
    rivals: Callable[[str], tuple[SetupT, SetupT]]
    """Returns the setup that asks a candidate, and the one that it is held against."""
    demand: Callable[[], str]
    """Returns what asks for a change besides answers, as a clause; empty: nothing."""
    forgot: Callable[[str], str]
    """Returns why the probes of forgetting refuse a candidate, as a sentence; empty: they do not."""
    note: Callable[[Retraining], object]
    """Writes beside the candidate what was decided of it."""
    use: Callable[[str], object]
    """Lets an adapter serve."""


def retrain(
    questions: Sequence[Question],
    means: Means[SetupT],
    meter: Meter[SetupT],
    folder: Path,
    *,
    because: str = "",
    margin: float = MARGIN,
    budget: Budget | None = None,
    on_stage: Callable[[Retraining], object] = lambda record: None,
) -> Retraining:
    """Check, train, measure, decide, and switch or keep; go on where an earlier call was killed or ran out of time.

    A candidate that was made from the very same is not made again: more questions, or another adapter that serves by now, only
    ask and decide anew.

    Args:
        questions: The test questions; candidate and what serves are asked all of them.
        means: What it is done with.
        meter: Who is asked and how answers are judged and kept.
        folder: Where the records of all retrainings are.
        because: Why it is begun; kept in the record.
        margin: A pass rate this much lower still counts as no worse.
        budget: How long it may take; None for no limit.
        on_stage: Told the record whenever a stage begins, and at the end.

    Returns:
        The record; its stage is not `DONE` where the budget did not last, and `reason` says for what.

    Raises:
        UserError: Something in the data must be mended first (every mistake is named), another retraining is at work, another
            adapter began to serve meanwhile, or whoever trains or answers says so. What was done is kept.
    """
    if mistakes := means.check():
        listed = "".join(f"\n  {one}" for one in mistakes)
        raise UserError(
            f"Nothing is trained before the examples are mended; `rungwise check` tells more:{listed}"
        )
    with _alone(folder):
        job = _Job(questions, means, meter, folder, margin, budget or Budget(), on_stage)
        record = job.begun(because)
        try:
            return job.finished(record)
        except Spent as spent:
            return replace(read(folder, record.id), reason=f"{spent} Run it again: it goes on from there.")


class _Job(Generic[SetupT]):
    """One call of `retrain`."""

    def __init__(
        self,
        questions: Sequence[Question],
        means: Means[SetupT],
        meter: Meter[SetupT],
        folder: Path,
        margin: float,
        budget: Budget,
        on_stage: Callable[[Retraining], object],
    ) -> None:
        self._questions, self._means, self._folder = questions, means, folder
        self._margin, self._budget, self._on_stage = margin, budget, on_stage
        self._told, self._meter = meter.progress, replace(meter, progress=self._progress)

    def begun(self, because: str) -> Retraining:
        """Return the record to go on with, or a new one; unfinished ones of another plan are left."""
        plan = dict(self._means.plan())
        earlier = upcoming(self._folder, plan, self._means.usable)
        for one in records(self._folder):
            if one.unfinished and one != earlier:
                replace(one, stage=Stage.LEFT).write(self._folder)
        if earlier is not None and earlier.unfinished:
            return self._kept(replace(earlier, because=because or earlier.because))
        now = _now()
        candidate = earlier.candidate if earlier is not None else self._means.fresh()
        return self._kept(
            Retraining(dated_name(now), because, now.isoformat(), plan, candidate, own=earlier is None)
        )

    def finished(self, record: Retraining) -> Retraining:
        """Take the stages that are left.

        Raises:
            Spent: The budget ends before; the record tells how far it is.
        """
        if record.stage is Stage.TRAIN:
            record = self._train(record)
        if record.stage is Stage.MEASURE or not self._stands(record):
            record = self._decide(record)
        return self._switch(record)

    def _train(self, record: Retraining) -> Retraining:
        if not self._means.usable(record.candidate):
            self._budget.claim(0, "training")
            self._means.train(record.candidate)
        return self._kept(replace(record, stage=Stage.MEASURE))

    def _decide(self, record: Retraining) -> Retraining:
        means, candidate, serving = self._means, record.candidate, self._means.serving()
        record = replace(record, stage=Stage.SWITCH, serving=serving, ruling=Ruling.KEEP, gate=None)
        if serving == candidate:
            return self._kept(
                replace(record, reason=f"{candidate} serves already, and the same data makes no other.")
            )
        if before := taken_back(self._folder, candidate, serving):
            return self._kept(
                replace(record, reason=_TAKEN_BACK.format(name=candidate, day=before.ended[:10]))
            )
        mine, other = means.rivals(candidate)
        answers = measure(self._questions, [mine, other], self._meter)
        found = gate(
            [one for one in answers if one.setup == str(mine)],
            [one for one in answers if one.setup == str(other)],
            margin=self._margin,
            demand=means.demand(),
            forgot=means.forgot(candidate),
        )
        self._check_still(serving)
        return self._kept(
            replace(
                record,
                setup=str(mine),
                against=str(other),
                ruling=found.ruling,
                reason=found.reason,
                gate=found.to_dict(),
            )
        )

    def _switch(self, record: Retraining) -> Retraining:
        """Do what was decided; each part of it may be done again after a kill."""
        if record.gate is not None:
            self._means.note(record)
        if record.ruling is Ruling.SWITCH and self._means.serving() != record.candidate:
            self._check_still(record.serving)
            self._means.use(record.candidate)
        return self._kept(replace(record, stage=Stage.DONE, ended=_now().isoformat()))

    def _stands(self, record: Retraining) -> bool:
        """Whether what was decided before a kill still holds: what it was held against serves, or it serves by now."""
        return self._means.serving() in (record.serving, record.candidate)

    def _check_still(self, serving: str) -> None:
        if (now := self._means.serving()) != serving:
            raise UserError(
                f"{now or 'No adapter'} began to serve while the candidate was held against {serving or 'none'}, so nothing was "
                "switched. Run `rungwise retrain` again: nothing is trained or asked twice."
            )

    def _kept(self, record: Retraining) -> Retraining:
        record.write(self._folder)
        self._on_stage(record)
        return record

    def _progress(self, seen: Progress) -> None:
        """Pass on how far it is, and end where the budget does; what was answered is kept."""
        if self._told is not None:
            self._told(seen)
        if seen.done < seen.total:
            self._budget.claim(0, f"asking {' and '.join(seen.setups)}")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other retrainings of the workspace out, until the end or death of this one."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{folder}: another retraining is at work. Wait until it has ended, then run this one again."
            ) from None
        yield
    finally:
        os.close(handle)
