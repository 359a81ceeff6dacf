"""`/mcp`: the MCP server over streamable HTTP, with the API's keys, for the hosts and origins that the workspace is served under.

Every request stands alone: no session is kept that a key could outlive. The SDK takes a second to import, so that is done by the
first request. Knows nothing of what the server offers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.types import Receive, Scope, Send

from ui.access import door
from ui.api.entrance import PERSON

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.server.transport_security import TransportSecuritySettings

_HERE = ("127.0.0.1", "localhost", "[::1]")


class McpFace:
    """An ASGI app of one path.

    Args:
        root: The workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._server: Server[Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        from_now = await anyio.to_thread.run_sync(self._opened)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(
            from_now,
            json_response=True,
            stateless=True,
            security_settings=await anyio.to_thread.run_sync(self._trusted),
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    def _opened(self) -> Server[Any]:
        if self._server is None:
            from ui.api.mcp import server

            self._server = server(self._root, lambda request: request.scope[PERSON])
        return self._server

    def _trusted(self) -> TransportSecuritySettings:
        """Return the hosts that requests may be sent to, and the pages that may send them: against DNS rebinding."""
        from mcp.server.transport_security import TransportSecuritySettings

        told = door.settings(self._root)
        hosts = [*_HERE, told.address, *told.hosts]
        return TransportSecuritySettings(
            allowed_hosts=[place for host in hosts for place in (host, f"{host}:*")],
            allowed_origins=[
                place
                for host in hosts
                for kind in ("http", "https")
                for place in (f"{kind}://{host}", f"{kind}://{host}:*")
            ],
        )
