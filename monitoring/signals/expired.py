"""Documents that have expired or soon will: what they answered is no longer answered.

Knows dates, and nothing of what a document says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from monitoring.findings import Action, Group, Signal, State
from monitoring.words import Said, joined, said

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
        return Signal(NAME, State.QUIET, said("expired.none"), _ACTION, _COMMAND, value=0.0)
    groups = [
        Group(source, 0, last=f"{end:%Y-%m-%d}")
        for source, end in sorted(told.items(), key=lambda one: one[1])
    ]
    groups += [Group(source, 0) for source in sorted(late - told.keys())]
    parts = [*_counted("gone", len(gone)), *_counted("soon", len(soon))]
    if late:
        parts.append(said("expired.late", n=len(late)))
    return Signal(
        NAME,
        State.FIRES,
        said("expired.some", parts=joined(parts)),
        _ACTION,
        _COMMAND,
        said("expired.advice"),
        value=float(len(told.keys() | late)),
        since=f"{min(gone.values()):%Y-%m-%d}" if gone else f"{now:%Y-%m-%d}",
        groups=tuple(groups[:_SHOWN]),
    )


def _counted(what: str, n: int) -> list[Said]:
    """Return how many there are; nothing where there is none."""
    return [said(f"expired.{what}_one" if n == 1 else f"expired.{what}", n=n)] if n else []
