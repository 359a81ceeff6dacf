"""The door: who somebody is, by what they bring, and whether they may do what they want. Page, API and MCP all come through here.

Every refusal, and everything that changes something, is noted in the audit log. Knows nothing of HTTP but a header's text, and
draws nothing.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from assistant.serve_settings import ServeSettings
from foundation.errors import UserError
from ui.access import audit, keys, people, sessions
from ui.access.permissions import LOCAL, Action, NotAllowed, Person, require

_QUIET = frozenset({Action.LOOK, Action.SEARCH, Action.CHAT, Action.VOTE})
"""What leaves no line in the log where it is let pass: reading and asking is nobody else's business."""


class NotSignedIn(UserError):
    """Nobody is known to have come; or they are, and may not come in."""


def settings(root: Path) -> ServeSettings:
    """Return how a workspace is served, read anew, so that an edit counts at once.

    Raises:
        UserError: `rungwise.toml` holds mistakes.
    """
    from assistant.settings import read_settings

    return read_settings(root / "rungwise.toml").serve


def by_key(root: Path, header: str | None) -> Person:
    """Return whose API key a request brings.

    Args:
        root: The workspace.
        header: The header `Authorization`: `Bearer rw-…`.

    Raises:
        NotSignedIn: There is no key, or it opens nothing; not where nobody signs in and there is no key at all.
    """
    scheme, _, secret = (header or "").strip().partition(" ")
    key = keys.find(root, secret.strip()) if scheme.lower() == "bearer" else None
    if key is not None:
        return _known(root, key.name)
    if settings(root).login == "none" and not keys.every(root):
        return LOCAL
    raise NotSignedIn(
        "The request needs a valid API key in its header, as in `Authorization: Bearer rw-…`. An admin makes one with "
        "`rungwise keys make NAME`."
    )


def by_session(root: Path, cookie: str | None) -> Person:
    """Return who signed in with this browser.

    Args:
        root: The workspace.
        cookie: The token that `sign_in` gave.

    Raises:
        NotSignedIn: Nobody did, it is too long ago, or they may not come in any more.
    """
    if settings(root).login == "none":
        return LOCAL
    name = sessions.name_of(root, cookie)
    if name is None:
        raise NotSignedIn("Sign in first, please.")
    return _known(root, name)


def by_email(root: Path, email: str) -> Person:
    """Return whom a provider (OIDC) has signed in.

    Raises:
        NotSignedIn: Nobody of that name was let in, or they may not come in any more.
    """
    return _known(root, email.strip().lower())


def by_proxy(root: Path, client: str, headers: Mapping[str, str]) -> Person | None:
    """Return whom a trusted proxy names; None where no header of this client is believed.

    Args:
        root: The workspace.
        client: The address that the request came from.
        headers: The request's headers, by lower-case name.

    Raises:
        NotSignedIn: A trusted proxy names somebody who was not let in.
    """
    said = settings(root)
    name = headers.get(said.proxy_header.lower(), "").strip() if said.proxy_header else ""
    if not name or not _within(client, said.trusted_proxies):
        return None
    return _known(root, name)


def sign_in(root: Path, name: str, password: str, client: str = "") -> str:
    """Return a new token for whoever knows the password.

    Args:
        root: The workspace.
        name: Who they say they are.
        password: What they know.
        client: The address that they come from; tries from one address are slowed down together.

    Raises:
        NotSignedIn: It is not the right one, they may not come in, or too many tries were wrong.
    """
    slow = _tries(root)
    slow.check(name, client)
    known = people.find(root, name)
    if not people.fits(root, name, password) or known is None or known.suspended:
        slow.count(name, client)
        audit.note(root, name[:64], "sign in", ok=False)
        raise NotSignedIn("Name and password do not fit, or this person may not come in.")
    slow.forgive(name, client)
    token = sessions.begin(root, name, settings(root).session_hours)
    audit.note(root, name, "sign in")
    return token


def sign_out(root: Path, cookie: str | None) -> None:
    """End what `sign_in` began."""
    name = sessions.name_of(root, cookie)
    if cookie and name is not None:
        sessions.end(root, cookie)
        audit.note(root, name, "sign out")


def allow(root: Path, person: Person, action: Action, what: str = "") -> None:
    """Check that somebody may do something, and note it where it changes something or is refused.

    Args:
        root: The workspace.
        person: Who.
        action: What.
        what: With which document, adapter or run; no question and no answer.

    Raises:
        NotAllowed: Their role does not cover it.
    """
    try:
        require(person, action)
    except NotAllowed:
        audit.note(root, person.id, action.value, what, ok=False)
        raise
    if action not in _QUIET:
        audit.note(root, person.id, action.value, what)


def _known(root: Path, name: str) -> Person:
    known = people.find(root, name)
    if known is None or known.suspended:
        raise NotSignedIn(
            "This person may not come in. An admin lets people in with `rungwise users add` or `restore`."
        )
    return known.person


def _within(client: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one, strict=False) for one in networks)


class Tries:
    """Wrong passwords, by name and by address: after five, each further one doubles the wait, up to fifteen minutes.

    Args:
        clock: Tells seconds.
    """

    FREE, LONGEST, MOST = 5, 900.0, 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def check(self, name: str, client: str) -> None:
        """Check that one may try now.

        Raises:
            NotSignedIn: One has to wait; the sentence says how long.
        """
        with self._guard:
            wait = max(self._wait(key) for key in _keys(name, client))
        if wait > 0:
            raise NotSignedIn(f"Too many tries were wrong. Try again in {int(wait) + 1} seconds.")

    def count(self, name: str, client: str) -> None:
        """Count a wrong try."""
        with self._guard:
            for key in _keys(name, client):
                count, _ = self._wrong.pop(key, (0, 0.0))
                self._wrong[key] = (count + 1, self._clock())
            while len(self._wrong) > self.MOST:
                self._wrong.popitem(last=False)

    def forgive(self, name: str, client: str) -> None:
        """Forget the wrong tries of a name from an address, since the right one was told."""
        with self._guard:
            for key in _keys(name, client):
                self._wrong.pop(key, None)

    def _wait(self, key: str) -> float:
        count, last = self._wrong.get(key, (0, 0.0))
        if count < self.FREE:
            return 0.0
        return last + min(self.LONGEST, 2.0 ** (count - self.FREE)) - self._clock()


def _keys(name: str, client: str) -> list[str]:
    """Return what wrong tries are counted under: an attacker who locks a name out from elsewhere locks nobody in at home."""
    return [f"{name} from {client}", *([f"from {client}"] if client else [])]


_all_tries: dict[Path, Tries] = {}
_opening = threading.Lock()


def _tries(root: Path) -> Tries:
    with _opening:
        return _all_tries.setdefault(root, Tries())
