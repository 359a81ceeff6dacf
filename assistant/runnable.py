"""The assistant as LangChain knows a runnable: invoke, batch, stream, and each of them async, with callbacks told.

Knows nothing of how a question is answered.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list, run_in_executor

from assistant.engines.engine import ANYBODY, Caller
from assistant.reply import Asked, CaseLike, Question, Reply, Turns
from assistant.setup import AnySetup, variant
from foundation.errors import UserError
from rag import Viewer


class AnsweringRunnable(Runnable[Asked, Reply]):
    """Whatever answers cases and streams replies, as a Runnable."""

    setup: AnySetup
    """What is used when a question does not say."""

    @abstractmethod
    def answer_cases(
        self, cases: Sequence[CaseLike], viewer: Viewer | None = None, caller: Caller = ANYBODY
    ) -> list[Reply | Exception]:
        """Answer several questions, each in a setup of its own, in the same order; what failed is in its place."""

    @abstractmethod
    def stream_reply(
        self,
        question: str,
        conversation: Turns = (),
        setup: AnySetup | None = None,
        viewer: Viewer | None = None,
        caller: Caller = ANYBODY,
    ) -> Iterator[str | Reply]:
        """Yield an answer in pieces that may be shown, then the whole reply."""

    def invoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        """Answer one question.

        Raises:
            UserError: The setup is unknown, or needs an index or adapter that is not there.
        """
        return self._call_with_config(self._invoked, input, config)

    async def ainvoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        """Answer one question; where the task is cancelled, the model stops at its next token, or the place in line is free.

        Raises:
            UserError: As `invoke`.
        """
        gone = threading.Event()
        try:
            return await run_in_executor(
                config, lambda: self._call_with_config(lambda one: self._invoked(one, gone), input, config)
            )
        finally:
            gone.set()

    def batch(
        self,
        inputs: list[Asked],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Reply]:
        """Answer several questions, those of similar length together, whatever their setups.

        Args:
            inputs: The questions.
            config: One for all, or one each.
            return_exceptions: Put what went wrong in the place of its reply, and answer the others all the same.

        Raises:
            UserError: As `invoke`, unless exceptions are returned.
        """
        if not inputs:
            return []

        def together(several: list[Asked]) -> list[Reply | Exception]:
            return list(self._batched(several, return_exceptions))

        made = self._batch_with_config(
            together,
            inputs,
            get_config_list(config, len(inputs)),
            return_exceptions=return_exceptions,
        )
        return made

    def stream(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:
        """Yield the answer in pieces that may be shown, texts, then the whole `Reply`; closing the iterator stops the model.

        Raises:
            UserError: As `invoke`.
        """
        yield from self._transform_stream_with_config(iter([input]), self._streamed, config)

    async def astream(
        self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Yield as `stream` does; where the task is cancelled, the model stops at its next token.

        Raises:
            UserError: As `invoke`.
        """
        gone, end = threading.Event(), object()
        pieces = self.stream({**input, "gone": gone}, config)  # type: ignore[typeddict-unknown-key]
        try:
            while (piece := await run_in_executor(config, next, pieces, end)) is not end:
                yield piece
        finally:
            gone.set()

    def _invoked(self, input: Asked, gone: threading.Event | None = None) -> Reply:
        question, viewer, caller = self._case(input, gone)
        return whole(self.answer_cases([question], viewer, caller)[0])

    def _streamed(self, inputs: Iterator[Asked]) -> Iterator[Any]:
        for input in inputs:
            question, viewer, caller = self._case(input)
            yield from self.stream_reply(
                question.question, question.conversation, question.setup, viewer, caller
            )

    def _batched(self, inputs: Sequence[Asked], one_by_one: bool) -> Iterator[Reply | Exception]:
        """Yield replies: together where all are asked by one, and one by one where one mistake is to harm no other."""
        cases = [self._case(input) for input in inputs] if not one_by_one else []
        if cases and all(
            (viewer, caller.who) == (cases[0][1], cases[0][2].who) for _, viewer, caller in cases
        ):
            made = self.answer_cases([question for question, _, _ in cases], cases[0][1], cases[0][2])
            yield from map(whole, made)
            return
        for input in inputs:
            try:
                yield self._invoked(input)
            except Exception as error:
                if not one_by_one:
                    raise
                yield error

    def _case(self, input: Asked, gone: threading.Event | None = None) -> tuple[Question, Viewer, Caller]:
        setup = variant(input["setup"]) if input.get("setup") else self.setup
        gone = gone or cast("threading.Event | None", input.get("gone"))
        caller = Caller(input.get("asker", ""), gone.is_set) if gone else Caller(input.get("asker", ""))
        viewer = Viewer(frozenset(input.get("groups", ())))
        return Question(input["question"], input.get("conversation", ()), setup), viewer, caller


def whole(made: Reply | Exception) -> Reply:
    """Return a reply.

    Raises:
        UserError: The model failed at the question.
    """
    if isinstance(made, Exception):
        raise made if isinstance(made, UserError) else UserError(str(made))
    return made
