"""Who is signed in, in the frame of every page, and the way out; or the way in, where a provider signs people in.

Knows nothing of how anybody is known.
"""

from __future__ import annotations

import streamlit as st

from foundation.errors import UserError
from ui import draw, resources, who
from ui.access import door
from ui.access.permissions import LOCAL
from ui.language import say


def let_in() -> bool:
    """Whether somebody is there who may see a page; draws the way in otherwise."""
    try:
        who.person()
    except door.NotSignedIn as error:
        _way_in(error)
        return False
    except UserError as error:
        draw.problem(str(error))
        return False
    return True


def signed_in() -> None:
    """Draw who is signed in, and the button to sign out; nothing where nobody signs in."""
    person = who.person()
    if person is LOCAL:
        return
    with st.popover(draw.escaped(person.id), icon=":material/person:", key="signed-in"):
        st.caption(draw.escaped(say("signin.as", name=person.id, role=say(f"signin.{person.role.value}"))))
        provider = bool(st.user.to_dict().get("is_logged_in"))
        leave = st.logout if provider else who.sign_out
        st.button(say("signin.out"), icon=":material/logout:", key="sign-out", on_click=leave)


def _way_in(error: door.NotSignedIn) -> None:
    if door.settings(resources.folder()).login != "oidc":
        draw.hint(str(error))
        st.link_button(say("signin.go"), "/login", icon=":material/login:", type="primary")
        return
    known = st.user.to_dict()
    st.title(say("signin.title"), anchor=False)
    st.markdown(draw.sentence(say("signin.lead")))
    if known.get("is_logged_in"):
        draw.problem(say("signin.unknown", name=str(known.get("email") or known.get("sub") or "?")))
        st.button(say("signin.out"), icon=":material/logout:", on_click=st.logout)
    else:
        st.button(say("signin.provider"), icon=":material/login:", type="primary", on_click=st.login)
