"""The pages by name, for the menu and for links between them. Knows nothing of what is on any.

Their folder is not called `pages`: beside the script, Streamlit would serve a folder of that name by
itself, and the first visitor of an address below it would get a page without its frame and its guard.
"""

from __future__ import annotations

from types import MappingProxyType

import streamlit as st
from streamlit.navigation.page import Page

from ui.language import say

_ICONS = MappingProxyType(
    {
        "home": ":material/home:",
        "advise": ":material/explore:",
        "documents": ":material/folder_open:",
        "examples": ":material/school:",
        "train": ":material/show_chart:",
        "chat": ":material/forum:",
        "compare": ":material/analytics:",
        "report": ":material/summarize:",
        "monitor": ":material/monitor_heart:",
        "govern": ":material/shield_person:",
    }
)
NAMES = tuple(_ICONS)
"""Every page in the order of the menu."""


def pages() -> list[Page]:
    """Return every page in the order of the menu; a page's file runs when it is first opened."""
    return [
        st.Page(path(name), title=say(f"menu.{name}"), icon=icon, url_path=name, default=name == "home")
        for name, icon in _ICONS.items()
    ]


def link(name: str, label: str) -> None:
    """Draw a link to a page."""
    st.page_link(path(name), label=label, icon=_ICONS[name])


def menu() -> None:
    """Draw the pages in a row, for screens on which the menu on top is folded away behind a drawer."""
    with st.container(key="menu", horizontal=True, gap="xxsmall"):
        for name in NAMES:
            st.page_link(path(name), label=say(f"menu.{name}"))


def path(name: str) -> str:
    """Return a page's file, from where `app.py` is."""
    return f"views/{name}.py"
