"""How much one request may send: counted as it arrives, whatever its header says.

The API counts its own (`ui.api.entrance`), and Streamlit the uploads. A plain ASGI layer; knows nothing of what is sent.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server.refusing import refuse

LARGEST = 2**16
"""Bytes of a request to anything but the API and the uploads: a form of two fields."""
_COUNTED_THERE = ("/v1/", "/mcp", "/_stcore/upload_file/")


class TooLarge(Exception):
    """More was sent than is taken."""


class Limits:
    """Reads no more than is allowed.

    Args:
        app: What is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(_COUNTED_THERE):
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not (declared.isascii() and declared.isdigit()) or len(declared) > 12 or int(declared) > LARGEST:
            await self._refuse(scope, receive, send)
            return
        came, begun = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > LARGEST:
                raise TooLarge
            return message

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, sent)
        except TooLarge:
            if begun:
                raise
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = f"At most {LARGEST:,} bytes are taken here."
        await refuse(scope, receive, send, 413, told, {"connection": "close"})
