"""A report as a card for the terminal: signals first, then numbers by setup, then days that are outside of their limits.

Knows nothing of how any of it is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from experiments.shown.tables import Table, p_value, wrapped
from monitoring.findings import Measure, Point, Report, Series, SetupNumbers, Signal, State, Unit, Value

_MARKS = {State.FIRES: "!", State.QUIET: "·", State.NOT_ENOUGH: "?"}
_TAKEN = {
    Measure.ANSWERS: "asked",
    Measure.SECONDS_P50: "median s",
    Measure.SECONDS_P95: "95 % s",
    Measure.FIRST_P50: "first s",
    Measure.TOKENS: "tokens",
    Measure.COST: "cost",
}
_BECAME = {
    Measure.THUMBS_UP: "thumbs up",
    Measure.ABSTAINED: "abstained",
    Measure.FAILED: "failed",
    Measure.FORM_BROKEN: "form broken",
    Measure.SUPPORTED: "carried",
    Measure.SCORE: "score",
}
_NAMES = {
    Measure.ANSWERS: "questions",
    Measure.SECONDS_P50: "median seconds",
    Measure.SECONDS_P95: "seconds that 95 % stay below",
    Measure.FIRST_P50: "median seconds to the first text",
    Measure.THUMBS_UP: "thumbs up",
    Measure.ABSTAINED: "abstentions",
    Measure.ASKED_BACK: "questions back",
    Measure.FAILED: "failures",
    Measure.STOPPED: "answers that were stopped",
    Measure.FORM_BROKEN: "form broken",
    Measure.SCORE: "mean score of the best passage",
    Measure.SUPPORTED: "answers that passages carry",
    Measure.TOKENS: "tokens",
    Measure.COST: "cost",
}
_SHOWN = 5


def report_text(found: Report) -> str:
    """Return a report as the command prints it."""
    if not found.traces:
        return wrapped(
            f"No answer was served since {found.windows.since}, as far as traces tell. They are written by `rungwise app`, "
            "`serve` and `ask`, where [monitor] in rungwise.toml has not switched them off."
        )
    windows = found.windows
    lines = [
        f"{found.traces} answers from {windows.since} to {windows.until}. Newest whole week: {windows.newest[0]} to "
        f"{windows.newest[1]}, held against the days from {windows.reference[0]} to {windows.reference[1]}.",
        *([f"{found.damaged} lines of the traces can't be read and do not count."] if found.damaged else []),
        "",
        *_signals(found),
        "",
        _numbers(
            f"What answers took{f', cost in {found.currency}' if found.currency else ''}",
            _TAKEN,
            found.setups,
        ),
        "",
        _numbers("What became of them, shares with their 95 % interval", _BECAME, found.setups),
        "",
        *_outside(found),
    ]
    return "\n".join(wrapped(line) if len(line) > 100 and "\n" not in line else line for line in lines)


def _signals(found: Report) -> Iterator[str]:
    firing = len(found.firing)
    yield f"Signals: {firing} of {len(found.signals)} fire" if firing else "Signals: none fires"
    for signal in found.signals:
        p = f" (p = {p_value(signal.p)})" if signal.p is not None else ""
        yield wrapped(f"{_MARKS[signal.state]} {signal.name}: {signal.sentence}{p}", "  ")
        if signal.state is State.FIRES:
            yield wrapped(str(signal.advice), "      ")
            yield from _what_of(signal)
            since = f" Since {signal.since}." if signal.since else ""
            yield f"      → {signal.action.value}: `{signal.command}`.{since}"
    yield wrapped(
        f"At most {found.alpha:.0%} of quiet weeks have a tested signal that fires; p is corrected for all of them.",
        "  ",
    )


def _what_of(signal: Signal) -> Iterator[str]:
    for group in signal.groups[:_SHOWN]:
        count = f"{group.count} × " if group.count else ""
        days = " to ".join(dict.fromkeys(day for day in (group.first, group.last) if day))
        yield wrapped(f"{count}{group.name}{f' ({days})' if days else ''}", "      ")
    if (more := len(signal.groups) - _SHOWN) > 0:
        yield f"      … and {more} more; --json has them all"


def _numbers(title: str, columns: Mapping[Measure, str], setups: tuple[SetupNumbers, ...]) -> str:
    """Return a table of some measures, without those that nothing is known of."""
    held = {measure for setup in setups for measure, value in setup.values.items() if value.n}
    shown = {measure: name for measure, name in columns.items() if measure in held}
    rows = [(setup.setup, *(told(one, setup.values[one]) for one in shown)) for setup in setups]
    return Table(title, ("setup", *shown.values()), tuple(rows)).text()


def told(measure: Measure, value: Value | Point, unit: Unit | None = None) -> str:
    """Return a number of a measure as a person reads it; a dash where there is none."""
    if value.value is None:
        return "–"
    from monitoring.numbers import unit_of

    unit = unit or unit_of(measure)
    if unit is Unit.SHARE:
        low, high = value.low or 0.0, value.high or 0.0
        return f"{100 * value.value:.0f} % ({100 * low:.0f}–{100 * high:.0f})"
    if unit in (Unit.COUNT, Unit.TOKENS):
        return f"{value.value:,.0f}"
    return f"{value.value:.2f}"


def _outside(found: Report) -> Iterator[str]:
    out = [(one, point) for one in found.series for point in one.outside]
    charts = sum(1 for one in found.series if one.center is not None)
    if not charts:
        yield "No day has control limits yet: shares need 50 answers before the newest week, everything else 14 days."
        return
    if not out:
        yield f"No day is outside of its control limits, in {charts} charts."
        return
    yield f"Outside of their control limits, in {charts} charts:"
    for one, point in sorted(out, key=lambda each: (each[1].day, each[0].setup)):
        yield wrapped(_day(one, point), "  ")


def _day(one: Series, point: Point) -> str:
    limits = f"{_bare(point.lower, one.unit)} to {_bare(point.upper, one.unit)}"
    return f"{point.day} {one.setup}, {_NAMES[one.measure]}: {told(one.measure, point)}, usual {limits}"


def _bare(value: float | None, unit: Unit) -> str:
    if value is None:
        return "0"
    if unit is Unit.SHARE:
        return f"{100 * value:.0f} %"
    return f"{value:,.0f}" if unit in (Unit.COUNT, Unit.TOKENS) else f"{value:.2f}"
