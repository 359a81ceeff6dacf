"""API keys: whose they are, how long they open, and what is left of them when they are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundation.errors import UserError
from ui.access import keys, people, vault
from ui.access.permissions import Role


@pytest.fixture
def ada(root: Path) -> str:
    return people.add(root, "ada", Role.ADMIN).name


def test_a_key_is_its_persons_and_notes_the_day_of_its_use(root: Path, ada: str) -> None:
    secret = keys.make(root, "Ada", " notebook\n")
    assert secret.startswith("rw-") and len(secret) >= 46
    assert keys.every(root)[0].used == ""
    found = keys.find(root, secret)
    assert found is not None and (found.name, found.label, found.until) == ("ada", "notebook", "")
    assert keys.every(root)[0].used == datetime.now(UTC).date().isoformat()


def test_no_other_text_opens_anything(root: Path, ada: str) -> None:
    secret = keys.make(root, ada)
    kept = next(iter(vault.read(root, "keys")))
    for wrong in (
        "",
        "rw-",
        secret[:-1],
        secret + "x",
        secret.upper(),
        kept,
        keys.shown(secret),
        "rw-" + "x" * 10_000,
    ):
        assert keys.find(root, wrong) is None, wrong[:60]


def test_a_key_opens_through_its_last_day_and_not_after(root: Path, ada: str) -> None:
    secret = keys.make(root, ada, days=2)
    today = datetime.now(UTC).date()
    assert keys.find(root, secret, today + timedelta(days=2)) is not None
    assert keys.find(root, secret, today + timedelta(days=3)) is None


def test_a_revoked_key_opens_nothing_and_the_others_do(root: Path, ada: str) -> None:
    one, two = keys.make(root, ada), keys.make(root, ada)
    assert keys.revoke(root, keys.shown(one)).name == "ada"
    assert keys.find(root, one) is None and keys.find(root, two) is not None
    for id in (
        keys.shown(one),
        "rw-",
        "",
        two,
    ):  # not by the whole key either: it would stand in a shell's history
        with pytest.raises(UserError, match="There is no key"):
            keys.revoke(root, id)


def test_the_sentence_about_a_key_that_is_none_does_not_repeat_a_whole_one(root: Path, ada: str) -> None:
    secret = keys.make(root, ada)
    with pytest.raises(UserError) as refused:
        keys.revoke(root, secret)
    assert secret[len(keys.shown(secret)) :][:4] not in str(refused.value)


def test_all_keys_of_somebody_are_taken_and_nobody_elses(root: Path, ada: str) -> None:
    people.add(root, "bo", Role.VIEWER)
    hers, his = [keys.make(root, ada) for _ in range(2)], keys.make(root, "bo")
    assert keys.revoke_all(root, "ada") == 2
    assert [keys.find(root, secret) is None for secret in (*hers, his)] == [True, True, False]


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_an_unfit_number_of_days_is_a_sentence(root: Path, ada: str, days: int) -> None:
    with pytest.raises(UserError, match="must last 1 to 3660 days"):
        keys.make(root, ada, days=days)
    assert keys.every(root) == []


def test_a_key_for_nobody_is_a_sentence(root: Path) -> None:
    with pytest.raises(UserError, match='There is nobody called "nobody"'):
        keys.make(root, "nobody")


def test_a_full_disk_shuts_no_key_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.access import vault

    people.add(tmp_path, "ada", Role.ADMIN)
    secret = keys.make(tmp_path, "ada")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vault, "write_bytes_atomic", full)
    found = keys.find(tmp_path, secret)
    assert found is not None and found.name == "ada"


def test_somebody_new_by_an_old_name_is_another_account(tmp_path: Path) -> None:
    people.add(tmp_path, "ada", Role.ADMIN)
    before = people.add(tmp_path, "ann", Role.EDITOR).person
    people.remove(tmp_path, "ann")
    after = people.add(tmp_path, "ann", Role.VIEWER).person
    assert before.account and after.account and before.account != after.account
