"""The commands `users …`: who may sign in, as what, and whose documents they see.

A password is asked for, or read from stdin: never an argument, which other programs of the machine could read. Knows nothing of
how anything is kept.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.access.permissions import Role
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import show, show_json, table

if TYPE_CHECKING:
    from ui.access.people import Known

PersonArgument = Annotated[str, typer.Argument(metavar="NAME", help="Who, as `rungwise users list` shows.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]

app = typer.Typer(
    no_args_is_help=True,
    help="Who may sign in: add, list, role, groups, suspend, restore, password, remove.",
)


@app.command()
def add(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="The name to sign in with, or the e-mail address of a provider."),
    ],
    role: Annotated[Role, typer.Option(help="What they are trusted with.")] = Role.VIEWER,
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="GROUP", help="A group whose documents they see; may be repeated."),
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in at a provider or a proxy, or use keys alone.")
    ] = False,
    password_stdin: StdinOption = False,
    workspace: WorkspaceOption = HERE,
) -> int:
    """Let somebody in from now on."""
    from ui.access import managing

    root = opened(workspace).root
    password = None if no_password else _password(password_stdin)
    known = managing.add(root, name, role, tuple(group or ()), password)
    show(f"{known.name} may come in as {known.role.value}{_groups_text(known)}.")
    return ExitCode.OK


@app.command("list")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Show everybody who may come in."""
    from ui.access import people

    known = people.every(opened(workspace).root)
    if as_json:
        show_json({"users": [_row(one) for one in known]})
    elif not known:
        show("There is nobody yet. `rungwise users add NAME --role admin` adds somebody.")
    else:
        rows = [
            (one.name, one.role.value, ", ".join(one.groups), "yes" if one.has_password else "no",
             "suspended" if one.suspended else "")
            for one in known
        ]  # fmt: skip
        show(table(("name", "role", "groups", "password", ""), rows))
    return ExitCode.OK


@app.command()
def role(
    name: PersonArgument,
    new: Annotated[Role, typer.Argument(metavar="ROLE", help="viewer, editor or admin.")],
    workspace: WorkspaceOption = HERE,
) -> int:
    """Give somebody another role; it counts from their next click."""
    from ui.access import managing

    known = managing.give_role(opened(workspace).root, name, new)
    show(f"{known.name} is {known.role.value} now.")
    return ExitCode.OK


@app.command()
def groups(
    name: PersonArgument,
    group: Annotated[
        list[str] | None, typer.Argument(metavar="[GROUP]...", help="All of their groups; none: of no group.")
    ] = None,
    workspace: WorkspaceOption = HERE,
) -> int:
    """Put somebody into these groups and no others; it counts from their next click."""
    from ui.access import managing

    known = managing.give_groups(opened(workspace).root, name, tuple(group or ()))
    show(f"{known.name} is{_groups_text(known) or ' of no group'} now.")
    return ExitCode.OK


@app.command()
def suspend(name: PersonArgument, workspace: WorkspaceOption = HERE) -> int:
    """Let somebody in no more for now, sign them out everywhere, and have their keys open nothing."""
    from ui.access import managing

    known = managing.suspend(opened(workspace).root, name)
    show(f"{known.name} is suspended: signed out everywhere, and no key of theirs opens anything.")
    return ExitCode.OK


@app.command()
def restore(name: PersonArgument, workspace: WorkspaceOption = HERE) -> int:
    """Let somebody in again who was suspended."""
    from ui.access import managing

    show(f"{managing.restore(opened(workspace).root, name).name} may come in again.")
    return ExitCode.OK


@app.command()
def password(
    name: PersonArgument, password_stdin: StdinOption = False, workspace: WorkspaceOption = HERE
) -> int:
    """Give somebody another password, and sign them out everywhere."""
    from ui.access import keys, managing, people

    root, name = opened(workspace).root, people.spelt(name)
    managing.give_password(root, name, _password(password_stdin))
    held = sum(key.name == name for key in keys.every(root))
    show(f"{name} has another password, and is signed out everywhere.{_keys_text(held)}")
    return ExitCode.OK


@app.command()
def remove(name: PersonArgument, workspace: WorkspaceOption = HERE) -> int:
    """Let somebody in no more, sign them out everywhere, and revoke their keys."""
    from ui.access import managing, people

    taken = managing.remove(opened(workspace).root, name)
    gone = f"; {taken} {'key was' if taken == 1 else 'keys were'} revoked" if taken else ""
    show(f"{people.spelt(name)} was removed, and is signed out everywhere{gone}.")
    return ExitCode.OK


def _password(from_stdin: bool) -> str:
    """Return a password that was asked for twice, unseen, or is the first line of stdin."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError(
            "A password is asked for at a terminal, and this is none. Pipe it in with --password-stdin, or give --no-password "
            "to somebody who signs in elsewhere."
        )
    from getpass import getpass

    first = getpass("Password: ")
    if getpass("Once more: ") != first:
        raise UserError("The two passwords differ; nothing was changed. Try again.")
    return first


def _groups_text(known: Known) -> str:
    return f" of {', '.join(known.groups)}" if known.groups else ""


def _keys_text(held: int) -> str:
    if not held:
        return ""
    return f" Their API keys stay ({held}): `rungwise keys list` shows them, `rungwise keys revoke` takes one away."


def _row(one: Known) -> dict[str, object]:
    return {
        "name": one.name,
        "role": one.role.value,
        "groups": list(one.groups),
        "suspended": one.suspended,
        "password": one.has_password,
        "made": one.made,
    }
