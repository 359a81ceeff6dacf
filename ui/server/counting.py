"""Counts every request by its status. A plain ASGI layer; knows nothing of what is asked."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server import metrics


class Counting:
    """Counts what goes through.

    Args:
        app: What is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                metrics.requested(scope["path"], message["status"])
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)
