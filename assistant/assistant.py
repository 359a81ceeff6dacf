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
from assistant.follow_up import complete, rewritten
from assistant.gate import AbstainedBy, Answerability, Gate, abstention
from assistant.guard import StreamGuard, guard
from assistant.leak import Kept
from assistant.prompt import messages
from assistant.setup import Setup
from finetune.form import Form
from finetune.layout import Message
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS
from foundation.discreet import asked
from foundation.errors import UserError
from foundation.files import sha256_text
from rag import Hit, Library, Viewer
from rag.support import Support, Verdict, spans_of, support

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
    spans: tuple[tuple[int, int], ...] = ()
    """What of it carries the answer: `(start, end)` in its text, in reading order."""
    since: str = ""
    """Since when the document holds what it says, as YYYY-MM-DD."""


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
    support: tuple[Support, ...] = field(default=())
    """Every sentence of the text, held against the passages; empty where the setup does not retrieve."""
    abstained_by: AbstainedBy | None = None
    """Who decided that it can't be told; None where it is answered."""
    answerability: Answerability | None = None
    """What retrieval alone said before the model was asked; None where the workspace has no gate."""

    @property
    def unsupported(self) -> tuple[Support, ...]:
        """The sentences that no passage carries."""
        return tuple(one for one in self.support if one.verdict is Verdict.UNSUPPORTED)


