"""The pages by name, for the menu and for links between them. Knows nothing of what is on any.

Their folder is not called `pages`: beside the script, Streamlit would serve a folder of that name by
itself, and the first visitor of an address below it would get a page without its frame and its guard.
"""

from __future__ import annotations

from types import MappingProxyType

import streamlit as st
from streamlit.navigation.page import Page

_PAGES = MappingProxyType(
    {
        "home": ("Home", ":material/home:"),
        "advise": ("Advise", ":material/explore:"),
        "training": ("Training", ":material/show_chart:"),
        "chat": ("Chat", ":material/forum:"),
        "compare": ("Compare", ":material/analytics:"),
    }
)


def pages() -> list[Page]:
    """Return every page in the order of the menu; a page's file runs when it is first opened."""
    return [
        st.Page(path(name), title=title, icon=icon, url_path=name, default=name == "home")
        for name, (title, icon) in _PAGES.items()
    ]


def link(name: str, label: str) -> None:
    """Draw a link to a page."""
    st.page_link(path(name), label=label, icon=_PAGES[name][1])


def menu() -> None:
    """Draw the pages in a row, for screens on which the menu on top is folded away behind a drawer."""
    with st.container(key="menu", horizontal=True, gap="xxsmall"):
        for name, (title, _) in _PAGES.items():
            st.page_link(path(name), label=title)


def path(name: str) -> str:
    """Return a page's file, from where `app.py` is."""
    return f"views/{name}.py"
