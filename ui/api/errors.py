"""Every error of the API in OpenAI's shape: a status, a sentence, and which parameter it is about.

Knows which exceptions of the house mean what to a client. A sentence never tells where the workspace stands on the disk, and an
error of ours is told by an id alone. Knows nothing of how a question is answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

from foundation.errors import UserError
from ui.access.permissions import NotAllowed

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {
    401: "invalid_api_key",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_long",
    429: "rate_limit_exceeded",
    500: "internal_error",
    503: "not_ready",
}
_WORDS = {
    404: "There is no such path. The API is described at /v1/openapi.json.",
    405: "This path does not take this method. The API is described at /v1/openapi.json.",
}
_KINDS = frozenset({"str", "list", "int", "float", "bool"})  # pydantic's words for the sides of a union
_LONGEST = 200  # letters of a name that is quoted back


class ApiError(Exception):
    """What a client is told instead of an answer.

    Args:
        status: The HTTP status.
        message: The whole sentence.
        param: The parameter it is about, as `messages[0].content`; empty where it is about none.
        code: A word for programs; empty: the usual one of the status.
        headers: Further headers, as `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        param: str = "",
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param = status, message, param
        self.code = code or _CODES.get(status, "invalid_value" if param else "invalid_request")
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the error as OpenAI's clients read it."""
        kind = _TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        told = {
            "message": clean(self.message),
            "type": kind,
            "param": clean(self.param) or None,
            "code": self.code,
        }
        return {"error": told}

    def response(self) -> JSONResponse:
        """Return the error as a response."""
        return JSONResponse(self.body(), self.status, self.headers)


def clean(text: str) -> str:
    """Return a text that can be sent: half a surrogate pair can't."""
    return text.encode("utf-8", "replace").decode("utf-8")


def quoted(name: str) -> str:
    """Return a name that a client gave, short enough to be told back."""
    return clean(name if len(name) <= _LONGEST else name[:_LONGEST] + "…")


def of_status(status: int, detail: object = "", headers: Mapping[str, str] | None = None) -> ApiError:
    """Return the error that a router's own refusal stands for."""
    return ApiError(
        status,
        _WORDS.get(status) or f"{detail or 'The request can not be read'}".rstrip(".") + ".",
        headers=headers,
    )


def of_validation(mistakes: Sequence[Mapping[str, Any]]) -> ApiError:
    """Return the one error that stands for everything that does not fit; no value of the client's is told back."""
    told = [(_param(one.get("loc", ())), str(one.get("msg", "does not fit"))) for one in mistakes[:5]]
    first = told[0][0] if told else ""
    more = len(mistakes) - len(told)
    sentences = "; ".join(f"{param or 'the body'}: {why}" for param, why in told)
    tail = f"; and {more} more" if more > 0 else ""
    return ApiError(400, f"The request can't be used: {sentences}{tail}.", first)


def _param(place: Sequence[object]) -> str:
    told = ""
    for part in list(place)[1:8]:  # the first one says "body"
        if isinstance(part, int):
            told += f"[{part}]" if told else ""
        elif re.fullmatch(r"[a-z][a-z_]*", str(part)) and part not in _KINDS:
            told += f"{'.' if told else ''}{part}"
    return told


def of_house(error: UserError, root: Path) -> ApiError:
    """Return what a mistake in the house means to a client: who asks may not, has to wait, or it is not ready.

    Args:
        error: What was raised.
        root: The workspace's folder, which no client is told.
    """
    from assistant.engines.engine import NoRoom

    sentence = str(error).replace(str(root), "the workspace")
    if isinstance(error, NotAllowed):
        return ApiError(403, sentence)
    if isinstance(error, NoRoom):
        return ApiError(413, sentence, "messages", "context_length_exceeded")
    return ApiError(503, sentence)


def of_bug(error: BaseException) -> ApiError:
    """Return what a client is told of an error of ours: an id; the log has the rest."""
    from ui.failing import logged

    return ApiError(
        500,
        f"Rungwise failed at this. It is not your mistake; the log tells more under the id {logged(error)}.",
    )
