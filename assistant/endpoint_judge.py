"""A judge that runs elsewhere: any OpenAI-compatible server. Fits `experiments.opinions.judge.JudgeLike`.

Knows nothing of what it judges.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.config.asking_settings import JudgeSettings
from foundation.errors import UserError
from foundation.files import sha256_text

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI


class EndpointJudge:
    """Judges over HTTP.

    Args:
        settings: [judge] of `rungwise.toml`.

    Raises:
        UserError: There is no endpoint.
    """

    def __init__(self, settings: JudgeSettings) -> None:
        if settings.endpoint is None:
            raise UserError(
                'There is no judge. Name one in rungwise.toml: [judge] with endpoint = "http://127.0.0.1:8000/v1" and '
                "model = the name that it serves the judge under."
            )
        self._settings = settings

    @property
    def name(self) -> str:
        """The model's name."""
        return self._settings.model

    @property
    def fingerprint(self) -> str:
        """A hash of address, temperature and limit."""
        one = self._settings
        return sha256_text(f"{one.endpoint}|{one.temperature}|{one.max_new_tokens}")

    def ask(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return its answer.

        Raises:
            UserError: The server can't be reached, or does not let us in.
        """
        from openai import APIConnectionError, AuthenticationError, NotFoundError, PermissionDeniedError

        turns = [{"role": turn["role"], "content": turn["content"]} for turn in messages]
        try:
            return str(self._model.invoke(turns).content)
        except (APIConnectionError, AuthenticationError, NotFoundError, PermissionDeniedError) as error:
            raise UserError(
                f"The judge {self._settings.model} did not answer ({type(error).__name__}). Check that the server "
                "runs, that `endpoint` and `model` under [judge] in rungwise.toml name what it serves, and that its key "
                f"is in {self._settings.api_key_env}."
            ) from error

    @cached_property
    def _model(self) -> ChatOpenAI:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        one = self._settings
        return ChatOpenAI(
            model=one.model,
            base_url=one.endpoint,
            api_key=SecretStr(os.environ.get(one.api_key_env, "none")),
            temperature=one.temperature,
            max_completion_tokens=one.max_new_tokens,
            timeout=120,
            max_retries=2,
        )
