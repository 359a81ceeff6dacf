"""An engine over LangChain chat models: one that is the base, and one that is base and adapter together.

Any chat model that LangChain knows answers in all setups with it. Knows nothing of documents, or of what runs the models.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from assistant.engines.engine import (
    ANYBODY,
    GREEDY,
    Adapter,
    Adapters,
    Caller,
    CallerGone,
    Decoding,
    Generated,
    Refused,
    each,
)
from assistant.engines.response_format import unwrap, wraps
from finetune.layout import Message
from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_LETTERS = 3
"""Letters of a token, where the tokenizer is elsewhere: rather too few than too many."""
_DECLINED = "content_filter"


class ChatEngine:
    """Answers with chat models.

    Args:
        base: The base.
        tuned: Base and adapter together; None: there is no adapter.
        name: What the base is called; empty: by the model's own name.
        adapter: What the adapter is called.
        at_once: How many questions are asked at the same time.
    """

    def __init__(
        self,
        base: BaseChatModel,
        tuned: BaseChatModel | None = None,
        name: str = "",
        adapter: str = "",
        at_once: int = 4,
    ) -> None:
        self._models = (base, tuned)
        self._called, self._adapter, self._at_once = name, adapter, at_once

    @property
    def name(self) -> str:
        """The base's name."""
        return self._called or self._models[0].get_name()

    def identity(self, adapter: Adapter) -> str:
        """Return a hash of what the model says of itself; what weights stand behind it can't be seen from here."""
        model = self.model(adapter)
        return sha256_text(
            f"{model.get_name()}|{sorted(model.lc_attributes.items())}|{model._identifying_params}"
        )

    def adapter_name(self) -> str:
        """Return the name that base and adapter are served under; empty where there is none."""
        return self._adapter

    def room(self) -> int | None:
        """Return None: how much a model takes can't be told from here."""
        return None

    def count(self, prompt: Sequence[Message]) -> int:
        """Return an estimate of the tokens of a prompt."""
        return sum(len(turn["content"]) // _LETTERS + 4 for turn in prompt)

    def model(self, adapter: Adapter) -> BaseChatModel:
        """Return the chat model of a setup.

        Raises:
            UserError: There is no adapter, or none of that name.
        """
        base, tuned = self._models
        if adapter is False:
            return base
        if isinstance(adapter, str) and adapter != self._adapter:
            known = f'only "{self._adapter}"' if self._adapter else "none with a name"
            raise UserError(
                f'This engine has no adapter "{adapter}", {known}. Name that one, or leave the name out.'
            )
        if tuned is None:
            raise UserError("This engine has no model with an adapter. Use the setups prompt and rag.")
        return tuned

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        adapter: Adapters,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> list[Generated]:
        """Answer every prompt, several at once; one that fails harms no other, and says so in its own place."""
        models, told = [self.model(one) for one in each(adapter, len(prompts))], self.asked(decoding)

        def ask(model: BaseChatModel, prompt: Sequence[Message]) -> Generated:
            if caller.gone():
                raise CallerGone
            began = time.perf_counter()
            try:
                reply = model.invoke(_turns(prompt), **told)
                declined = _declined(reply.response_metadata, reply.additional_kwargs)
                if declined:
                    raise Refused(declined)
            except (
                Exception
            ) as error:  # clients raise many classes; `failure` tells what kind of thing happened
                if (again := self.without(error, told)) is not None:
                    return self._asked_again(model, prompt, again, began)
                failure = self.failure(error)
                if isinstance(failure, UserError):
                    raise failure from error
                return Generated("", 0, 0, False, time.perf_counter() - began, failure=failure)
            return self._made(reply, decoding, began)

        with ThreadPoolExecutor(max(1, min(self._at_once, len(prompts)))) as pool:
            return list(pool.map(ask, models, prompts))

    def stream(
        self,
        prompt: Sequence[Message],
        adapter: Adapter,
        decoding: Decoding = GREEDY,
        caller: Caller = ANYBODY,
    ) -> Iterator[str | Generated]:
        """Yield an answer as it arrives, then the whole of it; one that travels inside an object comes when it is whole."""
        if wraps(decoding.constraint):
            made = self.generate([prompt], adapter, decoding, caller)[0]
            if made.failure is not None:
                raise UserError(str(made.failure))
            yield made.text
            yield made
            return
        began, prefill = time.perf_counter(), 0.0
        pieces: list[str] = []
        read, written, reason = 0, 0, "stop"
        try:
            for piece in self._pieces(self.model(adapter), prompt, self.asked(decoding)):
                prefill = prefill or time.perf_counter() - began
                pieces.append(str(piece.text))
                yield pieces[-1]
                if usage := getattr(piece, "usage_metadata", None):  # hosts tell them in one piece or in two
                    read = max(read, int(usage["input_tokens"]))
                    written = max(written, int(usage["output_tokens"]))
                reason = str(piece.response_metadata.get("finish_reason") or reason)
                if caller.gone():
                    reason = "length"
                    break
        except Exception as error:
            failure = self.failure(error)
            raise failure if isinstance(failure, UserError) else UserError(str(failure)) from error
        if reason == _DECLINED and not "".join(pieces).strip():
            raise UserError(f'The model "{self.name}" declined to answer: its host filtered the question.')
        seconds = time.perf_counter() - began
        yield Generated("".join(pieces).strip(), read, written, reason != "length", seconds, prefill)

    # what a kind of model knows better

    def asked(self, decoding: Decoding) -> dict[str, Any]:
        """Return what a model is told of how tokens are chosen."""
        return {}

    def without(self, error: Exception, told: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what to ask once more with, where a model does not know something of what it was told; None: nothing."""
        return None

    def failure(self, error: Exception) -> Exception:
        """Return what an error means: a `UserError` is for the user to mend; `TimeoutError`, `Refused` and others are results."""
        return error

    def _pieces(
        self, model: BaseChatModel, prompt: Sequence[Message], told: Mapping[str, Any]
    ) -> Iterator[Any]:
        """Yield what a model sends; where it does not know something of what it was told, it is asked without."""
        begun = False
        try:
            for piece in model.stream(_turns(prompt), **told):
                begun = True
                yield piece
        except Exception as error:
            if begun or (again := self.without(error, told)) is None:
                raise
            yield from model.stream(_turns(prompt), **again)

    def _asked_again(
        self, model: BaseChatModel, prompt: Sequence[Message], told: Mapping[str, Any], began: float
    ) -> Generated:
        try:
            reply = model.invoke(_turns(prompt), **told)
            if declined := _declined(reply.response_metadata, reply.additional_kwargs):
                raise Refused(declined)
            return self._made(reply, GREEDY, began)
        except Exception as error:
            failure = self.failure(error)
            if isinstance(failure, UserError):
                raise failure from error
            return Generated("", 0, 0, False, time.perf_counter() - began, failure=failure)

    def _made(self, reply: Any, decoding: Decoding, began: float) -> Generated:
        usage: Mapping[str, Any] = reply.usage_metadata or {}
        finished = str(reply.response_metadata.get("finish_reason", "stop")) != "length"
        return Generated(
            unwrap(str(reply.text).strip(), decoding.constraint),
            int(usage.get("input_tokens", 0)),
            int(usage.get("output_tokens", 0)),
            finished,
            time.perf_counter() - began,
        )


def _declined(metadata: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    """Return the words in which a host declined to answer; empty where it answered."""
    if refusal := more.get("refusal"):
        return str(refusal)
    return "filtered by its host" if metadata.get("finish_reason") == _DECLINED else ""


def _turns(prompt: Sequence[Message]) -> list[Any]:
    return [{"role": turn["role"], "content": turn["content"]} for turn in prompt]
