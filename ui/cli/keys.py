"""The commands `keys …`: API keys are made, listed and revoked. Knows nothing of how they are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import say, show, show_json, table

app = typer.Typer(no_args_is_help=True, help="API keys: make, list, revoke.")


@app.command()
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is: one of `rungwise users list`.")],
    label: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    days: Annotated[
        int | None,
        typer.Option(metavar="N", help="It opens nothing after so many days; without it, it lasts."),
    ] = None,
    workspace: WorkspaceOption = HERE,
) -> int:
    """Make a key for somebody and print it, alone on stdout, this once: only its hash is kept."""
    from ui.access import keys, managing

    secret = managing.make_key(opened(workspace).root, name, label, days)
    until = f" It opens nothing after {days} days." if days else ""
    say(
        f"This is shown once; only its hash is kept. {keys.shown(secret)} names it from now on.{until} Whoever has it asks as "
        f"{name}: keep it like a password."
    )
    show(secret)
    return ExitCode.OK


@app.command("list")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Show every key by its first letters: whose it is, what for, until when, and when it was used last."""
    from datetime import UTC, datetime

    from ui.access import keys

    held, today = keys.every(opened(workspace).root), datetime.now(UTC).date()
    if as_json:
        fields = ("id", "name", "label", "made", "until", "used")
        rows = [
            {**{field: getattr(key, field) for field in fields}, "expired": key.expired(today)}
            for key in held
        ]
        show_json({"keys": rows})
    elif not held:
        show("There is no key yet. `rungwise keys make NAME` makes one.")
    else:
        told = [
            (key.id, key.name, key.label, key.made[:10], f"{key.until or 'it lasts'}{' (over)' * key.expired(today)}",
             key.used or "never")
            for key in held
        ]  # fmt: skip
        show(table(("key", "whose", "for", "made", "until", "used"), told))
    return ExitCode.OK


@app.command()
def revoke(
    id: Annotated[
        str, typer.Argument(metavar="KEY", help="Its first letters, as `rungwise keys list` shows.")
    ],
    workspace: WorkspaceOption = HERE,
) -> int:
    """Take a key away for good; it opens nothing from the next request on."""
    from ui.access import keys, managing

    house = opened(workspace)
    key = managing.revoke_key(house.root, id)
    show(f"{key.id} of {key.name} opens nothing any more.")
    if house.settings.serve.login == "none" and not keys.every(house.root):
        say(
            'There is no key any more and login is "none": the API answers whoever is at this machine without one.'
        )
    return ExitCode.OK
