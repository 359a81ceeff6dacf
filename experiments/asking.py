"""From open questions to kept answers: cut into chunks that an engine answers well, one failure at a time.

Knows nothing of scores or comparisons. A chunk holds a question in all its setups and repeats, so that an engine
can reuse what it read of a prompt; it may sort within the chunk as it likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic

from experiments.protocols import Asker, Case, ReplyLike, SetupT
from experiments.records import Record, failed, record_of
from foundation.errors import UserError


@dataclass(frozen=True)
class Task(Generic[SetupT]):
    """A case that is to be answered, and the key under which its answer is kept."""

    key: str
    """The content hash."""
    case: Case[SetupT]
    """What is asked, and how."""

    @property
    def asked(self) -> str:
        """The question with its conversation: what its tasks in other setups have in common."""
        turns = [f"{turn['role']}: {turn['content']}" for turn in self.case.conversation]
        return "\n".join([*turns, self.case.question])


Answer = tuple[str, Record]
"""A key and what was answered."""


def chunks(tasks: Sequence[Task[SetupT]], most: int) -> Iterator[list[Task[SetupT]]]:
    """Yield tasks in chunks of at most `most`, longest first: little padding, and memory runs out at once or never.

    The tasks of one question stay together, even where they alone are more than that.
    """
    by_question: dict[str, list[Task[SetupT]]] = {}
    for task in tasks:
        by_question.setdefault(task.asked, []).append(task)
    chunk: list[Task[SetupT]] = []
    for _, together in sorted(by_question.items(), key=lambda row: -len(row[0])):
        if chunk and len(chunk) + len(together) > most:
            yield chunk
            chunk = []
        chunk = chunk + together
    if chunk:
        yield chunk


def answers(chunk: Sequence[Task[SetupT]], asker: Asker[SetupT]) -> Iterator[list[Answer]]:
    """Ask a chunk and yield what is to be kept, as soon as it is there.

    Where the whole raises, its tasks are asked one by one, so that only the guilty ones are lost.

    Raises:
        UserError: The asker says that the user must mend something; what was answered has been yielded before.
    """
    try:
        replies = _replies([task.case for task in chunk], asker)
        found = [(task.key, _kept(reply)) for task, reply in zip(chunk, replies, strict=True)]
    except UserError:
        raise
    except Exception as error:
        alone = error if len(chunk) == 1 else None
    else:
        yield [(key, record) for key, record in found if isinstance(record, Record)]
        for _, record in found:
            if isinstance(record, UserError):
                raise record
        return
    if alone is not None:
        yield [(chunk[0].key, failed(alone))]
        return
    for task in chunk:
        yield from answers([task], asker)


def _kept(reply: ReplyLike | Exception) -> Record | UserError:
    if isinstance(reply, UserError):
        return reply
    return failed(reply) if isinstance(reply, Exception) else record_of(reply)


def _replies(cases: list[Case[SetupT]], asker: Asker[SetupT]) -> Sequence[ReplyLike | Exception]:
    """Return a reply a case.

    Raises:
        RuntimeError: There are more or fewer, so that it can't be told which is whose.
    """
    replies = asker.answer_cases(cases)
    if len(replies) != len(cases):
        raise RuntimeError(f"{len(cases)} questions were asked, but {len(replies)} replies came back")
    return replies
