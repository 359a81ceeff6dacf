"""What stands before every path of the API: how much may be sent, who sends it, and that no error of ours gets out.

A plain ASGI layer, so that it holds for answers that stream, for MCP and for paths that don't exist. Knows nothing of what is
asked.
"""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access.permissions import Person
from ui.api.errors import ApiError, of_bug

PERSON = "rungwise.person"
"""Where a request's scope names who asks."""
LARGEST = 2**20
"""Bytes of a request."""
_DRAINED = 8 * 2**20
"""Bytes that are read and thrown away, so that whoever sends too much is still told so."""
OPEN = frozenset({"/v1/openapi.json"})
"""What anybody may read: it tells nothing of a workspace."""


class Entrance:
    """Lets in who has a key and sends no more than is allowed.

    Args:
        app: What is behind it.
        root: The workspace's folder.
    """

    def __init__(self, app: ASGIApp, root: Path) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            if scope["path"] not in OPEN:
                scope[PERSON] = await self._who(Headers(scope=scope))
            await self._app(scope, _replayed(await _whole(scope, receive), receive), sent)
        except ApiError as error:
            await error.response()(scope, receive, send)
        except Exception as error:
            told = of_bug(error)
            if begun:
                raise  # the answer is under way: all that is left is to end it
            await told.response()(scope, receive, send)

    async def _who(self, headers: Headers) -> Person:
        from ui.api.asking import person_of

        # files are read for it
        return await anyio.to_thread.run_sync(person_of, self._root, headers.get("authorization"))


async def _whole(scope: Scope, receive: Receive) -> bytes:
    """Return the body of a request.

    Raises:
        ApiError: It is too large.
    """
    declared = Headers(scope=scope).get("content-length", "")
    large = declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) > LARGEST
    parts: list[bytes] = []
    size, more = 0, not (large and int(declared) > _DRAINED)
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        part = message.get("body", b"")
        size, more = size + len(part), message.get("more_body", False) and size < _DRAINED
        large = large or size > LARGEST
        if not large:
            parts.append(part)
    if large:
        raise ApiError(
            413,
            f"The request is larger than the {LARGEST:,} bytes that are allowed. Send less.",
            code="request_too_large",
        )
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body once, and then whatever else comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again
