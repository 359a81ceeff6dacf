"""The door: who comes in by a key, a session, an address or a proxy's word, and who does not any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from foundation.errors import UserError
from ui.access import audit, door, keys, managing, people, sessions, vault
from ui.access.door import NotSignedIn
from ui.access.permissions import LOCAL, Action, NotAllowed, Person, Role, may

PASSWORD = "correct horse battery"
PROXY = 'login = "oidc"\nproxy_header = "X-Forwarded-User"\ntrusted_proxies = ["10.0.0.0/8"]'
Ways = dict[str, Callable[[], Person]]


@pytest.fixture
def ways(root: Path, serve: Callable[[str], None]) -> Ways:
    """Return every way in, each open to vera."""
    managing.add(root, "ada", Role.ADMIN, password=PASSWORD)
    managing.add(root, "vera", Role.VIEWER, ("hr",), PASSWORD)
    serve('login = "local"\nproxy_header = "X-Forwarded-User"\ntrusted_proxies = ["10.0.0.0/8"]')
    secret, cookie = managing.make_key(root, "vera", days=1), door.sign_in(root, "vera", PASSWORD)
    return {
        "key": lambda: door.by_key(root, f"Bearer {secret}"),
        "session": lambda: door.by_session(root, cookie),
        "address": lambda: door.by_email(root, "Vera"),
        "proxy": lambda: door.by_proxy(root, "10.1.2.3", {"x-forwarded-user": "vera"}) or LOCAL,
        "password": lambda: door.by_session(root, door.sign_in(root, "vera", PASSWORD)),
    }


def refused(way: Callable[[], Person]) -> bool:
    try:
        way()
    except NotSignedIn:
        return True
    return False


@pytest.mark.parametrize("way", ["key", "session", "address", "proxy", "password"])
def test_every_way_in_says_who_comes_with_role_and_groups(ways: Ways, way: str) -> None:
    assert ways[way]() == Person("vera", Role.VIEWER, frozenset({"hr"}))


@pytest.mark.fault(97)
@pytest.mark.parametrize("way", ["key", "session", "address", "proxy", "password"])
@pytest.mark.parametrize("deed", [managing.suspend, managing.remove])
def test_who_was_suspended_or_removed_comes_in_by_no_way(
    root: Path, ways: Ways, way: str, deed: Callable[[Path, str], object]
) -> None:
    def naive() -> bool:
        """A door that asks whether key or token is known, and no more."""
        return bool(vault.read(root, "keys") if way == "key" else vault.read(root, "people"))

    assert not refused(ways[way]) and naive()
    deed(root, "vera")
    assert refused(ways[way])
    assert deed is managing.remove or naive()  # the naive one lets the suspended in


@pytest.mark.fault(97)
@pytest.mark.parametrize("way", ["key", "session"])
def test_somebody_new_by_the_same_name_is_not_let_in_by_what_the_one_before_left(
    root: Path, ways: Ways, way: str
) -> None:
    kept = {name: vault.read(root, name) for name in ("keys", "sessions")}
    managing.remove(root, "vera")
    managing.add(root, "vera", Role.ADMIN)
    assert refused(ways[way])
    for name, rows in kept.items():  # what a removal that forgets them would leave
        with vault.changing(root, name) as held:
            held.update(rows)
    assert not refused(ways[way])


@pytest.mark.fault(97)
def test_a_suspended_persons_key_opens_again_when_they_are_restored_and_their_session_does_not(
    root: Path, ways: Ways
) -> None:
    managing.suspend(root, "vera")
    managing.restore(root, "vera")
    assert not refused(ways["key"]) and refused(ways["session"])


@pytest.mark.fault(97)
def test_an_expired_and_a_revoked_key_open_nothing(root: Path, ways: Ways) -> None:
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    with vault.changing(root, "keys") as held:
        for row in held.values():
            row["until"] = yesterday
    assert refused(ways["key"])
    with vault.changing(root, "keys") as held:
        for row in held.values():
            row["until"] = ""
    assert not refused(ways["key"])
    managing.revoke_key(root, keys.every(root)[0].id)
    assert refused(ways["key"])


@pytest.mark.fault(97)
def test_a_session_that_is_too_old_and_one_of_before_a_new_password_open_nothing(
    root: Path, ways: Ways
) -> None:
    old = sessions.begin(root, "vera", 1, now=0.0)
    assert refused(lambda: door.by_session(root, old))
    managing.give_password(root, "vera", "another horse battery")
    assert refused(ways["session"]) and refused(ways["password"]) and not refused(ways["key"])


def test_a_role_and_groups_count_from_the_next_request(root: Path, ways: Ways) -> None:
    managing.give_role(root, "vera", Role.EDITOR)
    managing.give_groups(root, "vera", ("management",))
    for name in ("key", "session", "address", "proxy"):
        assert ways[name]() == Person("vera", Role.EDITOR, frozenset({"management"})), name


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer rw-",
        "Basic dmVyYTp4",
        "rw-xyz",
        "Bearer rw-x y",
        "Bearer \udc80",
    ],
)
def test_a_header_without_a_key_is_nobody(ways: Ways, root: Path, header: str | None) -> None:
    with pytest.raises(NotSignedIn, match="needs a valid API key"):
        door.by_key(root, header)


def test_where_nobody_signs_in_who_comes_is_local_until_there_is_a_key(
    root: Path, serve: Callable[[str], None]
) -> None:
    serve('login = "none"')
    assert door.by_key(root, None) is LOCAL and door.by_key(root, "Bearer anything") is LOCAL
    assert door.by_session(root, None) is LOCAL
    people.add(root, "ada", Role.ADMIN)
    secret = keys.make(root, "ada")
    assert refused(lambda: door.by_key(root, None)) and refused(lambda: door.by_key(root, "Bearer rw-x"))
    assert door.by_key(root, f"bearer {secret}").id == "ada"


def test_a_password_lets_nobody_in_where_a_provider_does_and_no_session_is_left_from_before(
    root: Path, ways: Ways, serve: Callable[[str], None]
) -> None:
    serve('login = "oidc"')
    assert refused(ways["session"]) and refused(ways["password"]) and not refused(ways["address"])


# a header that says who comes


@pytest.mark.fault(98)
@pytest.mark.parametrize("client", ["203.0.113.9", "127.0.0.1", "", "testclient", "11.0.0.1", "::1"])
def test_a_header_that_names_somebody_is_not_believed_from_anywhere_but_a_trusted_proxy(
    root: Path, ways: Ways, serve: Callable[[str], None], client: str
) -> None:
    headers = {"x-forwarded-user": "ada"}

    def naive() -> str | None:
        """A server that reads the header, whoever sends it."""
        return headers.get("x-forwarded-user")

    assert naive() == "ada"
    assert door.by_proxy(root, client, headers) is None
    serve('login = "local"')
    assert door.by_proxy(root, "10.1.2.3", headers) is None  # nor from anywhere where none is trusted


@pytest.mark.fault(98)
@pytest.mark.parametrize(
    "sent",
    [
        ("x-user", "ada"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-user-id", "ada"),
        ("remote-user", "ada"),
    ],
)
def test_another_header_of_a_trusted_proxy_names_nobody(
    root: Path, ways: Ways, sent: tuple[str, str]
) -> None:
    assert door.by_proxy(root, "10.1.2.3", dict([sent])) is None


@pytest.mark.fault(98)
def test_a_header_that_a_visitor_sends_beside_the_proxys_is_refused(root: Path, ways: Ways) -> None:
    raw = [(b"x-forwarded-user", b"ada"), (b"x-forwarded-user", b"vera")]
    headers = Headers(raw=raw)
    assert headers["x-forwarded-user"] == "ada"  # what a naive look takes: the visitor's own
    with pytest.raises(NotSignedIn, match="passes on 2 headers"):
        door.by_proxy(root, "10.1.2.3", headers)
    assert refused(lambda: door.by_proxy(root, "10.1.2.3", {"x-forwarded-user": "ada, vera"}) or LOCAL)
    assert door.by_proxy(root, "10.1.2.3", Headers(raw=raw[1:])).id == "vera"  # type: ignore[union-attr]


def test_a_proxy_is_known_by_its_address_in_either_way_of_writing(root: Path, ways: Ways) -> None:
    for client, name in (("10.1.2.3", "Vera"), ("::ffff:10.1.2.3", " vera ")):
        assert door.by_proxy(root, client, {"x-forwarded-user": name}).id == "vera"  # type: ignore[union-attr]
    assert refused(lambda: door.by_proxy(root, "10.1.2.3", {"x-forwarded-user": "nobody"}) or LOCAL)


# who may do what


COVERED = {
    Role.VIEWER: {Action.LOOK, Action.SEARCH, Action.CHAT, Action.VOTE},
    Role.EDITOR: {Action.ADVISE, Action.INGEST, Action.EXAMPLES, Action.TRAIN, Action.MEASURE, Action.WATCH},
    Role.ADMIN: {Action.FORGET, Action.GOVERN, Action.READ_LOG, Action.MANAGE},
}
"""Written out once more, so that a slip in the one table is no slip in both."""


@pytest.mark.fault(99)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_role_does_what_it_covers_and_the_rest_is_refused_and_noted(
    root: Path, role: Role, action: Action
) -> None:
    roles = list(Role)
    covered = any(action in COVERED[one] for one in roles[: roles.index(role) + 1])
    person = Person("vera", role)
    assert may(person, action) is covered
    if covered:
        door.allow(root, person, action, "kettle.md")
    else:
        with pytest.raises(NotAllowed, match=f"vera may not {action.value}: that takes the role"):
            door.allow(root, person, action, "kettle.md")
    noted = [(one.who, one.action, one.what, one.ok) for one in audit.entries(root)]
    quiet = covered and action in {
        *COVERED[Role.VIEWER],
        Action.WATCH,
    }  # asking and reading is nobody else's business
    assert noted == ([] if quiet else [("vera", action.value, "kettle.md", covered)])


@pytest.mark.fault(99)
def test_the_table_names_every_action_once_and_a_door_that_only_hides_buttons_refuses_nothing() -> None:
    assert sorted(one for covered in COVERED.values() for one in covered) == sorted(Action)

    def naive(person: Person, action: Action) -> None:
        """A page that hides the button and does what it is asked all the same."""

    viewer = Person("vera", Role.VIEWER)
    for action in COVERED[Role.EDITOR] | COVERED[Role.ADMIN]:
        naive(viewer, action)
        assert not may(viewer, action)
    assert all(may(LOCAL, action) for action in Action)


# what is noted


def test_what_was_typed_into_the_wrong_field_does_not_stand_in_the_log(root: Path, ways: Ways) -> None:
    for name, client in ((PASSWORD, "203.0.113.9"), ("Vera", "203.0.113.9"), ("vera", "")):
        with pytest.raises(NotSignedIn, match="do not fit"):
            door.sign_in(root, name, "wrong horse battery", client)
    noted = [(one.who, one.what, one.ok) for one in audit.entries(root)][-3:]
    assert noted == [
        ("nobody known", "from 203.0.113.9", False),
        ("vera", "from 203.0.113.9", False),
        ("vera", "", False),
    ]
    assert PASSWORD not in (vault.folder(root) / "audit.jsonl").read_text("utf-8")


def test_signing_in_and_out_and_every_deed_is_noted_with_who_did_it(root: Path, ways: Ways) -> None:
    cookie = door.sign_in(root, "VERA", PASSWORD)
    door.sign_out(root, cookie)
    door.sign_out(root, cookie)
    door.sign_out(root, None)
    managing.give_role(root, "Vera", Role.EDITOR, who="ada")
    managing.give_groups(root, "vera", ())
    managing.suspend(root, "VERA")
    managing.restore(root, "vera")
    managing.give_password(root, "Vera", "another horse battery")
    id = keys.every(root)[0].id
    managing.revoke_key(root, id)
    assert managing.remove(root, "vera") == 0
    noted = [(one.who, one.action, one.what) for one in audit.entries(root)]
    assert noted[2:] == [
        ("command line", "make key", f"{id} of vera"),
        ("vera", "sign in", ""),
        ("vera", "sign in", ""),
        ("vera", "sign out", ""),
        ("ada", "change role", "vera to editor"),
        ("command line", "change groups", "vera of no group"),
        ("command line", "suspend", "vera"),
        ("command line", "restore", "vera"),
        ("command line", "change password", "vera"),
        ("command line", "revoke key", f"{id} of vera"),
        ("command line", "remove person", "vera"),
    ]
    assert noted[:2] == [
        ("command line", "add person", "ada as admin"),
        ("command line", "add person", "vera as viewer of hr"),
    ]


# settings


def test_how_a_workspace_is_served_is_read_anew_each_time(root: Path, serve: Callable[[str], None]) -> None:
    assert door.settings(root).login == "local"
    serve(PROXY)
    assert door.settings(root).proxy_header == "X-Forwarded-User"
    serve("login = 3")  # a slip shuts nobody out and lets nobody in
    assert door.settings(root).proxy_header == "X-Forwarded-User"
    serve('login = "local"')
    assert door.settings(root).proxy_header == ""


def test_a_workspace_whose_settings_held_mistakes_from_the_beginning_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "rungwise.toml").write_text('[serve]\nlogin = "nonne"\n', encoding="utf-8")
    with pytest.raises(UserError, match='Did you mean "none"'):
        door.by_key(tmp_path, None)
