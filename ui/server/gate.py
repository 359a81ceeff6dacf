"""The gate before the page: who has not signed in gets the form to sign in, and nothing else of it.

Every request comes through here, websockets too, which are looked at again while they are open. Whom a proxy names is told to the
page by a header that only this process can write. The API is let through: it asks for its own keys. Knows nothing of passwords.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from urllib.parse import quote

import anyio
import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation.errors import UserError
from ui.access import door
from ui.access.permissions import Person
from ui.server import provider
from ui.server.refusing import CLOSED, refuse

SESSION = "rungwise_session"
"""The cookie of whoever signed in here."""
VISITOR = "rungwise_visitor"
"""The cookie that tells browsers apart; of no person."""
TOLD = "x-rungwise-person"
"""The header that tells the page whom a trusted proxy named: a secret of this process, a colon, the name."""
_SECRET = secrets.token_urlsafe(32)
_OPEN = frozenset(
    {"/login", "/logout", "/health", "/ready", "/metrics", "/favicon.ico", "/_stcore/health", "/mcp"}
)
_ASSETS = ("/static/",)  # Streamlit's own scripts and fonts, the same for everybody in the world
_OWN_KEYS = ("/v1/",)
_CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent")
"""Doors of Streamlit's that Rungwise does not use."""
_FILES = ("/_stcore/upload_file/", "/media/")
_LOOK = 3.0  # seconds between two looks at who is on an open websocket


def passed(header: str | None) -> str | None:
    """Return the name of who passed the gate, from the header that it wrote; None where it wrote none."""
    secret, _, name = (header or "").partition(":")
    return name if name and secrets.compare_digest(secret.encode(), _SECRET.encode()) else None


class Gate:
    """Lets in who signed in.

    Args:
        app: What is behind it.
        root: The workspace's folder.
    """

    def __init__(self, app: ASGIApp, root: Path) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], MutableHeaders(scope=scope)
        while TOLD in headers:
            del headers[TOLD]  # nobody outside says who they are
        if path.startswith(_CLOSED) or "/../" in f"{path}/":
            await refuse(scope, receive, send, 404, "There is nothing here.")
        elif scope["type"] == "http" and (path in _OPEN or path.startswith((*_ASSETS, *_OWN_KEYS))):
            await self._app(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            proxied = await anyio.to_thread.run_sync(self._check, scope)
        except door.NotSignedIn as error:
            await self._turn_away(scope, receive, send, str(error))
            return
        except UserError:
            told = "Who may come in can't be read. An admin finds out more with `rungwise doctor`."
            await refuse(scope, receive, send, 503, told)
            return
        if proxied is not None:
            MutableHeaders(scope=scope).append(TOLD, f"{_SECRET}:{proxied.id}")
        if scope["type"] == "websocket":
            await self._app(scope, self._watched(scope, receive, send), send)
        else:
            await self._app(scope, receive, self._naming_visitor(scope, send))

    def _check(self, scope: Scope) -> Person | None:
        """Return whom a trusted proxy names; None where somebody may come in otherwise.

        Where a provider signs people in, everybody may see the page, which sends them there itself; files go to and fro only for
        those who are back from there.

        Raises:
            NotSignedIn: Nobody who may come in.
        """
        headers = Headers(scope=scope)
        client = (scope.get("client") or ("", 0))[0]
        if (proxied := door.by_proxy(self._root, client, headers)) is not None:
            return proxied
        login = door.settings(self._root).login
        if login == "local":
            door.by_session(self._root, _cookie(headers, SESSION))
        elif login == "oidc" and scope["path"].startswith(_FILES):
            email = provider.email_of(cookie_parser(headers.get("cookie", "")))
            if email is None:
                raise door.NotSignedIn("Sign in first, please.")
            door.by_email(self._root, email)
        return None

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send, told: str) -> None:
        wants_page = (
            scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].startswith("/_stcore")
        )
        if wants_page and "text/html" in Headers(scope=scope).get("accept", ""):
            await RedirectResponse(f"/login?next={quote(scope['path'], safe='/')}", 303)(scope, receive, send)
        else:
            await refuse(scope, receive, send, 401, told)

    def _watched(self, scope: Scope, receive: Receive, send: Send) -> Receive:
        """Return what receives, and closes the door behind somebody who may not be here any more."""
        looked = time.monotonic()

        async def received() -> Message:
            nonlocal looked
            while True:
                with anyio.move_on_after(max(0.0, looked + _LOOK - time.monotonic())):
                    return await receive()
                looked = time.monotonic()
                try:
                    await anyio.to_thread.run_sync(self._check, scope)
                except UserError:
                    await send(
                        {"type": "websocket.close", "code": CLOSED, "reason": "Sign in again, please."}
                    )
                    return {"type": "websocket.disconnect", "code": CLOSED}

        return received

    def _naming_visitor(self, scope: Scope, send: Send) -> Send:
        """Return what sends, and gives a browser without a name one."""
        if scope["method"] != "GET" or _cookie(Headers(scope=scope), VISITOR):
            return send

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    secure = "; Secure" if self._by_https(scope) else ""
                    name = secrets.token_urlsafe(24)
                    headers.append("set-cookie", f"{VISITOR}={name}; Path=/; HttpOnly; SameSite=Lax{secure}")
            await send(message)

        return sent

    def _by_https(self, scope: Scope) -> bool:
        client = (scope.get("client") or ("", 0))[0]
        return door.by_https(self._root, client, str(scope.get("scheme")), Headers(scope=scope))


def _cookie(headers: Headers, name: str) -> str | None:
    return cookie_parser(headers.get("cookie", "")).get(name)
