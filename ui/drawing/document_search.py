"""The search box: what is found for a question, with its scores, why, and the words that it shares with it marked.

Decides nothing; a passage is other people's text, drawn without Markdown.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import streamlit as st

from ui import desk, draw, resources
from ui.conversations import clicking
from ui.documents import Listing
from ui.language import say
from ui.show import alike_text

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import Chunk, Hit

MOST_HITS = 20
LONGEST = 1_000
_MOST_MARKS = 12
_WORD = re.compile(r"\w+(?:[-./]\w+)*(?:['’]\w+)?")


def search(house: Workspace, listing: Listing, groups: frozenset[str]) -> None:
    """Draw the search box and what it finds."""
    from rag import Viewer

    if not listing.built:
        if listing.entries:
            draw.hint(say("documents.no_index"))
        return
    query, k, at, tags = _asked()
    if not query.strip():
        st.caption(say("documents.search_hint"))
        if clicking.kept(house):
            st.caption(say("documents.clicks_kept"))
        return
    viewer = Viewer(groups, datetime.combine(at, time(12), UTC) if at else None, tags)
    with st.spinner(say("documents.searching")):
        library = resources.served(house).assistant.library
        assert library is not None
        hits = library.search(query, k, viewer)
    if not hits:
        st.caption(say("documents.nothing_found"))
        return
    still = frozenset(library.shown_to(Viewer(groups=groups)))
    for hit in hits:
        _hit(house, hit, query, _seen_alike(hit, listing), hit.chunk.source in still)
    st.caption(say("documents.score_note"))


def _asked() -> tuple[str, int, date | None, frozenset[str]]:
    with st.form("documents-search", border=False):
        query = st.text_input(
            say("documents.query"),
            key="documents-query",
            max_chars=LONGEST,
            placeholder=say("documents.query_example"),
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            k = st.number_input(say("documents.k"), 1, MOST_HITS, 5, key="documents-k", width=130)
            at = st.date_input(
                say("documents.as_of"),
                None,
                key="documents-as-of",
                help=say("documents.as_of_help"),
                width=200,
            )
            tags = st.text_input(say("documents.only_tags"), key="documents-tags", max_chars=200, width=200)
            st.form_submit_button(
                say("documents.search"), icon=":material/search:", type="primary", width=130
            )
    named = frozenset(part.strip() for part in tags.split(",") if part.strip())
    return query, int(k), at if isinstance(at, date) else None, named


def _seen_alike(hit: Hit, listing: Listing) -> list[str]:
    seen = listing.sources()
    return [source for source in hit.alike if source in seen]


def _open(house: Workspace, query: str, chunk: Chunk) -> None:
    clicking.opened(house, query, chunk)
    desk.open_document(chunk.source, chunk.index)


def _hit(house: Workspace, hit: Hit, query: str, alike: list[str], still: bool) -> None:
    chunk = hit.chunk
    with st.container(border=True, gap="xsmall", key=f"hit-{hit.rank}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{hit.rank}. {draw.escaped(chunk.label)}**", width="stretch")
            st.badge(say("documents.score", n=f"{hit.score:.2f}"), color="primary")
        pieces, shared = lit(chunk.text, query)
        draw.marked(pieces, "lit", f"hit-{hit.rank}")
        st.caption(draw.escaped(_why(hit, shared)))
        if alike:
            st.caption(draw.escaped(alike_text(alike)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            page = say("documents.on_page", n=chunk.page) if chunk.page else ""
            since = say("documents.since", when=hit.since) if hit.since else ""
            st.caption(draw.escaped(" · ".join(filter(None, [chunk.source, page, since]))), width="stretch")
            if still:
                st.button(
                    say("documents.open"), key=f"hit-open-{hit.rank}", type="tertiary", icon=":material/open_in_full:",
                    on_click=_open, args=(house, query, chunk),
                )  # fmt: skip


def _why(hit: Hit, shared: list[str]) -> str:
    scores = say("documents.scores", meaning=f"{hit.dense:.2f}", words=f"{hit.keyword:.2f}")
    if shared:
        return f"{say('documents.why_words', words=', '.join(shared[:8]))} {scores}"
    return f"{say('documents.why_words_hidden' if hit.keyword else 'documents.why_meaning')} {scores}"


def lit(text: str, query: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return a passage in pieces, those lit that the index takes for a word of the question, and these words.

    Words that stand beside each other are lit as one.
    """
    from rag.words import lower, question_forms

    wanted = {form for forms in question_forms(query) for form in forms}
    pieces: list[tuple[str, bool]] = []
    shared: dict[str, None] = {}
    end = marks = 0
    for found in _WORD.finditer(text):
        forms = {form for one in question_forms(found[0]) for form in one}
        if marks == _MOST_MARKS or not forms & wanted:
            continue
        between, end_before = text[end : found.start()], end
        end = found.end()
        shared[lower(found[0])] = None
        if pieces and end_before and between.isspace() and "\n" not in between and pieces[-1][1]:
            pieces[-1] = (pieces[-1][0] + between + found[0], True)
            continue
        marks += 1
        pieces += [(between, False)] if between else []
        pieces.append((found[0], True))
    pieces += [(text[end:], False)] if text[end:] else []
    return pieces, list(shared)
