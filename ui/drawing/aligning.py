"""Aligning the adapter with preferences, on a page: how many there are, the button that begins it, and what came of it.

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
    from ui.jobs.job import Job

_RULINGS = {"switch": ("train.align_better", "green"), "keep": ("train.align_not_better", "blue")}


def section(house: Workspace) -> None:
    """Draw the whole of it; nothing where the workspace keeps no text of votes and has no preferences."""
    if not house.settings.votes.keep_text and not house.preferences.is_file():
        return
    st.subheader(say("train.align"), anchor=False)
    st.caption(say("train.align_lead"))
    with draw.guarded():
        job = draw_job.progress(house, "align", lambda ended: _came(house, ended))
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


def _came(house: Workspace, job: Job) -> None:
    """Draw what the candidate is worth: the gate's word, how it tells held-out pairs apart, and what length has to do with it."""
    told = job.result
    if not isinstance(told, dict) or not told.get("candidate"):
        return
    gated = told["gate"] or {}
    few = "train.retrain_not_enough" if gated else "train.align_unmeasured"
    name, color = _RULINGS.get(gated.get("ruling", ""), (few, "orange"))
    with st.container(border=True, key="aligned", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{draw.escaped(str(told['candidate']))}**", width="content")
            st.badge(say(name), color=color)  # type: ignore[arg-type]
        st.markdown(draw.sentence(gated["reason"] if gated else say("train.align_write")))
        held = told["held_out"]
        before, after, gained = (_share(held[part]) for part in ("before", "after", "reward"))
        words = say("train.align_apart", n=held["pairs"], before=before, after=after, gained=gained)
        st.markdown(draw.sentence(words))
        st.caption(draw.sentence(told["length_bias"]["text"]))
        if gated.get("ruling") == "switch" and house.adapters.served[-1:] != [told["candidate"]]:
            st.caption(say("train.align_use"))


def _share(rate: dict[str, float]) -> str:
    value, low, high = (f"{100 * rate[name]:.0f}" for name in ("value", "low", "high"))
    return say("train.align_share", value=value, low=low, high=high)
