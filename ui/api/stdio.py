"""MCP over standard input and output, for one program on this machine. Knows nothing of what is offered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from starlette.requests import Request

from ui.access.permissions import LOCAL, Person


async def serve(root: Path, groups: frozenset[str]) -> None:
    """Serve until the program closes its end.

    Args:
        root: The workspace's folder.
        groups: Whose documents are seen beside those that are open to everybody.
    """
    from mcp.server.stdio import stdio_server

    from ui.api.mcp import server

    here = replace(LOCAL, groups=groups) if groups else LOCAL

    def nobody(request: Request) -> Person:
        raise AssertionError("nothing comes over HTTP here")

    made = server(root.resolve(), nobody, here)
    async with stdio_server() as (read, write):
        await made.run(read, write, made.create_initialization_options())
