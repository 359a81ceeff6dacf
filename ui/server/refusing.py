"""A refusal as whoever asked understands it: JSON for programs, a closed door for websockets. Knows nothing of why."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

CLOSED = 4401
"""The code that a websocket is closed with where nobody is signed in (any more)."""


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    told: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer a request with a refusal.

    Args:
        scope: The request.
        receive: Its messages.
        send: Where the answer goes.
        status: The HTTP status.
        told: The sentence.
        headers: Further headers.
    """
    if scope["type"] == "websocket":
        await receive()  # the connection's first message, which has to be taken before it is closed
        await send(
            {
                "type": "websocket.close",
                "code": CLOSED if status == 401 else 4000 + status,
                "reason": told[:100],
            }
        )
        return
    kind = {
        400: "bad_request",
        401: "not_signed_in",
        403: "refused",
        404: "not_found",
        413: "too_large",
        421: "wrong_host",
    }
    body = {
        "error": {
            "message": told,
            "type": kind.get(status, "refused"),
            "param": None,
            "code": kind.get(status, "refused"),
        }
    }
    await JSONResponse(body, status, headers=dict(headers or {}))(scope, receive, send)
