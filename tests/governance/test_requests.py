"""Requests of people: by when they are answered, whatever the month, and what is kept of whoever asked: nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config.governance_settings import GovernanceSettings
from assistant.workspace import Workspace
from foundation.errors import UserError
from governance import requests
from governance.erasure import folded
from governance.requests import Kind, Outcome, last_day

NAME = "Ayşe Yılmaz"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
KVKK, GDPR, BOTH = (GovernanceSettings(law=law) for law in ("kvkk", "gdpr", "both"))
DAYS = st.dates(date(2020, 1, 1), date(2060, 1, 1))


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    (tmp_path / "rungwise.toml").write_text('name = "House"\n', "utf-8")
    return Workspace.open(tmp_path)


@given(DAYS)
def test_kvkk_gives_thirty_days_and_both_laws_the_shorter_period(received: date) -> None:
    assert last_day(received, KVKK) == received + timedelta(days=30)
    month = last_day(received, GDPR)
    assert timedelta(days=28) <= month - received <= timedelta(days=30)
    assert last_day(received, BOTH) <= min(last_day(received, KVKK), month)


@given(DAYS)
def test_an_extension_by_two_months_ends_on_the_same_day_of_the_third_month_or_on_its_last(
    received: date,
) -> None:
    end = last_day(received, GDPR, extended=True)
    assert (end.year * 12 + end.month) - (received.year * 12 + received.month) == 3
    assert end.day == received.day or (end.day < received.day and (end + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2027-01-31", "2027-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-15", "2027-01-14"),
        ("2027-02-01", "2027-03-01"),
    ],
)
def test_the_shorter_of_thirty_days_and_a_month(received: str, due: str) -> None:
    assert last_day(date.fromisoformat(received), BOTH) == date.fromisoformat(due)


def test_a_house_may_give_itself_less_and_never_more() -> None:
    assert last_day(date(2026, 6, 1), GovernanceSettings(request_days=10)) == date(2026, 6, 11)
    with pytest.raises(UserError, match="request_days must be 1 to 30"):
        GovernanceSettings(request_days=31)
    with pytest.raises(UserError, match="destroy_every_days must be 1 to 180"):
        GovernanceSettings(destroy_every_days=181)
    with pytest.raises(UserError, match='Did you mean "kvkk"'):
        GovernanceSettings(law="kvk")


@pytest.mark.fault(52)
def test_no_byte_of_a_name_is_kept_and_a_plain_hash_would_be_guessed(house: Workspace) -> None:
    made = requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 15), NOW)
    assert requests.check_subject(house, made.id, "  ayşe  YILMAZ ").id == made.id
    with pytest.raises(UserError, match="opened for another name"):
        requests.check_subject(house, made.id, "Ayşe Demir")
    data = b"".join(path.read_bytes() for path in house.root.rglob("*") if path.is_file())
    assert all(NAME.encode(name) not in data for name in ("utf-8", "utf-16-le")) and b"Ay" not in data
    guesses = {hashlib.sha256(folded(name).encode()).hexdigest()[:32] for name in (NAME, "Ayşe Demir")}
    naive = hashlib.sha256(folded(NAME).encode()).hexdigest()[
        :32
    ]  # naive: a hash without a key is found by guessing
    assert naive in guesses and not any(guess.encode() in data for guess in guesses)
    assert (house.built / "governance" / "key").stat().st_mode & 0o077 == 0


def test_overdue_requests_come_first_and_closed_ones_last(house: Workspace) -> None:
    late = requests.open_request(house, NAME, Kind.ERASURE, date(2026, 5, 1), NOW)
    soon = requests.open_request(house, "Mehmet Kaya", Kind.ACCESS, date(2026, 5, 20), NOW)
    done = requests.open_request(house, "Can Öz", Kind.RECTIFICATION, date(2026, 4, 1), NOW)
    requests.close(house, done.id, Outcome.RECTIFIED, NOW)
    found = requests.every(house, NOW.date())
    assert [one.id for one in found] == [late.id, soon.id, done.id]
    assert [one.overdue(NOW.date()) for one in found] == [True, False, False]
    with pytest.raises(UserError, match="was closed on 2026-06-15 \\(rectified\\)"):
        requests.close(house, done.id, Outcome.REFUSED, NOW)


def test_the_due_day_itself_is_in_time_and_the_next_is_not(house: Workspace) -> None:
    made = requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 1), NOW)
    due = date.fromisoformat(made.due)
    assert due == date(2026, 7, 1)
    assert not made.overdue(due) and made.overdue(due + timedelta(days=1))


def test_a_copy_closes_a_request_of_access_and_no_other(house: Workspace) -> None:
    access = requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 1), NOW)
    erasure = requests.open_request(house, NAME, Kind.ERASURE, date(2026, 6, 1), NOW)
    assert requests.copied(house, access.id, NOW).outcome is Outcome.ANSWERED
    copied = requests.copied(house, erasure.id, NOW)
    assert copied.open and copied.copied == "2026-06-15T12:00:00+00:00"


def test_an_extension_is_gdpr_s_alone_and_once_and_in_time(tmp_path: Path) -> None:
    (tmp_path / "rungwise.toml").write_text('[governance]\nlaw = "gdpr"\n', "utf-8")
    house = Workspace.open(tmp_path)
    made = requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 1), NOW)
    assert requests.extend(house, made.id, NOW).due == "2026-09-01"
    with pytest.raises(UserError, match="was extended already"):
        requests.extend(house, made.id, NOW)
    other = requests.open_request(house, NAME, Kind.ACCESS, date(2026, 4, 1), NOW)
    with pytest.raises(UserError, match="was due on 2026-05-01"):
        requests.extend(house, other.id, NOW)


def test_kvkk_knows_no_extension(house: Workspace) -> None:
    made = requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 1), NOW)
    with pytest.raises(UserError, match="gives thirty days"):
        requests.extend(house, made.id, NOW)


def test_a_request_of_tomorrow_is_taken_where_it_is_tomorrow_already_and_no_later(house: Workspace) -> None:
    east = datetime(2026, 6, 16, 1, tzinfo=timezone(timedelta(hours=14)))
    assert requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 16), east).received == "2026-06-16"
    with pytest.raises(UserError, match="still to come"):
        requests.open_request(house, NAME, Kind.ACCESS, date(2026, 6, 17), east)


@pytest.mark.parametrize("name", ["", "  ", "ab", " a b"])
def test_a_name_that_stands_in_everything_is_refused(house: Workspace, name: str) -> None:
    if len(" ".join(name.split())) < 3:
        with pytest.raises(UserError, match="at least 3 letters"):
            requests.open_request(house, name, Kind.ACCESS, date(2026, 6, 1), NOW)


def test_a_mistyped_id_is_a_sentence(house: Workspace) -> None:
    with pytest.raises(UserError, match='There is no request "zz"'):
        requests.find(house, "zz")
