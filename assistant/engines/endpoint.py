"""The engine that runs elsewhere: an OpenAI-compatible server that serves the base, and base and adapter, by name.

Knows nothing of documents or of what serves: vLLM, Ollama, llama.cpp or a hosted model.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from assistant.engines.chat_engine import ChatEngine
from assistant.engines.engine import Adapter, Decoding, Refused
from assistant.engines.response_format import response_format
from foundation.discreet import discreet
from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    import openai
    from langchain_core.language_models import BaseChatModel
    from langchain_core.rate_limiters import BaseRateLimiter

_SECONDS = 120


class EndpointEngine(ChatEngine):
    """Answers over HTTP.

    Args:
        url: The server's address, up to and with `/v1`.
        base: The name that it serves the base under.
        adapter: The name that it serves base and adapter under; None where it has none. A setup may name others that it serves.
        api_key_env: The environment variable that holds its key.
        max_new_tokens: Where an answer is cut off.
        at_once: How many questions are asked at the same time.
        seconds: How long one answer may take.
        per_minute: How many questions are asked in a minute at most, whatever is asked at the same time; 0: any number.
        retries: How often a question is asked again where the server is busy (429, 5xx) or a connection breaks, each time later.
    """

    def __init__(
        self,
        url: str,
        base: str,
        adapter: str | None,
        api_key_env: str,
        max_new_tokens: int,
        at_once: int = 4,
        seconds: float = _SECONDS,
        per_minute: int = 0,
        retries: int = 2,
    ) -> None:
        self._per_minute, self._retries = per_minute, retries
        self._url, self._names, self._key = url, (base, adapter), api_key_env
        self._longest, self._seconds, self._at_once = max_new_tokens, seconds, at_once
        self._shapes = True
        self._connected = cache(self._connect)

    @property
    def name(self) -> str:
        """The base's name."""
        return self._names[0]

    def identity(self, adapter: Adapter) -> str:
        """Return a hash of address, name and limit; what weights a server serves under a name can't be seen from here."""
        return sha256_text(f"{self._url}|{self._served(adapter)}|{self._longest}")

    def adapter_name(self) -> str:
        """Return the name that it serves base and adapter under; empty where it has none."""
        return self._names[1] or ""

    def model(self, adapter: Adapter) -> BaseChatModel:
        """Return the chat model that asks the server."""
        return self._connected(self._served(adapter))

    def asked(self, decoding: Decoding) -> dict[str, Any]:
        """Return temperature, seed and the shape of the answer, as OpenAI's protocol has them."""
        told: dict[str, Any] = {"temperature": decoding.temperature}
        if decoding.temperature > 0:
            told["seed"] = decoding.seed
        shape = response_format(decoding.constraint) if self._shapes else None
        # past the client's own parser, which raises where an answer is cut off
        return {**told, "extra_body": {"response_format": shape}} if shape else told

    def without(self, error: Exception, told: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what was asked without the shape, where the server does not know how to hold answers to one; for good."""
        import openai

        if "extra_body" not in told or not isinstance(error, openai.BadRequestError):
            return None
        if not any(word in str(error).lower() for word in ("response_format", "json_schema", "schema")):
            return None
        self._shapes = False  # answers are checked all the same
        return {name: value for name, value in told.items() if name != "extra_body"}

    def failure(self, error: Exception) -> Exception:
        """Return what an error of the client means."""
        import openai

        said = discreet(str(error))
        if isinstance(error, UserError | Refused):
            return error
        if isinstance(error, openai.APITimeoutError):
            return TimeoutError(f"The endpoint {self._url} took longer than {self._seconds:g} s.")
        if isinstance(error, openai.BadRequestError) and _filtered(error):
            return Refused(f"The endpoint {self._url} declined to answer: {said}")
        if isinstance(error, openai.NotFoundError):
            return UserError(
                f"The endpoint {self._url} does not serve what was asked for ({said}). {self._there()} Name one of these in the "
                "setup, as in hybrid+adapter=NAME, or as `base` and `adapter` under [model] in rungwise.toml."
            )
        # what comes of one question, or passes: the others are asked all the same
        if isinstance(
            error,
            openai.BadRequestError
            | openai.UnprocessableEntityError
            | openai.RateLimitError
            | openai.InternalServerError,
        ):
            return RuntimeError(
                f"The endpoint {self._url} answered with an error ({type(error).__name__}: {said})."
            )
        return UserError(
            f"The endpoint {self._url} did not answer ({type(error).__name__}: {said}). "
            "Check that the server runs and that `endpoint`, "
            f"`base` and `adapter` under [model] in rungwise.toml name what it serves; its key is read from {self._key}."
        )

    def _there(self) -> str:
        """Return what the server says that it serves, as a sentence."""
        try:
            names = [one.id for one in self._connected(self._names[0]).root_client.models.list()]  # type: ignore[attr-defined]
        except Exception:  # many classes; only a hint is lost
            return "What it serves can't be told."
        return f"It serves {', '.join(names)}." if names else "It serves nothing."

    def _served(self, adapter: Adapter) -> str:
        if isinstance(adapter, str):  # the server knows its own names: vLLM's --lora-modules
            return adapter
        base, tuned = self._names
        if adapter and tuned is None:
            raise UserError(
                f"The endpoint {self._url} is not said to serve an adapter. Name it as `adapter` under [model] in rungwise.toml, "
                "or use the setups prompt and rag."
            )
        return tuned if adapter and tuned else base

    @cached_property
    def _pace(self) -> BaseRateLimiter | None:
        """What holds all questions to so many a minute, those for the base and those for adapters together."""
        if not self._per_minute:
            return None
        from langchain_core.rate_limiters import InMemoryRateLimiter

        return InMemoryRateLimiter(requests_per_second=self._per_minute / 60, check_every_n_seconds=0.02)

    def _connect(self, name: str) -> BaseChatModel:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        key = SecretStr(os.environ.get(self._key, "none"))
        return ChatOpenAI(
            model=name,
            base_url=self._url,
            api_key=key,
            temperature=0,
            max_completion_tokens=self._longest,
            stream_usage=True,
            timeout=self._seconds,
            max_retries=self._retries,
            rate_limiter=self._pace,
        )


def _filtered(error: openai.BadRequestError) -> bool:
    """Return whether a host's filter declined a question, as OpenAI and Azure say it."""
    return "content_filter" in f"{error} {error.code} {error.body} {error.__cause__}"
