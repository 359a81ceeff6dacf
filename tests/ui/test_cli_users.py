"""users, keys and audit on the command line: what is asked for, printed, piped, noted and refused."""

from __future__ import annotations

import getpass
import io
import json
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from jsonschema import Draft202012Validator

from assistant.workspace import Workspace
from foundation.errors import ExitCode
from ui.access import audit, door, keys, people, vault
from ui.machine import _serving
from ui.schemas import schema

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(people, "_hasher", lambda: quick)
    people._nobody.cache_clear()


@pytest.fixture
def root(house: Path) -> Path:
    """Return a workspace where people sign in by password."""
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\nlogin = "local"\n', encoding="utf-8")
    return house


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Return what lays words on stdin."""

    def lay(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    lay("")
    return lay


@pytest.fixture
def ada(rungwise, root: Path, typed) -> Path:
    """Return a workspace with an admin."""
    typed(PASSWORD + "\n")
    assert rungwise("users", "add", "Ada", "--role", "admin", "--password-stdin", "-w", root).code == 0
    return root


def told(rungwise, root: Path, name: str, *words: object) -> dict[str, object]:
    ended = rungwise(*words, "--json", "-w", root)
    value = json.loads(ended.out)
    Draft202012Validator(schema(name)).validate(value)
    return value


def noted(root: Path) -> list[tuple[str, str]]:
    return [(one.action, one.what) for one in audit.entries(root) if one.who == "command line"]


def test_somebody_is_added_listed_and_signs_in_with_the_password_of_stdin(rungwise, ada: Path) -> None:
    cookie = door.sign_in(ada, "ada", PASSWORD)
    assert door.by_session(ada, cookie).id == "ada"
    rows = told(rungwise, ada, "users", "users", "list")["users"]
    assert [(row["name"], row["role"], row["password"]) for row in rows] == [("ada", "admin", True)]
    shown = rungwise("users", "list", "-w", ada).out
    assert "ada" in shown and "admin" in shown and "argon2" not in shown and PASSWORD not in shown


def test_a_password_is_asked_for_twice_unseen_and_two_that_differ_change_nothing(
    rungwise, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    answers = [PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD]
    monkeypatch.setattr(getpass, "getpass", lambda prompt: answers.pop(0))
    ended = rungwise("users", "add", "ada", "--role", "admin", "-w", root)
    assert ended.code == ExitCode.USER and "The two passwords differ; nothing was changed" in ended.err
    assert people.every(root) == []
    assert rungwise("users", "add", "ada", "--role", "admin", "-w", root).code == 0
    assert answers == [] and people.fits(root, "ada", PASSWORD)


def test_no_command_takes_a_password_as_an_argument(rungwise, root: Path, typed) -> None:
    for words in (("users", "add", "ada", PASSWORD), ("users", "add", "ada", "--password", PASSWORD), ("users", "password", "ada", PASSWORD)):  # fmt: skip
        ended = rungwise(*words, "-w", root)
        assert ended.code == ExitCode.USER, words
    ended = rungwise("users", "add", "ada", "-w", root)
    assert ended.code == ExitCode.USER and "Pipe it in with --password-stdin" in ended.err
    typed("")
    assert "this one has 0" in rungwise("users", "add", "ada", "--password-stdin", "-w", root).err
    assert people.every(root) == []


def test_roles_groups_and_suspension_change_and_each_deed_is_noted(rungwise, ada: Path) -> None:
    for words in (
        ("users", "add", "bo@example.org", "--no-password", "--group", "hr"),
        ("users", "role", "Bo@example.org", "editor"),
        ("users", "groups", "bo@example.org", "hr", "management"),
        ("users", "suspend", "bo@example.org"),
    ):
        assert rungwise(*words, "-w", ada).code == 0, words
    row = told(rungwise, ada, "users", "users", "list")["users"][1]
    assert (row["role"], row["groups"], row["suspended"], row["password"]) == (
        "editor",
        ["hr", "management"],
        True,
        False,
    )
    assert "suspended" in rungwise("users", "list", "-w", ada).out
    assert rungwise("users", "restore", "bo@example.org", "-w", ada).code == 0
    assert "is of no group now" in rungwise("users", "groups", "bo@example.org", "-w", ada).out
    assert rungwise("users", "remove", "BO@example.org", "-w", ada).code == 0
    assert noted(ada)[1:] == [
        ("add person", "bo@example.org as viewer of hr"),
        ("change role", "bo@example.org to editor"),
        ("change groups", "bo@example.org of hr, management"),
        ("suspend", "bo@example.org"),
        ("restore", "bo@example.org"),
        ("change groups", "bo@example.org of no group"),
        ("remove person", "bo@example.org"),
    ]


@pytest.mark.fault(97)
@pytest.mark.parametrize("deed", ["suspend", "remove", "password"])
def test_who_is_suspended_removed_or_given_another_password_is_signed_out(
    rungwise, ada: Path, typed, deed: str
) -> None:
    typed("a second horse battery\n")
    rungwise("users", "add", "bo", "--password-stdin", "-w", ada)
    cookie = door.sign_in(ada, "bo", "a second horse battery")
    rungwise("keys", "make", "bo", "-w", ada)
    typed("another horse battery\n")
    words = ("users", deed, "bo", *(("--password-stdin",) if deed == "password" else ()))
    ended = rungwise(*words, "-w", ada)
    assert ended.code == 0, ended.err
    with pytest.raises(door.NotSignedIn):
        door.by_session(ada, cookie)
    assert vault.read(ada, "sessions") == {}
    said = {
        "suspend": "no key of theirs opens anything",
        "remove": "1 key was revoked",
        "password": "Their API keys stay (1)",
    }
    assert said[deed] in ended.out
    assert len(keys.every(ada)) == (0 if deed == "remove" else 1)


def test_what_can_not_be_is_a_sentence_and_leaves_no_line_in_the_log(rungwise, ada: Path) -> None:
    before = noted(ada)
    for words, said in (
        (("users", "role", "bo", "editor"), 'There is nobody called "bo"'),
        (("users", "role", "ada", "queen"), "'queen' is not one of"),
        (("users", "add", "ada", "--no-password"), "There is somebody called ada already"),
        (("users", "add", "a b", "--no-password"), "can't be a name"),
        (("users", "remove", "adda"), 'Did you mean "ada"?'),
        (("keys", "make", "bo"), 'There is nobody called "bo"'),
        (("keys", "make", "ada", "--days", "0"), "must last 1 to 3660 days"),
        (("keys", "revoke", "rw-nothing"), 'There is no key "rw-nothing"'),
    ):
        ended = rungwise(*words, "-w", ada)
        assert ended.code == ExitCode.USER and said in ended.err and not ended.out, (words, ended)
    rungwise("users", "add", "bo", "--no-password", "-w", ada)
    assert "ada is the last admin" in rungwise("users", "suspend", "ada", "-w", ada).err
    assert noted(ada) == [*before, ("add person", "bo as viewer")]


def test_a_key_stands_alone_on_stdout_opens_the_door_and_is_listed_without_its_secret(
    rungwise, ada: Path
) -> None:
    made = rungwise("keys", "make", "Ada", "--label", "notebook", "--days", "30", "-w", ada)
    secret = made.out.removesuffix("\n")
    assert made.code == 0 and secret.split() == [secret] and secret.startswith("rw-")
    assert "shown once" in made.err and secret not in made.err
    assert door.by_key(ada, f"Bearer {secret}").id == "ada"
    (row,) = told(rungwise, ada, "keys", "keys", "list")["keys"]
    assert (
        (row["name"], row["label"], row["expired"]) == ("ada", "notebook", False)
        and row["until"]
        and row["used"]
    )
    shown = rungwise("keys", "list", "-w", ada).out
    assert row["id"] in shown and "notebook" in shown and secret not in shown
    assert (
        rungwise("keys", "revoke", row["id"], "-w", ada).out
        == f"{row['id']} of ada opens nothing any more.\n"
    )
    with pytest.raises(door.NotSignedIn):
        door.by_key(ada, f"Bearer {secret}")
    assert noted(ada)[1:] == [("make key", f"{row['id']} of ada"), ("revoke key", f"{row['id']} of ada")]


def test_a_key_that_is_over_says_so_and_the_last_one_that_goes_opens_the_api_to_this_machine_with_a_warning(
    rungwise, ada: Path
) -> None:
    rungwise("keys", "make", "ada", "--days", "1", "-w", ada)
    with vault.changing(ada, "keys") as held:
        for row in held.values():
            row["until"] = "2020-01-01"
    assert "2020-01-01 (over)" in rungwise("keys", "list", "-w", ada).out
    assert told(rungwise, ada, "keys", "keys", "list")["keys"][0]["expired"]
    (ada / "rungwise.toml").write_text('name = "Tea"\n', encoding="utf-8")
    ended = rungwise("keys", "revoke", keys.every(ada)[0].id, "-w", ada)
    assert ended.code == 0 and "the API answers whoever is at this machine without one" in ended.err


def test_where_nothing_is_yet_it_says_what_makes_it(rungwise, root: Path) -> None:
    assert "`rungwise users add NAME --role admin`" in rungwise("users", "list", "-w", root).out
    assert "`rungwise keys make NAME`" in rungwise("keys", "list", "-w", root).out
    assert rungwise("audit", "-w", root).out == "Nothing was noted yet.\n"
    assert told(rungwise, root, "audit", "audit")["checked"]["head"] == "0" * 64


def test_the_log_is_listed_by_who_action_and_last_lines(rungwise, ada: Path) -> None:
    for number in range(60):
        audit.note(ada, "vera", "train", f"adapter-{number}", number % 2 == 0)
    all_ = rungwise("audit", "-w", ada)
    assert all_.code == 0 and "adapter-59" in all_.out and "adapter-10 " not in all_.out
    assert (
        "The last 50 of 61; `--last 0` shows all." in all_.out
        and "61 lines, each as it was written" in all_.out
    )
    assert "refused" in all_.out
    assert len(told(rungwise, ada, "audit", "audit", "--last", "0")["entries"]) == 61
    assert len(told(rungwise, ada, "audit", "audit", "--who", "vera", "--last", "7")["entries"]) == 7
    (one,) = told(rungwise, ada, "audit", "audit", "--action", "ADD")["entries"]
    assert (one["who"], one["what"], one["ok"]) == ("command line", "ada as admin", True)
    assert "No line fits." in rungwise("audit", "--who", "nobody", "-w", ada).out


def test_a_head_that_was_noted_is_looked_for(rungwise, ada: Path) -> None:
    head = rungwise("audit", "--head", "-w", ada).out.strip()
    assert head == audit.verify(ada).head
    audit.note(ada, "vera", "train")
    assert rungwise("audit", "--expect", head, "-w", ada).code == 0
    ended = rungwise("audit", "--expect", "f" * 64, "-w", ada)
    assert ended.code == ExitCode.USER and "the chain was written anew" in ended.err
    ended = rungwise("audit", "--expect", "abc", "-w", ada)
    assert ended.code == ExitCode.USER and "--expect takes a hash of 64 digits" in ended.err


def test_a_log_that_was_changed_is_a_sentence_and_exit_code_2_in_every_way_of_asking(
    rungwise, ada: Path
) -> None:
    audit.note(ada, "vera", "train")
    file = vault.folder(ada) / "audit.jsonl"
    file.write_text(file.read_text("utf-8").replace("vera", "eve"), "utf-8")
    for words in ((), ("--json",), ("--head",), ("--last", "1")):
        ended = rungwise("audit", *words, "-w", ada)
        assert ended.code == ExitCode.USER, words
        assert (
            "The audit log is not as it was written: line 2: it was edited, taken out or put elsewhere."
            in ended.err
        )
    assert rungwise("audit", "--head", "-w", ada).out == ""
    value = json.loads(rungwise("audit", "--json", "-w", ada).out)
    Draft202012Validator(schema("audit")).validate(value)
    assert value["checked"]["broken"] == 2


@pytest.mark.parametrize(
    ("serve", "ok", "seen"),
    [
        ("", True, "nobody signs in, on this machine alone (127.0.0.1); 1 API key"),
        ('address = "0.0.0.0"', False, "nobody signs in, at 0.0.0.0"),
        ('login = "local"', True, "login local at 127.0.0.1: 2 may come in, 1 of them admins; 1 API key"),
    ],
)
def test_the_doctor_says_in_a_line_who_may_come_in_and_names_nobody(
    rungwise, ada: Path, serve: str, ok: bool, seen: str
) -> None:
    rungwise("users", "add", "vera", "--no-password", "-w", ada)
    rungwise("keys", "make", "vera", "-w", ada)
    (ada / "rungwise.toml").write_text(f'name = "Tea"\n[serve]\n{serve}\n', encoding="utf-8")
    fact = _serving(Workspace.open(ada))
    assert (fact.ok, fact.seen) == (ok, seen) and bool(fact.fix) is not ok


def test_the_doctor_says_that_nobody_could_let_people_in_and_what_can_not_be_read(root: Path) -> None:
    fact = _serving(Workspace.open(root))
    assert not fact.ok and fact.fix == "Run `rungwise users add NAME --role admin`."
    assert not (root / ".rungwise" / "access").exists()  # it looks only
    vault.folder(root).mkdir(parents=True)
    (vault.folder(root) / "people.json").write_text("{")
    fact = _serving(Workspace.open(root))
    assert not fact.ok and "can't be read" in fact.seen
