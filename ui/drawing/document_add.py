"""Putting documents in: files or a whole folder, each looked at before any is written, a document that is there only replaced
where that is asked for.

Decides nothing: `ui.uploads` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from foundation.errors import UserError
from rag.formats import READERS
from ui import desk, draw, uploads, who
from ui.access import door
from ui.access.permissions import Action
from ui.amounts import size
from ui.documents import Listing
from ui.jobs import office
from ui.language import say
from ui.uploads import Fate, Looked

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from assistant import Workspace

_COLOURS = {Fate.NEW: "green", Fate.CHANGED: "orange", Fate.SAME: "gray", Fate.REFUSED: "red"}
_MOST_LINES = 100


def add(house: Workspace, listing: Listing) -> None:
    """Draw how documents are put in."""
    done = desk.kept("uploaded", str)
    if done:
        st.success(draw.sentence(done), icon=":material/check:")
        desk.keep("uploaded", None)
    megabytes = house.settings.serve.upload_megabytes
    kinds = ", ".join(one.removeprefix(".") for one in READERS)
    st.caption(
        draw.escaped(
            say("documents.add_hint", kinds=kinds, size=f"{megabytes:g} MB", most=uploads.MOST_FILES)
        )
    )
    files = _chosen()
    folder = st.text_input(
        say("documents.into"),
        key="upload-folder",
        max_chars=300,
        help=say("documents.into_help"),
        placeholder="policies/2026",
    )
    if not files:
        return
    with draw.guarded():
        looked = uploads.look(
            house.documents, [uploads.Incoming(one.name, one.getvalue()) for one in files], megabytes, folder or "",
            listing.sources().__contains__,
        )  # fmt: skip
        _offer(house, listing, looked)


def _chosen() -> Sequence[UploadedFile]:
    number = desk.round_of("upload")
    files, whole = st.columns(2)
    with files:
        found = st.file_uploader(
            say("documents.files"),
            accept_multiple_files=True,
            key=f"upload-files-{number}",
            help=say("documents.files_help"),
        )
    with whole:
        folder = st.file_uploader(
            say("documents.folder"), accept_multiple_files="directory", key=f"upload-directory-{number}",
            help=say("documents.folder_help"),
        )  # fmt: skip
    return [*(found or ()), *(folder or ())]


def _offer(house: Workspace, listing: Listing, looked: list[Looked]) -> None:
    """Draw what would become of each file, and the button that does it."""
    for one in looked[:_MOST_LINES]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(say(f"documents.fate.{one.fate}"), color=_COLOURS[one.fate])  # type: ignore[arg-type]
            st.text(
                f"{one.source or one.told[:200]} ({size(len(one.data))})"
                + (f": {one.reason}" if one.reason else "")
            )
    if len(looked) > _MOST_LINES:
        st.caption(say("documents.more", n=f"{len(looked) - _MOST_LINES:,}"))
    changed = sum(one.fate is Fate.CHANGED for one in looked)
    replace = bool(changed) and st.checkbox(
        say("documents.replace", n=f"{changed:,}"),
        key=f"upload-replace-{desk.round_of('upload')}",
        help=say("documents.replace_help"),
    )
    if groups := sorted(
        {group for one in looked if one.source for group in listing.records.of(one.source).access}
    ):
        st.caption(draw.escaped(say("documents.will_be_closed", groups=", ".join(groups))))
    sync = st.checkbox(say("documents.sync_after"), True, key="upload-sync")
    count = sum(one.fate is Fate.NEW or (replace and one.fate is Fate.CHANGED) for one in looked)
    if st.button(
        say("documents.put", n=f"{count:,}"),
        key="upload-put",
        type="primary",
        icon=":material/upload:",
        disabled=not count,
    ):
        _put(house, looked, bool(replace), sync)


def _put(house: Workspace, looked: list[Looked], replace: bool, sync: bool) -> None:
    door.allow(house.root, who.person(), Action.INGEST, f"upload of {len(looked)} files")
    written = uploads.put(house.documents, looked, replace)
    told = say("documents.were_put", n=f"{len(written):,}")
    if sync:
        try:
            office.begin(house, "sync", ["sync", "--json"], who.person())
        except UserError as error:
            told = f"{told} {error}"
    desk.keep("uploaded", told)
    desk.empty("upload")
    st.rerun()
