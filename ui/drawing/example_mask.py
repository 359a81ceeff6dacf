"""One training row as the model will see it, what is taught of it lit. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw
from ui.drawing import job as draw_job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from finetune.examples import Example
    from ui.jobs.job import Job

_MOST_ROWS = 3  # that an example can make


def mask(house: Workspace, known: list[Example]) -> None:
    """Draw which row is shown, and the row."""
    st.caption(draw.escaped(say("examples.mask_hint")))
    number = st.number_input(
        say("examples.mask_row"), 1, _MOST_ROWS * max(1, len(known)), 1, key="mask-row", width=180
    )
    if st.button(
        say("examples.mask_look"), key="mask", icon=":material/format_ink_highlighter:", type="primary"
    ):
        with draw.guarded():
            if draw_job.begin(house, "preview", ["train", "--preview", str(int(number)), "--json"]):
                st.rerun()
    draw_job.progress(house, "preview", _row)


def _row(job: Job) -> None:
    told = job.result
    if (
        not isinstance(told, dict)
        or not isinstance(told.get("read"), str)
        or not isinstance(told.get("taught"), str)
    ):
        return
    with st.container(border=True, key="mask-shown"):
        counts = {name: f"{told.get(name, 0):,}" for name in ("row", "examples", "tokens", "taught_tokens")}
        st.caption(draw.escaped(say("examples.mask_told", **counts)))
        draw.marked([(told["read"], False), (told["taught"], True)], "lit", "mask")
