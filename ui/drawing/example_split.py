"""How the examples are split: to train on, to stop by, to test by; and which documents each part rests on. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, examples
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.examples import Part

_MOST_LINES = 40


def split(house: Workspace) -> None:
    """Draw the split."""
    found = examples.parts(house)
    every = sum(part.examples for part in found.parts) or 1
    head = {
        name: say(f"examples.split.{name}") for name in ("part", "examples", "share", "answered", "documents")
    }
    draw.table(
        [
            {
                head["part"]: say(f"examples.split.{part.name}"),
                head["examples"]: f"{part.examples:,}",
                head["share"]: draw.percent(part.examples / every),
                head["answered"]: draw.percent(part.answerable / part.examples) if part.examples else "–",
                head["documents"]: f"{len(part.sources):,}",
            }
            for part in found.parts
        ]
    )
    st.caption(draw.escaped(say("examples.split.groups", n=f"{found.groups:,}", seed=found.seed)))
    st.caption(draw.escaped(say("examples.split.apart" if found.apart else "examples.split.not_apart")))
    if not found.parts[-1].examples:
        draw.hint(say("examples.split.no_test"))
    for part in found.parts:
        _documents(part)


def _documents(part: Part) -> None:
    if not part.sources:
        return
    with st.expander(
        f"{say(f'examples.split.{part.name}')}: {say('examples.of_documents', n=f'{len(part.sources):,}')}"
    ):
        document, count = say("examples.split.document"), say("examples.split.examples")
        draw.table([{document: name, count: f"{number:,}"} for name, number in part.sources[:_MOST_LINES]])
        if len(part.sources) > _MOST_LINES:
            st.caption(say("documents.more", n=f"{len(part.sources) - _MOST_LINES:,}"))
