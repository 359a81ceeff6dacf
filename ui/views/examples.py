"""Examples: training conversations, what is wrong with them, and how they are taught. Decides nothing."""

from __future__ import annotations

import streamlit as st

from ui.language import say


def page() -> None:
    """Draw the page."""
    st.title(say("examples.title"), anchor=False)


if __name__ == "__main__":  # as Streamlit runs it
    page()
