"""What stands before the page: hosts and origins, headers, limits, the gate, the form to sign in. Each beside an app without it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.ui.server.small import PASSWORD, guarded, naive, settings, sign_in
from ui.access import people
from ui.access.permissions import Role
from ui.server import gate

HTML = {"accept": "text/html"}
DOORS = [
    ("GET", "/"),
    ("GET", "/chat"),
    ("GET", "/media/abc.png"),
    ("GET", "/_stcore/host-config"),
    ("PUT", "/_stcore/upload_file/a/b"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return settings(tmp_path, login="none")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A workspace that lets in an admin and a viewer."""
    settings(tmp_path, login="local")
    people.add(tmp_path, "ada", Role.ADMIN, password=PASSWORD)
    people.add(tmp_path, "vera", Role.VIEWER, password=PASSWORD)
    return tmp_path


# ---------------------------------------------------------------- hosts and origins


@pytest.mark.fault(100)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "[::1", "localhost@evil.example"],
)
def test_a_name_that_was_pointed_at_this_machine_from_elsewhere_is_refused(root: Path, host: str) -> None:
    answer = guarded(root).get("/", headers={"host": host})
    assert answer.status_code == 421 and "secret" not in answer.text
    assert "secret" in naive().get("/", headers={"host": host}).text


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
def test_the_names_of_this_machine_are_let_in(root: Path, host: str) -> None:
    assert guarded(root).get("/", headers={"host": host}).status_code == 200


def test_a_name_from_the_settings_counts_at_once(root: Path) -> None:
    browser = guarded(root)
    assert browser.get("/", headers={"host": "rungwise.example.org"}).status_code == 421
    settings(root, hosts=["rungwise.example.org"])
    assert browser.get("/", headers={"host": "Rungwise.Example.org:443"}).status_code == 200


@pytest.mark.fault(100)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:1",
        "http://[::1",
        "",
    ],
)
def test_a_page_of_another_origin_can_change_nothing(root: Path, origin: str) -> None:
    answer = guarded(root).post("/form", content="x", headers={"origin": origin})
    assert answer.status_code == 403
    assert naive().post("/form", content="x", headers={"origin": origin}).text == "took 1"


@pytest.mark.fault(100)
def test_a_page_of_another_origin_opens_no_websocket(root: Path) -> None:
    evil = {"origin": "https://evil.example"}
    with pytest.raises(WebSocketDisconnect), guarded(root).websocket_connect("/_stcore/stream", headers=evil):
        pass
    with naive().websocket_connect("/_stcore/stream", headers=evil) as socket:
        assert socket.receive_text() == "hello"
    with guarded(root).websocket_connect(
        "/_stcore/stream", headers={"host": "localhost", "origin": "http://localhost"}
    ) as socket:
        assert socket.receive_text() == "hello"


# ---------------------------------------------------------------- headers


@pytest.mark.fault(81)
def test_every_response_tells_the_browser_to_load_nothing_from_elsewhere(house: Path) -> None:
    browser = guarded(house)
    for path in ("/", "/login", "/nowhere", "/_stcore/metrics"):
        policy = browser.get(path, headers=HTML).headers["content-security-policy"]
        told = dict(part.split(" ", 1) for part in policy.split("; "))
        assert told["default-src"] == "'self'" and told["img-src"] == "'self' data: blob:"
        assert told["frame-ancestors"] == "'none'" and told["object-src"] == "'none'"
        assert "unsafe" not in told["script-src"] and "http" not in policy
    assert browser.get("/", headers={"host": "evil.example"}).headers["x-frame-options"] == "DENY"
    assert "content-security-policy" not in naive().get("/").headers


def test_the_scripts_in_streamlit_s_own_page_are_told_by_their_hash() -> None:
    from ui.server.headers import _inline

    assert _inline() and all(one.startswith("'sha256-") for one in _inline())


# ---------------------------------------------------------------- limits


@pytest.mark.fault(124)
def test_a_megabyte_in_a_form_is_refused_whether_its_length_is_told_or_not(root: Path) -> None:
    def pieces():
        for _ in range(1024):
            yield b"x" * 1024

    for content in (b"x" * 2**20, pieces()):
        answer = guarded(root).post("/form", content=content)
        assert answer.status_code == 413 and "65,536 bytes" in answer.text
    assert naive().post("/form", content=pieces()).text == "took 1048576"
    assert guarded(root).post("/form", content=b"x" * 1000).text == "took 1000"


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 40])
def test_a_length_that_is_no_number_is_refused(root: Path, length: str) -> None:
    assert guarded(root).post("/form", content=b"x", headers={"content-length": length}).status_code == 413


