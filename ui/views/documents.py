"""Documents: what is known, file by file, and what a search finds; put in, brought up to date, forgotten. Decides nothing.

Whoever looks sees the documents that their groups may see, and counts of no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from ui import desk, documents, draw, resources, who
from ui.access.permissions import Action
from ui.amounts import size, took
from ui.documents import Listing
from ui.drawing import job as draw_job
from ui.drawing.document import moment
from ui.drawing.document_add import add
from ui.drawing.document_forget import forget
from ui.drawing.document_list import files, opened
from ui.drawing.document_personal import personal
from ui.drawing.document_search import search
from ui.drawing.document_teach import teaching
from ui.jobs import office
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.jobs.job import Job

_PARTS = {
    "search": Action.SEARCH, "files": Action.SEARCH, "add": Action.INGEST, "personal": Action.INGEST, "forget": Action.FORGET
}  # fmt: skip
_ICONS = {
    "search": "search",
    "files": "folder_open",
    "add": "upload",
    "personal": "badge",
    "forget": "delete_forever",
}
_MOST_LINES = 50


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("documents.title"), anchor=False)
    groups = who.person().groups | _eyes()
    from rag import Library

    # What is drawn from the ledger alone waits for no model; only a search asks the library that all share.
    with Library(
        house.documents, house.library, house.settings.retrieval, database=house.database
    ) as library:
        listing = documents.listed(house, library, groups)
        _standing(house, listing)
        _upkeep(house, listing)
        part = _part()
        if (source := desk.document()) and part != "forget":
            opened(house, listing, library, source, groups)
            return
    if part == "search":
        search(house, listing, groups)
    elif part == "files":
        files(listing)
    elif part == "add":
        add(house, listing)
    elif part == "personal":
        personal(house, listing)
    else:
        forget(house, listing)


def _part() -> str:
    parts = [name for name, action in _PARTS.items() if who.can(action)]
    chosen = st.segmented_control(
        say("documents.parts"),
        parts,
        format_func=lambda name: f":material/{_ICONS[name]}: {say(f'documents.part.{name}')}",
        default=desk.part(parts),
        required=True,
        label_visibility="collapsed",
        key=f"documents-part-{desk.round_of('part')}",
        on_change=_chosen,
    )
    return chosen or parts[0]


def _chosen() -> None:
    desk.go(str(st.session_state.get(f"documents-part-{desk.round_of('part')}") or "search"))


def _eyes() -> frozenset[str]:
    """Return the groups that an admin looks with besides their own; nobody else's field is believed."""
    named = str(st.session_state.get("documents-eyes") or "") if who.can(Action.MANAGE) else ""
    return frozenset(part.strip() for part in named.split(",") if part.strip())


def _choose_eyes() -> None:
    """Draw the field in which an admin names groups; nobody else is asked."""
    if who.can(Action.MANAGE):
        with st.popover(say("documents.eyes_button"), icon=":material/visibility:"):
            st.text_input(
                say("documents.eyes"),
                key="documents-eyes",
                help=say("documents.eyes_help"),
                persist_state="session",
                max_chars=300,
            )


def _standing(house: Workspace, listing: Listing) -> None:
    if not listing.entries and not listing.built:
        draw.hint(say("documents.empty" if who.can(Action.INGEST) else "documents.empty_viewer"))
        return
    told = [
        say("documents.count", n=f"{len(listing.entries):,}"),
        say("documents.passages", n=f"{listing.chunks:,}"),
    ]
    if listing.built:
        told += [
            say("documents.synced", when=moment(listing.synced_at)),
            say("documents.by", name=listing.embedder),
        ]
    if listing.built and who.can(Action.INGEST):
        told.append(say("documents.size", size=size(documents.folder_size(house))))
    st.caption(draw.escaped(" · ".join(told)))
    if listing.hidden and who.can(Action.MANAGE):
        st.caption(draw.escaped(say("documents.hidden", n=f"{listing.hidden:,}")))


def _upkeep(house: Workspace, listing: Listing) -> None:
    """Draw the work on the index and what begins it, for whoever may; how it ended stands above the files only."""
    if not (listing.entries or listing.built):
        return
    job = office.newest(house, "sync") if who.can(Action.INGEST) else None
    if job is not None and (job.running or desk.part(list(_PARTS)) in ("files", "add")):
        draw_job.progress(house, "sync", lambda ended: _report(ended, listing))
    with st.container(horizontal=True, gap="small", key="documents-upkeep"):
        if who.can(Action.INGEST) and not (job is not None and job.running):
            _sync(house, listing)
        if listing.built:
            teaching(house)
        _choose_eyes()


def _sync(house: Workspace, listing: Listing) -> None:
    behind = listing.behind or not listing.built
    label = say("documents.sync_n", n=f"{listing.behind:,}") if listing.behind else say("documents.sync")
    kind: Literal["primary", "secondary"] = "primary" if behind else "secondary"
    if st.button(label, key="sync", icon=":material/sync:", type=kind, help=say("documents.sync_help")):
        begin_sync(house)


def begin_sync(house: Workspace) -> None:
    """Begin to bring the index up to date."""
    with draw.guarded():
        if draw_job.begin(house, "sync", ["sync", "--json"]):
            st.rerun()


def _report(job: Job, listing: Listing) -> None:
    """Draw what bringing the index up to date did, file by file; only of documents that this reader sees."""
    told = job.result
    if not isinstance(told, dict) or not isinstance(told.get("files"), list):
        return
    seen = listing.sources()
    rows = [one for one in told["files"] if isinstance(one, dict) and one.get("source") in seen]
    counts = {
        name: sum(row.get("outcome") == name for row in rows)
        for name in ("indexed", "unchanged", "skipped", "failed")
    }
    words = [say(f"documents.outcome.{name}", n=f"{count:,}") for name, count in counts.items() if count]
    with st.expander(
        draw.escaped(f"{say('documents.report')}: {', '.join(words) or say('documents.nothing')}")
    ):
        st.caption(
            draw.escaped(
                say(
                    "documents.took",
                    time=took(float(told.get("seconds", 0))),
                    n=f"{told.get('embedded', 0):,}",
                )
            )
        )
        shown = [row for row in rows if row.get("reason") or row.get("hidden")]
        for row in shown[:_MOST_LINES]:
            hidden = say("documents.cleaned", n=row["hidden"]) if row.get("hidden") else ""
            st.text(f"{row['source']}: {'; '.join(filter(None, [str(row.get('reason') or ''), hidden]))}")
        if len(shown) > _MOST_LINES:
            st.caption(say("documents.more", n=f"{len(shown) - _MOST_LINES:,}"))
        if not listing.hidden:  # a note can name any document
            for note in told.get("notes", ()):
                st.text(str(note))


if __name__ == "__main__":  # as Streamlit runs it
    page()
