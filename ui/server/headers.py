"""What every response says to the browser: load nothing from elsewhere, be framed by nobody, guess no types.

A plain ASGI layer, so that it holds for streams and websockets too. Knows nothing of what is sent.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy() -> str:
    """Return the Content-Security-Policy: no browser asks for an address that a model wrote, whatever the guard let through.

    Scripts are this server's own, and the few lines that stand in Streamlit's page itself, told by their hash. No text becomes a
    script: charts read their formulas with vega's interpreter.
    """
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: {' '.join(_inline())}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


@cache
def _inline() -> tuple[str, ...]:
    """Return the hashes of the scripts that stand in Streamlit's page itself."""
    found = find_spec("streamlit")
    page = Path(found.origin).parent / "static" / "index.html" if found is not None and found.origin else None
    if page is None or not page.is_file():
        return ()
    texts = re.findall(r"<script>(.*?)</script>", page.read_text("utf-8"), re.DOTALL)
    return tuple(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)


_SAID = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # under no-referrer, browsers send the sign-in form without its origin
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_NEVER_KEPT = ("/v1/", "/mcp", "/login", "/logout", "/metrics", "/ready", "/health")


class Headers:
    """Adds them to every response.

    Args:
        app: What is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said = {**_SAID, "content-security-policy": policy()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._said.items():
                    headers[name] = value
                if scope["path"].startswith(_NEVER_KEPT):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, sent)
