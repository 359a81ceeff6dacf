"""Monitor: what served answers call for, their numbers with intervals, and how each moves day by day. Computes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from monitoring.findings import Action, Group, Measure, Report, Series, Signal, State, Unit, Value
from monitoring.words import Said, in_language
from ui import draw, resources, routes, who
from ui.access.permissions import Action as May
from ui.drawing.control import control_chart
from ui.language import language, say

if TYPE_CHECKING:
    from assistant import Workspace

_DAYS = (28, 90, 365)
_PAGES = {
    Action.RE_INDEX: "documents",
    Action.WRITE: "documents",
    Action.COLLECT: "examples",
    Action.RETRAIN: "train",
    Action.COMPARE: "compare",
    Action.ADVISE: "advise",
}
"""Where each action is done."""
_SHOWN = 8  # groups of a signal, before one scrolls


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("monitor.title"), anchor=False)
    st.markdown(say("monitor.lead"))
    if not who.can(May.WATCH):
        draw.hint(say("monitor.may_not"))
        return
    days = st.segmented_control(
        say("monitor.days"), _DAYS, default=_DAYS[0], format_func=lambda one: f"{one} {say('monitor.days').lower()}",
        key="monitor-days", label_visibility="collapsed",
    )  # fmt: skip
    with draw.guarded():
        with st.spinner(say("monitor.looking")):
            found = _looked(house, str(house.root), days or _DAYS[0])
        if not found.traces:
            _empty(house)
            return
        _signals(found)
        _numbers(found)
        _series(found)
        st.download_button(
            say("monitor.json"),
            json.dumps(found.to_dict(), ensure_ascii=False, indent=2),
            "monitor.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            key="monitor-json",
        )


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)  # many answers take seconds to look at
def _looked(_house: Workspace, folder: str, days: int) -> Report:
    """Look at a workspace, which its folder names; the same for all who may see the page."""
    from assistant.open import open_library
    from monitoring import report
    from ui.comparing import money

    with open_library(_house) as library:
        return report(_house, library, datetime.now(UTC), days, prices=money(_house)[0])


def _empty(house: Workspace) -> None:
    with st.container(border=True):
        st.markdown(say("monitor.empty" if house.settings.monitor.traces else "monitor.off"))
        routes.link("chat", say("monitor.to_chat"))


def _signals(found: Report) -> None:
    st.subheader(say("monitor.signals"), anchor=False)
    if not found.firing:
        st.markdown(f":material/check_circle: {say('monitor.nothing')}")
    for place, signal in enumerate(found.firing):
        _fires(place, signal)
    rest = [one for one in found.signals if one.state is not State.FIRES]
    if rest:
        with st.expander(say("monitor.quiet"), icon=":material/check:"):
            for signal in rest:
                told = say("monitor.state_quiet" if signal.state is State.QUIET else "monitor.state_few")
                st.markdown(f":small[**{draw.escaped(told)}** · {_said(signal.sentence)}]")
    st.caption(
        draw.escaped(
            say(
                "monitor.windows",
                newest=_span(found.windows.newest),
                reference=_span(found.windows.reference),
            )
            + " "
            + say("monitor.alarm", share=f"{found.alpha:.0%}")
        )
    )


def _fires(place: int, signal: Signal) -> None:
    with st.container(border=True, key=f"signal-{place}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(
                draw.escaped(say(f"monitor.act_{signal.action.value}")),
                color="orange",
                icon=":material/flag:",
            )
            if signal.since:
                st.caption(draw.escaped(say("monitor.since", day=signal.since)))
        st.markdown(_said(signal.sentence))
        if signal.advice.en:
            st.markdown(f"**→** {_said(signal.advice)}")
        if signal.groups:
            with st.expander(f"{say('monitor.groups')} ({len(signal.groups)})"):
                draw.table([_group(one) for one in signal.groups[:_SHOWN]], numbers=f"groups-{place}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            routes.link(_PAGES[signal.action], say(f"menu.{_PAGES[signal.action]}"))
            st.code(signal.command, language=None)


def _said(told: Said) -> str:
    """Return one of monitoring's sentences in the reader's language, as Markdown."""
    return draw.sentence(in_language(told, language()))


def _group(group: Group) -> dict[str, str]:
    near = " · ".join(group.near[:3])
    return {
        say("monitor.group"): in_language(group.name, language()),
        say("monitor.count"): f"{group.count:,}",
        say("monitor.first"): group.first or "–",
        say("monitor.last"): group.last or "–",
        say("monitor.near"): near or "–",
    }


def _span(days: tuple[str, str]) -> str:
    return f"{days[0]} – {days[1]}" if days[0] else "–"


def _numbers(found: Report) -> None:
    st.subheader(say("monitor.numbers"), anchor=False)
    names = [one.setup for one in found.setups]
    rows = [
        {say("monitor.measure"): _named(measure, found), **dict(zip(names, told, strict=True))}
        for measure in Measure
        if any(set(told := [_shown(one.values.get(measure), measure, found) for one in found.setups]) - {"–"})
    ]
    draw.table(rows, numbers="monitor")
    st.caption(draw.escaped(say("monitor.numbers_note", traces=f"{found.traces:,}")))
    if found.damaged:
        draw.hint(say("monitor.damaged", n=f"{found.damaged:,}"))
    if found.text:
        st.caption(draw.escaped(say("monitor.text_kept")))


def _named(measure: Measure, found: Report) -> str:
    unit = {"seconds_p50": "s", "seconds_p95": "s", "first_p50": "s", "cost": found.currency}.get(
        measure.value, ""
    )
    return say(f"monitor.{measure.value}") + (f" ({unit})" if unit else "")


def _shown(value: Value | None, measure: Measure, found: Report) -> str:
    if value is None or value.value is None:
        return "–"
    unit = _unit(measure, found)
    between = (
        f" ({_number(value.low, unit)}–{_number(value.high, unit)})"
        if value.low is not None and value.high is not None
        else ""
    )
    return _number(value.value, unit) + between


def _unit(measure: Measure, found: Report) -> Unit:
    return next((one.unit for one in found.series if one.measure is measure), Unit.COUNT)


def _number(value: float, unit: Unit) -> str:
    forms = {
        Unit.SHARE: f"{100 * value:.0f} %",
        Unit.SECONDS: f"{value:.2f}",
        Unit.SCORE: f"{value:.2f}",
        Unit.MONEY: f"{value:.4f}",
    }
    return forms.get(unit, f"{value:,.0f}")


def _series(found: Report) -> None:
    st.subheader(say("monitor.over_time"), anchor=False)
    setups = [one.setup for one in found.setups]
    with st.container(horizontal=True, gap="small"):
        measure = st.selectbox(
            say("monitor.measure"),
            list(Measure),
            format_func=lambda one: _named(one, found),
            key="monitor-measure",
        )
        setup = st.selectbox(say("monitor.setup"), setups, key="monitor-setup")
    series = next((one for one in found.series if one.measure is measure and one.setup == setup), None)
    if series is None or not any(point.value is not None for point in series.points):
        st.caption(say("monitor.no_series"))
        return
    _chart(series, found)


def _chart(series: Series, found: Report) -> None:
    words = {name: say(f"monitor.{name}") for name in ("day", "inside", "outside", "limits")}
    days = [point for point in series.points if point.value is not None]
    said = say("monitor.chart", what=_named(series.measure, found), days=len(days), out=len(series.outside))
    st.altair_chart(control_chart(series, _named(series.measure, found), words), width="stretch", alt=said)
    st.caption(draw.escaped(say("monitor.over_time_note")))


if __name__ == "__main__":  # as Streamlit runs it
    page()
