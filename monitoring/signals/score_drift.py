"""Score drift: the best passage of a question is farther from it than it was in the weeks before.

The one-sided two-sample test of Mann and Whitney (1947) on the best cosine of each conversation's first question. A cosine
means something for one embedder only, so what another one gave is left out. Knows nothing of documents.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.findings import Action, Signal, State, Windows
from monitoring.signals.enough import not_enough
from monitoring.traces import Trace
from monitoring.windows import openings, within
from monitoring.words import said

NAME = "score_drift"
FEWEST = 30
"""Conversations that each side needs."""
_ACTION, _COMMAND = Action.RE_INDEX, "rungwise sync"


def score_drift(traces: Sequence[Trace], windows: Windows) -> Signal:
    """Return whether the newest week's best scores are lower than those before; arguments as of `question_drift`."""
    scored = [one for one in openings(traces) if one.scores]
    space = scored[-1].space if scored else ""
    scored = [one for one in scored if one.space == space]
    newest, before = within(scored, windows.newest), within(scored, windows.reference)
    for side, of in ((newest, "newest"), (before, "before")):
        if len(side) < FEWEST:
            return not_enough(NAME, _ACTION, _COMMAND, len(side), FEWEST, said(f"score_drift.of_{of}"))
    from scipy.stats import mannwhitneyu

    new, old = ([max(one.scores) for one in side] for side in (newest, before))
    found = mannwhitneyu(new, old, alternative="less")
    above = float(found.statistic) / (len(new) * len(old))
    return Signal(
        NAME,
        State.QUIET,
        said("score_drift.found", above=100 * above, newest=len(new), before=len(old)),
        _ACTION,
        _COMMAND,
        said("score_drift.advice"),
        value=above,
        p=float(found.pvalue),
        since=windows.newest[0],
    )
