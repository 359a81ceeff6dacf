"""What stands below an answer: its citations, each opening its passage, and why it says what it says.

Passages are other people's text: drawn without Markdown. Knows nothing of how an answer was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import draw
from ui.words import SETUPS

if TYPE_CHECKING:
    from assistant import Reply
    from rag import Hit


def details(reply: Reply, place: int) -> None:
    """Draw what is known about a reply.

    Args:
        reply: The reply.
        place: Its turn in the conversation, for the keys.
    """
    _citations(reply, place)
    seconds = f"{reply.timings.get('total', 0.0):.1f} s"
    said = [SETUPS[reply.setup.value][0], seconds]
    if reply.abstained:
        said.append("says that it can't tell")
    if not reply.finished:
        said.append("may be cut off")
    st.caption(" · ".join(said))
    with st.expander("Why this answer", icon=":material/manage_search:"):
        _why(reply, place)


def _citations(reply: Reply, place: int) -> None:
    if not reply.citations:
        return
    with st.container(horizontal=True, key=f"cited-{place}"):
        for cited in reply.citations:
            label = f"\\[{cited.number}\\] {draw.escaped(cited.label)}"
            with (
                st.popover(label, icon=":material/article:"),
                st.container(key=f"passage-{place}-{cited.number}"),
            ):
                st.markdown(f"**{draw.escaped(cited.label)}**  \n:small[{draw.escaped(cited.source)}]")
                st.text(cited.text)


def _why(reply: Reply, place: int) -> None:
    st.markdown(f"**{SETUPS[reply.setup.value][0]}.** {SETUPS[reply.setup.value][1]}")
    names = {"retrieve": "looking up", "generate": "writing", "total": "in all"}
    times = " · ".join(f"{names.get(name, name)} {value:.2f} s" for name, value in reply.timings.items())
    st.caption(times)
    if reply.tokens_in or reply.tokens_out:
        st.caption(f"{reply.tokens_in:,} tokens in, {reply.tokens_out:,} tokens out")
    if reply.removed:
        st.caption(draw.escaped(f"Taken out before it was shown: {', '.join(dict.fromkeys(reply.removed))}."))
    if not reply.hits:
        st.caption("It was shown no passages." if reply.setup.retrieve else "This setup looks nothing up.")
    cited = {one.number for one in reply.citations}
    for hit in reply.hits:
        _hit(hit, hit.rank in cited, place)


def _hit(hit: Hit, cited: bool, place: int) -> None:
    with st.container(border=True, key=f"passage-{place}-hit-{hit.rank}"):
        mark = " :green-badge[cited]" if cited else ""
        label, source = draw.escaped(hit.chunk.label), draw.escaped(hit.chunk.source)
        st.markdown(f"**\\[{hit.rank}\\] {label}**{mark}  \n:small[{source}]")
        st.text(hit.chunk.text)
        st.caption(f"score {hit.score:.2f} · meaning {hit.dense:.2f} · words {hit.keyword:.2f}")
