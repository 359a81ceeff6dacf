"""The page's entry: the script that `ui.server.app` serves, with `--workspace DIR` among the process's words.

Sets the frame, finds out who is there, then runs the page that was chosen. Knows nothing of what is on any.
"""

from __future__ import annotations

import streamlit as st

from ui import draw, language, resources, routes
from ui.drawing import who as draw_who

resources.quieten()  # before anything heavy is imported: no library calls home

st.set_page_config(page_title="Rungwise", page_icon=str(draw.ICON), layout="wide")
st.logo(str(draw.LOGO), size="large")
draw.style()
if draw_who.let_in():
    chosen = st.navigation(routes.pages(), position="top")
    routes.menu()
    with st.container(
        key="frame", horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"
    ):
        draw_who.signed_in()
        language.switch()
    with draw.guarded():
        chosen.run()
