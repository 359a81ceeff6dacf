"""An adapter that no longer fits: what it was made from has changed, or was forgotten. Knows nothing of how one is trained."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.findings import Action, Signal, State
from monitoring.words import joined, said

NAME = "adapter"
_ACTION, _COMMAND = Action.RETRAIN, "rungwise retrain"


def stale_adapter(adapter: str, changed: Sequence[str], forgotten: bool) -> Signal:
    """Return whether the adapter that serves should be trained anew.

    Args:
        adapter: Its name; empty where none serves.
        changed: What it was made from that is different now: `examples`, `form`, `training settings`.
        forgotten: Whether it learned from what was forgotten since.
    """
    if not adapter:
        return Signal(NAME, State.QUIET, said("adapter.none"), _ACTION, _COMMAND)
    if not changed and not forgotten:
        return Signal(NAME, State.QUIET, said("adapter.fits", adapter=adapter), _ACTION, _COMMAND)
    parts = joined([said(f"adapter.part.{one}") for one in changed], " and the ")
    why = said("adapter.forgotten") if forgotten else said("adapter.changed", parts=parts)
    return Signal(
        NAME,
        State.FIRES,
        said("adapter.stale", adapter=adapter, why=why),
        _ACTION,
        _COMMAND,
        said("adapter.advice"),
    )
