"""The language that this session reads the page in: chosen, named by the address, or else the browser's.

Knows nothing of any word but by name.
"""

from __future__ import annotations

from typing import cast

import streamlit as st

from advisor import Language
from ui.words import word

_LANGUAGE = "rungwise_language"
_SWITCH = "language"
PARAMETER = "lang"
"""What the address calls it: `?lang=tr`, so that a reload and a link keep it."""
NAMES = {Language.EN: "English", Language.TR: "Türkçe"}
"""What each language calls itself."""


def language() -> Language:
    """Return the language of this session."""
    chosen = cast("Language | None", st.session_state.get(_LANGUAGE))
    if chosen is None and (named := st.query_params.get(PARAMETER)) in list(Language):
        chosen = st.session_state[_LANGUAGE] = Language(named)
    if chosen is not None:
        return chosen
    return Language.TR if (st.context.locale or "").lower().startswith("tr") else Language.EN


def choose(chosen: Language) -> None:
    """Read everything in this language from now on."""
    st.session_state[_LANGUAGE] = chosen


def say(name: str, /, **values: object) -> str:
    """Return one of the page's words in the language of this session, with values put in."""
    return word(name, language(), **values)


def switch() -> None:
    """Draw the switch between languages, small and at the top of every page; keep what was chosen in the address."""
    own = language()
    with st.container(key="language-switch"):
        st.segmented_control(
            say("shared.language"),
            list(NAMES),
            format_func=lambda one: one.value.upper(),
            default=own,
            required=True,
            label_visibility="collapsed",
            help=None,
            key=_SWITCH,
            on_change=_chosen,
        )
    kept = st.session_state.get(_LANGUAGE)
    if kept is not None and st.query_params.get(PARAMETER) != own.value:
        st.query_params[PARAMETER] = own.value


def _chosen() -> None:
    if (chosen := st.session_state.get(_SWITCH)) is not None:
        choose(Language(chosen))
