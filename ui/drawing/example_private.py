"""Personal data in the examples replaced by surrogates: counts by kind, each changed row before and after. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, examples, who
from ui.access.permissions import Action, require
from ui.drawing import job as draw_job
from ui.drawing.example import before_and_after, take_over, taken
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.jobs.job import Job


def private(house: Workspace) -> None:
    """Draw the replacing of personal data."""
    taken(house)
    st.caption(draw.escaped(say("examples.private_hint")))
    job = draw_job.progress(house, "pseudonymise", lambda ended: _made(house, ended))
    if job is not None and job.running:
        return
    out = examples.draft(house, examples.PSEUDONYMISED)
    if st.button(
        say("examples.private_look"),
        key="pseudonymise",
        icon=":material/visibility_off:",
        type="secondary" if job else "primary",
    ):
        with draw.guarded():
            require(who.person(), Action.EXAMPLES)
            out.parent.mkdir(parents=True, exist_ok=True)
            if draw_job.begin(house, "pseudonymise", ["pseudonymise", "--json", "--out", str(out)]):
                st.rerun()


def _made(house: Workspace, job: Job) -> None:
    told = job.result
    if not isinstance(told, dict) or not isinstance(told.get("replaced"), dict):
        return
    examples.mark_made(house, examples.PSEUDONYMISED, job.began)
    if not examples.marked(house, examples.PSEUDONYMISED):
        st.caption(say("examples.draft_gone"))
        return
    kinds = ", ".join(f"{count} × {kind}" for kind, count in told["replaced"].items())
    st.markdown(
        f"**{draw.escaped(say('examples.replaced', kinds=kinds) if kinds else say('examples.nothing_private'))}**"
    )
    if not told.get("names"):
        st.caption(draw.sentence(say("documents.personal_no_names")))
    if not kinds:
        return
    if changed := told.get("facts_changed"):
        draw.hint(say("examples.facts_changed", n=f"{len(changed):,}"))
    st.caption(draw.escaped(say("examples.not_anonymous")))
    take_over(house, examples.PSEUDONYMISED)
    with draw.guarded():
        before_and_after(examples.replaced(house), "pseudonymised")
