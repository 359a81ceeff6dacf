"""Whether the process lives, whether it can answer, and what it has counted: for whatever watches over servers.

Tells no name and no text of a workspace. Knows nothing of how anything is repaired.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from foundation.errors import UserError
from ui.access import door
from ui.access.permissions import Action, may
from ui.server import metrics
from ui.service import Service


def routes(root: Path, service: Service) -> list[Route]:
    """Return the routes `/health`, `/ready` and `/metrics`.

    Args:
        root: The workspace's folder.
        service: What is served.
    """

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(request: Request) -> Response:
        parts = await anyio.to_thread.run_sync(service.readiness)
        fit = all(one == "ready" for one in parts.values())
        return JSONResponse({"status": "ready" if fit else "not ready", "parts": parts}, 200 if fit else 503)

    async def counted(request: Request) -> Response:
        if not await anyio.to_thread.run_sync(_may_count, root, request):
            told = "The metrics are told to this machine, and to whoever brings an admin's API key."
            return JSONResponse(
                {"error": {"message": told, "type": "refused", "param": None, "code": "refused"}}, 403
            )
        return Response(
            await anyio.to_thread.run_sync(metrics.exposition, service), media_type=CONTENT_TYPE_LATEST
        )

    return [Route("/health", health), Route("/ready", ready), Route("/metrics", counted)]


def _may_count(root: Path, request: Request) -> bool:
    try:
        here = ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        here = False
    if here and not {"forwarded", "x-forwarded-for", "x-real-ip"} & set(
        request.headers
    ):  # a proxy here speaks for others
        return True
    try:
        return may(door.by_key(root, request.headers.get("authorization")), Action.READ_LOG)
    except UserError:
        return False
