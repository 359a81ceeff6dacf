"""What is held against what: the newest whole week, and whole weeks before it.

Windows follow the calendar (Monday to Sunday, UTC) and not the moment of the look. So within a week every look is the same look,
whoever watches daily tests no oftener than who watches weekly, and no answer stands on both sides of a test. Knows nothing of
what is in a trace besides its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from foundation.errors import UserError
from monitoring.findings import Windows
from monitoring.traces import Trace

DAYS = 35
"""Days that are looked at where nobody says: four weeks that are usual, and the newest one."""
_WEEK = 7
_LONGEST = 3650


def windows_of(now: datetime, days: int = DAYS) -> Windows:
    """Return what is held against what.

    Args:
        now: The moment of the look, in UTC.
        days: How many days before the end of the newest whole week are looked at; cut to whole weeks.

    Raises:
        UserError: There are fewer than two weeks of days, or too many.
    """
    if not 2 * _WEEK <= days <= _LONGEST:
        raise UserError(
            f"The number of days must be 14 to {_LONGEST}, but is {days}: the newest week is held against at least one before it."
        )
    today = now.date()
    newest = today - timedelta(days=today.weekday() + _WEEK)
    since = newest - timedelta(days=(days // _WEEK - 1) * _WEEK)
    return Windows(
        since.isoformat(),
        (since.isoformat(), _before(newest)),
        (newest.isoformat(), (newest + timedelta(days=_WEEK - 1)).isoformat()),
        today.isoformat(),
    )


def within(traces: Sequence[Trace], window: tuple[str, str]) -> list[Trace]:
    """Return the traces of a window's days, in their order."""
    return [one for one in traces if window[0] <= one.day <= window[1]]


def openings(traces: Sequence[Trace]) -> list[Trace]:
    """Return the first trace of every conversation: what follows in it depends on it, and would count one asker many times."""
    first: dict[str, Trace] = {}
    for one in traces:
        first.setdefault(one.conversation or one.id, one)
    return list(first.values())


def _before(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()
