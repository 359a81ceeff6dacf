"""What an admin decides: who comes in, as what, with which keys; whoever loses something is signed out at once, and it is noted.

The way to change people and keys: those two modules sign nobody out and note nothing. Knows nothing of the command line.
"""

from __future__ import annotations

from pathlib import Path

from ui.access import audit, keys, people, sessions
from ui.access.keys import Key
from ui.access.people import Known
from ui.access.permissions import Role

COMMAND_LINE = "command line"
"""Who did it where it was done at the command line: whoever may write the workspace's files."""


def add(
    root: Path,
    name: str,
    role: Role,
    groups: tuple[str, ...] = (),
    password: str | None = None,
    who: str = COMMAND_LINE,
) -> Known:
    """Let somebody in from now on.

    Raises:
        UserError: As `people.add`.
    """
    known = people.add(root, name, role, groups, password)
    sessions.end_all(
        root, known.name
    )  # of somebody who had the name before, should the file have been edited
    keys.revoke_all(root, known.name)
    audit.note(root, who, "add person", f"{known.name} as {role.value}{_of(known.groups)}")
    return known


def give_role(root: Path, name: str, role: Role, who: str = COMMAND_LINE) -> Known:
    """Give somebody another role; it counts from their next request.

    Raises:
        UserError: As `people.change`.
    """
    known = people.change(root, name, role=role)
    audit.note(root, who, "change role", f"{known.name} to {role.value}")
    return known


def give_groups(root: Path, name: str, groups: tuple[str, ...], who: str = COMMAND_LINE) -> Known:
    """Put somebody into these groups and no others; it counts from their next request.

    Raises:
        UserError: As `people.change`.
    """
    known = people.change(root, name, groups=groups)
    audit.note(root, who, "change groups", f"{known.name}{_of(known.groups) or ' of no group'}")
    return known


def suspend(root: Path, name: str, who: str = COMMAND_LINE) -> Known:
    """Let somebody in no more for now, and sign them out everywhere; their keys open nothing meanwhile.

    Raises:
        UserError: As `people.change`.
    """
    known = people.change(root, name, suspended=True)
    sessions.end_all(root, known.name)
    audit.note(root, who, "suspend", known.name)
    return known


def restore(root: Path, name: str, who: str = COMMAND_LINE) -> Known:
    """Let somebody in again who was suspended.

    Raises:
        UserError: As `people.change`.
    """
    known = people.change(root, name, suspended=False)
    audit.note(root, who, "restore", known.name)
    return known


def give_password(root: Path, name: str, password: str, who: str = COMMAND_LINE) -> None:
    """Give somebody another password, and sign them out everywhere; their keys stay.

    Raises:
        UserError: As `people.set_password`.
    """
    people.set_password(root, name, password)
    name = people.spelt(name)
    sessions.end_all(root, name)
    audit.note(root, who, "change password", name)


def remove(root: Path, name: str, who: str = COMMAND_LINE) -> int:
    """Let somebody in no more, sign them out everywhere and take their keys away; returns how many keys these were.

    Raises:
        UserError: As `people.remove`.
    """
    people.remove(root, name)
    name = people.spelt(name)
    sessions.end_all(root, name)
    taken = keys.revoke_all(root, name)
    audit.note(root, who, "remove person", name)
    return taken


def make_key(root: Path, name: str, label: str = "", days: int | None = None, who: str = COMMAND_LINE) -> str:
    """Return a new key for somebody; it can't be shown again.

    Raises:
        UserError: As `keys.make`.
    """
    secret = keys.make(root, name, label, days)
    audit.note(root, who, "make key", f"{keys.shown(secret)} of {people.spelt(name)}")
    return secret


def revoke_key(root: Path, id: str, who: str = COMMAND_LINE) -> Key:
    """Take a key away for good.

    Raises:
        UserError: As `keys.revoke`.
    """
    key = keys.revoke(root, id)
    audit.note(root, who, "revoke key", f"{key.id} of {key.name}")
    return key


def _of(groups: tuple[str, ...]) -> str:
    return f" of {', '.join(groups)}" if groups else ""
