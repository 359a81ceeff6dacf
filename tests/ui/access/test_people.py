"""People: who is one and the same, which names and passwords are fit, and who can't be taken away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from foundation.errors import UserError
from ui.access import people, vault
from ui.access.permissions import Role

PASSWORD = "correct horse battery"


def test_a_name_is_the_same_person_in_whatever_case_and_is_kept_in_small_letters(root: Path) -> None:
    assert people.add(root, " Ada@Example.ORG ", Role.ADMIN).name == "ada@example.org"
    found = people.find(root, "ADA@example.org")
    assert found is not None and found == people.find(root, "ada@example.org")
    with pytest.raises(UserError, match="There is somebody called ada@example.org already"):
        people.add(root, "aDa@example.org", Role.VIEWER)
    people.change(root, "Ada@example.org", groups=("hr",))
    people.remove(root, "ADA@EXAMPLE.ORG")
    assert people.every(root) == []


def test_letters_that_only_look_alike_or_become_alike_in_small_are_somebody_else(root: Path) -> None:
    people.add(root, "kim", Role.ADMIN)
    kelvin, dotless, wide = "\u212aim", "k\u0131m", "\uff4bim"
    assert kelvin.lower() == "kim"  # what a naive comparison would let in
    for name in (kelvin, dotless, wide, "kim\u200b", "kim\x00"):
        assert people.find(root, name) is None, name
        with pytest.raises(UserError, match="can't be a name"):
            people.add(root, name, Role.VIEWER)


@pytest.mark.parametrize(
    "name", ["", "-x", "a b", "a/b", "a\nb", "ö", "x" * 65, "local", "Local", "command line"]
)
def test_an_unfit_name_is_a_sentence(root: Path, name: str) -> None:
    with pytest.raises(UserError, match="can't be a name"):
        people.add(root, name, Role.VIEWER)
    assert people.every(root) == []


@pytest.mark.parametrize("name", ["a", "ada.l-2_x", "ada+rungwise@example.org", "x" * 64])
def test_a_name_or_an_address_is_fit(root: Path, name: str) -> None:
    assert people.add(root, name, Role.VIEWER).name == name


@pytest.mark.parametrize("group", ["", " hr", "hr,management", "h\nr", "h\x1b[2Jr", "x" * 65])
def test_an_unfit_group_is_a_sentence(root: Path, group: str) -> None:
    with pytest.raises(UserError, match="can't be a group"):
        people.add(root, "ada", Role.VIEWER, (group,))
    people.add(root, "ada", Role.VIEWER, ("people of İzmir", "hr", "hr"))
    with pytest.raises(UserError, match="can't be a group"):
        people.change(root, "ada", groups=(group,))
    assert people.find(root, "ada").groups == ("hr", "people of İzmir")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "12 to 256 letters; this one has 5"), ("x" * 257, "this one has 257"), ("Ada.Lovelace", "must not be the name")],
)  # fmt: skip
def test_an_unfit_password_is_refused_and_changes_nothing(root: Path, password: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        people.add(root, "ada.lovelace", Role.ADMIN, password=password)
    assert people.every(root) == []


def test_only_the_right_password_fits_whatever_way_a_keyboard_writes_its_letters(root: Path) -> None:
    people.add(root, "ada", Role.ADMIN, password="gr\u00fcne Teekanne")
    assert people.fits(root, "Ada", "gru\u0308ne Teekanne")  # ü in two letters
    for wrong in ("grüne Teekann", "Grüne Teekanne", "", "\udc80", "grüne Teekanne "):
        assert not people.fits(root, "ada", wrong), wrong
    people.set_password(root, "ada", PASSWORD)
    assert people.fits(root, "ada", PASSWORD) and not people.fits(root, "ada", "grüne Teekanne")


def test_the_longest_password_fits_whole_and_not_with_letters_after_it(root: Path) -> None:
    people.add(root, "ada", Role.ADMIN, password="x" * 256)
    assert people.fits(root, "ada", "x" * 256)
    assert not people.fits(root, "ada", "x" * 257) and not people.fits(root, "ada", "x" * 100_000)


def test_nobody_and_somebody_without_a_password_have_none_that_fits(root: Path) -> None:
    people.add(root, "bo", Role.ADMIN)
    for name in ("bo", "nobody", ""):
        for password in ("", PASSWORD):
            assert not people.fits(root, name, password)


def test_a_wrong_password_is_hashed_once_by_the_same_parameters_for_a_name_that_nobody_has(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add(root, "ada", Role.ADMIN, password=PASSWORD)
    people.add(root, "bo", Role.VIEWER)
    against: list[str] = []
    verify = PasswordHasher.verify

    def told(self: PasswordHasher, hashed: str, password: bytes) -> bool:
        against.append(hashed.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", told)
    for name in ("ada", "bo", "nobody", ""):
        assert not people.fits(root, name, "wrong horse battery")
    assert len(against) == 4 and len(set(against)) == 1


def test_passwords_are_kept_by_argon2id_with_64_mib(root: Path, real_hasher: None) -> None:
    people.add(root, "ada", Role.ADMIN, password=PASSWORD)
    assert vault.read(root, "people")["ada"]["password"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_weaker_parameters_is_made_anew_when_its_password_is_told(root: Path) -> None:
    people.add(root, "ada", Role.ADMIN)
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    with vault.changing(root, "people") as held:
        held["ada"]["password"] = weak
    assert not people.fits(root, "ada", "wrong horse battery")
    assert vault.read(root, "people")["ada"]["password"] == weak
    assert people.fits(root, "ada", PASSWORD)
    assert vault.read(root, "people")["ada"]["password"] != weak
    assert people.fits(root, "ada", PASSWORD)


def test_a_password_that_is_changed_while_the_old_one_is_hashed_anew_stays_changed(root: Path) -> None:
    people.add(root, "ada", Role.ADMIN, password=PASSWORD)
    old = vault.read(root, "people")["ada"]["password"]
    people.set_password(root, "ada", "another horse battery")
    people._hash_anew(root, "ada", old, PASSWORD)
    assert people.fits(root, "ada", "another horse battery") and not people.fits(root, "ada", PASSWORD)


def test_the_last_admin_stays_one_while_there_are_others(root: Path) -> None:
    people.add(root, "ada", Role.ADMIN)
    people.add(root, "bo", Role.VIEWER)
    for take in (
        lambda: people.change(root, "ada", role=Role.EDITOR),
        lambda: people.change(root, "ada", suspended=True),
        lambda: people.remove(root, "ada"),
    ):
        with pytest.raises(UserError, match="ada is the last admin"):
            take()
    people.change(root, "bo", role=Role.ADMIN)
    people.change(root, "ada", suspended=True)
    with pytest.raises(UserError, match="bo is the last admin"):  # a suspended one lets nobody in
        people.change(root, "bo", role=Role.VIEWER)


def test_where_there_was_no_admin_nobody_is_taken_for_the_last_one_and_who_is_alone_may_go(
    root: Path,
) -> None:
    people.add(root, "bo", Role.VIEWER)
    people.change(root, "bo", suspended=True)
    people.remove(root, "bo")
    people.add(root, "ada", Role.ADMIN)
    people.remove(root, "ada")
    assert people.every(root) == []


def test_somebody_unknown_is_a_sentence_that_says_who_is_meant(root: Path) -> None:
    people.add(root, "ada", Role.ADMIN)
    for act in (
        lambda: people.change(root, "adda", role=Role.VIEWER),
        lambda: people.set_password(root, "adda", PASSWORD),
        lambda: people.remove(root, "adda"),
    ):
        with pytest.raises(UserError, match='There is nobody called "adda". Did you mean "ada"?'):
            act()


@pytest.mark.parametrize(
    "text", ["{", "[]", '"ada"', '{"ada": {"role": "queen"}}', '{"ada": 3}', '{"ada": {}}', "\xff"]
)
def test_a_file_of_people_that_is_damaged_lets_nobody_in_and_is_a_sentence(root: Path, text: str) -> None:
    vault.folder(root).mkdir(parents=True)
    (vault.folder(root) / "people.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match="can't be read|holds no table"):
        people.find(root, "ada")


def test_many_who_are_added_at_once_are_all_there(root: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: people.add(root, f"p{number}", Role.VIEWER), range(40)))
    assert len(json.loads((vault.folder(root) / "people.json").read_text())) == 40


def test_what_another_process_holds_is_a_sentence_about_access(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.storage import lock

    def busy(path: Path, seconds: float = 30.0) -> None:
        raise UserError("the library is being written")

    monkeypatch.setattr(lock, "writing", busy)
    with pytest.raises(UserError, match="another process has been changing access"):
        people.add(root, "ada", Role.ADMIN)
