"""A cited document as a whole, opened at the passage, which is lit. Its text is other people's: drawn without Markdown.

Knows nothing of how a passage was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from foundation.errors import UserError
from ui import draw, resources
from ui.conversations import asking, clicking
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import Hit

_AROUND = 700


def opener(hit: Hit, key: str, asked: str = "") -> None:
    """Draw the button that opens a passage's document.

    Args:
        hit: The passage.
        key: Tells the button apart.
        asked: The complete question that it was found for; empty where no click is kept.
    """
    if st.button(say("chat.whole"), key=f"whole-{key}", icon=":material/open_in_full:", type="tertiary"):
        clicking.opened(resources.workspace(), asked, hit.chunk)
        st.dialog(draw.escaped(hit.chunk.label), width="medium")(_document)(hit)


def _document(hit: Hit) -> None:
    st.caption(draw.escaped(hit.chunk.source))
    text = _text(resources.workspace(), hit)
    if text is None:
        st.info(say("chat.closed"), icon=":material/lock:")
        return
    start = _place(text, hit)
    if start is None:
        st.info(say("chat.moved"), icon=":material/history:")
        st.text(hit.chunk.text)
        return
    end = start + len(hit.chunk.text)
    first, last = _line_break(text, start), _line_end(text, end)
    if text[:first].strip():
        with st.expander(say("chat.before", n=f"{first:,}"), icon=":material/expand_less:"):
            st.text(text[:first].rstrip())
    around = [(text[first:start], False), (text[start:end], True), (text[end:last], False)]
    draw.marked([one for one in around if one[0]], "lit", f"whole-{hit.rank}")
    if text[last:].strip():
        with st.expander(say("chat.after", n=f"{len(text) - last:,}"), icon=":material/expand_more:"):
            st.text(text[last:].strip("\n"))


def _text(house: Workspace, hit: Hit) -> str | None:
    """Return the document's text as it is now; None where this person may not see it, or it is gone."""
    from rag import Library

    try:
        with Library(
            house.documents, house.library, house.settings.retrieval, database=house.database
        ) as library:
            # rights are asked for anew, whoever saw the passage before
            seen = library.shown_to(asking.viewer(), hit.chunk.source)
            return library.text(hit.chunk.source) if seen else None
    except UserError:
        return None


def _place(text: str, hit: Hit) -> int | None:
    """Return where the passage stands in the text: where it stood, else where its words stand now."""
    passage, start = hit.chunk.text, hit.chunk.start
    if text[start : start + len(passage)] == passage:
        return start
    found = text.find(passage)
    return found if found >= 0 else None


def _line_break(text: str, start: int) -> int:
    low = max(0, start - _AROUND)
    return text.rfind("\n", 0, low) + 1 if low else 0


def _line_end(text: str, end: int) -> int:
    found = text.find("\n", end + _AROUND)
    return len(text) if found < 0 else found
