"""The door: who somebody is, by what they bring, and whether they may do what they want. Page, API and MCP all come through here.

Every refusal, and everything that changes something, is noted in the audit log. Knows nothing of HTTP but a header's text, and
draws nothing.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from assistant.config.serve_settings import ServeSettings
from foundation.errors import UserError
from ui.access import audit, keys, people, sessions
from ui.access.permissions import LOCAL, Action, NotAllowed, Person, require

_QUIET = frozenset({Action.LOOK, Action.SEARCH, Action.CHAT, Action.VOTE, Action.WATCH})
"""What leaves no line in the log where it is let pass: reading and asking is nobody else's business."""


class NotSignedIn(UserError):
    """Nobody is known to have come; or they are, and may not come in."""


def settings(root: Path) -> ServeSettings:
    """Return how a workspace is served, read anew where the file has changed, so that an edit counts at once.

    While an edit holds mistakes, what was said before goes on to count: nobody is let in, or shut out, by a slip. And where
    people have to sign in, they have to as long as the process lives: a file that is emptied while it is written opens no door.

    Raises:
        UserError: `rungwise.toml` holds mistakes, and nothing was said before.
    """
    from assistant.config.settings import read_settings

    path = root / "rungwise.toml"
    try:
        seen = path.stat()
        stamp = (seen.st_mtime_ns, seen.st_size)
    except OSError:
        stamp = (0, 0)
    known = _settings.get(root)
    if known is None or known[0] != stamp:
        try:
            said = read_settings(path).serve
        except UserError:
            if known is None:
                raise
            return known[1]
        if known is not None and known[1].login != "none" and said.login == "none":
            logging.getLogger("rungwise").warning("login = none counts from the next start on")
            said = replace(said, login=known[1].login)
        known = _settings[root] = (stamp, said)
    return known[1]


_settings: dict[Path, tuple[tuple[int, int], ServeSettings]] = {}


def by_key(root: Path, header: str | None) -> Person:
    """Return whose API key a request brings.

    Args:
        root: The workspace.
        header: The header `Authorization`: `Bearer rw-…`.

    Raises:
        NotSignedIn: There is no key, or it opens nothing. Where nobody signs in and no key was made, none is needed.
    """
    scheme, _, secret = (header or "").strip().partition(" ")
    key = keys.find(root, secret.strip()) if scheme.lower() == "bearer" else None
    if key is not None:
        return _known(root, key.name)
    # one of ours that opens nothing any more: whoever sends it did not mean to be just anybody
    ours = secret.strip().startswith(keys.PREFIX)
    if not ours and settings(root).login == "none" and not keys.every(root):
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
    login = settings(root).login
    if login == "none":
        return LOCAL
    name = sessions.name_of(root, cookie) if login == "local" else None
    if name is None:
        raise NotSignedIn("Sign in first, please.")
    return _known(root, name)


def by_email(root: Path, email: str) -> Person:
    """Return whom a provider (OIDC) has signed in.

    Raises:
        NotSignedIn: Nobody of that name was let in, or they may not come in any more.
    """
    return _known(root, email)


def by_proxy(root: Path, client: str, headers: Mapping[str, str]) -> Person | None:
    """Return whom a trusted proxy names; None where no header of this client is believed.

    Args:
        root: The workspace.
        client: The address that the request came from.
        headers: The request's headers, by lower-case name.

    Raises:
        NotSignedIn: A trusted proxy names somebody who was not let in, or two people at once.
    """
    said = settings(root)
    if not said.proxy_header or not _within(client, said.trusted_proxies):
        return None
    names = [name for name in _values(headers, said.proxy_header.lower()) if name.strip()]
    if len(names) > 1:  # a proxy that adds its word to the visitor's own leaves both, the visitor's first
        raise NotSignedIn(
            f"The proxy passes on {len(names)} headers {said.proxy_header}: it must take out what a visitor sends."
        )
    return _known(root, names[0]) if names else None


def client_of(root: Path, client: str, headers: Mapping[str, str]) -> str:
    """Return whose address a request came from: a trusted proxy's word for it where one stands before, else the socket's.

    Args:
        root: The workspace.
        client: The address that the socket says.
        headers: The request's headers, by lower-case name.
    """
    nearest = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return nearest if nearest and _within(client, settings(root).trusted_proxies) else client


def by_https(root: Path, client: str, scheme: str, headers: Mapping[str, str]) -> bool:
    """Whether a request came over TLS, to this process or to a trusted proxy before it."""
    proxied = headers.get("x-forwarded-proto", "").strip().lower() == "https"
    return scheme in ("https", "wss") or (proxied and _within(client, settings(root).trusted_proxies))


