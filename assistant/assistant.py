"""The assistant: one question in, one guarded reply out, in any of the four setups.

A LangChain Runnable over an engine and a library. Knows nothing of what the engine runs on, of files, or of scores.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

from langchain_core.runnables import Runnable, RunnableConfig

from assistant.engine import Engine, Generated
from assistant.guard import StreamGuard, guard
from assistant.leak import Kept
from assistant.prompt import messages, search_text
from assistant.setup import Setup
from finetune.form import Form
from finetune.layout import Message
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS
from foundation.errors import UserError
from foundation.files import sha256_text
from rag import Hit, Library, Viewer

STANDARD_ABSTENTIONS = (ABSTAIN, NO_DOCUMENTS, "The documents do not tell.", "I do not know.")
"""What counts as "can't tell" in any house, beside its own sentence."""
_LONGEST_QUESTION = 4_000

Turns = Sequence[Mapping[str, str]]


class Asked(TypedDict):
    """What the assistant is invoked with."""

    question: str
    """The newest question."""
    conversation: NotRequired[Turns]
    """Earlier turns, oldest first, each with `role` and `content`."""
    setup: NotRequired[str]
    """`prompt`, `rag`, `lora` or `hybrid`; the assistant's own default where it is absent."""
    groups: NotRequired[Sequence[str]]
    """The groups that the asker is in; without them, only what is open to everybody is found."""


@dataclass(frozen=True)
class Citation:
    """A passage that a reply names."""

    number: int
    """As it stands in the text, from 1."""
    source: str
    """The document, relative to `documents/`."""
    label: str
    """Its title and headings."""
    text: str
    """The passage."""


@dataclass(frozen=True)
class Reply:
    """An answer, and everything that went into it."""

    text: str
    """What may be shown, with citations as `[n]`."""
    raw: str
    """What the model wrote, unguarded; for the log, not for a page."""
    setup: Setup
    """How it was made."""
    citations: tuple[Citation, ...]
    """The passages that the text names."""
    hits: tuple[Hit, ...]
    """All passages that the model was shown; `[1]` is the first."""
    timings: Mapping[str, float]
    """Seconds: `retrieve`, `generate` and `total`; in a batch, the batch's time shared out evenly."""
    tokens_in: int
    """Tokens of the prompt."""
    tokens_out: int
    """Tokens of the answer."""
    finished: bool
    """Whether the model ended by itself."""
    abstained: bool
    """Whether it says that it can't tell."""
    removed: tuple[str, ...] = field(default=())
    """What the guard took out."""


