"""How a workspace is served: what [serve] says, what it may not say, and in which words that is told."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from assistant.config.serve_settings import ServeSettings
from assistant.config.settings import parse_settings, read_settings
from foundation.errors import UserError

WHOLE = """\
[serve]
address = "0.0.0.0"
hosts = ["rungwise.example.org"]
login = "local"
session_hours = 8
questions_per_minute = 10
tokens_per_day = 0
upload_megabytes = 1.5
proxy_header = "X-Forwarded-User"
trusted_proxies = ["10.0.0.0/8", "::1"]
"""


def test_what_is_not_said_is_safe(tmp_path: Path) -> None:
    (tmp_path / "rungwise.toml").write_text("", "utf-8")
    serve = read_settings(tmp_path / "rungwise.toml").serve
    assert serve == ServeSettings()
    assert serve.at_home and serve.hosts == () and serve.proxy_header == ""
    assert serve.questions_per_minute > 0 and serve.tokens_per_day > 0 and serve.upload_megabytes <= 5


def test_every_setting_is_read_from_its_section() -> None:
    serve = parse_settings(WHOLE, Path("rungwise.toml")).serve
    assert serve == ServeSettings(
        "0.0.0.0", ("rungwise.example.org",), "local", 8.0, 10, 0, 1.5, "X-Forwarded-User", ("10.0.0.0/8", "::1")
    )  # fmt: skip
    assert {one.name for one in fields(ServeSettings)} == {
        line.split(" = ")[0] for line in WHOLE.splitlines()[1:]
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('login = "lokal"', 'login must be "none", "local" or "oidc", not "lokal". Did you mean "local"?'),
        ('hosts = ["https://a.example/x"]', 'without scheme and path, as in "rungwise.example.org", not "https://a.example/x"'),
        ("questions_per_minute = -1", "questions_per_minute must be 0 (any number) or above, but is -1."),
        ("tokens_per_day = -5", "tokens_per_day must be 0 (any number) or above, but is -5."),
        ("session_hours = 0", "session_hours must be above 0 and at most 744, but is 0."),
        ("session_hours = 1e9", "but is 1e+09."),
        ("session_hours = nan", "but is nan."),
        ("session_hours = inf", "but is inf."),
        ("upload_megabytes = 0", "upload_megabytes must be above 0 and at most 200, but is 0."),
        ("upload_megabytes = nan", "but is nan."),
        ('trusted_proxies = ["my proxy"]', 'as in "10.0.0.0/8", not "my proxy".'),
        ('proxy_header = "X User"\ntrusted_proxies = ["::1"]\nlogin = "local"', 'must be the name of a header, not "X User".'),
        ('proxy_header = "X-User"\nlogin = "local"', "needs trusted_proxies: without them anybody could send that header."),
        ('proxy_header = "X-User"\ntrusted_proxies = ["::1"]', "proxy_header needs a login"),
        ("adress = 1", '"adress" is not a setting of [serve]. Did you mean "address"?'),
        ('hosts = "a.example"', "serve.hosts must be a list of texts, but is 'a.example'."),
        ("session_hours = true", "serve.session_hours must be a number, but is True."),
        ("questions_per_minute = 1.5", "serve.questions_per_minute must be a whole number, but is 1.5."),
        ("login = []", "serve.login must be text, but is []."),
    ],
)  # fmt: skip
def test_what_can_not_be_meant_is_a_sentence(line: str, told: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_settings(f"[serve]\n{line}\n", Path("rungwise.toml"))
    assert told in str(refused.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_an_address_that_only_this_machine_reaches_is_at_home(address: str) -> None:
    assert ServeSettings(address=address).at_home


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "192.168.1.5", "", "rungwise.example.org", "127.1", "0", "::ffff:192.0.2.1"],
)  # fmt: skip
def test_any_other_address_is_not_at_home(address: str) -> None:
    assert not ServeSettings(address=address).at_home


@pytest.mark.fault(95)
@pytest.mark.parametrize("address", ["localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example"])  # fmt: skip
def test_a_name_that_begins_like_home_is_not_and_fools_a_naive_look_at_how_it_begins(address: str) -> None:
    assert address.startswith(("127.", "localhost"))  # naive
    assert not ServeSettings(address=address).at_home
