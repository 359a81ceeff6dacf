"""What many commands take: the workspace, JSON or text. Knows nothing of what is done with them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from rag import Viewer

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace's folder.",
        envvar="RUNGWISE_WORKSPACE",
        show_default="the current folder",
    ),
]
"""Which workspace."""
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else; `rungwise schema` prints its schema.")
]
"""JSON instead of text."""
GroupOption = Annotated[
    list[str] | None,
    typer.Option(
        "--group", metavar="GROUP", help="Also see what documents.toml opens to this group; may be repeated."
    ),
]
"""Whose eyes to look with."""
AsOfOption = Annotated[
    datetime | None,
    typer.Option(metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Look as of this day (UTC)."),
]
"""When to look."""
HERE = Path(".")
"""The default workspace."""


def viewer(groups: list[str] | None, as_of: datetime | None, tags: list[str] | None = None) -> Viewer:
    """Return who asks, and as of when."""
    from rag import Viewer

    return Viewer(
        frozenset(groups or ()), as_of.replace(tzinfo=UTC) if as_of else None, frozenset(tags or ())
    )


def opened(root: Path) -> Workspace:
    """Open a workspace, send the log there, and go offline where nothing is needed from a hub.

    Raises:
        UserError: It is no workspace, or its settings hold mistakes.
    """
    from assistant.workspace import Workspace
    from ui.quiet import log_into, offline

    workspace = Workspace.open(root)
    log_into(workspace.built / "log")
    if on_this_disk(workspace):
        offline()
    return workspace


def on_this_disk(workspace: Workspace) -> bool:
    """Whether neither the base nor the embedder would have to come from a hub."""
    from finetune.quantised import stored

    settings = workspace.settings
    base, embedder = stored(settings.model.base)[0], settings.retrieval.embedder
    base_here = base == "starter" or bool(settings.model.endpoint) or Path(base).is_dir()
    return base_here and (embedder == "minilm" or Path(embedder).expanduser().is_dir())