def sign_in(root: Path, name: str, password: str, client: str = "") -> str:
    """Return a new token for whoever knows the password.

    Args:
        root: The workspace.
        name: Who they say they are.
        password: What they know.
        client: The address that they come from; tries from one address are slowed down together.

    Raises:
        NotSignedIn: It is not the right one, they may not come in, too many tries were wrong, or passwords let nobody in here.
    """
    said, name = settings(root), people.spelt(name)
    if said.login != "local":
        raise NotSignedIn(f'Nobody signs in here by password: login is "{said.login}" in [serve].')
    slow = _tries(root)
    slow.begin(name, client)
    fits = people.fits(root, name, password)
    known = people.find(root, name)
    if not fits or known is None or known.suspended:
        # a name that nobody has is not written down: it may be a password, typed into the wrong field
        audit.note(
            root,
            known.name if known else "nobody known",
            "sign in",
            f"from {client}" if client else "",
            ok=False,
        )
        raise NotSignedIn("Name and password do not fit, or this person may not come in.")
    slow.forgive(name, client)
    token = sessions.begin(root, known.name, said.session_hours)
    audit.note(root, known.name, "sign in")
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


def _values(headers: Mapping[str, str], name: str) -> list[str]:
    """Return everything that is said under a header's name, each time it is said."""
    if hasattr(headers, "getlist"):
        return list(headers.getlist(name))
    return [headers[name]] if name in headers else []


def _within(client: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    # a socket that listens on IPv6 tells ::ffff:10.0.0.1
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(one, strict=False) for one in networks)


class Tries:
    """Wrong passwords, by name and address together, and by address: after some each further one doubles the wait.

    Five of a name and fifty of an address are free; the longest wait is fifteen minutes; an hour without one forgets them.
    Whoever tries a name from elsewhere locks nobody out at home. Kept in the memory of the process.

    Args:
        clock: Tells seconds.
    """

    FREE, FREE_OF_ADDRESS, LONGEST, FORGOTTEN, MOST = 5, 50, 900.0, 3600.0, 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._wrong: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def begin(self, name: str, client: str) -> None:
        """Count a try as a wrong one before it is looked at, so that many at once are no way around the wait.

        Raises:
            NotSignedIn: One has to wait; the sentence says how long. Such a try counts for nothing.
        """
        now = self._clock()
        with self._guard:
            wait = max(self._wait(key, now) for key in _keys(name, client))
            if wait > 0:
                raise NotSignedIn(f"Too many tries were wrong. Try again in {int(wait) + 1} seconds.")
            for key in _keys(name, client):
                self._wrong[key] = (self._count(key, now) + 1, now)
                self._wrong.move_to_end(key)
            while len(self._wrong) > self.MOST:
                self._wrong.popitem(last=False)

    def forgive(self, name: str, client: str) -> None:
        """Forget the tries of a name from an address, since the right one was told; those of other names stay counted."""
        now = self._clock()
        client = _network(client)
        with self._guard:
            count, _ = self._wrong.pop((name, client), (0, 0.0))
            left = self._count(("", client), now) - count
            if left > 0:
                self._wrong[("", client)] = (left, self._wrong[("", client)][1])
            else:
                self._wrong.pop(("", client), None)

    def _count(self, key: tuple[str, str], now: float) -> int:
        count, last = self._wrong.get(key, (0, now))
        return 0 if now - last > self.FORGOTTEN else count

    def _wait(self, key: tuple[str, str], now: float) -> float:
        free = self.FREE if key[0] else self.FREE_OF_ADDRESS
        count = self._count(key, now)
        if count < free:
            return 0.0
        return self._wrong[key][1] + min(self.LONGEST, 2.0 ** min(count - free, 10)) - now


def _keys(name: str, client: str) -> list[tuple[str, str]]:
    """Return what tries are counted under; an address that is not known is no address of everybody's."""
    client = _network(client)
    return [(name, client), *([("", client)] if client else [])]


def _network(client: str) -> str:
    """Return an address as tries are counted: of IPv6 its network of 64 bits, since a visitor has all addresses of one."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if address.version == 4 or address.ipv4_mapped:
        return str(getattr(address, "ipv4_mapped", None) or address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


_all_tries: dict[Path, Tries] = {}
_opening = threading.Lock()


def _tries(root: Path) -> Tries:
    with _opening:
        return _all_tries.setdefault(root, Tries())
