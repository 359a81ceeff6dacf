"""Rows of examples, drawn as plain text: a list a page at a time, one row, and a row before and after. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from finetune.examples import Example
from ui import draw, examples
from ui.drawing.pages import paged
from ui.examples import Change
from ui.language import say
from ui.tabular import csv_text

if TYPE_CHECKING:
    from assistant import Workspace

_A_PAGE = 10


def rows(house: Workspace, known: list[Example]) -> None:
    """Draw the rows, narrowed and a page at a time, and what saves them."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        words = st.text_input(say("examples.filter"), key="examples-filter", max_chars=200, width="stretch")
        which = st.segmented_control(
            say("examples.which"), ["all", "answerable", "declined"], format_func=lambda one: say(f"examples.which.{one}"),
            default="all", required=True, key="examples-which", width="content",
        )  # fmt: skip
    found = examples.narrowed(known, words or "", which or "all")
    if not found:
        st.caption(say("examples.none_fits"))
        return
    for example in paged(found, "examples", _A_PAGE):
        row(example)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            say("examples.as_jsonl"), examples.as_jsonl(found), "examples.jsonl", "application/jsonl", on_click="ignore",
            icon=":material/download:",
        )  # fmt: skip
        st.download_button(
            say("examples.as_csv"),
            table(found),
            "examples.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )


def table(found: Sequence[Example]) -> str:
    """Return examples as CSV."""
    lines = [
        (one.id, one.question, one.answer, ", ".join(one.sources), ", ".join(one.facts), one.line)
        for one in found
    ]
    return csv_text(("id", "question", "answer", "sources", "facts", "line"), lines)


def row(example: Example) -> None:
    """Draw one row."""
    with st.container(border=True, gap="xxsmall", key=f"row-{example.line}"):
        where = ", ".join(example.sources) or say("examples.no_document")
        st.caption(draw.escaped(f"{say('examples.line', n=f'{example.line:,}')} · {example.id} · {where}"))
        for turn in example.messages[:-1]:
            role = turn["role"]
            st.text(f"{say(f'examples.role.{role}')}: {turn['content']}")
        st.text(f"{say('examples.role.assistant')}: {example.answer}")


def before_and_after(changes: Sequence[Change], key: str) -> None:
    """Draw rows before and after, a page at a time."""
    for change in paged(changes, key, _A_PAGE):
        with st.container(border=True, gap="xsmall", key=f"change-{key}-{change.line}"):
            st.caption(draw.escaped(say("examples.line", n=f"{change.line:,}")))
            if change.why:
                st.text(change.why)
            before, after = st.columns(2)
            with before:
                st.caption(say("examples.before"))
                st.text(change.before)
            with after:
                st.caption(say("examples.after"))
                if change.after:
                    st.text(change.after)
                else:
                    st.badge(say("examples.left_out"), color="orange")


def take_over(house: Workspace, name: str) -> None:
    """Draw what puts a draft in the place of the examples, and what saves it beside."""
    from ui import desk, who
    from ui.access import door
    from ui.access.permissions import Action

    with st.container(horizontal=True, gap="small"):
        if st.button(
            say("examples.take_over"),
            key=f"take-{name}",
            type="primary",
            icon=":material/check:",
            help=say("examples.take_over_help"),
        ):
            with draw.guarded():
                door.allow(house.root, who.person(), Action.EXAMPLES, f"took the {name} examples over")
                count = examples.take_over(house, name)
                desk.keep("taken", say("examples.taken", n=f"{count:,}"))
                st.rerun()
        st.download_button(
            say("examples.save_draft"), examples.draft(house, name).read_bytes(), f"examples.{name}.jsonl", "application/jsonl",
            key=f"save-{name}", on_click="ignore", icon=":material/download:",
        )  # fmt: skip


def taken(house: Workspace) -> None:
    """Draw that a draft was taken over, and what takes that back."""
    from ui import desk, who
    from ui.access import door
    from ui.access.permissions import Action

    if told := desk.kept("taken", str):
        st.success(draw.sentence(told), icon=":material/check:")
        desk.keep("taken", None)
    if examples.draft(house, examples.BEFORE).is_file() and st.button(
        say("examples.take_back"),
        key="take-back",
        icon=":material/undo:",
        type="tertiary",
        help=say("examples.take_back_help"),
    ):
        with draw.guarded():
            door.allow(house.root, who.person(), Action.EXAMPLES, "put the examples back")
            count = examples.take_over(house, examples.BEFORE)
            desk.keep("taken", say("examples.put_back", n=f"{count:,}"))
            st.rerun()
