"""The people of a workspace: who they are, what they are trusted with, and argon2 hashes of their passwords.

Whoever signs in at a provider (OIDC) or a proxy has no password here. Knows nothing of sessions, keys or requests.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
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
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_GROUP = re.compile(r"[^\s,]([^,\n\r\t]{0,62}[^\s,])?")
_TAKEN = ("local",)  # what the audit log calls whoever sits at this machine, where nobody signs in
_HASHING = threading.BoundedSemaphore(2)  # each takes 64 MiB: many who sign in at once wait, and take no more
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
    account: str = ""
    """Tells them from somebody else who had the name before."""

    @property
    def person(self) -> Person:
        """Who they are to whoever decides."""
        return Person(self.name, self.role, frozenset(self.groups), self.account)


def every(root: Path) -> list[Known]:
    """Return everybody, by name."""
    return [_known(name, row) for name, row in sorted(vault.read(root, _FILE).items())]


def spelt(name: str) -> str:
    """Return a name as it is kept: in small letters, since a provider may tell an address in others.

    Other letters than ASCII's stay as they are, so that none becomes somebody else's: the sign of the kelvin in small is a k.
    """
    name = name.strip()
    return name.lower() if name.isascii() else name


def find(root: Path, name: str) -> Known | None:
    """Return somebody by name, in whatever case; None where there is nobody of that name."""
    name = spelt(name)
    row = vault.read(root, _FILE).get(name)
    return None if row is None else _known(name, row)


def add(
    root: Path, name: str, role: Role, groups: tuple[str, ...] = (), password: str | None = None
) -> Known:
    """Let somebody in from now on.

    Raises:
        UserError: The name, a group or the password is unfit, or there is somebody of that name.
    """
    name = spelt(name)
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise UserError(
            f'"{name[:80]}" can\'t be a name: it takes 1 to 64 letters a-z, digits and . _ - + @, beginning with a letter or '
            'digit, and is not "local".'
        )
    _check_groups(groups)
    hashed = _hashed(name, password) if password is not None else ""
    with vault.changing(root, _FILE) as held:
        if name in held:
            raise UserError(
                f"There is somebody called {name} already. `rungwise users list` shows everybody."
            )
        held[name] = {
            "role": role.value,
            "groups": sorted(set(groups)),
            "suspended": False,
            "password": hashed,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "account": secrets.token_hex(8),
        }
        return _known(name, held[name])


def change(
    root: Path,
    name: str,
    role: Role | None = None,
    groups: tuple[str, ...] | None = None,
    suspended: bool | None = None,
) -> Known:
    """Change what is given of a person, and leave the rest.

    Raises:
        UserError: There is nobody of that name, a group is unfit, or nobody else could decide who comes in any more.
    """
    name = spelt(name)
    _check_groups(groups or ())
    with vault.changing(root, _FILE) as held:
        row, ruled = _row(held, name), _has_admin(held)
        if role is not None:
            row["role"] = role.value
        if groups is not None:
            row["groups"] = sorted(set(groups))
        if suspended is not None:
            row["suspended"] = suspended
        _check_admin(held, name, ruled)
        return _known(name, row)


def set_password(root: Path, name: str, password: str) -> None:
    """Give somebody another password.

    Raises:
        UserError: There is nobody of that name, or the password is unfit.
    """
    name = spelt(name)
    _row(vault.read(root, _FILE), name)
    hashed = _hashed(name, password)
    with vault.changing(root, _FILE) as held:
        _row(held, name)["password"] = hashed


def remove(root: Path, name: str) -> None:
    """Let somebody in no more.

    Raises:
        UserError: There is nobody of that name, or nobody else could decide who comes in any more.
    """
    name = spelt(name)
    with vault.changing(root, _FILE) as held:
        _row(held, name)
        ruled = _has_admin(held)
        del held[name]
        _check_admin(held, name, ruled)


def fits(root: Path, name: str, password: str) -> bool:
    """Whether a password is the right one; takes as long for a name that nobody has."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    name, nobody = spelt(name), _nobody()
    row = vault.read(root, _FILE).get(name)
    kept = row["password"] if row else ""
    try:
        with _HASHING:
            _hasher().verify(kept or nobody, _typed(password[: LONGEST + 1]))
    except (Argon2Error, InvalidHashError):
        return False
    if not kept:
        return False
    if _hasher().check_needs_rehash(kept):
        _hash_anew(root, name, kept, password)
    return True


def _hash_anew(root: Path, name: str, kept: str, password: str) -> None:
    """Keep the same password by today's parameters, unless it was changed meanwhile."""
    hashed = _hasher().hash(_typed(password))
    with vault.changing(root, _FILE) as held:
        if held.get(name, {}).get("password") == kept:
            held[name]["password"] = hashed


def _known(name: str, row: dict[str, Any]) -> Known:
    try:
        return Known(
            name,
            Role(row["role"]),
            tuple(row["groups"]),
            bool(row["suspended"]),
            bool(row["password"]),
            row["made"],
            str(row.get("account", "")),
        )
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"What is kept of {name[:80]} can't be read: it was edited by hand. `rungwise users remove` and `add` mend it."
        ) from None


def _row(held: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in held:
        raise UserError(
            f'There is nobody called "{name[:80]}".{did_you_mean(name, held)} `rungwise users list` shows everybody.'
        )
    row: dict[str, Any] = held[name]
    return row


def _has_admin(held: dict[str, Any]) -> bool:
    return any(row.get("role") == Role.ADMIN.value and not row.get("suspended") for row in held.values())


def _check_admin(held: dict[str, Any], name: str, ruled: bool) -> None:
    """Refuse what takes the last admin from those who stay; whoever is alone may go."""
    if ruled and held and not _has_admin(held):
        raise UserError(
            f"{name} is the last admin: nobody could let people in any more. Make somebody else an admin first."
        )


def _check_groups(groups: tuple[str, ...]) -> None:
    for group in groups:
        if not _GROUP.fullmatch(group) or not group.isprintable():
            raise UserError(
                f'"{group[:80]}" can\'t be a group: it takes 1 to 64 letters without a comma, as documents.toml names it.'
            )


def _hashed(name: str, password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(
            f"A password must have {SHORTEST} to {LONGEST} letters; this one has {len(password)}."
        )
    if password.casefold() == name.casefold():
        raise UserError("A password must not be the name itself.")
    with _HASHING:
        return _hasher().hash(_typed(password))


def _typed(password: str) -> bytes:
    """Return what is hashed: the same for an ü in one letter and in two, since keyboards differ in it."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


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
