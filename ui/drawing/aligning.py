"""Aligning the adapter with preferences, on a page: how many there are, the button that begins it, and what is being done.

Knows nothing of how anything is aligned or decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, who
from ui.access.permissions import Action
from ui.conversations import preferring
from ui.drawing import job as draw_job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace


def section(house: Workspace) -> None:
    """Draw the whole of it; nothing where the workspace keeps no text of votes and has no preferences."""
    if not house.settings.votes.keep_text and not house.preferences.is_file():
        return
    st.subheader(say("train.align"), anchor=False)
    st.caption(say("train.align_lead"))
    with draw.guarded():
        job = draw_job.progress(house, "align")
        if job is None or not job.running:
            _form(house)


def _form(house: Workspace) -> None:
    may = who.can(Action.TRAIN)
    with st.container(border=True, key="align-form", gap="small"):
        st.markdown(say("train.align_kept", n=preferring.kept(house)))
        begun = st.button(
            say("train.align_go"),
            icon=":material/thumbs_up_down:",
            help=None if may else say("train.may_not"),
            disabled=not may,
            key="align-go",
        )
    if begun and draw_job.begin(house, "align", ["align", "--json"]):
        st.rerun()
