"""A tiny app behind everything that stands before the real one, and the same app without any of it: the naive one."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from ui.server import login
from ui.server.app import before
from ui.server.gate import TOLD, passed

PASSWORD = "correct horse battery"


async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(
        f"<p>a secret page for {passed(request.headers.get(TOLD)) or request.headers.get(TOLD, 'nobody')}</p>"
    )


async def took(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"took {len(await request.body())}")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    async for text in socket.iter_text():
        await socket.send_text(text)


def routes() -> list[Route | WebSocketRoute]:
    """Return doors of each kind that the real app has."""
    return [
        Route("/_stcore/upload_file/{a}/{b}", took, methods=["PUT"]),
        Route("/_stcore/metrics", page),
        Route("/_stcore/agent/interact", took, methods=["POST"]),
        Route("/form", took, methods=["POST"]),
        WebSocketRoute("/_stcore/stream", stream),
        Route("/{rest:path}", page),
    ]


def guarded(
    root: Path, at: str = "http://localhost", client: tuple[str, int] = ("127.0.0.1", 5000)
) -> TestClient:
    """Return a browser before the guarded app."""
    app = Starlette(routes=[*login.routes(root), *routes()], middleware=before(root))
    return TestClient(app, at, client=client, follow_redirects=False)


def naive(at: str = "http://localhost") -> TestClient:
    """Return a browser before the app as it is by itself."""
    return TestClient(Starlette(routes=routes()), at, follow_redirects=False)


def settings(root: Path, **values: object) -> Path:
    """Write `[serve]` of a workspace."""
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value).replace(chr(39), chr(34))}" for key, value in values.items()]  # fmt: skip
    (root / "rungwise.toml").write_text("\n".join(['name = "Tea"', "[serve]", *lines, ""]), "utf-8")
    return root


def sign_in(browser: TestClient, name: str, password: str = PASSWORD, after: str = "/chat") -> object:
    """Fill the form in and send it."""
    import re

    form = browser.get("/login", params={"next": after}, headers={"accept": "text/html"})
    token = re.search(r'name="form" value="([^"]+)"', form.text)
    assert token is not None
    return browser.post(
        "/login",
        data={"form": token[1], "name": name, "password": password, "next": after},
        headers={"origin": str(browser.base_url).rstrip("/")},
    )
