"""Govern: what is late, what ends when, who asked for what, who may see what, and the papers that say so. Decides nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, resources, who
from ui.access.permissions import Action
from ui.drawing import governance as draw_governance
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from governance import Standing

_PARTS = ("due", "requests", "review", "papers")


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("govern.title"), anchor=False)
    st.markdown(say("govern.lead"))
    st.caption(say("govern.no_advice"))
    if not who.can(Action.GOVERN):
        draw.hint(say("govern.may_not"))
        return
    with draw.guarded():
        _drawn(house, datetime.now(UTC))


def _drawn(house: Workspace, now: datetime) -> None:
    from governance import standing

    stands = standing(house, now)
    _at_a_glance(stands, now.date())
    part = st.segmented_control(
        say("govern.parts"),
        _PARTS,
        default="due",
        format_func=lambda one: say(f"govern.{one}"),
        key="govern-part",
        label_visibility="collapsed",
    )
    if part == "requests":
        draw_governance.requests(house, stands, now)
    elif part == "review":
        draw_governance.review(house, stands, now)
    elif part == "papers":
        draw_governance.papers(house, now)
    else:
        draw_governance.due(house, stands)


def _at_a_glance(stands: Standing, today: date) -> None:
    with st.container(border=True, key="govern-glance", gap="xsmall"):
        told = "govern.fine" if stands.fine else "govern.late"
        st.markdown(f"### {':material/check_circle:' if stands.fine else ':material/schedule:'} {say(told)}")
        for why in stands.damaged:
            draw.problem(why)
        facts = (
            (len(stands.due), say("govern.ended")),
            (len(stands.soon), say("govern.ends_soon")),
            (len(stands.requests), say("govern.open_requests")),
            (len(stands.unsaid), say("govern.unsaid")),
        )
        st.markdown(" · ".join(f"**{count}** {draw.escaped(name)}" for count, name in facts))
        if stands.overdue_requests:
            st.markdown(f":orange[{draw.escaped(say('govern.overdue', n=stands.overdue_requests))}]")


if __name__ == "__main__":  # as Streamlit runs it
    page()