class Assistant(Runnable[Asked, Reply]):
    """One assistant in four setups.

    Args:
        engine: What makes text.
        library: Where passages are found; None: only `prompt` and `lora` can be asked.
        form: The house's form.
        k: Passages a question.
        setup: What is used when a question does not say.
        gate: Decides from retrieval alone which questions are not asked of the model; None: all are.
        follow_ups: How a question that hangs on the conversation is completed: by `rules`, or by the base `model`.
    """

    def __init__(
        self,
        engine: Engine,
        library: Library | None,
        form: Form,
        k: int = 4,
        setup: Setup = Setup.HYBRID,
        gate: Gate | None = None,
        follow_ups: str = "rules",
    ) -> None:
        self.engine, self.library, self.form = engine, library, form
        self.k, self.setup, self.follow_ups = k, setup, follow_ups
        # a shape that the abstention would break is read by a machine: there the model is asked after all
        self.gate = gate if gate is not None and abstention(form) is not None else None

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
        found = [self._find(question, conversation, setup, viewer) for question, conversation in questions]
        prompts = [
            self.messages(question, conversation, one.hits, setup)
            for (question, conversation), one in zip(questions, found, strict=True)
            if not one.low
        ]
        made = iter(self.engine.generate(prompts, setup.adapter) if prompts else ())
        return [
            self._reply(self._declined() if one.low else next(made), question, one, setup)
            for (question, _), one in zip(questions, found, strict=True)
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
        found = self._find(question, conversation, setup, viewer)
        if found.low:
            reply = self._reply(self._declined(), question, found, setup)
            yield reply.text
            yield reply
            return
        gate = StreamGuard(len(found.hits), self._kept(found.hits, setup))
        told = self.messages(question, conversation, found.hits, setup)
        for piece in self.engine.stream(told, setup.adapter):
            if isinstance(piece, str):
                if shown := gate.feed(piece):
                    yield shown
                continue
            if rest := gate.close():
                yield rest
            yield self._reply(piece, question, found, setup)

    # what it is made of

    def hits(
        self,
        question: str,
        conversation: Turns,
        setup: Setup,
        viewer: Viewer | None = None,
        searched: str = "",
    ) -> tuple[Hit, ...]:
        """Return the passages for a question in a setup; none where it does not retrieve.

        Args:
            question: The newest question.
            conversation: Earlier turns.
            setup: How it is answered.
            viewer: Who asks.
            searched: What to search for; empty: the question, completed from the conversation by rules.

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
        return tuple(self.library.search(searched or complete(question, conversation), self.k, viewer))

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
        gate = self.gate.mark if self.gate is not None and setup.retrieve else ""
        told = self.messages("", (), (), setup)  # the instructions, which the form and the setup make
        return sha256_text(
            f"{self.engine.identity(setup.adapter)}|{index}|{self.k if setup.retrieve else 0}|{told}{gate}"
        )

    def _find(self, question: str, conversation: Turns, setup: Setup, viewer: Viewer | None) -> _Found:
        for text in (question, *(turn["content"] for turn in conversation)):
            asked(text)
        began = time.perf_counter()
        searched = self._searched(question, conversation) if setup.retrieve else ""
        hits = self.hits(question, conversation, setup, viewer, searched)
        judged = None
        if self.gate is not None and self.library is not None and setup.retrieve:
            judged = self.gate.judge(self.library, searched, viewer)
        return _Found(hits, time.perf_counter() - began, judged)

    def _searched(self, question: str, conversation: Turns) -> str:
        """Return what to search for: a question that hangs on the conversation is completed by rules, or by the base."""
        if self.follow_ups == "rules":
            return complete(question, conversation)
        return rewritten(question, conversation, lambda told: self.engine.generate([told], False)[0].text)

    def _declined(self) -> Generated:
        """Return what stands in the place of a model's answer to a question that it is not asked."""
        return Generated(abstention(self.form) or "", 0, 0, True, 0.0)

    def _kept(self, hits: Sequence[Hit], setup: Setup) -> Kept:
        """Return the instructions as what is not to be told, but for what the house itself has the model say."""
        form, shown = self.form, (hit.chunk.indexed_text for hit in hits)
        free = (form.abstention, form.abstain, form.opening, form.closing, *STANDARD_ABSTENTIONS, *shown)
        if form.json_schema is not None:
            free = (json.dumps(form.json_schema, ensure_ascii=False), *free)
        told = self.messages("", (), (), setup)
        return Kept(told[0]["content"] if told[0]["role"] == "system" else "", free)

    def _reply(self, made: Generated, question: str, found: _Found, setup: Setup) -> Reply:
        hits = found.hits
        safe = guard(made.text, len(hits), self._kept(hits, setup))
        abstained = found.low or self._abstains(safe.text)
        held = self._support(safe.text, question, hits) if setup.retrieve else ()
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
                    spans_of(held, number),
                    hits[number - 1].since,
                )
                for number in safe.cited
            ),
            hits=hits,
            timings={
                "retrieve": found.seconds,
                "generate": made.seconds,
                "total": found.seconds + made.seconds,
            },
            tokens_in=made.tokens_in,
            tokens_out=made.tokens_out,
            finished=made.finished,
            abstained=abstained,
            removed=safe.removed,
            support=held,
            abstained_by=AbstainedBy.RETRIEVAL if found.low else AbstainedBy.MODEL if abstained else None,
            answerability=found.judged,
        )

    def _support(self, text: str, question: str, hits: Sequence[Hit]) -> tuple[Support, ...]:
        frame = (self.form.opening, self.form.closing)
        fixed = _fixed_values(self.form.json_schema)
        return support(
            text,
            [hit.chunk for hit in hits],
            question,
            frame,
            lambda sentence: sentence in fixed or self._abstains(sentence),
        )

    def _abstains(self, text: str) -> bool:
        return self.form.abstains(text, STANDARD_ABSTENTIONS)


@dataclass(frozen=True)
class _Found:
    """What was found for a question before a model is asked."""

    hits: tuple[Hit, ...]
    seconds: float
    judged: Answerability | None

    @property
    def low(self) -> bool:
        return self.judged is not None and self.judged.low


def _fixed_values(schema: Any) -> frozenset[str]:
    """Return the words that a JSON Schema itself prescribes: to choose one of them is no quotation of a passage."""
    if isinstance(schema, list):
        return frozenset().union(*(_fixed_values(one) for one in schema))
    if not isinstance(schema, dict):
        return frozenset()
    own = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
    inner = (_fixed_values(one) for key, one in schema.items() if key not in ("enum", "const"))
    return frozenset(str(one) for one in own).union(*inner)
