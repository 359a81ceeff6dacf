"""The engine that runs elsewhere: an OpenAI-compatible server that serves the base, and base and adapter, by name.

Knows nothing of documents or of what serves: vLLM, Ollama, llama.cpp or a hosted model.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.engine import Generated
from finetune.layout import Message
from foundation.discreet import discreet
from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI


class EndpointEngine:
    """Answers over HTTP.

    Args:
        url: The server's address, up to and with `/v1`.
        base: The name that it serves the base under.
        adapter: The name that it serves base and adapter under; None where it has none.
        api_key_env: The environment variable that holds its key.
        max_new_tokens: Where an answer is cut off.
    """

    def __init__(
        self, url: str, base: str, adapter: str | None, api_key_env: str, max_new_tokens: int
    ) -> None:
        self._url, self._names, self._key = url, (base, adapter), api_key_env
        self._longest = max_new_tokens
        self._model = cache(self._connect)

    @property
    def name(self) -> str:
        """The base's name."""
        return self._names[0]

    def identity(self, adapter: bool) -> str:
        """Return a hash of address, name and limit; what weights a server serves under a name can't be seen from here."""
        return sha256_text(f"{self._url}|{self._served(adapter)}|{self._longest}")

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool) -> list[Generated]:
        """Answer every prompt."""
        model = self._model(self._served(adapter))
        made: list[Generated] = []
        for prompt in prompts:
            began = time.perf_counter()
            try:
                reply = model.invoke(_turns(prompt))
            except Exception as error:  # the client raises many classes; for the user they are one
                raise self._unreachable(error) from error
            usage: Any = reply.usage_metadata or {}
            reason = str(reply.response_metadata.get("finish_reason", "stop"))
            made.append(
                Generated(
                    str(reply.content).strip(), int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0)),
                    reason != "length", time.perf_counter() - began,
                )
            )  # fmt: skip
        return made

    def stream(self, prompt: Sequence[Message], adapter: bool) -> Iterator[str | Generated]:
        """Yield an answer as it arrives, then the whole of it."""
        began = time.perf_counter()
        pieces, read, written, reason = [], 0, 0, "stop"
        try:
            for piece in self._model(self._served(adapter)).stream(_turns(prompt)):
                pieces.append(str(piece.content))
                yield pieces[-1]
                if piece.usage_metadata:
                    read, written = (piece.usage_metadata[name] for name in ("input_tokens", "output_tokens"))
                reason = str(piece.response_metadata.get("finish_reason") or reason)
        except Exception as error:
            raise self._unreachable(error) from error
        yield Generated(
            "".join(pieces).strip(), read, written, reason != "length", time.perf_counter() - began
        )  # fmt: skip

    def _served(self, adapter: bool) -> str:
        base, tuned = self._names
        if adapter and tuned is None:
            raise UserError(
                f"The endpoint {self._url} is not said to serve an adapter. Name it as `adapter` under [model] in rungwise.toml, "
                "or use the setups prompt and rag."
            )
        return tuned if adapter and tuned else base

    def _connect(self, name: str) -> ChatOpenAI:
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
            timeout=120,
            max_retries=2,
        )

    def _unreachable(self, error: Exception) -> UserError:
        return UserError(
            f"The endpoint {self._url} did not answer ({type(error).__name__}: {discreet(str(error))}). "
            "Check that the server runs and that `endpoint`, "
            f"`base` and `adapter` under [model] in rungwise.toml name what it serves; its key is read from {self._key}."
        )


def _turns(prompt: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": turn["role"], "content": turn["content"]} for turn in prompt]