# ---------------------------------------------------------------- the gate


@pytest.mark.fault(97)
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_without_signing_in_no_door_opens(house: Path, method: str, path: str) -> None:
    answer = guarded(house).request(method, path)
    assert answer.status_code == 401 and "secret" not in answer.text and "took" not in answer.text
    assert naive().request(method, path).status_code == 200


@pytest.mark.fault(97)
@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/script-health-check"]
)
def test_doors_of_streamlit_that_nobody_uses_are_walled_up_for_admins_too(house: Path, path: str) -> None:
    browser = guarded(house)
    sign_in(browser, "ada")
    assert browser.get(path).status_code == 404


def test_a_browser_is_led_to_the_form_and_back_to_where_it_wanted_to_go(house: Path) -> None:
    browser = guarded(house)
    led = browser.get("/compare", headers=HTML)
    assert (led.status_code, led.headers["location"]) == (303, "/login?next=/compare")
    came = sign_in(browser, "vera", after="/compare")
    assert (came.status_code, came.headers["location"]) == (303, "/compare")
    assert "secret" in browser.get("/compare", headers=HTML).text


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_the_form_leads_nowhere_else(house: Path, after: str) -> None:
    assert sign_in(guarded(house), "vera", after=after).headers["location"] == "/"


def test_the_cookie_is_for_this_server_alone_and_for_no_script(house: Path) -> None:
    cookie = next(
        one
        for one in sign_in(guarded(house), "vera").headers.get_list("set-cookie")
        if one.startswith(gate.SESSION)
    ).lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "secure" not in cookie
    safe = guarded(house, "https://localhost")
    cookie = next(
        one for one in sign_in(safe, "vera").headers.get_list("set-cookie") if one.startswith(gate.SESSION)
    )
    assert "secure" in cookie.lower()


def test_a_wrong_password_is_a_sentence_and_the_name_stays_but_never_the_password(house: Path) -> None:
    answer = sign_in(guarded(house), "vera", "wrong horse battery")
    assert answer.status_code == 401 and "do not fit" in answer.text
    assert 'value="vera"' in answer.text and "wrong horse" not in answer.text
    hostile = sign_in(guarded(house), '"><script>alert(1)</script>', "wrong horse battery")
    assert "<script" not in hostile.text


def test_a_form_that_was_not_handed_to_this_browser_is_not_taken(house: Path) -> None:
    browser = guarded(house)
    sent = browser.post(
        "/login",
        data={"form": "guessed", "name": "ada", "password": PASSWORD},
        headers={"origin": "http://localhost"},
    )
    assert sent.status_code == 403 and gate.SESSION not in browser.cookies


@pytest.mark.fault(97)
def test_whoever_is_suspended_or_signed_out_is_out_at_the_next_request(house: Path) -> None:
    browser = guarded(house)
    sign_in(browser, "vera")
    assert browser.get("/chat").status_code == 200
    people.change(house, "vera", suspended=True)
    assert browser.get("/chat").status_code == 401
    people.change(house, "vera", suspended=False)
    assert browser.get("/chat").status_code == 200
    assert browser.post("/logout", headers={"origin": "http://localhost"}).headers["location"] == "/login"
    assert browser.get("/chat").status_code == 401


