"""Examples: training conversations, what is wrong with them, and how they are taught. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from foundation.errors import UserError
from ui import desk, draw, examples, resources, who
from ui.access.permissions import Action, require
from ui.drawing.example import rows
from ui.drawing.example_add import add
from ui.drawing.example_findings import findings
from ui.drawing.example_mask import mask
from ui.drawing.example_mend import mend
from ui.drawing.example_private import private
from ui.drawing.example_split import split
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from finetune.examples import Example

_ICONS = {
    "rows": "list", "findings": "fact_check", "mend": "build", "mask": "format_ink_highlighter", "private": "visibility_off",
    "split": "call_split", "add": "upload",
}  # fmt: skip


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("examples.title"), anchor=False)
    require(who.person(), Action.EXAMPLES)
    try:
        known = examples.loaded(house)
    except UserError as error:
        draw.problem(str(error))
        known = []
    _standing(house, known)
    part = _part(list(_ICONS) if known else ["add"])
    if part == "rows":
        rows(house, known)
    elif part == "findings":
        findings(house, known)
    elif part == "mend":
        mend(house)
    elif part == "mask":
        mask(house, known)
    elif part == "private":
        private(house)
    elif part == "split":
        split(house)
    else:
        add(house)


def _standing(house: Workspace, known: list[Example]) -> None:
    if not known:
        if not house.examples.is_file() or not house.examples.stat().st_size:
            draw.hint(say("examples.empty"))
        return
    told = sum(one.answerable for one in known)
    sources = {source for one in known for source in one.sources}
    parts = [
        say("examples.count", n=f"{len(known):,}"),
        say("examples.answered", n=f"{told:,}", share=draw.percent(told / len(known))),
        say("examples.declined", n=f"{len(known) - told:,}"),
        say("examples.of_documents", n=f"{len(sources):,}"),
    ]
    st.caption(draw.escaped(" · ".join(parts)))


def _part(parts: list[str]) -> str:
    key = f"examples-part-{len(parts)}"
    chosen = st.segmented_control(
        say("examples.parts"),
        parts,
        format_func=lambda name: f":material/{_ICONS[name]}: {say(f'examples.part.{name}')}",
        default=desk.part(parts),
        required=True,
        label_visibility="collapsed",
        key=key,
        on_change=lambda: desk.go(str(st.session_state.get(key) or parts[0])),
    )
    return chosen or parts[0]


if __name__ == "__main__":  # as Streamlit runs it
    page()
