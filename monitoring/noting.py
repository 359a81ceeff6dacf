"""A trace of an answer, made while it passes by: what is served goes through here, and comes out as it came in.

The trace is written by a thread of its own after the answer was told. It never delays an answer and never breaks one: what
can't be written is told in one line of the log, and where a hundred traces wait for a disk that hangs, further ones are dropped.
Knows nothing of pages and clients, and of the answer's words nothing unless the workspace keeps them.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from foundation.background import Background
from monitoring import traces
from monitoring.traces import Ended, Trace

if TYPE_CHECKING:
    from assistant import Reply, Workspace
    from assistant.reply import Turns
    from rag import Library

_NUMBER = re.compile(r"\d+")  # "citation of passage 7, which was not given" is one kind, whatever the number


@dataclass(frozen=True)
class Asking:
    """One question that is about to be answered."""

    workspace: Workspace
    """Where; its settings say what is kept."""
    library: Library | None
    """What was searched, for the sketch; None where there is none."""
    question: str
    """What is asked."""
    conversation: Turns
    """The turns before."""
    setup: str
    """How it is answered."""
    who: str = ""
    """Who asks; empty where nobody is named."""


def noted(pieces: Iterator[str | Reply], asking: Callable[[], Asking]) -> Iterator[str | Reply]:
    """Yield an answer as it comes, and keep a trace of it, however it ends.

    Args:
        pieces: What may be shown, then the whole reply.
        asking: Tells what is asked, and where; called after the answer, so that it costs it nothing.
    """
    when, began, first = datetime.now(UTC), perf_counter(), None
    reply: Reply | None = None
    failure: BaseException | None = None
    spent = 0.0
    try:
        for piece in pieces:
            first = perf_counter() - began if first is None else first
            if not isinstance(piece, str):
                reply, spent = piece, perf_counter() - began
            yield piece
    except BaseException as error:
        failure = error
        raise
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        spent = spent or perf_counter() - began
        WRITER.write(asking, _Answer(when, spent, first, reply, failure))


@dataclass(frozen=True)
class _Answer:
    """What became of a question."""

    when: datetime
    seconds: float
    first: float | None
    reply: Reply | None
    failure: BaseException | None


class Writer:
    """Writes traces in a thread of its own, in the order in which answers ended. The interpreter waits for it at its end."""

    def __init__(self) -> None:
        self._soon = Background("traces", "a trace")
        self._tidied: dict[Path, date] = {}

    def write(self, asking: Callable[[], Asking], answer: _Answer) -> None:
        """Write the trace of an answer soon; where too many wait already, not at all."""
        self._soon.soon(partial(self._write, asking, answer))

    def flush(self) -> None:
        """Return when everything is written that was to be."""
        self._soon.flush()

    def _write(self, asking: Callable[[], Asking], answer: _Answer) -> None:
        asked = asking()
        settings, folder = asked.workspace.settings.monitor, asked.workspace.traces
        if not settings.traces:
            return
        trace = trace_of(asked, answer)
        traces.append(folder, trace)
        today = date.fromisoformat(trace.day)
        if self._tidied.get(folder) != today:
            self._tidied[folder] = today
            traces.tidy(folder, settings, today)


WRITER = Writer()
"""This process's."""


def trace_of(asked: Asking, answer: _Answer) -> Trace:
    """Return what is kept of an answer."""
    from experiments.opinions.ballots import key_in, keyed_hash

    key = key_in(asked.workspace.votes_key, asked.workspace.database)

    def hidden(kind: str, text: str) -> str:
        return keyed_hash(f"trace {kind}\0{text}", key)

    begins = asked.conversation[0]["content"] if asked.conversation else asked.question
    trace = Trace(
        id=secrets.token_hex(8),
        when=answer.when.isoformat(timespec="milliseconds"),
        setup=asked.setup,
        ended=_ended(answer),
        question=hidden("question", asked.question),
        who=hidden("who", asked.who) if asked.who else "",
        conversation=hidden("conversation", f"{asked.who}\0{begins}"),
        turn=len(asked.conversation),
        error=type(answer.failure).__name__ if _ended(answer) is Ended.FAILED else "",
        seconds=round(answer.seconds, 4),
        first=None if answer.first is None else round(answer.first, 4),
    )
    reply = answer.reply
    if reply is None:
        return trace
    if asked.workspace.settings.monitor.text:
        trace = replace(trace, asked=asked.question, answered=reply.text)
    mark = document_mark(key)
    return _sketched(
        replace(trace, documents=tuple(mark(hit.chunk.source) for hit in reply.hits), **_of(reply)),
        asked,
        key,
    )


def document_mark(key: bytes) -> Callable[[str], str]:
    """Return what names a document in a trace, by its path."""
    from experiments.opinions.ballots import keyed_hash

    return lambda source: keyed_hash(f"trace document\0{source}", key)[:16]


def _of(reply: Reply) -> dict[str, Any]:
    """Return what is kept of a reply itself: ids, numbers and names of kinds."""
    from rag.attribution.support import Verdict

    verdicts = [one.verdict for one in reply.support]
    return {
        "chunks": tuple(hit.chunk.id for hit in reply.hits),
        "scores": tuple(round(float(hit.dense), 4) for hit in reply.hits),
        "retrieved": "retrieve" in reply.timings,
        "answerability": None if reply.answerability is None else round(reply.answerability.score, 4),
        "abstained_by": reply.abstained_by.value if reply.abstained_by else "",
        "broken": tuple(clause.value for clause in reply.form.broken),
        "repaired": reply.repaired,
        "carried": verdicts.count(Verdict.SUPPORTED),
        "uncarried": verdicts.count(Verdict.UNSUPPORTED),
        "citations": tuple(one.number for one in reply.citations),
        "removed": tuple(dict.fromkeys(_NUMBER.sub("N", what) for what in reply.removed)),
        "cut": not reply.finished,
        "timings": {step: round(seconds, 4) for step, seconds in reply.timings.items()},
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "model": Path(reply.model).name or reply.model,
        "adapter": reply.adapter,
        "index": reply.index,
    }


def _ended(answer: _Answer) -> Ended:
    reply = answer.reply
    if reply is not None:
        return (
            Ended.ASKED_BACK if reply.asked_back else Ended.ABSTAINED if reply.abstained else Ended.ANSWERED
        )
    gone = answer.failure is None or isinstance(answer.failure, GeneratorExit)
    return Ended.STOPPED if gone or type(answer.failure).__name__ == "CallerGone" else Ended.FAILED


def _sketched(trace: Trace, asked: Asking, key: bytes) -> Trace:
    """Return a trace with the sketch of its question where it was searched for; the library remembers its vector."""
    from assistant.follow_up import complete
    from monitoring.sketch import sketch, space_mark

    if not trace.retrieved or asked.library is None:
        return trace
    try:
        vector = asked.library.vector(complete(asked.question, asked.conversation))
        space = asked.library.recipe
    except Exception as error:  # a sync takes another embedder just now, or the index is gone
        _log("a trace has no sketch: %s", type(error).__name__)
        return trace
    if vector is None:
        return trace
    return replace(trace, sketch=sketch(vector, key, space), space=space_mark(space, key))


def _log(what: str, *told: object) -> None:
    logging.getLogger("rungwise.traces").warning(what, *told)
