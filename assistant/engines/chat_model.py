"""An engine as a LangChain chat model, so that base and adapter drop into somebody's existing chain.

Knows nothing of documents or setups.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, SkipValidation

from assistant.engines.engine import Engine, Generated
from finetune.layout import Message

_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


class HouseChatModel(BaseChatModel):
    """The base of an engine, with or without one of the house's adapters."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: SkipValidation[Engine]
    """What makes the text."""
    adapter: bool | str = False
    """Which adapter is on: False: none; True: the one that serves; a name: that one."""

    @property
    def _llm_type(self) -> str:
        return "rungwise"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        made = self.engine.generate([_plain(messages)], self.adapter)[0]
        if made.failure is not None:
            raise made.failure
        message = AIMessage(
            content=_until(made.text, stop),
            usage_metadata=_usage(made),
            response_metadata={
                "finish_reason": "stop" if made.finished else "length",
                "model_name": self.engine.name,
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if stop:  # a stop word may arrive in two pieces: made whole first, then cut
            yield ChatGenerationChunk(
                message=AIMessageChunk(content=str(self.invoke(messages, stop=stop).content))
            )
            return
        for piece in self.engine.stream(_plain(messages), self.adapter):
            if isinstance(piece, str):
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
            else:
                yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=_usage(piece)))


def _usage(made: Generated) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=made.tokens_in,
        output_tokens=made.tokens_out,
        total_tokens=made.tokens_in + made.tokens_out,
    )


def _plain(messages: list[BaseMessage]) -> list[Message]:
    return [Message(role=_ROLES.get(message.type, "user"), content=str(message.text)) for message in messages]


def _until(text: str, stop: list[str] | None) -> str:
    for word in stop or ():
        text = text.split(word, 1)[0]
    return text
