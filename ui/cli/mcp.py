"""The command `mcp`: the workspace's documents for a tool on this machine, over its standard input and output.

Knows nothing of what is offered; whoever can start it can read the folder already, so no key is asked for.
"""

from __future__ import annotations

from foundation.errors import ExitCode
from ui.cli.options import HERE, GroupOption, WorkspaceOption, opened


def mcp(group: GroupOption = None, workspace: WorkspaceOption = HERE) -> int:
    """Serve search and fetch as MCP tools to a program that starts this: `rungwise mcp --workspace DIR`."""
    import anyio

    opened(workspace)
    from ui.api.stdio import serve

    anyio.run(serve, workspace, frozenset(group or ()))
    return ExitCode.OK
