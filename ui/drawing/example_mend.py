"""What a check found, mended: every row that would change is shown before and after, and written only when that is taken over.

Decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from finetune.quality.mend import Mended
from ui import desk, draw, examples, who
from ui.access import door
from ui.access.permissions import Action
from ui.drawing.example import before_and_after, take_over, taken
from ui.drawing.example_findings import checked
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from finetune.quality.findings import Findings


def mend(house: Workspace) -> None:
    """Draw the mending of what was found."""
    taken(house)
    st.caption(draw.escaped(say("examples.mend_hint")))
    found = checked(house)
    if found is None:
        return
    if st.button(say("examples.mend_look"), key="mend", icon=":material/build:", type="primary"):
        with draw.guarded():
            _make(house, found)
    done = desk.kept("mended", Mended)
    if done is None or not examples.marked(house, examples.MENDED):
        return
    with draw.guarded():
        _made(house, done)


def _make(house: Workspace, found: Findings) -> None:
    door.allow(house.root, who.person(), Action.EXAMPLES, "draft of mended examples")
    desk.keep("mended", examples.mend(house, found))


def _made(house: Workspace, done: Mended) -> None:
    changes = examples.changes_of(house, done)
    if not changes:
        st.caption(say("examples.nothing_to_mend"))
    else:
        left = sum(not one.after for one in changes)
        told = say(
            "examples.would_mend", changed=f"{len(changes) - left:,}", left=f"{left:,}", kept=f"{done.kept:,}"
        )
        st.markdown(f"**{draw.escaped(told)}**")
        take_over(house, examples.MENDED)
        before_and_after(changes, "mended")
    if done.open:
        st.caption(draw.escaped(say("examples.open_findings", n=f"{len(done.open):,}")))
