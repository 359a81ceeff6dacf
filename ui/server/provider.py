"""Whom a provider (OIDC) signed in with this browser, by the cookie that Streamlit signs. Knows nothing of who may come in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def email_of(cookies: Mapping[str, str]) -> str | None:
    """Return the verified e-mail address in Streamlit's cookie; None where there is none that this server signed.

    Args:
        cookies: The request's, by name; a long one is cut into several.
    """
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    secret = get_cookie_secret()

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1", "replace")) if value else None

    try:
        told = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return None
    return verified(told)


def verified(told: Mapping[str, Any]) -> str | None:
    """Return the e-mail address of who is signed in; None where nobody is, or where the provider says that it is not verified.

    Many providers of organisations say nothing of that: their addresses are theirs to give.

    Args:
        told: What the provider tells of somebody, as Streamlit keeps it.
    """
    # some providers say it as a text
    if not told.get("is_logged_in") or str(told.get("email_verified", True)).lower() != "true":
        return None
    return str(told["email"]) if told.get("email") else None
