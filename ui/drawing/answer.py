"""An answer with its doubtful sentences marked, and what stands below it: citations that open their passage, and why.

Answers and passages are other people's text: drawn without Markdown. Knows nothing of how an answer was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from rag.attribution.support import spans_of
from ui import draw, resources, who
from ui.access.permissions import Action
from ui.conversations import clicking
from ui.conversations.held import declined, pieces, reason, summary, word
from ui.drawing.source import opener
from ui.language import language, say
from ui.show import alike_text
from ui.words import setup_line, setup_name

if TYPE_CHECKING:
    from assistant import Reply
    from rag import Hit


def details(reply: Reply, place: int, asked: str = "") -> None:
    """Draw what is known about a reply; arguments as of `sources`."""
    sources(reply, place, asked)
    own = language()
    said = [draw.escaped(setup_name(reply.variant or reply.setup.value, own))]
    said.append(say("chat.seconds", n=f"{reply.timings.get('total', 0.0):.1f}"))
    said += [say("chat.abstained")] * (reply.abstained and not declined(reply))
    said += [say("chat.cut_off")] * (not reply.finished)
    said += [say("chat.asked_back")] * reply.asked_back
    said += [say("chat.broken")] * (not reply.form.value)
    st.caption(" · ".join(said))
    with st.expander(say("chat.why"), icon=":material/manage_search:"):
        if reply.prompt and who.can(
            Action.EXAMPLES
        ):  # who may see the training rows has seen the instructions
            why, prompt = st.tabs([say("chat.why_tab"), say("chat.prompt")])
            with why:
                _why(reply, place)
            with prompt:
                _prompt(reply)
        else:
            _why(reply, place)


def sources(reply: Reply, place: int, asked: str = "") -> None:
    """Draw what an answer rests on, and nothing that names its setup.

    Args:
        reply: The reply.
        place: Its turn in the conversation, for the keys.
        asked: The complete question; empty where it is not kept which passage is opened.
    """
    _doubts(reply)
    _citations(reply, place, asked)


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
        st.text(reply.text or say("chat.empty"))


def _doubts(reply: Reply) -> None:
    """Say which sentences no passage carries, and why; or that retrieval declined the question."""
    own = language()
    if said := declined(reply, own):
        st.caption(f":material/block: {draw.escaped(said)}")
    elif reply.unsupported:
        why = dict.fromkeys(reason(one, own) for one in reply.unsupported)
        told = f"{summary(reply, own).rstrip('.')}: {'; '.join(why)}."
        st.caption(f":material/warning: {draw.escaped(told)}")
    elif said := summary(reply, own):
        st.caption(f":material/check: {draw.escaped(said)}")


def _passage(text: str, spans: tuple[tuple[int, int], ...], key: str) -> None:
    """Draw a passage, what carries the answer marked in it."""
    if spans:
        draw.marked(pieces(text, spans), "lit", key)
    else:
        st.text(text)


def _citations(reply: Reply, place: int, asked: str) -> None:
    if not reply.citations:
        return
    house = resources.workspace()
    tells: Literal["rerun", "ignore"] = "rerun" if asked and clicking.kept(house) else "ignore"
    with st.container(horizontal=True, key=f"cited-{place}"):
        for cited in reply.citations:
            label = f"\\[{cited.number}\\] {draw.escaped(cited.label)}"
            key = f"passage-{place}-{cited.number}"
            hit, named = reply.hits[cited.number - 1], f"{place}-{cited.number}"
            shown = st.popover(label, icon=":material/article:", key=f"cited-{named}", on_change=tells)
            if shown.open:
                clicking.opened(house, asked, hit.chunk)
            with shown, st.container(key=key):
                st.markdown(f"**{draw.escaped(cited.label)}**  \n:small[{_place(cited.source, cited.since)}]")
                _passage(cited.text, cited.spans, key)
                if cited.spans:
                    st.caption(draw.escaped(word("marked", language())))
                opener(hit, named, asked)


def _why(reply: Reply, place: int) -> None:
    own = language()
    name = draw.escaped(setup_name(reply.variant or reply.setup.value, own))
    st.markdown(f"**{name}.** {draw.escaped(setup_line(reply.setup.value, own))}")
    times = " · ".join(
        f"{say(f'chat.step.{step}')} {say('chat.seconds', n=f'{value:.2f}')}"
        for step, value in reply.timings.items()
    )
    st.caption(f"{say('chat.times')}: {times}")
    for told in _made(reply):
        st.caption(draw.escaped(told))
    cited = {one.number for one in reply.citations}
    for hit in reply.hits:
        _hit(hit, spans_of(reply.support, hit.rank), hit.rank in cited, place)


def _made(reply: Reply) -> list[str]:
    """Return how a reply came about, as sentences."""
    told: list[str] = []
    if reply.tokens_in or reply.tokens_out:
        told.append(say("chat.tokens", read=f"{reply.tokens_in:,}", written=f"{reply.tokens_out:,}"))
    if not reply.form.value:
        told.append(say("chat.form_broken", reason=reply.form.reason))
    if reply.repaired:
        told.append(say("chat.repaired"))
    if reply.forgotten:
        told.append(say("chat.forgotten", n=reply.forgotten))
    parts = {"model": reply.model, "adapter": reply.adapter, "index": reply.index}
    told.append(" · ".join(say(f"chat.made_{part}", name=name) for part, name in parts.items() if name))
    if reply.removed:
        told.append(say("chat.removed", what=", ".join(dict.fromkeys(reply.removed))))
    if not reply.hits:
        told.append(say("chat.no_passages" if reply.setup.retrieve else "chat.looks_nothing_up"))
    return told


def _prompt(reply: Reply) -> None:
    st.caption(say("chat.prompt_hint"))
    for message in reply.prompt:
        st.caption(say(f"chat.role.{message['role']}"))
        st.code(str(message["content"]), language=None, wrap_lines=True)


def _place(source: str, since: str) -> str:
    """Return where a passage stands and since when that holds, for Markdown."""
    return draw.escaped(say("chat.since", source=source, since=since) if since else source)


def _hit(hit: Hit, spans: tuple[tuple[int, int], ...], cited: bool, place: int) -> None:
    with st.container(border=True, key=f"passage-{place}-hit-{hit.rank}"):
        mark = f" :green-badge[{say('chat.cited')}]" if cited else ""
        label, source = draw.escaped(hit.chunk.label), _place(hit.chunk.source, hit.since)
        st.markdown(f"**\\[{hit.rank}\\] {label}**{mark}  \n:small[{source}]")
        _passage(hit.chunk.text, spans, f"passage-{place}-hit-{hit.rank}")
        if hit.alike:
            st.caption(draw.escaped(alike_text(hit.alike)))
        meaning, words = f"{hit.dense:.2f}", f"{hit.keyword:.2f}"
        st.caption(say("chat.scores", score=f"{hit.score:.2f}", meaning=meaning, words=words))
