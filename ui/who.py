"""Who sits before the page: the person that signed in, and the browser, told apart from all others.

The page's way to `ui.access`. Knows nothing of passwords, or of how a page is drawn.
"""

from __future__ import annotations

import streamlit as st

from ui import resources, state
from ui.access import door
from ui.access.permissions import LOCAL, Action, Person, may
from ui.server.gate import SESSION, TOLD, VISITOR, passed
from ui.server.provider import verified


def person() -> Person:
    """Return who uses this session; `LOCAL` where nobody signs in.

    Raises:
        NotSignedIn: They may not come in (any more).
    """
    root = resources.folder()
    login = door.settings(root).login
    if login == "none":
        return LOCAL
    name = passed(st.context.headers.get(TOLD))
    if name is None and login == "local":
        return door.by_session(root, st.context.cookies.get(SESSION))
    name = name or verified(st.user.to_dict())
    if name is None:
        raise door.NotSignedIn("Sign in first, please.")
    return door.by_email(root, name)


def sign_out() -> None:
    """End what signing in here began; the browser's websocket is closed soon after."""
    door.sign_out(resources.folder(), st.context.cookies.get(SESSION))


def owner() -> str:
    """Return whose conversations this session sees: the person's who signed in, else this browser's alone."""
    known = person()
    if known is not LOCAL:
        return ":".join(filter(None, ("person", known.id, known.account)))
    cookie = st.context.cookies.get(VISITOR)
    return f"browser:{cookie if isinstance(cookie, str) and cookie else state.visitor()}"  # a test's browser has none


def can(action: Action) -> bool:
    """Whether the person before the page may do something; for what is drawn."""
    return may(person(), action)


def must(action: Action, what: str = "") -> None:
    """Check it once more where it is done, and note it.

    Args:
        action: What is to be done.
        what: With which document, adapter or run.

    Raises:
        NotAllowed: Their role does not cover it.
    """
    door.allow(resources.folder(), person(), action, what)