@pytest.mark.fault(97)
def test_an_open_websocket_is_closed_when_its_person_may_not_be_there_any_more(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_LOOK", 0.1)
    browser = guarded(house)
    with (
        pytest.raises(WebSocketDisconnect),
        browser.websocket_connect("/_stcore/stream", headers={"host": "localhost"}),
    ):
        pass
    sign_in(browser, "vera")
    known = {"host": "localhost", "cookie": f"{gate.SESSION}={browser.cookies[gate.SESSION]}"}
    with browser.websocket_connect("/_stcore/stream", headers=known) as socket:
        assert socket.receive_text() == "hello"
        people.change(house, "vera", suspended=True)
        began = time.monotonic()
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
        assert closed.value.code == 4401 and time.monotonic() - began < 5


@pytest.mark.fault(98)
def test_a_header_that_names_somebody_is_believed_from_a_trusted_proxy_alone(house: Path) -> None:
    named = {"x-forwarded-user": "ada"}
    assert guarded(house).get("/chat", headers=named).status_code == 401
    settings(house, login="local", proxy_header="X-Forwarded-User", trusted_proxies=["10.0.0.0/8"])
    assert guarded(house, client=("192.0.2.7", 1)).get("/chat", headers=named).status_code == 401
    assert "secret page for ada" in guarded(house, client=("10.1.2.3", 1)).get("/chat", headers=named).text
    assert (
        guarded(house, client=("10.1.2.3", 1))
        .get("/chat", headers={"x-forwarded-user": "nobody"})
        .status_code
        == 401
    )


@pytest.mark.fault(98)
def test_nobody_outside_can_write_the_gate_s_own_header(root: Path) -> None:
    spoofed = {gate.TOLD: "guess:ada"}
    assert "for nobody" in guarded(root).get("/chat", headers=spoofed).text
    assert "for guess:ada" in naive().get("/chat", headers=spoofed).text
    assert gate.passed("guess:ada") is None and gate.passed(None) is None


# ---------------------------------------------------------------- visitors


@pytest.mark.fault(88)
def test_each_browser_gets_a_name_of_its_own_once(root: Path) -> None:
    one, other = guarded(root), guarded(root)
    one.get("/", headers=HTML)
    other.get("/", headers=HTML)
    name = one.cookies[gate.VISITOR]
    assert len(name) >= 32 and name != other.cookies[gate.VISITOR]
    assert "set-cookie" not in one.get("/chat", headers=HTML).headers and one.cookies[gate.VISITOR] == name


def test_the_form_speaks_the_browser_s_language(house: Path) -> None:
    browser: TestClient = guarded(house)
    assert "Parola" in browser.get("/login", headers={"accept-language": "tr-TR,tr;q=0.9"}).text
    assert "Password" in browser.get("/login", headers={"accept-language": "de"}).text


# ---------------------------------------------------------------- what a second look found


@pytest.mark.fault(97)
@pytest.mark.parametrize("text", ["", 'name = "Tea"\n', '[serve]\nlogin = "none"\n'])
def test_a_file_of_settings_that_is_emptied_while_it_is_written_lets_nobody_in(
    house: Path, text: str
) -> None:
    browser = guarded(house)
    assert browser.get("/chat").status_code == 401
    (house / "rungwise.toml").write_text(text, "utf-8")
    assert browser.get("/chat").status_code == 401
    from assistant.config.settings import read_settings

    assert (
        read_settings(house / "rungwise.toml").serve.login == "none"
    )  # naive: it counts at once, and all may come in


def test_people_who_cannot_be_read_are_a_sentence_and_nobody_comes_in(house: Path) -> None:
    browser = guarded(house)
    sign_in(browser, "vera")
    (house / ".rungwise" / "access" / "people.json").write_text("{broken", "utf-8")
    answer = browser.get("/chat")
    assert answer.status_code == 503 and "rungwise doctor" in answer.text


@pytest.mark.parametrize("path", ["/v1/../_stcore/stream", "/static/../media/x", "/v1/.."])
def test_no_open_door_leads_to_another_by_a_way_back(house: Path, path: str) -> None:
    import anyio

    sent = []

    async def ask() -> None:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
        }
        await gate.Gate(guarded(house).app, house)(scope, receive, send)

    anyio.run(ask)
    assert sent[0]["status"] == 404


def test_behind_a_trusted_proxy_with_tls_cookies_are_secure_and_visitors_told_apart(house: Path) -> None:
    from ui.access import door

    settings(house, login="local", trusted_proxies=["10.0.0.0/8"])
    proxied = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.1, 203.0.113.9"}
    browser = guarded(house, client=("10.0.0.1", 1))
    told = browser.get("/login", headers=proxied).headers["set-cookie"]
    assert (
        "Secure" in told
        and "Secure" not in guarded(house).get("/login", headers=proxied).headers["set-cookie"]
    )
    assert door.client_of(house, "10.0.0.1", proxied) == "203.0.113.9"
    assert door.client_of(house, "192.0.2.1", proxied) == "192.0.2.1"
