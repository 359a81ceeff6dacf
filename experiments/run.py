"""Asks every question in every setup, in batches, and keeps each answer the moment its batch is done.

Knows nothing of models and compares nothing: it returns results, for `experiments.compare` to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from experiments.protocols import Asker, FormLike, SetupT
from experiments.questions import Question
from experiments.records import Failure, Record, RecordFile, key_of, record_of
from experiments.scorers import Scores, score
from foundation.discreet import discreet
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

    setup: str
    """The setup being asked."""
    done: int
    """Answers there are, those of an earlier run included."""
    total: int
    """Answers there will be: questions times setups."""
    reused: int
    """How many of them were asked by an earlier run."""


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
    """Names what else decides a setup's answers (base, adapter, index, prompt); asked before each setup."""
    batch_size: int = 16
    """How many questions are asked at once."""
    seconds_limit: float | None = None
    """A reply that took longer counts as a timeout; None for no limit."""
    ask_failures_again: bool = False
    """Whether errors and timeouts of an earlier run get a second chance."""
    progress: Callable[[Progress], None] | None = None
    """Told before the first batch of a setup and after every batch."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise UserError(f"The batch size must be at least 1, but is {self.batch_size}.")


def measure(questions: Sequence[Question], setups: Sequence[SetupT], meter: Meter[SetupT]) -> list[Result]:
    """Ask every question in every setup and score the answers.

    Errors and timeouts become failed results, so every setup has as many results as there are questions. When
    a batch fails, its questions are asked one by one, so that only the guilty ones are lost.

    Args:
        questions: What to ask.
        setups: In which setups; all questions are asked in the first, then in the second, and so on.
        meter: Who is asked and how answers are judged and kept.

    Returns:
        Results by setup, then in the order of the questions.

    Raises:
        UserError: The asker says that the user must mend something first.
    """
    kept = RecordFile(meter.folder / REPLIES)
    total = len(questions) * len(setups)
    results: list[Result] = []
    reused = 0
    for setup in setups:
        name = str(setup)
        mark = meter.fingerprint(setup)
        keys = [key_of(question.question, question.turns, name, mark) for question in questions]
        waiting = {
            key: question for key, question in zip(keys, questions, strict=True) if _open(kept, key, meter)
        }
        reused += len(questions) - len(waiting)
        _tell(meter, Progress(name, len(results) + len(questions) - len(waiting), total, reused))
        left = len(waiting)
        for batch in _batches(waiting, meter.batch_size):
            kept.append((key, record) for key, record in _answers(batch, setup, meter))
            left -= len(batch)
            _tell(meter, Progress(name, len(results) + len(questions) - left, total, reused))
        for key, question in zip(keys, questions, strict=True):
            record = _timed(
                kept.get(key) or Record(failure=Failure.ERROR, error="was not kept"), meter.seconds_limit
            )
            results.append(Result(question, name, record, score(question, record, meter.form)))
    return results


def _open(kept: RecordFile, key: str, meter: Meter[SetupT]) -> bool:
    record = kept.get(key)
    return record is None or (meter.ask_failures_again and record.failure is not None)


def _tell(meter: Meter[SetupT], progress: Progress) -> None:
    if meter.progress is not None:
        meter.progress(progress)


Batch = list[tuple[str, Question]]


def _batches(waiting: dict[str, Question], size: int) -> Iterator[Batch]:
    """Yield batches of like length, longest first: little padding, and memory runs out at once or never."""
    rows = sorted(waiting.items(), key=lambda row: -_length(row[1]))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _length(question: Question) -> int:
    return len(question.question) + sum(len(turn.content) for turn in question.conversation)


def _answers(batch: Batch, setup: SetupT, meter: Meter[SetupT]) -> list[tuple[str, Record]]:
    """Ask a batch; where that raises, ask its questions one by one and keep what each of them raises."""
    try:
        replies = meter.asker.answer_batch(
            [(question.question, question.turns) for _, question in batch], setup
        )
        if len(replies) != len(batch):
            raise RuntimeError(f"{len(batch)} questions were asked, but {len(replies)} replies came back")
        return [(key, record_of(reply)) for (key, _), reply in zip(batch, replies, strict=True)]
    except UserError:
        raise
    except Exception as error:
        if len(batch) > 1:
            return [answer for row in batch for answer in _answers([row], setup, meter)]
        kind = Failure.TIMEOUT if isinstance(error, TimeoutError) else Failure.ERROR
        return [(batch[0][0], Record(failure=kind, error=f"{type(error).__name__}: {discreet(str(error))}"))]


def _timed(record: Record, limit: float | None) -> Record:
    """Return the record as a timeout if it came too late; what is kept stays, so the limit may change."""
    if limit is None or record.failure is not None or record.seconds <= limit:
        return record
    return replace(
        record, failure=Failure.TIMEOUT, error=f"took {record.seconds:.1f} s of {limit:g} s allowed"
    )
