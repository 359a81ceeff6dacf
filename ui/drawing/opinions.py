"""What people prefer: blind votes added up, and how a live split stands. Counts nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from experiments import (
    Event,
    LiveResult,
    OutcomeFile,
    Split,
    Tally,
    Unit,
    Verdict,
    VoteFile,
    live_result,
    tally,
)
from experiments.opinions.ballots import JUDGE
from experiments.shown.tables import number, p_value, points, rate
from experiments.shown.votes_text import percent
from ui import draw, routes
from ui.drawing.compare import named
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace


def section(house: Workspace) -> None:
    """Draw both, votes first."""
    st.subheader(say("compare.people"), anchor=False)
    with st.container(border=True, key="votes", gap="xsmall"):
        st.markdown(f"**{say('compare.votes')}**")
        cast = [
            vote for vote in VoteFile(house.votes, house.database).votes() if not vote.who.startswith(JUDGE)
        ]
        _votes(tally(cast, house.settings.target.margin))
        routes.link("chat", say("compare.to_chat"))
    with st.container(border=True, key="live", gap="xsmall"):
        st.markdown(f"**{say('compare.live')}**")
        _live(house)


def _votes(found: Tally) -> None:
    if not found.votes:
        st.markdown(say("compare.votes_none"))
        return
    st.markdown(draw.sentence(found.verdict.reason))
    _more(found.verdict)
    draw.table(
        [
            {
                say("compare.pair"): f"{named(row.setup)} : {named(row.other)}",
                say("compare.win_rate"): percent(row.rate),
                say("compare.won"): str(row.wins),
                say("compare.lost_n"): str(row.losses),
                say("compare.tie"): str(row.ties),
                say("compare.both_bad"): str(row.both_bad),
                say("compare.holm"): p_value(row.p),
                say("compare.needed"): number(row.needed),
            }
            for row in found.pairs
        ],
        numbers="votes",
    )
    counted = say("compare.votes_n", n=found.votes, voters=found.voters)
    st.caption(f"{counted}. {say('compare.votes_note')}")


def _live(house: Workspace) -> None:
    asked = house.settings.live
    if not asked.on:
        st.markdown(draw.sentence(say("compare.live_off")))
    if len(asked.weights) < 2:
        return
    rows = OutcomeFile(house.outcomes, house.database).outcomes()
    split = Split(asked.weights, Unit(asked.unit), asked.salt)
    if not rows and not asked.on:
        return
    for measure in (Event.THUMB, Event.TASK):
        _arms(live_result(rows, split, measure, house.settings.target.margin))


def _arms(found: LiveResult) -> None:
    st.markdown(f"**{say(f'compare.live_{found.measure}')}**")
    if found.mismatch:
        draw.problem(say("compare.live_mismatch"))
    st.markdown(draw.sentence(found.verdict.reason))
    _more(found.verdict)
    draw.table(
        [
            {
                say("compare.setup"): named(arm.setup),
                say("compare.meant"): draw.percent(arm.expected),
                say("compare.units"): str(arm.units),
                say("compare.good"): rate(arm.good),
                say("compare.failures"): str(arm.failures),
            }
            for arm in found.arms
        ],
        numbers=f"live-{found.measure}",
    )
    for row in found.contrasts:
        if row.anytime is not None:
            said = f"{named(row.setup)} − {named(row.other)}: {points(row.anytime)} {say('compare.points')}, p {p_value(row.p)}"
            st.caption(draw.escaped(said))


def _more(verdict: Verdict) -> None:
    if verdict.needed:
        st.caption(say("compare.more_votes", n=verdict.needed))
