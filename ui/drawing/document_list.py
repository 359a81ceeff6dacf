"""The list of documents, and one document opened: its text in passages, its versions, when it holds and who may see it.

Everything that stands in a document is other people's text: drawn without Markdown. Decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from foundation.errors import UserError
from ui import desk, documents, draw, who
from ui.access.permissions import Action
from ui.documents import Entry, Listing, Standing, Version
from ui.drawing.document import badges, closed, line, moment
from ui.drawing.document_paper import paper
from ui.drawing.pages import paged
from ui.language import say
from ui.tabular import csv_text

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import Library

_A_PAGE = 25
_PASSAGES = 20


def files(listing: Listing) -> None:
    """Draw the documents, narrowed and a page at a time."""
    if not listing.entries:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        words = st.text_input(say("documents.filter"), key="documents-filter", max_chars=200, width="stretch")
        named = st.multiselect(
            say("documents.standing"),
            [one.value for one in Standing if any(entry.standing is one for entry in listing.entries)],
            format_func=lambda name: say(f"documents.standing.{name}"),
            key="documents-standing",
            placeholder=say("shared.choose"),
            width=260,
        )
    found = documents.narrowed(listing.entries, words or "", named)
    if not found:
        st.caption(say("documents.none_fits"))
        return
    for entry in paged(found, "files", _A_PAGE):
        _row(entry)
    st.download_button(
        say("documents.as_csv"),
        _table(found),
        "documents.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _row(entry: Entry) -> None:
    with st.container(border=True, gap="xxsmall", key=f"document-{documents.name_of(entry.source)}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                draw.escaped(entry.source),
                key=f"open-{entry.source}",
                type="tertiary",
                on_click=desk.open_document,
                args=(entry.source,),
                wrap=True,
            )
            badges(entry)
        if entry.reason:
            st.text(entry.reason)
        if told := line(entry):
            st.caption(draw.escaped(told))


def _table(entries: list[Entry]) -> str:
    head = (
        "document",
        "standing",
        "reason",
        "passages",
        "bytes",
        "since",
        "access",
        "from",
        "until",
        "purpose",
    )
    rows = [
        (
            one.source, str(one.standing), one.reason, one.chunks, one.size, one.since, ", ".join(sorted(one.record.access)),
            str(one.record.valid_from or ""), str(one.record.valid_until or ""), one.record.purpose,
        )
        for one in entries
    ]  # fmt: skip
    return csv_text(head, rows)


def opened(house: Workspace, listing: Listing, library: Library, source: str, groups: frozenset[str]) -> None:
    """Draw one document; a sentence where this reader sees none of that name."""
    st.button(
        say("documents.back"),
        key="documents-back",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=desk.close,
    )
    try:
        entry = documents.check_open(listing, source)
    except UserError:
        draw.problem(say("documents.no_such"))
        return
    st.subheader(draw.escaped(entry.source), anchor=False)
    with st.container(horizontal=True, gap="small"):
        badges(entry)
    if entry.reason:
        st.text(entry.reason)
    st.caption(draw.escaped(line(entry)))
    if who.can(Action.FORGET) and entry.chunks:
        st.button(
            say("documents.forget_this"),
            key="forget-this",
            icon=":material/delete_forever:",
            on_click=_to_forget,
            args=(source,),
        )
    _versions(documents.versions(house, source))
    paper(house, listing, entry)
    _text(library, entry, groups)


def _to_forget(source: str) -> None:
    desk.go("forget")
    desk.empty("part")
    desk.keep("forget-source", source)


def _versions(found: list[Version]) -> None:
    if not found:
        return
    with st.expander(say("documents.versions", n=f"{len(found):,}"), icon=":material/history:"):
        names = [say(f"documents.version.{name}") for name in ("hash", "since", "until")]
        draw.table(
            [
                dict(
                    zip(
                        names,
                        (one.sha256[:12], moment(one.since), moment(one.until) or say("documents.still")),
                        strict=True,
                    )
                )
                for one in found
            ],
            "versions",
        )
        st.caption(say("documents.versions_note"))


def _text(library: Library, entry: Entry, groups: frozenset[str]) -> None:
    """Draw a document's text, passage by passage, as the index holds it; rights are asked for anew."""
    from rag import Viewer

    st.markdown(f"**{draw.escaped(say('documents.text'))}**")
    if not entry.chunks:
        st.caption(say("documents.no_text"))
        return
    if not library.shown_to(Viewer(groups=groups), entry.source):
        closed()
        return
    chunks = library.chunks(entry.source)
    for chunk in paged(chunks, f"text-{entry.source}", _PASSAGES, desk.passage()):
        with st.container(border=True, gap="xxsmall", key=f"passage-{chunk.index}"):
            page = say("documents.on_page", n=chunk.page) if chunk.page else ""
            head = [say("documents.passage", n=f"{chunk.index + 1:,}"), chunk.heading, page]
            lit = ":material/arrow_forward: " if desk.named_passage() == chunk.index else ""
            st.caption(lit + draw.escaped(" · ".join(filter(None, head))))
            st.text(chunk.text)
