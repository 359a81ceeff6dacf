"""Settings of monitoring: [monitor] in `rungwise.toml`. Knows nothing of how a trace is written or read."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import UserError

_LONGEST = 3650


@dataclass(frozen=True)
class MonitorSettings:
    """What is kept of every answer that is served, and for how long."""

    traces: bool = True
    """Whether a trace of every answer is kept: hashes, ids, scores and times."""
    text: bool = False
    """Whether question and answer are kept in it, word for word."""
    keep_days: int = 90
    """A trace is kept for so many days."""
    text_days: int = 30
    """Its words are taken out after so many days."""

    def __post_init__(self) -> None:
        """Check what is set."""
        for name, days in (("keep_days", self.keep_days), ("text_days", self.text_days)):
            if not 1 <= days <= _LONGEST:
                raise UserError(f"{name} must be 1 to {_LONGEST} days, but is {days}.")
        if self.text and self.text_days > self.keep_days:
            raise UserError(
                f"text_days must be at most keep_days ({self.keep_days}), but is {self.text_days}: words can't be kept "
                "longer than the trace that they stand in."
            )
        if self.text and not self.traces:
            raise UserError(
                "text = true needs traces = true: words are kept in traces, and none are written."
            )
