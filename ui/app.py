"""The page's entry: `streamlit run ui/app.py -- --workspace DIR`.

Sets the frame, then runs the page that was chosen. Knows nothing of what is on any.
"""

from __future__ import annotations

import streamlit as st

from ui import draw, language, resources, routes

resources.quieten()  # before anything heavy is imported: no library calls home

st.set_page_config(page_title="Rungwise", page_icon=str(draw.ICON), layout="wide")
st.logo(str(draw.LOGO), size="large")
chosen = st.navigation(routes.pages(), position="top")
draw.style()
routes.menu()
language.switch()
with draw.guarded():
    chosen.run()