class Assistant(Runnable[Asked, Reply]):
    """One assistant in four setups.

    Args:
        engine: What makes text.
        library: Where passages are found; None: only `prompt` and `lora` can be asked.
        form: The house's form.
        k: Passages a question.
        setup: What is used when a question does not say.
    """

    def __init__(
        self, engine: Engine, library: Library | None, form: Form, k: int = 4, setup: Setup = Setup.HYBRID
    ) -> None:
        self.engine, self.library, self.form = engine, library, form
        self.k, self.setup = k, setup

    # LangChain's Runnable

    def invoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        """Answer one question.

        Raises:
            UserError: The setup is unknown, or needs an index or adapter that is not there.
        """
        setup = Setup.named(input["setup"]) if input.get("setup") else self.setup
        viewer = Viewer(frozenset(input.get("groups", ())))
        return self.answer(input["question"], input.get("conversation", ()), setup, viewer)

    # asking

    def answer(
        self,
        question: str,
        conversation: Turns = (),
        setup: Setup | None = None,
        viewer: Viewer | None = None,
    ) -> Reply:
        """Answer one question."""
        return self.answer_batch([(question, conversation)], setup or self.setup, viewer)[0]

    def answer_batch(
        self, questions: Sequence[tuple[str, Turns]], setup: Setup, viewer: Viewer | None = None
    ) -> list[Reply]:
        """Answer several questions at once, each with its earlier turns, in the same order.

        Args:
            questions: Each with its earlier turns.
            setup: How.
            viewer: Who asks, and as of when; None: somebody without groups, now.

        Raises:
            UserError: The setup needs an index or adapter that is not there, or a question is empty or too long.
        """
        found: list[tuple[tuple[Hit, ...], float]] = []
        prompts: list[list[Message]] = []
        for question, conversation in questions:
            began = time.perf_counter()
            hits = self.hits(question, conversation, setup, viewer)
            found.append((hits, time.perf_counter() - began))
            prompts.append(self.messages(question, conversation, hits, setup))
        made = self.engine.generate(prompts, setup.adapter)
        return [
            self._reply(one, hits, seconds, setup) for one, (hits, seconds) in zip(made, found, strict=True)
        ]

    def stream_reply(
        self,
        question: str,
        conversation: Turns = (),
        setup: Setup | None = None,
        viewer: Viewer | None = None,
    ) -> Iterator[str | Reply]:
        """Yield the answer in pieces that may be shown, then the whole reply.

        Closing the iterator stops the model.

        Raises:
            UserError: As `answer_batch`.
        """
        setup = setup or self.setup
        began = time.perf_counter()
        hits = self.hits(question, conversation, setup, viewer)
        retrieved = time.perf_counter() - began
        gate = StreamGuard(len(hits), self._kept(hits, setup))
        for piece in self.engine.stream(self.messages(question, conversation, hits, setup), setup.adapter):
            if isinstance(piece, str):
                if shown := gate.feed(piece):
                    yield shown
                continue
            if rest := gate.close():
                yield rest
            yield self._reply(piece, hits, retrieved, setup)

    # what it is made of

    def hits(
        self, question: str, conversation: Turns, setup: Setup, viewer: Viewer | None = None
    ) -> tuple[Hit, ...]:
        """Return the passages for a question in a setup; none where it does not retrieve.

        Raises:
            UserError: The question is empty or too long, or there is no index.
        """
        if not question.strip():
            raise UserError("The question is empty. Write what you want to know.")
        if len(question) > _LONGEST_QUESTION:
            raise UserError(
                f"The question has {len(question):,} letters, but {_LONGEST_QUESTION:,} are allowed. Ask a shorter one."
            )
        if not setup.retrieve:
            return ()
        if self.library is None:
            raise UserError(f'The setup "{setup}" needs an index, and there is none. Run `rungwise sync`.')
        return tuple(self.library.search(search_text(question, conversation), self.k, viewer))

    def messages(
        self, question: str, conversation: Turns, hits: Sequence[Hit], setup: Setup
    ) -> list[Message]:
        """Return the messages that the model is given."""
        return messages(question, conversation, [hit.chunk for hit in hits], self.form, setup.retrieve)

    def fingerprint(self, setup: Setup) -> str:
        """Return a hash over everything that a setup's answers depend on, the documents included."""
        index = (
            f"{self.library.generation}|{self.library.settings!r}"
            if self.library is not None and setup.retrieve
            else "-"
        )
        told = self.messages("", (), (), setup)  # the instructions, which the form and the setup make
        return sha256_text(
            f"{self.engine.identity(setup.adapter)}|{index}|{self.k if setup.retrieve else 0}|{told}"
        )

    def _kept(self, hits: Sequence[Hit], setup: Setup) -> Kept:
        """Return the instructions as what is not to be told, but for what the house itself has the model say."""
        form, shown = self.form, (hit.chunk.indexed_text for hit in hits)
        free = (form.abstention, form.abstain, form.opening, form.closing, *STANDARD_ABSTENTIONS, *shown)
        if form.json_schema is not None:
            free = (json.dumps(form.json_schema, ensure_ascii=False), *free)
        told = self.messages("", (), (), setup)
        return Kept(told[0]["content"] if told[0]["role"] == "system" else "", free)

    def _reply(self, made: Generated, hits: tuple[Hit, ...], retrieved: float, setup: Setup) -> Reply:
        safe = guard(made.text, len(hits), self._kept(hits, setup))
        return Reply(
            text=safe.text,
            raw=made.text,
            setup=setup,
            citations=tuple(
                Citation(
                    number,
                    hits[number - 1].chunk.source,
                    hits[number - 1].chunk.label,
                    hits[number - 1].chunk.text,
                )
                for number in safe.cited
            ),
            hits=hits,
            timings={"retrieve": retrieved, "generate": made.seconds, "total": retrieved + made.seconds},
            tokens_in=made.tokens_in,
            tokens_out=made.tokens_out,
            finished=made.finished,
            abstained=self.form.abstains(safe.text, STANDARD_ABSTENTIONS),
            removed=safe.removed,
        )
