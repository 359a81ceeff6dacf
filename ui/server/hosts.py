"""Under which names the server may be reached, and from whose pages: any other request is refused before anything is looked at.

Against DNS rebinding (a page elsewhere that points its own name at this machine) and requests across origins. A plain ASGI layer;
knows nothing of who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.server.refusing import refuse

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Hosts:
    """Lets in what is meant for this server.

    Args:
        app: What is behind it.
        names: Tells the names that the server is reached under, beside those of this machine.
    """

    def __init__(self, app: ASGIApp, names: Callable[[], Collection[str]]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if name_of(host) not in {*_LOOPBACK, *(one.lower() for one in self._names())}:
            told = "This server is not known under that name. An admin adds it to `hosts` in [serve] of rungwise.toml."
            await refuse(scope, receive, send, 421, told)
            return
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if changes and origin is not None and _place_of(origin) != host.lower():
            await refuse(
                scope, receive, send, 403, "A page of another origin may not ask this of the server."
            )
            return
        await self._app(scope, receive, send)


def name_of(host: str) -> str:
    """Return the name in a header `Host`, without its port; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _place_of(origin: str) -> str:
    """Return the host and port in a header `Origin`; empty, which is no host at all, where it holds none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
