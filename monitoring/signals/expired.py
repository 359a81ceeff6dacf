"""Documents that have expired or soon will: what they answered is no longer answered.

Knows dates, and nothing of what a document says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from monitoring.findings import Action, Group, Signal, State

NAME = "expired"
SOON = timedelta(days=7)
"""An end is told so long before."""
_SHOWN = 20
_ACTION, _COMMAND = Action.WRITE, "rungwise sync"


def expired(ends: Mapping[str, datetime], overdue: Iterable[str], now: datetime) -> Signal:
    """Return which documents hold no longer, or soon won't.

    Args:
        ends: When each document's validity ends (`valid_until` in documents.toml), by its path; none: it is left out.
        overdue: Documents whose retention is over.
        now: The moment, with its time zone.
    """
    late = set(overdue)
    gone = {source: end for source, end in ends.items() if end <= now}
    soon = {source: end for source, end in ends.items() if now < end <= now + SOON}
    told = {**gone, **soon}
    if not told and not late:
        return Signal(
            NAME, State.QUIET, "No document has expired or will within a week.", _ACTION, _COMMAND, value=0.0
        )
    groups = [
        Group(source, 0, last=f"{end:%Y-%m-%d}")
        for source, end in sorted(told.items(), key=lambda one: one[1])
    ]
    groups += [Group(source, 0) for source in sorted(late - told.keys())]
    parts = [
        f"{len(gone)} {'has' if len(gone) == 1 else 'have'} expired" if gone else "",
        f"{len(soon)} {'expires' if len(soon) == 1 else 'expire'} within a week" if soon else "",
        f"the retention of {len(late)} is over" if late else "",
    ]
    sentence = ", ".join(part for part in parts if part)
    return Signal(
        NAME,
        State.FIRES,
        f"Documents: {sentence}.",
        _ACTION,
        _COMMAND,
        "Put what holds now in their place, or prolong them in documents.toml; then sync.",
        value=float(len(told.keys() | late)),
        since=f"{min(gone.values()):%Y-%m-%d}" if gone else f"{now:%Y-%m-%d}",
        groups=tuple(groups[:_SHOWN]),
    )
