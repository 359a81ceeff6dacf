"""Settings of governance: [governance] in `rungwise.toml`. Knows nothing of what is kept, nor of any law beside its periods."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import UserError, did_you_mean

LAWS = ("kvkk", "gdpr", "both")
_REQUEST_DAYS = 30  # KVKK article 13(2): "within thirty days at the latest"
_DESTROY_DAYS = 180  # by-law on deletion (28 October 2017), article 11: never more than six months apart


@dataclass(frozen=True)
class GovernanceSettings:
    """By which law, by when, and who answers for it."""

    law: str = "both"
    """Whose periods count: `kvkk` (Turkish law no. 6698), `gdpr` (Regulation (EU) 2016/679), or of `both` the shorter."""
    request_days: int = 30
    """Somebody who asks for their data is answered within so many days; the law's own period goes before where it is shorter."""
    review_days: int = 180
    """Who may see what is looked over every so many days."""
    destroy_every_days: int = 180
    """What ended is destroyed every so many days at the latest."""
    controller: str = ""
    """Who answers for the data, as the papers name them; empty: not stated."""
    contact: str = ""
    """Where people write to about their data; empty: not stated."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if self.law not in LAWS:
            raise UserError(
                f'law must be "kvkk", "gdpr" or "both", not "{self.law}".{did_you_mean(self.law, LAWS)}'
            )
        for value, most, name, why in (
            (self.request_days, _REQUEST_DAYS, "request_days", "no law here gives more at first"),
            (self.destroy_every_days, _DESTROY_DAYS, "destroy_every_days", "six months are the most between two destructions"),
            (self.review_days, 366, "review_days", "a year is the most that can be set"),
        ):  # fmt: skip
            if not 1 <= value <= most:
                raise UserError(f"{name} must be 1 to {most} ({why}), but is {value}.")
