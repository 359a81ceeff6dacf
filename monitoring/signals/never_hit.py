"""Documents that are never hit: they are in the index, and no answer was given a passage of them.

Told only once that means something: with K documents that are asked for evenly, after K (ln K + 3) answers every one was hit, but
for one case in twenty (the coupon collector's bound). Knows nothing of what a document says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from monitoring.findings import Action, Group, Signal, State, Windows
from monitoring.signals.enough import not_enough
from monitoring.traces import Trace
from monitoring.words import said

NAME = "never_hit"
_SHOWN = 20
_ACTION, _COMMAND = Action.RE_INDEX, "rungwise sync"


def never_hit(
    traces: Sequence[Trace], documents: Mapping[str, str], added: Mapping[str, str], windows: Windows
) -> Signal:
    """Return which documents no answer was given anything of.

    Args:
        traces: Oldest first.
        documents: Every document's path, by its mark in a trace.
        added: Since when each is searchable, as YYYY-MM-DD…, by its path: what is new has had no chance yet.
        windows: Since when traces are looked at.
    """
    found = [one for one in traces if one.documents]
    old = {mark: source for mark, source in documents.items() if added.get(source, "")[:10] <= windows.since}
    if not old:
        return Signal(NAME, State.QUIET, said("never_hit.none", since=windows.since), _ACTION, _COMMAND)
    needed = needed_for(len(old))
    if len(found) < needed:
        of = said("never_hit.of", since=windows.since, documents=len(old))
        return not_enough(NAME, _ACTION, _COMMAND, len(found), needed, of)
    hit = {mark for one in found for mark in one.documents}
    idle = sorted(source for mark, source in old.items() if mark not in hit)
    rare = -math.log(0.05) / len(found)  # the rule of three (Hanley & Lippman-Hand 1983)
    if not idle:
        told = said("never_hit.all", documents=len(old), answers=len(found), since=windows.since)
        return Signal(NAME, State.QUIET, told, _ACTION, _COMMAND, value=0.0)
    return Signal(
        NAME,
        State.FIRES,
        said(
            "never_hit.some",
            idle=len(idle),
            documents=len(old),
            answers=len(found),
            since=windows.since,
            rare=100 * rare,
        ),
        _ACTION,
        _COMMAND,
        said("never_hit.advice"),
        value=len(idle) / len(old),
        since=windows.since,
        groups=tuple(Group(source, 0) for source in idle[:_SHOWN]),
    )


def needed_for(documents: int) -> int:
    """Return after how many answers a document that was never hit tells something."""
    return math.ceil(documents * (math.log(documents) + 3))
