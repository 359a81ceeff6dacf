"""Who has signed in: tokens of browsers, kept as hashes, each until it is too old, signed out or its person is changed.

Knows nothing of cookies or passwords.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path

from ui.access import vault

_FILE = "sessions"


def begin(root: Path, name: str, hours: float, now: float | None = None) -> str:
    """Return a new token for somebody who has just signed in; only its hash is kept."""
    moment = time.time() if now is None else now
    token = secrets.token_urlsafe(32)
    with vault.changing(root, _FILE) as held:
        for old in [key for key, row in held.items() if row["until"] <= moment]:
            del held[old]
        held[_hash(token)] = {"name": name, "until": moment + hours * 3600}
    return token


def name_of(root: Path, token: str | None, now: float | None = None) -> str | None:
    """Return whose token this is; None where it is nobody's, or too old."""
    if not token:
        return None
    row = vault.read(root, _FILE).get(_hash(token))
    return row["name"] if row and row["until"] > (time.time() if now is None else now) else None


def end(root: Path, token: str) -> None:
    """Sign a browser out."""
    with vault.changing(root, _FILE) as held:
        held.pop(_hash(token), None)


def end_all(root: Path, name: str) -> None:
    """Sign somebody out everywhere."""
    with vault.changing(root, _FILE) as held:
        for key in [key for key, row in held.items() if row["name"] == name]:
            del held[key]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()
