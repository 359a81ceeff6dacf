"""Retraining through the gate, on a page: what asks for it, the button that begins it, what was decided and why, and Roll back.

What changes who answers is asked twice. Knows nothing of how anything is trained or decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from experiments.retraining.record import Retraining, Stage, records
from ui import draw, who
from ui.access import door
from ui.access.permissions import Action
from ui.drawing import job as draw_job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace

_SURE, _BACK = "retrain-sure", "retrain-done"
_RULINGS = {
    "switch": ("train.retrain_switch", "green"),
    "keep": ("train.retrain_keep", "blue"),
    "not enough": ("train.retrain_not_enough", "orange"),
}


def section(house: Workspace) -> None:
    """Draw the whole of it."""
    st.subheader(say("train.retrain"), anchor=False)
    st.caption(say("train.retrain_lead"))
    with draw.guarded():
        job = draw_job.progress(house, "retrain")
        if job is None or not job.running:
            _form(house)
            for record in records(house.retrains)[:1]:
                _decided(house, record)


def _form(house: Workspace) -> None:
    from ui.retraining import signals

    may = who.can(Action.TRAIN)
    with st.container(border=True, key="retrain-form", gap="small"):
        for clause in signals(house):
            draw.hint(say("train.retrain_asks", why=clause))
        because = st.text_input(
            say("train.retrain_because"), key="retrain-because", max_chars=200, disabled=not may
        )
        begun = st.button(
            say("train.retrain_go"),
            icon=":material/published_with_changes:",
            help=None if may else say("train.may_not"),
            disabled=not may,
            key="retrain-go",
        )
    told = [f"--because={because.strip()}"] if because.strip() else []
    if begun and draw_job.begin(house, "retrain", ["retrain", "--json", *told]):
        st.rerun()


def _decided(house: Workspace, record: Retraining) -> None:
    """Draw the newest retraining, wherever it was begun."""
    with st.container(border=True, key="retrained", gap="xsmall"):
        name, color = _RULINGS[record.ruling.value] if record.ruling else ("train.retrain_open", "orange")
        if record.stage is not Stage.DONE:
            name, color = "train.retrain_open", "orange"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{draw.escaped(record.candidate)}**", width="content")
            st.badge(say(name), color=color)  # type: ignore[arg-type]
            st.caption(_when(record))
        if record.reason:
            st.markdown(draw.sentence(record.reason))
        if record.because:
            st.caption(draw.escaped(say("train.retrain_why", because=record.because)))
        if done := st.session_state.pop(_BACK, ""):
            st.markdown(f":material/check_circle: {draw.escaped(say('train.now_serves', name=done))}")
        _back(house, record)


def _when(record: Retraining) -> str:
    return f"{record.began[:16].replace('T', ' ')} UTC"


def _back(house: Workspace, record: Retraining) -> None:
    """Draw what takes a switch back; nothing where the candidate does not serve, or none served before it."""
    served = house.adapters.served
    before = next((name for name in reversed(served) if name != served[-1]), "")
    if not before or served[-1] != record.candidate:
        return
    may = who.can(Action.TRAIN)
    if st.session_state.get(_SURE) != record.id:
        if st.button(
            say("train.rollback"),
            icon=":material/undo:",
            key="retrain-back",
            disabled=not may,
            help=None if may else say("train.may_not"),
        ):
            st.session_state[_SURE] = record.id
            st.rerun()
        return
    st.warning(draw.escaped(say("train.sure_rollback", name=before)), icon=":material/swap_horiz:")
    with st.container(horizontal=True, gap="small"):
        yes = st.button(say("train.yes"), type="primary", key="retrain-yes")
        no = st.button(say("train.no"), key="retrain-no")
    if yes:
        door.allow(house.root, who.person(), Action.TRAIN, f"rollback {before}")
        st.session_state[_BACK] = house.adapters.rollback()
    if yes or no:
        st.session_state.pop(_SURE, None)
        st.rerun()
