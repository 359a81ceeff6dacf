"""Files where a provider signs people in, by the cookie that Streamlit signs. None runs here: the cookie is made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.server.small import guarded, naive, settings
from ui.access import people
from ui.access.permissions import Role

UPLOAD = "/_stcore/upload_file/a/b"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    settings(tmp_path, login="oidc")
    people.add(tmp_path, "ada@example.org", Role.EDITOR)
    return tmp_path


def cookie(secret: str | None = None, **told: object) -> dict[str, str]:
    """Return the header with a cookie as Streamlit signs it after a provider has told who somebody is."""
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    told = {"is_logged_in": True, "email": "ada@example.org", "origin": "http://localhost", **told}
    signed = create_signed_value(secret or get_cookie_secret(), "_streamlit_user", json.dumps(told))
    return {"cookie": f"_streamlit_user={signed.decode()}"}


@pytest.mark.fault(97)
def test_who_is_not_back_from_the_provider_puts_no_file_in_and_sees_none_but_sees_the_way_in(
    house: Path,
) -> None:
    for headers in (
        {},
        {"cookie": "_streamlit_user=ada"},
        cookie("another server's secret"),
        cookie(is_logged_in=False),
    ):
        assert guarded(house).put(UPLOAD, content="x", headers=headers).status_code == 401
        assert guarded(house).get("/media/abc.png", headers=headers).status_code == 401
    assert naive().put(UPLOAD, content="x").text == "took 1"
    assert guarded(house).get("/").status_code == 200


@pytest.mark.fault(97)
def test_who_is_back_puts_files_in_until_suspended_and_nobody_else_does(house: Path) -> None:
    assert guarded(house).put(UPLOAD, content="x", headers=cookie()).text == "took 1"
    for told in ({"email": "eve@example.org"}, {"email_verified": False}):
        assert guarded(house).put(UPLOAD, content="x", headers=cookie(**told)).status_code == 401
    people.change(house, "ada@example.org", suspended=True)
    assert guarded(house).put(UPLOAD, content="x", headers=cookie()).status_code == 401


@pytest.mark.parametrize(
    ("said", "comes"), [(True, True), ("true", True), (False, False), ("false", False), (0, False)]
)
def test_an_address_that_a_provider_calls_unverified_is_nobodys_however_it_says_so(
    said: object, comes: bool
) -> None:
    from ui.server.provider import verified

    told = {"is_logged_in": True, "email": "boss@example.org", "email_verified": said}
    assert (verified(told) == "boss@example.org") is comes
    assert verified({"is_logged_in": True, "email": "boss@example.org"}) == "boss@example.org"
