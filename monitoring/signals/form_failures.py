"""Form failures that recur: a setup breaks the same rule of the house's form more often than now and then.

An exact binomial test of each setup and rule in the newest week against `LIMIT`, corrected for how many were looked at
(Bonferroni). Each question counts once: the same question gets the same answer. Knows nothing of what a rule demands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from experiments.statistics.stats import wilson
from monitoring.findings import Action, Group, Signal, State, Windows
from monitoring.signals.enough import not_enough
from monitoring.traces import Trace
from monitoring.windows import within
from monitoring.words import Said, said

NAME = "form_failures"
LIMIT = 0.05
"""The share of answers that may break a rule before examples are asked for."""
FEWEST = 30
"""Answers that the newest week needs."""
_ACTION, _COMMAND = Action.COLLECT, "rungwise import FILE"


def form_failures(traces: Sequence[Trace], windows: Windows) -> Signal:
    """Return whether rules of the form are broken too often; arguments as of `question_drift`."""
    newest = _distinct([one for one in within(traces, windows.newest) if one.whole])
    if len(newest) < FEWEST:
        return not_enough(NAME, _ACTION, _COMMAND, len(newest), FEWEST, said("form_failures.of"))
    asked: dict[str, int] = defaultdict(int)
    broken: dict[tuple[str, str], list[Trace]] = defaultdict(list)
    for one in newest:
        asked[one.setup] += 1
        for rule in one.broken:
            broken[one.setup, rule].append(one)
    p = {pair: _p(len(found), asked[pair[0]]) for pair, found in broken.items()}
    tests = max(1, len(broken))
    lowest = min(p.values(), default=1.0)
    (setup, rule), found = min(broken.items(), key=lambda one: p[one[0]]) if broken else (("", ""), [])
    share = wilson(len(found), asked[setup] if setup else len(newest))
    over = {pair: rows for pair, rows in broken.items() if p[pair] * tests <= 0.05}
    return Signal(
        NAME,
        State.QUIET,
        _sentence(setup, rule, len(found), asked[setup] if setup else len(newest)),
        _ACTION,
        _COMMAND,
        said("form_failures.advice"),
        value=share.mean,
        low=share.low,
        high=share.high,
        p=min(1.0, lowest * tests),
        since=min((one.day for one in found), default=""),
        groups=tuple(
            Group(f"{pair[0]}: {pair[1]}", len(rows), rows[0].day, rows[-1].day)
            for pair, rows in sorted(over.items(), key=lambda one: -len(one[1]))
        ),
    )


def _sentence(setup: str, rule: str, broken: int, asked: int) -> Said:
    if not broken:
        return said("form_failures.none", asked=asked)
    return said("form_failures.found", setup=setup, rule=rule, broken=broken, asked=asked, limit=100 * LIMIT)


def _p(broken: int, asked: int) -> float:
    """Return how likely so many are where the true share is at the limit."""
    from scipy.stats import binom

    return float(binom.sf(broken - 1, asked, LIMIT))


def _distinct(traces: Sequence[Trace]) -> list[Trace]:
    """Return the first answer to each question in each setup."""
    first: dict[tuple[str, str], Trace] = {}
    for one in traces:
        first.setdefault((one.setup, one.question), one)
    return list(first.values())
