"""Page, API and health as one ASGI app, with everything that stands before them in its order. Knows nothing of what is on a page.

From the outside in: count, say what browsers may do, refuse foreign hosts and origins, limit what is sent, ask who comes.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.access import door
from ui.server import health, login
from ui.server.counting import Counting
from ui.server.gate import Gate
from ui.server.headers import Headers
from ui.server.hosts import Hosts
from ui.server.limits import Limits
from ui.service import service

WARM_AFTER = 3.0
"""Seconds before the model is loaded ahead: the first page is drawn meanwhile, which loading would slow down."""


def make(root: Path, page: bool = True, address: str = "127.0.0.1", warm: bool = True) -> ASGIApp:
    """Return what serves a workspace.

    Args:
        root: The workspace's folder.
        page: Whether the page is served too; False: the API and health alone.
        address: What is listened on: one of the names that it is reached under.
        warm: Whether the model is loaded ahead, soon after the start.
    """
    root = root.resolve()
    served = service(root)
    api = Later(lambda: importlib.import_module("ui.api.app").make(root))
    routes: Sequence[BaseRoute] = [
        *health.routes(root, served),
        *login.routes(root),
        Route("/v1/{rest:path}", api),
        Route("/mcp", api),
    ]
    layers = before(root, address)

    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        later = threading.Timer(WARM_AFTER, served.warm_up)
        later.daemon = True
        if warm:
            later.start()
            if page:
                threading.Thread(target=_read_ahead, name="read-ahead", daemon=True).start()
        try:
            yield
        finally:
            later.cancel()
            served.close()

    if not page:
        return Starlette(routes=routes, middleware=layers, lifespan=life)
    import streamlit as st

    from ui.serve import app_path

    return st.App(app_path(), routes=routes, middleware=layers, lifespan=_told_nothing(life))


class Later:
    """An app that is made when it is first asked, so that the page does not wait for what it does not need.

    Args:
        make: Makes it.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._made is None:
            self._made = self._make()  # in the loop's own thread, so that it is made once
        await self._made(scope, receive, send)


def before(root: Path, address: str = "127.0.0.1") -> list[Middleware]:
    """Return what stands before everything that is served, the outermost first.

    Args:
        root: The workspace's folder.
        address: What is listened on.
    """

    def names() -> set[str]:
        return {address.lower(), *door.settings(root).hosts}

    return [
        Middleware(Counting),
        Middleware(Headers),
        Middleware(Hosts, names=names),
        Middleware(Limits),
        Middleware(Gate, root=root),
    ]


def _read_ahead() -> None:
    """Import what the first page stands on, while the browser still fetches Streamlit's own part of it."""
    importlib.import_module("ui.views.home")


def _told_nothing(life: Any) -> Any:
    """Return a lifespan as Streamlit wants it: with a table of state, which is empty."""

    @asynccontextmanager
    async def lived(app: Any) -> AsyncIterator[dict[str, Any]]:
        async with life(app):
            yield {}

    return lived
