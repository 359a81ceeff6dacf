"""The language that this session reads the page in: chosen, or else the browser's. Knows nothing of any word but by name."""

from __future__ import annotations

from typing import cast

import streamlit as st

from advisor import Language
from ui.words import word

_LANGUAGE = "rungwise_language"
NAMES = {Language.EN: "English", Language.TR: "Türkçe"}
"""What each language calls itself."""


def language() -> Language:
    """Return the language of this session."""
    chosen = cast("Language | None", st.session_state.get(_LANGUAGE))
    if chosen is not None:
        return chosen
    return Language.TR if (st.context.locale or "").lower().startswith("tr") else Language.EN


def choose(chosen: Language) -> None:
    """Read everything in this language from now on."""
    st.session_state[_LANGUAGE] = chosen


def say(name: str, /, **values: object) -> str:
    """Return one of the page's words in the language of this session, with values put in."""
    return word(name, language(), **values)
