"""Thumbs that turn down: the newest week's answers are liked less than those of the weeks before.

Fisher's exact test, one-sided. Thumbs are given by whoever wants to, so they tell of change and not of quality. Knows nothing of
who gave them.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.statistics.stats import wilson
from monitoring.findings import Action, Signal, State, Windows
from monitoring.numbers import Thumb
from monitoring.signals.enough import not_enough
from monitoring.words import said

NAME = "thumbs"
FEWEST = 20
"""Thumbs that each side needs."""
_ACTION, _COMMAND = Action.ADVISE, "rungwise advise"


def thumbs_down(thumbs: Sequence[Thumb], windows: Windows) -> Signal:
    """Return whether the newest week is liked less.

    Args:
        thumbs: Of all setups.
        windows: What is held against what.
    """
    sides = [
        [one.good for one in thumbs if side[0] <= one.day <= side[1]]
        for side in (windows.newest, windows.reference)
    ]
    for side, of in zip(sides, ("newest", "before"), strict=True):
        if len(side) < FEWEST:
            return not_enough(NAME, _ACTION, _COMMAND, len(side), FEWEST, said(f"thumbs.of_{of}"))
    from scipy.stats import fisher_exact

    new, old = sides
    table = [[sum(side), len(side) - sum(side)] for side in sides]
    share = wilson(sum(new), len(new))
    return Signal(
        NAME,
        State.QUIET,
        said("thumbs.found", new_up=sum(new), new=len(new), old_up=sum(old), old=len(old)),
        _ACTION,
        _COMMAND,
        said("thumbs.advice"),
        value=share.mean,
        low=share.low,
        high=share.high,
        p=float(fisher_exact(table, alternative="less")[1]),
        since=windows.newest[0],
    )
