"""How long documents were kept, against how long they may be: told in time, never acted upon.

Erasing is `rungwise forget --due`, by whoever answers for it. Knows nothing of files, of indexes, or of why a document is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from rag.storage.records import Records

_AHEAD = timedelta(days=7)
"""A period's end is told of this long before."""


def due(
    sources: Iterable[str], records: Records, since: Callable[[str], str | None], now: datetime
) -> tuple[str, ...]:
    """Return a sentence for each document whose retention has ended or soon will.

    Args:
        sources: The documents that are kept.
        records: What is known about them; those without a retention are passed over.
        since: Tells when what a document says was first indexed, ISO 8601.
        now: The moment, with its time zone.
    """
    told = []
    for source, (days, end) in _periods(sources, records, since).items():
        if now >= end:
            told.append(
                f"{source}: its retention of {days} days ended on {end:%Y-%m-%d}. Run `rungwise forget --due`."
            )
        elif now >= end - _AHEAD:
            told.append(f"{source}: its retention of {days} days ends on {end:%Y-%m-%d}.")
    return tuple(told)


def ended(
    sources: Iterable[str], records: Records, since: Callable[[str], str | None], now: datetime
) -> tuple[str, ...]:
    """Return the documents whose retention has ended; arguments as for `due`."""
    return tuple(source for source, (_, end) in _periods(sources, records, since).items() if now >= end)


def _periods(
    sources: Iterable[str], records: Records, since: Callable[[str], str | None]
) -> dict[str, tuple[int, datetime]]:
    """Return the retention in days of each document that has one, and when it ends."""
    found = {}
    for source in sources:
        days, first = records.of(source).retention_days, since(source)
        if days is not None and first:
            found[source] = (days, datetime.fromisoformat(first) + timedelta(days=days))
    return found
