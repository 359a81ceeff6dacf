"""Question drift: the newest week asks for other things than the weeks before did.

The energy distance between sketches of the questions, with its permutation test. Only the first question of a conversation
counts: what follows hangs on it. Knows nothing of words.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.energy import Apart, apart
from monitoring.findings import Action, Signal, State, Windows
from monitoring.signals.enough import not_enough
from monitoring.traces import Trace
from monitoring.windows import openings, within

NAME = "question_drift"
FEWEST = 30
"""Conversations that each side needs."""
_MOST = 500  # of each side; distances are as many as its square
_ACTION, _COMMAND = Action.COMPARE, "rungwise compare"


def question_drift(traces: Sequence[Trace], windows: Windows) -> Signal:
    """Return whether the newest week's questions are others than those before.

    Args:
        traces: Oldest first.
        windows: What is held against what.
    """
    sketched = [one for one in openings(traces) if one.sketch]
    space = (
        sketched[-1].space if sketched else ""
    )  # another embedder's numbers have nothing in common with these
    sketched = [one for one in sketched if one.space == space]
    newest, before = within(sketched, windows.newest), within(sketched, windows.reference)
    for side, of in ((newest, "of the newest whole week"), (before, "of the weeks before it")):
        if len(side) < FEWEST:
            told = f"conversations {of} have a sketch of their question"
            return not_enough(NAME, _ACTION, _COMMAND, len(side), FEWEST, told)
    found = _tested(newest, before, seed=int(windows.newest[0].replace("-", "")))
    return Signal(
        NAME,
        State.QUIET,
        f"What the newest week asks for is {found.share:.3f} away from the weeks before, of 0 (alike) to 1 (nothing in common), "
        f"by the first questions of {len(newest)} conversations against {len(before)}.",
        _ACTION,
        _COMMAND,
        "The questions that setups are measured on may not be those that are asked any more: add newer ones and compare again.",
        value=found.share,
        p=found.p,
        since=windows.newest[0],
    )


def _tested(newest: Sequence[Trace], before: Sequence[Trace], seed: int) -> Apart:
    import numpy as np

    rng = np.random.default_rng(seed)
    sides = [np.array([one.sketch for one in side]) for side in (newest, before)]
    drawn = [
        side if len(side) <= _MOST else side[rng.choice(len(side), _MOST, replace=False)] for side in sides
    ]
    return apart(drawn[0], drawn[1], seed)
