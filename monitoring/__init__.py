"""What served answers tell: a trace of each, how that changes over time, and what to do about it.

`report(workspace, library, now, days)` looks once and returns a `Report` (all of it frozen, all of it plain values):

- `setups`: of each setup every `Measure` over all days, a `Value` with what it was made from and its interval;
- `series`: of each setup and measure a `Series` of `Point`s by day, with control limits, and `outside`, the days that leave them;
- `signals`: what calls for an action, those that fire first. Each `Signal` has a state, a sentence, one action and its command;
- `windows`: what is held against what; `moment`, `traces`, `damaged`, `text`, `currency`, and the two false-alarm rates.

`Report.to_dict()` is what `rungwise monitor --json` prints. Traces are written by `monitoring.noting`, through which every served
answer passes. Knows nothing of pages, of how an answer is made, or of what was asked, unless the workspace says that texts are
kept.
"""

from monitoring.findings import (
    Action,
    Group,
    Measure,
    Point,
    Report,
    Series,
    SetupNumbers,
    Signal,
    State,
    Unit,
    Value,
    Windows,
)
from monitoring.report import report

__all__ = [
    "Action",
    "Group",
    "Measure",
    "Point",
    "Report",
    "Series",
    "SetupNumbers",
    "Signal",
    "State",
    "Unit",
    "Value",
    "Windows",
    "report",
]
