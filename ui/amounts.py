"""Numbers with their units, in the language of this session. Knows nothing of what is counted."""

from __future__ import annotations

from ui import show
from ui.language import say


def took(seconds: float) -> str:
    """Return a duration as a person reads it."""
    if seconds < 120:
        return say("jobs.seconds", n=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
    if seconds < 7200:
        minutes = seconds / 60
        return say("jobs.minutes", n=f"{minutes:.1f}" if minutes < 10 else f"{minutes:.0f}")
    return say("jobs.hours", n=f"{seconds / 3600:.1f}")


def size(count: float) -> str:
    """Return a number of bytes as a person reads it."""
    number, unit = show.size(count).split(" ")
    return f"{number} {say('jobs.bytes') if unit == 'bytes' else unit}"
