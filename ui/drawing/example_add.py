"""Conversations taken over from other tools: a file is looked at and shown before a row of it is added. Decides nothing."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import streamlit as st

from foundation.errors import UserError
from ui import desk, draw, examples, uploads, who
from ui.access import door
from ui.access.permissions import Action
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace

_SHOWN = 3


def add(house: Workspace) -> None:
    """Draw how examples are added."""
    if told := desk.kept("added", str):
        st.success(draw.sentence(told), icon=":material/check:")
        desk.keep("added", None)
    megabytes = house.settings.serve.upload_megabytes
    st.caption(draw.escaped(say("examples.add_hint", size=f"{megabytes:g} MB")))
    files = st.file_uploader(
        say("examples.files"), accept_multiple_files=True, key=f"examples-upload-{desk.round_of('examples')}",
        help=say("examples.files_help"),
    )  # fmt: skip
    with st.expander(say("examples.columns"), icon=":material/view_column:"):
        st.caption(draw.escaped(say("examples.columns_hint")))
        question, answer, system = (
            box.text_input(say(f"examples.column.{name}"), key=f"column-{name}", max_chars=100)
            for box, name in zip(st.columns(3), ("question", "answer", "system"), strict=True)
        )
    if files:
        with draw.guarded():
            rows = _read([(one.name, one.getvalue()) for one in files], (question, answer, system), megabytes)
            _offer(house, rows)


def _read(
    files: list[tuple[str, bytes]], columns: tuple[str, str, str], megabytes: float
) -> list[dict[str, Any]]:
    from finetune.foreign import Columns

    if len(files) > uploads.MOST_FILES:
        raise UserError(
            f"{len(files)} files are too many for one upload: at most {uploads.MOST_FILES} are taken."
        )
    rows: list[dict[str, Any]] = []
    for told, data in files:
        name = checked_name(told, data, megabytes)
        rows += examples.foreign_rows(name, data, Columns(*(one.strip() for one in columns)))
    return rows


def checked_name(told: str, data: bytes, megabytes: float) -> str:
    """Return the name of an uploaded file of conversations.

    Raises:
        UserError: Name, size or content are refused.
    """
    try:
        name = uploads.cleaned(told)
    except UserError as error:
        raise UserError(f"{told[:80]}: {error}.") from None
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in examples.FOREIGN:
        raise UserError(
            f"{name}: files of type {suffix or '(none)'} are not taken over; {', '.join(examples.FOREIGN)} are."
        )
    if len(data) > megabytes * 1e6:
        raise UserError(f"{name}: it has {len(data) / 1e6:.1f} MB; at most {megabytes:g} MB are taken.")
    if reason := uploads.sniffed(data, suffix):
        raise UserError(f"{name}: {reason}.")
    return name


def _offer(house: Workspace, rows: list[dict[str, Any]]) -> None:
    st.markdown(f"**{draw.escaped(say('examples.read', n=f'{len(rows):,}'))}**")
    for row in rows[:_SHOWN]:
        with st.container(border=True, gap="xxsmall"):
            st.caption(draw.escaped(str(row["origin"])))
            st.text(examples.in_words(row))
    if st.button(
        say("examples.add", n=f"{len(rows):,}"), key="examples-add", type="primary", icon=":material/add:"
    ):
        door.allow(house.root, who.person(), Action.EXAMPLES, f"added {len(rows)} rows")
        added = examples.add(house, rows)
        desk.keep("added", say("examples.added", n=f"{added:,}", known=f"{len(rows) - added:,}"))
        desk.empty("examples")
        st.rerun()
