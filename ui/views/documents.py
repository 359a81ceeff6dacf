"""Documents: what is known, file by file, and what a search finds. Decides nothing."""

from __future__ import annotations

import streamlit as st

from ui.language import say


def page() -> None:
    """Draw the page."""
    st.title(say("documents.title"), anchor=False)


if __name__ == "__main__":  # as Streamlit runs it
    page()
