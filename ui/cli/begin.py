"""Commands around a workspace: `init` makes one, `backup` writes it into a file, `doctor` looks around, `schema` prints a schema.

Knows nothing of models or documents.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption
from ui.show import show, show_json


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill it with the demo: a company that does not exist.")
    ] = False,
) -> int:
    """Make a workspace: a folder for documents, examples, questions and settings."""
    from assistant.workspace import create

    create(folder, demo)
    here = f" -w {folder}" if folder.resolve() != Path.cwd() else ""
    if demo:
        show(f"{folder} holds the demo workspace. Next: `rungwise climb{here}`.")
    else:
        show(
            f"{folder} is a workspace. Put documents into {folder / 'documents'}, then run "
            f"`rungwise sync{here}`; `rungwise advise{here}` asks what you need."
        )
    return ExitCode.OK


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A zip file, outside of the workspace.")],
    workspace: WorkspaceOption = HERE,
) -> int:
    """Write the workspace into one file, whole, whatever else is at work; unpack it into a folder to restore it."""
    from assistant.backup import back_up
    from ui.cli.options import opened
    from ui.progress import Progress

    house = opened(workspace)
    with Progress() as progress:
        progress("Writing the backup")
        done = back_up(house, file)
    show(
        f"{done.path} holds {done.files} files ({done.bytes / 1e6:.1f} MB). To restore it, unpack it into a folder and run "
        "`rungwise verify` there. What is forgotten from now on stands in it still. Who may come in, with which keys, is not in "
        "it: put back, it would let in who was suspended since."
    )
    if url := house.settings.storage.url:
        show(
            f"Ledger, votes and conversations stand in {url} and are not in it: back them up there, as with pg_dump."
        )
    return ExitCode.OK


def doctor(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Say what this machine can do, what the workspace has, and what is missing."""
    from ui import machine
    from ui.cli.options import opened
    from ui.progress import Progress

    nameless = workspace == HERE and not (HERE / "rungwise.toml").is_file()
    found = None if nameless else opened(workspace)
    with Progress(quiet=as_json) as progress:
        progress("Looking around")
        facts = machine.look(found)
    show_json(machine.to_dict(facts)) if as_json else show(machine.to_text(facts))
    return ExitCode.OK


def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Which one; without it, all are listed.")
    ] = None,
) -> int:
    """Print the JSON Schema of what a command prints with --json."""
    from ui.schemas import PRINTED_BY, schema_text

    if name is None:
        for one, command in PRINTED_BY.items():
            show(f"{one:16}rungwise {command} --json")
        return ExitCode.OK
    try:
        show(schema_text(name), end="")
    except FileNotFoundError:
        raise UserError(
            f'The schema "{name}" is not part of this installation. Install Rungwise again.'
        ) from None
    return ExitCode.OK
