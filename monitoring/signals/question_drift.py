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
from monitoring.words import said

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
    for side, of in ((newest, "newest"), (before, "before")):
        if len(side) < FEWEST:
            return not_enough(NAME, _ACTION, _COMMAND, len(side), FEWEST, said(f"question_drift.of_{of}"))
    found = _tested(newest, before, seed=int(windows.newest[0].replace("-", "")))
    return Signal(
        NAME,
        State.QUIET,
        said("question_drift.found", share=found.share, newest=len(newest), before=len(before)),
        _ACTION,
        _COMMAND,
        said("question_drift.advice"),
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
