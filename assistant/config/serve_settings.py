"""Settings of serving: [serve] in `rungwise.toml`. Knows nothing of how anything is served, or of who signs in."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from foundation.errors import UserError, did_you_mean

LOGINS = ("none", "local", "oidc")
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,253}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True)
class ServeSettings:
    """Where the page and the API are served, and to whom."""

    address: str = "127.0.0.1"
    """The address that is listened on; any but this machine's own needs a login."""
    hosts: tuple[str, ...] = ()
    """Names that the server is reached under, beside `localhost` and its address; a request for any other is refused."""
    login: str = "none"
    """Who comes in: `none` (whoever sits at this machine), `local` (people of `rungwise users`), `oidc` (a provider)."""
    session_hours: float = 12.0
    """Somebody who signed in is asked again after so long."""
    questions_per_minute: int = 30
    """Questions that one person may ask in a minute; 0: any number."""
    tokens_per_day: int = 500_000
    """Tokens, in and out, that one person's questions may take in a day; 0: any number."""
    upload_megabytes: float = 5.0
    """The largest file that may be put in through the page."""
    proxy_header: str = ""
    """The header in which a trusted proxy names who signed in there; empty: no header is believed."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks (`10.0.0.0/8`) of proxies whose header is believed."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if self.login not in LOGINS:
            raise UserError(
                f'login must be "none", "local" or "oidc", not "{self.login}".{did_you_mean(self.login, LOGINS)}'
            )
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise UserError(
                    f'hosts must be names without scheme and path, as in "rungwise.example.org", not "{host}".'
                )
        for low, name in (
            (self.questions_per_minute, "questions_per_minute"),
            (self.tokens_per_day, "tokens_per_day"),
        ):
            if low < 0:
                raise UserError(f"{name} must be 0 (any number) or above, but is {low}.")
        if not 0 < self.session_hours <= 24 * 31:
            raise UserError(f"session_hours must be above 0 and at most 744, but is {self.session_hours:g}.")
        if not 0 < self.upload_megabytes <= 200:
            raise UserError(
                f"upload_megabytes must be above 0 and at most 200, but is {self.upload_megabytes:g}."
            )
        self._check_proxy()

    def _check_proxy(self) -> None:
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError:
                raise UserError(
                    f'trusted_proxies must be addresses or networks, as in "10.0.0.0/8", not "{proxy}".'
                ) from None
        if self.proxy_header and not _HEADER.fullmatch(self.proxy_header):
            raise UserError(f'proxy_header must be the name of a header, not "{self.proxy_header}".')
        if self.proxy_header and not self.trusted_proxies:
            raise UserError(
                "proxy_header needs trusted_proxies: without them anybody could send that header."
            )
        if self.proxy_header and self.login == "none":
            raise UserError(
                'proxy_header needs a login: with "none", whoever comes without that header is let in as an admin.'
            )

    @property
    def at_home(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.address == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False
