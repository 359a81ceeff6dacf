"""Asks every question in every setup, all setups together, and keeps each answer the moment it is there.

Knows nothing of models and compares nothing: it returns results, for `experiments.compare` to judge.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from experiments.asking import Task, answers, chunks
from experiments.protocols import Asker, Case, FormLike, SetupT
from experiments.questions import Question
from experiments.records import Failure, Record, RecordFile, key_of
from experiments.scorers import Scores, score
from foundation.errors import UserError

REPLIES = "replies.jsonl"
"""The file of a run's folder that holds its answers."""


@dataclass(frozen=True)
class Result:
    """One question, answered in one setup and scored."""

    question: Question
    """What was asked."""
    setup: str
    """The setup's name."""
    record: Record
    """What was answered."""
    scores: Scores
    """How good it was, and why."""
    repeat: int = 0
    """Which of several answers to the same question in the same setup, from 0."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    setups: tuple[str, ...]
    """The setups being asked."""
    done: int
    """Answers there are, those of an earlier run included."""
    total: int
    """Answers there will be at most: different questions times setups times repeats."""
    reused: int
    """How many of them were asked by an earlier run."""


@dataclass(frozen=True)
class Sampling:
    """How often a question is asked, and how its answer is drawn."""

    repeats: int = 1
    """Answers a question and setup."""
    temperature: float = 0.0
    """How freely tokens are drawn; 0: the likeliest answer, which is always the same."""
    seed: int = 0
    """Repeat r is drawn with seed + r; also of the order in which `until_sure` asks."""

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise UserError(f"A question must be asked at least once, but --repeats is {self.repeats}.")
        if self.seed < 0:
            raise UserError(f"The seed must be 0 or more, but is {self.seed}.")
        if not 0 <= self.temperature <= 2:
            raise UserError(f"The temperature must be from 0 to 2, but is {self.temperature:g}.")
        if self.repeats > 1 and self.temperature == 0:
            raise UserError(
                f"Without a temperature every repeat is the same answer, so {self.repeats} repeats tell nothing "
                "more than one. Add --temperature 0.7, or leave --repeats out."
            )

    @property
    def seeds(self) -> tuple[int | None, ...]:
        """The seed of each repeat; None where nothing is drawn."""
        return tuple(self.seed + turn for turn in range(self.repeats)) if self.temperature else (None,)


GREEDY = Sampling()
"""Every question once, with the likeliest answer."""


@dataclass(frozen=True)
class Meter(Generic[SetupT]):
    """What stays the same while questions are asked: who is asked, how answers are judged and kept."""

    asker: Asker[SetupT]
    """Answers the questions."""
    form: FormLike
    """Judges the shape of an answer."""
    folder: Path
    """The run's folder; a later run with the same folder asks nothing twice."""
    fingerprint: Callable[[SetupT], str]
    """Names what else decides a setup's answers (base, adapter, index, prompt); asked before anything else."""
    batch_size: int = 16
    """How many questions are asked at once, each in all setups."""
    seconds_limit: float | None = None
    """A reply that took longer counts as a timeout; None for no limit."""
    ask_failures_again: bool = False
    """Whether errors and timeouts of an earlier run get a second chance; a refusal is an answer and gets none."""
    progress: Callable[[Progress], None] | None = None
    """Told before the first chunk and whenever answers were kept."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise UserError(f"The batch size must be at least 1, but is {self.batch_size}.")


@dataclass(frozen=True)
class Measured:
    """What came of asking until the answer was clear."""

    results: tuple[Result, ...]
    """By setup, then in the order of the questions."""
    asked: int
    """Questions that were asked."""
    total: int
    """Questions that there are."""

    @property
    def stopped_early(self) -> bool:
        """Whether it was clear before all were asked."""
        return self.asked < self.total


def measure(
    questions: Sequence[Question],
    setups: Sequence[SetupT],
    meter: Meter[SetupT],
    sampling: Sampling = GREEDY,
) -> list[Result]:
    """Ask every question in every setup and score the answers.

    Errors, timeouts and refusals become failed results, so every setup has as many results as there are questions.
    Where a chunk fails, its cases are asked one by one, so that only the guilty ones are lost.

    Args:
        questions: What to ask.
        setups: In which setups; a question is asked in all of them at once.
        meter: Who is asked and how answers are judged and kept.
        sampling: How often, and how answers are drawn.

    Returns:
        Results by setup, then in the order of the questions, then by repeat.

    Raises:
        UserError: The asker says that the user must mend something first; what was answered is kept.
    """
    run = _Run(questions, setups, meter, sampling)
    run.ask(questions)
    return run.results(questions)


def until_sure(
    questions: Sequence[Question],
    setups: Sequence[SetupT],
    meter: Meter[SetupT],
    settled: Callable[[Sequence[Result]], bool],
    sampling: Sampling = GREEDY,
) -> Measured:
    """Ask questions in a random order, a batch at a time, until the results so far settle it.

    The order is drawn by the seed alone, whatever was asked before: a run that was killed, or one whose answers
    are all there already, stops at the same question.

    Args:
        questions: What to ask at most.
        setups: As `measure`.
        meter: As `measure`.
        settled: Told all results so far after every batch; must hold however often it is asked (an always-valid
            test), or it will find differences where there are none.
        sampling: As `measure`.

    Raises:
        UserError: As `measure`.
    """
    run = _Run(questions, setups, meter, sampling)
    order = random.Random(sampling.seed).sample(list(questions), len(questions))
    asked: list[Question] = []
    results: list[Result] = []
    for start in range(0, len(order), meter.batch_size):
        batch = order[start : start + meter.batch_size]
        run.ask(batch)
        chosen = {question.id for question in [*asked, *batch]}
        asked = [question for question in questions if question.id in chosen]
        results = run.results(asked)
        if settled(results):
            break
    return Measured(tuple(results), len(asked), len(questions))


class _Run(Generic[SetupT]):
    """The questions of one run, what is kept of them, and what is still open."""

    def __init__(
        self,
        questions: Sequence[Question],
        setups: Sequence[SetupT],
        meter: Meter[SetupT],
        sampling: Sampling,
    ) -> None:
        self._setups, self._meter, self._sampling = setups, meter, sampling
        self._kept = RecordFile(meter.folder / REPLIES)
        self._marks = [meter.fingerprint(setup) for setup in setups]
        self._names = tuple(str(setup) for setup in setups)
        keys = {
            self._key(question, place, seed)
            for question in questions
            for place in range(len(setups))
            for seed in sampling.seeds
        }
        self._total, self._name = len(keys), secrets.token_hex(4)
        self._done = self._reused = sum(not self._open(key) for key in keys)
        self._tell()

    def ask(self, questions: Sequence[Question]) -> None:
        """Ask what is still open of these questions, and keep every answer at once."""
        waiting = self._waiting(questions)
        for chunk in chunks(list(waiting.values()), self._meter.batch_size * len(self._setups)):
            for some in answers(chunk, self._meter.asker):
                found = [(key, replace(record, run=self._name)) for key, record in some]
                self._kept.append(found)
                self._done += len(found)
                self._tell()

    def results(self, questions: Sequence[Question]) -> list[Result]:
        """Return the scored answers to these questions."""
        return [
            self._result(question, place, repeat)
            for place in range(len(self._setups))
            for question in questions
            for repeat in range(len(self._sampling.seeds))
        ]

    def _waiting(self, questions: Sequence[Question]) -> dict[str, Task[SetupT]]:
        found: dict[str, Task[SetupT]] = {}
        for question in questions:
            for place, setup in enumerate(self._setups):
                for seed in self._sampling.seeds:
                    key = self._key(question, place, seed)
                    if self._open(key):
                        case = Case(
                            question.question, question.turns, setup, seed, self._sampling.temperature
                        )
                        found[key] = Task(key, case)
        return found

    def _result(self, question: Question, place: int, repeat: int) -> Result:
        kept = self._kept.get(self._key(question, place, self._sampling.seeds[repeat]))
        record = _timed(
            kept or Record(failure=Failure.ERROR, error="was not kept"), self._meter.seconds_limit
        )
        return Result(question, self._names[place], record, score(question, record, self._meter.form), repeat)

    def _key(self, question: Question, place: int, seed: int | None) -> str:
        return key_of(
            question.question,
            question.turns,
            self._names[place],
            self._marks[place],
            seed,
            self._sampling.temperature,
        )

    def _open(self, key: str) -> bool:
        record = self._kept.get(key)
        if record is None:
            return True
        again = record.failure is not None and record.failure is not Failure.REFUSAL
        return again and self._meter.ask_failures_again

    def _tell(self) -> None:
        if self._meter.progress is not None:
            self._meter.progress(Progress(self._names, self._done, self._total, self._reused))


def _timed(record: Record, limit: float | None) -> Record:
    """Return the record as a timeout if it came too late; what is kept stays, so the limit may change."""
    if limit is None or record.failure is not None or record.seconds <= limit:
        return record
    return replace(
        record, failure=Failure.TIMEOUT, error=f"took {record.seconds:.1f} s of {limit:g} s allowed"
    )
