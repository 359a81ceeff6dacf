"""An adapter that no longer fits: what it was made from has changed, or was forgotten. Knows nothing of how one is trained."""

from __future__ import annotations

from monitoring.findings import Action, Signal, State

NAME = "adapter"
_ACTION, _COMMAND = Action.RETRAIN, "rungwise retrain"


def stale_adapter(adapter: str, changed: str, forgotten: bool) -> Signal:
    """Return whether the adapter that serves should be trained anew.

    Args:
        adapter: Its name; empty where none serves.
        changed: What it was made from that is different now, as a clause; empty where nothing is.
        forgotten: Whether it learned from what was forgotten since.
    """
    if not adapter:
        return Signal(NAME, State.QUIET, "No adapter serves, so none can be out of date.", _ACTION, _COMMAND)
    why = "it learned from what was forgotten since" if forgotten else changed
    if not why:
        return Signal(
            NAME, State.QUIET, f"The adapter {adapter} is made from what is there now.", _ACTION, _COMMAND
        )
    return Signal(
        NAME,
        State.FIRES,
        f"The adapter {adapter} is out of date: {why}.",
        _ACTION,
        _COMMAND,
        "Train one anew; it serves only if it is better.",
    )
