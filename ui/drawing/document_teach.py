"""Teaching the embedder, for whoever may train: a button, how far it is, and what came of it. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, who
from ui.access.permissions import Action, require
from ui.drawing import job as draw_job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.jobs.job import Job


def teaching(house: Workspace) -> None:
    """Draw the newest teaching, and the button that begins one; nothing for whoever may not train."""
    if not who.can(Action.TRAIN):
        return
    with st.popover(say("documents.teach"), icon=":material/school:"):
        st.caption(draw.escaped(say("documents.teach_hint")))
        job = draw_job.progress(house, "tune-embedder", _came)
        if job is not None and job.running:
            return
        if st.button(say("documents.teach_begin"), key="teach", icon=":material/school:"):
            with draw.guarded():
                require(who.person(), Action.TRAIN)
                if draw_job.begin(house, "tune-embedder", ["tune-embedder", "--json"]):
                    st.rerun()


def _came(job: Job) -> None:
    told = job.result
    if not isinstance(told, dict) or not isinstance(told.get("pairs"), dict):
        return
    taken = told.get("outcome") == "accepted"
    st.markdown(f"**{draw.escaped(say('documents.teach_taken' if taken else 'documents.teach_kept'))}**")
    tried = told.get("acceptance") or {}
    gain = tried.get("gain")
    if isinstance(gain, dict):
        low, high = f"{gain['low']:+.3f}", f"{gain['high']:+.3f}"
        numbers = {"n": tried["questions"], "gain": f"{gain['mean']:+.3f}", "low": low, "high": high}
        st.caption(draw.escaped(say("documents.teach_gain", **numbers)))
        if needed := tried.get("needed"):
            st.caption(draw.escaped(say("documents.teach_needed", n=f"{needed:,}")))
        if worse := tried.get("worse_in"):
            st.caption(draw.escaped(say("documents.teach_worse", languages=", ".join(map(str, worse)))))
    else:
        st.text(str(told.get("reason", "")))
