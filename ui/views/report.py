"""Report: everything that was found, as one file to hand on. Computes nothing."""

from __future__ import annotations

import streamlit as st

from ui.language import say


def page() -> None:
    """Draw the page."""
    st.title(say("report.title"), anchor=False)


if __name__ == "__main__":  # as Streamlit runs it
    page()
