"""A long list a page at a time. Knows nothing of what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from ui.language import say

_Item = TypeVar("_Item")


def paged(items: Sequence[_Item], key: str, most: int = 25, first: int = 0) -> Sequence[_Item]:
    """Draw which page of a list is shown, where it has several; return what is on it.

    Args:
        items: The whole list.
        key: Tells this list from others on the page.
        most: Items a page.
        first: An item that is on the page that is shown first.
    """
    pages = -(-len(items) // most)
    if pages <= 1:
        return items
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"paging-{key}"):
        number = st.number_input(
            say("documents.page"), 1, pages, min(pages, first // most + 1), key=f"page-{key}", width=150
        )
        start = (int(number) - 1) * most
        shown = items[start : start + most]
        st.caption(
            say(
                "documents.shown",
                first=f"{start + 1:,}",
                last=f"{start + len(shown):,}",
                all=f"{len(items):,}",
            )
        )
    return shown
