"""API keys: made once, shown once, kept as hashes; each is somebody's, may expire, and can be revoked.

A key has 256 bits by lot, so that a fast hash keeps it as well as a slow one. Knows nothing of HTTP.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from foundation.errors import UserError
from ui.access import people, vault

_FILE = "keys"
PREFIX = "rw-"
_SHOWN = 8
_MOST_DAYS = 3660


@dataclass(frozen=True)
class Key:
    """An API key, without the key."""

    id: str
    """Its first letters, by which it is listed and revoked."""
    name: str
    """Whose it is."""
    label: str
    """What it is for."""
    made: str
    """When it was made, UTC."""
    until: str
    """The day after which it opens nothing; empty: none."""
    used: str
    """The day on which it was used last; empty: never."""

    def expired(self, today: date) -> bool:
        """Whether it opens nothing any more."""
        return bool(self.until) and today > date.fromisoformat(self.until)


def make(root: Path, name: str, label: str = "", days: int | None = None) -> str:
    """Return a new key for somebody; it can't be shown again.

    Raises:
        UserError: There is nobody of that name, or `days` is not above 0.
    """
    known = people.find(root, name)
    if known is None:
        raise UserError(
            f'There is nobody called "{name[:80]}". `rungwise users list` shows everybody, `rungwise users add` adds somebody.'
        )
    if days is not None and not 1 <= days <= _MOST_DAYS:
        raise UserError(f"A key must last 1 to {_MOST_DAYS} days, not {days}.")
    secret = PREFIX + secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    with vault.changing(root, _FILE) as held:
        held[_hash(secret)] = {
            "id": shown(secret),
            "name": known.name,
            "label": " ".join(label.split())[:80],
            "made": now.isoformat(timespec="seconds"),
            "until": (now.date() + timedelta(days=days)).isoformat() if days else "",
            "used": "",
        }
    return secret


def shown(secret: str) -> str:
    """Return a key's first letters, by which it is listed and revoked."""
    return secret[: len(PREFIX) + _SHOWN]


def every(root: Path) -> list[Key]:
    """Return all keys, the oldest first."""
    return sorted((_key(row) for row in vault.read(root, _FILE).values()), key=lambda key: (key.made, key.id))


def find(root: Path, secret: str, today: date | None = None) -> Key | None:
    """Return the key that a secret is; None where it is none, or expired. Notes the day of its use."""
    if not secret.startswith(PREFIX) or len(secret) > 128:
        return None
    row = vault.read(root, _FILE).get(_hash(secret))
    day = today or datetime.now(UTC).date()
    if row is None or _key(row).expired(day):
        return None
    if row["used"] != day.isoformat():
        with (
            suppress(OSError, UserError),
            vault.changing(root, _FILE) as held,
        ):  # a full disk shuts nobody out
            if _hash(secret) in held:
                held[_hash(secret)]["used"] = day.isoformat()
    return _key(row)


def revoke(root: Path, id: str) -> Key:
    """Take a key away for good.

    Raises:
        UserError: There is no such key.
    """
    with vault.changing(root, _FILE) as held:
        fitting = [secret for secret, row in held.items() if row["id"] == id]
        if len(fitting) != 1:
            raise UserError(
                f'There is no key "{shown(id)}". `rungwise keys list` shows every key by its first letters.'
            )
        return _key(held.pop(fitting[0]))


def revoke_all(root: Path, name: str) -> int:
    """Take all keys of somebody away, and return how many there were: who comes later by the same name gets none of them."""
    with vault.changing(root, _FILE) as held:
        theirs = [secret for secret, row in held.items() if row["name"] == name]
        for secret in theirs:
            del held[secret]
    return len(theirs)


def _key(row: dict[str, Any]) -> Key:
    return Key(row["id"], row["name"], row["label"], row["made"], row["until"], row["used"])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()
