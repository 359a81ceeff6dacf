"""A better prompting searched from the page: a button behind a heading, and what came of it. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, resources, who
from ui.access.permissions import Action
from ui.drawing import job as draw_job
from ui.jobs.job import Job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace

_KIND = "tune-prompt"


def section(house: Workspace) -> None:
    """Draw the newest search, and the form that begins one; nothing where there are no questions."""
    if not house.questions.is_file():
        return
    with st.expander(say("compare.prompting"), icon=":material/edit_note:"):
        st.markdown(say("compare.prompting_what"))
        job = draw_job.progress(house, _KIND, _found)
        if job is None or not job.running:
            _form(house)


def _form(house: Workspace) -> None:
    index = resources.library_status(house).built
    setup = st.radio(
        say("compare.prompting_setup"),
        ["rag", "prompt"] if index else ["prompt"],
        horizontal=True,
        key="prompting-setup",
    )
    use = st.toggle(say("compare.prompting_use"), key="prompting-use")
    may = who.can(Action.MEASURE)
    begun = st.button(
        say("compare.prompting_go"),
        icon=":material/search:",
        disabled=not may,
        help=None if may else say("compare.may_not"),
        key="prompting-go",
    )
    st.caption(say("compare.goes_on"))
    words = [_KIND, "--json", "--setup", str(setup), *(["--use"] if use else [])]
    if begun and draw_job.begin(house, _KIND, words):
        st.rerun()


def _found(job: Job) -> None:
    told = job.result
    if not isinstance(told, dict):
        return
    outcome = str(told.get("outcome", ""))
    if outcome not in ("confirmed", "unconfirmed", "keep", "unfinished"):
        return
    st.markdown(f"**{say(f'compare.prompting_{outcome}')}**")
    st.markdown(draw.sentence(str(told.get("reason", ""))))
    if told.get("written"):
        st.caption(say("compare.prompting_written"))
