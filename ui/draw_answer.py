"""An answer with its doubtful sentences marked, and what stands below it: citations that open their passage, and why.

Answers and passages are other people's text: drawn without Markdown. Knows nothing of how an answer was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from rag.support import spans_of
from ui import draw, state
from ui.held import declined, pieces, reason, summary, word
from ui.show import alike_text
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
    sources(reply, place)
    seconds = f"{reply.timings.get('total', 0.0):.1f} s"
    said = [SETUPS[reply.setup.value][0], seconds]
    if reply.abstained and not declined(reply):
        said.append("says that it can't tell")
    if not reply.finished:
        said.append("may be cut off")
    if reply.asked_back:
        said.append("asks back")
    if not reply.form.value:
        said.append("breaks the house's form")
    st.caption(" · ".join(said))
    with st.expander("Why this answer", icon=":material/manage_search:"):
        _why(reply, place)


def sources(reply: Reply, place: int) -> None:
    """Draw what an answer rests on, and nothing that names its setup.

    Args:
        reply: The reply.
        place: Its turn in the conversation, for the keys.
    """
    _doubts(reply)
    _citations(reply, place)


def answer(reply: Reply, place: int) -> None:
    """Draw an answer's text, what no passage carries marked in it.

    Args:
        reply: The reply.
        place: Its turn in the conversation, for the keys.
    """
    doubtful = [(one.start, one.end) for one in reply.unsupported]
    if doubtful:
        draw.marked(pieces(reply.text, doubtful), "doubt", f"answer-{place}")
    else:
        st.text(reply.text or "(The model wrote nothing.)")


def _doubts(reply: Reply) -> None:
    """Say which sentences no passage carries, and why; or that retrieval declined the question."""
    language = state.language()
    if said := declined(reply, language):
        st.caption(f":material/block: {draw.escaped(said)}")
    elif reply.unsupported:
        why = dict.fromkeys(reason(one, language) for one in reply.unsupported)
        told = f"{summary(reply, language).rstrip('.')}: {'; '.join(why)}."
        st.caption(f":material/warning: {draw.escaped(told)}")
    elif said := summary(reply, language):
        st.caption(f":material/check: {draw.escaped(said)}")


def _passage(text: str, spans: tuple[tuple[int, int], ...], key: str) -> None:
    """Draw a passage, what carries the answer marked in it."""
    if spans:
        draw.marked(pieces(text, spans), "lit", key)
    else:
        st.text(text)


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
                st.markdown(f"**{draw.escaped(cited.label)}**  \n:small[{_place(cited.source, cited.since)}]")
                _passage(cited.text, cited.spans, f"passage-{place}-{cited.number}")
                if cited.spans:
                    st.caption(draw.escaped(word("marked", state.language())))


def _why(reply: Reply, place: int) -> None:
    st.markdown(f"**{SETUPS[reply.setup.value][0]}.** {SETUPS[reply.setup.value][1]}")
    names = {
        "wait": "in line",
        "rewrite": "rewriting the question",
        "retrieve": "looking up",
        "prefill": "reading",
        "decode": "writing",
        "repair": "writing once more",
        "total": "in all",
    }
    times = " · ".join(f"{names.get(name, name)} {value:.2f} s" for name, value in reply.timings.items())
    st.caption(times)
    if reply.tokens_in or reply.tokens_out:
        st.caption(f"{reply.tokens_in:,} tokens in, {reply.tokens_out:,} tokens out")
    if not reply.form.value:
        st.caption(draw.escaped(f"The form is broken: {reply.form.reason}."))
    if reply.repaired:
        st.caption("A first answer broke the form; this is the second.")
    if reply.forgotten:
        st.caption(f"{reply.forgotten} earlier turns were left out: there was no room for them.")
    made = [f"model {reply.model}"] + [f"adapter {reply.adapter}"] * bool(reply.adapter)
    made += [f"index {reply.index}"] * bool(reply.index)
    st.caption(draw.escaped(" · ".join(made)))
    if reply.removed:
        st.caption(draw.escaped(f"Taken out before it was shown: {', '.join(dict.fromkeys(reply.removed))}."))
    if not reply.hits:
        st.caption("It was shown no passages." if reply.setup.retrieve else "This setup looks nothing up.")
    cited = {one.number for one in reply.citations}
    for hit in reply.hits:
        _hit(hit, spans_of(reply.support, hit.rank), hit.rank in cited, place)


def _place(source: str, since: str) -> str:
    """Return where a passage stands and since when that holds, for Markdown."""
    return draw.escaped(f"{source}, since {since}" if since else source)


def _hit(hit: Hit, spans: tuple[tuple[int, int], ...], cited: bool, place: int) -> None:
    with st.container(border=True, key=f"passage-{place}-hit-{hit.rank}"):
        mark = " :green-badge[cited]" if cited else ""
        label, source = draw.escaped(hit.chunk.label), _place(hit.chunk.source, hit.since)
        st.markdown(f"**\\[{hit.rank}\\] {label}**{mark}  \n:small[{source}]")
        _passage(hit.chunk.text, spans, f"passage-{place}-hit-{hit.rank}")
        if hit.alike:
            st.caption(draw.escaped(alike_text(hit.alike)))
        st.caption(f"score {hit.score:.2f} · meaning {hit.dense:.2f} · words {hit.keyword:.2f}")
