"""Questions that the library can't answer, those that are alike together: what to write.

Counted since the newest whole week began, so that a gap is no longer told once it is filled. Questions are grouped by their
sketches: average linkage (Sokal & Michener 1958), cut at a cosine of 0.6. A sketch is rough: of the groups of 80 fresh questions,
60 of them on twelve topics, 40 % held one topic alone and 80 % mostly one, and 32 % of the topics had a group, where whole
vectors would tell all of them (`benchmarks/grouping.py`). They are a hint where to look, and no test stands behind them. Knows
words only where the workspace keeps them; otherwise a group is named by what came nearest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from monitoring.findings import Action, Group, Signal, State, Windows
from monitoring.traces import Ended, Trace
from monitoring.windows import openings
from monitoring.words import said

NAME = "unanswered"
FEWEST = 3
"""Conversations that ask alike before a document is asked for: one asker's whim is none."""
_CUT = 0.4  # at 0.5 three of four groups mix topics
_MOST = 1000  # newest questions that are grouped; distances are as many as its square
_SHOWN = 20
_ACTION, _COMMAND = Action.WRITE, "rungwise sync"


def unanswered(traces: Sequence[Trace], windows: Windows, labels: Mapping[str, str]) -> Signal:
    """Return which questions can't be answered.

    Args:
        traces: Oldest first.
        windows: Since when they are counted.
        labels: Title and headings of each passage, by its id.
    """
    recent = [one for one in traces if one.day >= windows.newest[0] and one.retrieved and one.whole]
    open_ = [one for one in openings([one for one in recent if _is_open(one)])][-_MOST:]
    groups = [_group(one, labels) for one in _alike(open_) if len(one) >= FEWEST]
    groups.sort(key=lambda one: (-one.count, one.first))
    share = len(open_) / len(openings(recent)) if recent else None
    told = {"open": len(open_), "all": len(openings(recent)), "since": windows.newest[0]}
    if not groups:
        sentence = said("unanswered.quiet", **told, fewest=FEWEST)
        return Signal(NAME, State.QUIET, sentence, _ACTION, _COMMAND, value=share)
    grouped = sum(one.count for one in groups)
    many = "one" if len(groups) == 1 else "some"
    return Signal(
        NAME,
        State.FIRES,
        said(f"unanswered.{many}", **told, grouped=grouped, groups=len(groups)),
        _ACTION,
        _COMMAND,
        said("unanswered.advice"),
        value=share,
        since=min(one.first for one in groups),
        groups=tuple(groups[:_SHOWN]),
    )


def _is_open(trace: Trace) -> bool:
    """Whether a question was declined, or nothing was found for it."""
    return trace.ended == Ended.ABSTAINED or not trace.chunks


def _alike(traces: Sequence[Trace]) -> list[list[Trace]]:
    """Return traces in groups of like questions; a question without a sketch is alike only to itself."""
    sketched = [one for one in traces if any(one.sketch)]
    space = sketched[-1].space if sketched else ""
    sketched = [one for one in sketched if one.space == space]
    if len(sketched) < FEWEST:
        return []
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage

    found = fcluster(
        linkage(np.array([one.sketch for one in sketched]), "average", "cosine"), _CUT, "distance"
    )
    groups: dict[int, list[Trace]] = {}
    for number, one in zip(found.tolist(), sketched, strict=True):
        groups.setdefault(number, []).append(one)
    return list(groups.values())


def _group(traces: Sequence[Trace], labels: Mapping[str, str]) -> Group:
    nearest = Counter(labels[one.chunks[0]] for one in traces if one.chunks and one.chunks[0] in labels)
    near = tuple(label for label, _ in nearest.most_common(3))
    texts = dict.fromkeys(one.asked for one in reversed(traces) if one.asked)
    known = said("unanswered.near", label=near[0]) if near else said("unanswered.nothing")
    return Group(" / ".join(list(texts)[:3]) or known, len(traces), traces[0].day, traces[-1].day, near)
