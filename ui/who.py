"""Who sits before the page: the person that signed in, and the browser, told apart from all others.

The page's way to `ui.access`. Knows nothing of passwords, or of how a page is drawn.
"""

from __future__ import annotations

import streamlit as st

from ui import state
from ui.access.permissions import LOCAL, Action, Person, may, require

VISITOR = "rungwise_visitor"
"""The cookie that tells browsers apart; set by the server, readable by no script."""


def person() -> Person:
    """Return who uses this session; `LOCAL` where nobody signs in."""
    return LOCAL


def owner() -> str:
    """Return whose conversations this session sees: the person's who signed in, else this browser's alone."""
    known = person()
    if known is not LOCAL:
        return f"person:{known.id}"
    cookie = st.context.cookies.get(VISITOR)
    return f"browser:{cookie if isinstance(cookie, str) and cookie else state.visitor()}"  # a test's browser has none


def can(action: Action) -> bool:
    """Whether the person before the page may do something; for what is drawn."""
    return may(person(), action)


def must(action: Action) -> None:
    """Check it once more where it is done.

    Raises:
        NotAllowed: Their role does not cover it.
    """
    require(person(), action)
