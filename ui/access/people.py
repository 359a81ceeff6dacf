"""The people of a workspace: who they are, what they are trusted with, and argon2 hashes of their passwords.

Whoever signs in at a provider (OIDC) or a proxy has no password here. Knows nothing of sessions, keys or requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.errors import UserError, did_you_mean
from ui.access import vault
from ui.access.permissions import Person, Role

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_FILE = "people"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
SHORTEST = 12
"""Letters that a password has at least (NIST SP 800-63B asks for length, and for no mixture of kinds)."""
LONGEST = 256
"""Letters that a password has at most: hashing a longer one would only cost time."""


@dataclass(frozen=True)
class Known:
    """Somebody who may come in."""

    name: str
    """The name they sign in with, or the e-mail address that a provider tells."""
    role: Role
    """What they are trusted with."""
    groups: tuple[str, ...]
    """The groups whose documents they may see."""
    suspended: bool
    """Whether they may not come in for now."""
    has_password: bool
    """Whether they can sign in here; otherwise at the provider alone."""
    made: str
    """When they were added, UTC."""

    @property
    def person(self) -> Person:
        """Who they are to whoever decides."""
        return Person(self.name, self.role, frozenset(self.groups))


def every(root: Path) -> list[Known]:
    """Return everybody, by name."""
    return [_known(name, row) for name, row in sorted(vault.read(root, _FILE).items())]


def find(root: Path, name: str) -> Known | None:
    """Return somebody by name; None where there is nobody of that name."""
    row = vault.read(root, _FILE).get(name)
    return None if row is None else _known(name, row)


def add(
    root: Path, name: str, role: Role, groups: tuple[str, ...] = (), password: str | None = None
) -> Known:
    """Let somebody in from now on.

    Raises:
        UserError: The name or the password is unfit, or there is somebody of that name.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f'"{name[:80]}" can\'t be a name: it takes 1 to 64 letters a-z, digits and . _ - @, beginning with a letter or digit.'
        )
    hashed = _hashed(name, password) if password is not None else ""
    with vault.changing(root, _FILE) as held:
        if name in held:
            raise UserError(
                f"There is somebody called {name} already. `rungwise users list` shows everybody."
            )
        held[name] = {
            "role": role.value,
            "groups": sorted(groups),
            "suspended": False,
            "password": hashed,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        return _known(name, held[name])


def change(root: Path, name: str, **values: Any) -> Known:
    """Change a person's `role`, `groups` or `suspended`.

    Raises:
        UserError: There is nobody of that name, or nobody else could decide who comes in any more.
    """
    with vault.changing(root, _FILE) as held:
        row = _row(held, name)
        row.update({key: value.value if isinstance(value, Role) else value for key, value in values.items()})
        _check_admin(held, name)
        return _known(name, row)


def set_password(root: Path, name: str, password: str) -> None:
    """Give somebody another password.

    Raises:
        UserError: There is nobody of that name, or the password is unfit.
    """
    hashed = _hashed(name, password)
    with vault.changing(root, _FILE) as held:
        _row(held, name)["password"] = hashed


def remove(root: Path, name: str) -> None:
    """Let somebody in no more.

    Raises:
        UserError: There is nobody of that name, or nobody else could decide who comes in any more.
    """
    with vault.changing(root, _FILE) as held:
        _row(held, name)
        del held[name]
        _check_admin(held, name)


def fits(root: Path, name: str, password: str) -> bool:
    """Whether a password is the right one; takes as long for a name that nobody has."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    row = vault.read(root, _FILE).get(name)
    kept = row["password"] if row else ""
    try:
        _hasher().verify(kept or _nobody(), password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return False
    if not kept:
        return False
    if _hasher().check_needs_rehash(kept):
        set_password(root, name, password)
    return True


def _known(name: str, row: dict[str, Any]) -> Known:
    return Known(
        name,
        Role(row["role"]),
        tuple(row["groups"]),
        bool(row["suspended"]),
        bool(row["password"]),
        row["made"],
    )


def _row(held: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in held:
        raise UserError(
            f'There is nobody called "{name[:80]}".{did_you_mean(name, held)} `rungwise users list` shows everybody.'
        )
    row: dict[str, Any] = held[name]
    return row


def _check_admin(held: dict[str, Any], name: str) -> None:
    if not any(row["role"] == Role.ADMIN.value and not row["suspended"] for row in held.values()):
        raise UserError(
            f"{name} is the last admin: nobody could let people in any more. Make somebody else an admin first."
        )


def _hashed(name: str, password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(
            f"A password must have {SHORTEST} to {LONGEST} letters; this one has {len(password)}."
        )
    if password.casefold() == name.casefold():
        raise UserError("A password must not be the name itself.")
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    """Return what hashes: argon2id with the parameters of RFC 9106 for little memory."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return a hash that no password fits, so that a name that nobody has takes as long as one that somebody has."""
    import secrets

    return _hasher().hash(secrets.token_urlsafe(32))
