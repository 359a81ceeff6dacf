"""`rungwise govern` on the command line: what is late ends with 2, what is done leaves a record, and nobody is named in one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from assistant.workspace import Workspace
from foundation.errors import ExitCode
from ui.access import managing
from ui.access.permissions import Role
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")

NAME = "Zoltan Quentin"
LETTER = f"{NAME} may work from home on Mondays."
KEPT = 'purpose = "leave"\nlegal_basis = "contract"\nretention = "30 days"\nowner = "HR"\n'


@pytest.fixture
def named(rungwise, house: Path) -> Path:
    """A synced workspace with a letter that names somebody, as of thirty-one days ago."""
    (house / "documents" / "letter.txt").write_text(LETTER, "utf-8")
    (house / "documents.toml").write_text(f'[[document]]\npath = "letter.txt"\n{KEPT}', "utf-8")
    assert rungwise("sync", "-w", house).code == 0
    with closing(sqlite3.connect(house / ".rungwise" / "library" / "ledger.sqlite3")) as db, db:
        db.execute("UPDATE versions SET since = ?", ((datetime.now(UTC) - timedelta(days=31)).isoformat(),))
    return house


def told(text: str, name: str) -> dict:
    value = json.loads(text)
    Draft202012Validator(schema(name)).validate(value)
    return value


def book(house: Path, name: str) -> str:
    return (house / ".rungwise" / "governance" / f"{name}.jsonl").read_text("utf-8")


@pytest.mark.fault(48)
def test_what_ended_is_listed_destroyed_and_recorded_without_its_name(rungwise, named: Path) -> None:
    due = rungwise("govern", "due", "-w", named, "--json")
    assert due.code == ExitCode.USER and [
        one["name"] for one in told(due.out, "deadlines")["deadlines"] if one["over"]
    ] == ["letter.txt"]
    assert "ended" in rungwise("govern", "due", "-w", named).out
    status = rungwise("govern", "status", "-w", named)
    assert (
        status.code == ExitCode.USER
        and "1 document ended" in status.out
        and "Something is late." in status.out
    )
    assert told(rungwise("govern", "status", "-w", named, "--json").out, "standing")["fine"] is False

    asked = rungwise("govern", "destroy", "-w", named)
    assert asked.code == ExitCode.USER and "Nothing was destroyed: --due" in asked.err
    assert (named / "documents" / "letter.txt").is_file()
    done = rungwise("govern", "destroy", "--due", "--by", "head of IT", "-w", named, "--json")
    assert done.code == 0 and told(done.out, "destroyed")["steps"][0]["count"] == 1
    assert not (named / "documents" / "letter.txt").exists()
    assert "letter" not in book(named, "destructions") and "head of IT" in book(named, "destructions")
    assert rungwise("govern", "due", "-w", named).code == 0
    again = rungwise("govern", "destroy", "--due", "-w", named)
    assert again.code == 0 and "Nothing had ended" in again.out


@pytest.mark.fault(47, 52)
def test_a_request_is_opened_listed_answered_and_erased_and_nobody_is_named_in_its_book(
    rungwise, named: Path, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    old = (today - timedelta(days=40)).isoformat()
    opened = rungwise(
        "govern",
        "request",
        "open",
        "--subject",
        NAME,
        "--kind",
        "access",
        "--received",
        old,
        "-w",
        named,
        "--json",
    )
    access = told(opened.out, "request")
    assert access["overdue"] and date.fromisoformat(access["due"]) < today
    opened = rungwise(
        "govern", "request", "open", "--subject", NAME, "--kind", "erasure", "-w", named, "--json"
    )
    erasure = told(opened.out, "request")
    listed = rungwise("govern", "request", "list", "-w", named, "--json")
    assert listed.code == ExitCode.USER and [one["id"] for one in told(listed.out, "requests")["requests"]] == [
        access["id"], erasure["id"]
    ]  # fmt: skip
    assert "overdue since" in rungwise("govern", "request", "list", "-w", named).out

    copy = tmp_path / "copy.json"
    other = rungwise(
        "govern", "request", "answer", access["id"], "--subject", "Eve", "--to", copy, "-w", named
    )
    assert other.code == ExitCode.USER and "opened for another name" in other.err and not copy.exists()
    inside = rungwise(
        "govern",
        "request",
        "answer",
        access["id"],
        "--subject",
        NAME,
        "--to",
        named / "copy.json",
        "-w",
        named,
    )
    assert inside.code == ExitCode.USER and "inside of the workspace" in inside.err
    answered = rungwise(
        "govern", "request", "answer", access["id"], "--subject", NAME.upper(), "--to", copy, "-w", named
    )
    assert answered.code == 0 and LETTER in copy.read_text("utf-8")

    wrong = rungwise("govern", "request", "erase", access["id"], "--subject", NAME, "--yes", "-w", named)
    assert wrong.code == ExitCode.USER and "was closed" in wrong.err
    shown = rungwise("govern", "request", "erase", erasure["id"], "--subject", NAME, "-w", named)
    assert (
        shown.code == 0
        and "Nothing was changed" in shown.out
        and (named / "documents" / "letter.txt").is_file()
    )
    erased = rungwise(
        "govern", "request", "erase", erasure["id"], "--subject", NAME, "--yes", "-w", named, "--json"
    )
    assert erased.code == 0 and told(erased.out, "request")["outcome"] == "erased"
    certificate = json.loads(next((named / ".rungwise" / "forgotten").glob("*.json")).read_text("utf-8"))
    assert told(erased.out, "request")["certificate"] == certificate["sha256"]
    assert rungwise("govern", "request", "list", "-w", named).code == 0
    for path in named.rglob("*"):
        assert not path.is_file() or b"Zoltan" not in path.read_bytes(), path


def test_what_stays_in_the_user_s_own_files_leaves_an_erasure_open(rungwise, named: Path) -> None:
    (named / "form.yaml").write_text(f"name: The house of {NAME}\n", "utf-8")
    made = told(
        rungwise(
            "govern", "request", "open", "--subject", NAME, "--kind", "erasure", "-w", named, "--json"
        ).out,
        "request",
    )
    ended = rungwise("govern", "request", "erase", made["id"], "--subject", NAME, "--yes", "-w", named)
    assert ended.code == ExitCode.PARTIAL and "Still found in: form.yaml" in ended.out
    (named / "form.yaml").unlink()
    closed = rungwise(
        "govern",
        "request",
        "close",
        made["id"],
        "--subject",
        NAME,
        "--outcome",
        "erased",
        "-w",
        named,
        "--json",
    )
    assert told(closed.out, "request")["outcome"] == "erased"


def test_a_request_of_somebody_who_stands_nowhere_is_closed_without_a_certificate(
    rungwise, named: Path
) -> None:
    made = told(
        rungwise(
            "govern",
            "request",
            "open",
            "--subject",
            "Nobody Whosoever",
            "--kind",
            "erasure",
            "-w",
            named,
            "--json",
        ).out,
        "request",
    )
    ended = rungwise(
        "govern",
        "request",
        "erase",
        made["id"],
        "--subject",
        "nobody whosoever",
        "--yes",
        "-w",
        named,
        "--json",
    )
    assert ended.code == 0 and told(ended.out, "request")["certificate"] == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("request", "open", "--subject", NAME, "--kind", "eraser"), 'Did you mean "erasure"'),
        (("request", "open", "--subject", "ab", "--kind", "access"), "at least 3 letters"),
        (
            ("request", "open", "--subject", NAME, "--kind", "access", "--received", "2999-01-01"),
            "still to come",
        ),
        (("request", "extend", "00000000"), "There is no request"),
        (("request", "close", "00000000", "--subject", NAME, "--outcome", "refused"), "There is no request"),
        (
            ("request", "close", "00000000", "--subject", NAME, "--outcome", "reused"),
            'Did you mean "refused"',
        ),
        (("review", "--confirm"), "name them with --by"),
        (("papers", "--out", "x", "--lang", "de"), "--lang must be en or tr"),
    ],
)
def test_mistakes_are_sentences(rungwise, named: Path, words: tuple[str, ...], why: str) -> None:
    ended = rungwise("govern", *words, "-w", named)
    assert ended.code == ExitCode.USER and why in ended.err and "Traceback" not in ended.err


def test_a_review_names_people_keys_and_groups_and_a_confirmation_ends_it(
    rungwise, named: Path, tmp_path: Path
) -> None:
    (named / "rungwise.toml").write_text('name = "Tea"\n[serve]\nlogin = "local"\n', "utf-8")
    managing.add(named, "grace", Role.ADMIN, ("hr",))
    managing.make_key(named, "grace", "laptop")
    first = rungwise("govern", "review", "-w", named)
    assert (
        first.code == ExitCode.USER
        and "key lasts for ever" in first.out
        and "group without documents: hr" in first.out
    )
    found = told(
        rungwise(
            "govern",
            "review",
            "-w",
            named,
            "--json",
            "--confirm",
            "--by",
            "IT",
            "--to",
            tmp_path / "review.json",
        ).out,
        "review",
    )
    assert (
        found["people"][0]["name"] == "grace"
        and json.loads((tmp_path / "review.json").read_text("utf-8")) == found
    )
    assert rungwise("govern", "review", "-w", named).code == 0
    # a name that hexadecimal digits can spell would stand in a hash now and then
    assert "grace" not in book(named, "reviews") and found["sha256"] in book(named, "reviews")


def test_papers_are_written_in_both_languages(rungwise, named: Path, tmp_path: Path) -> None:
    for language, title in (
        ("en", "# Record of processing activities"),
        ("tr", "# Kişisel veri işleme envanteri"),
    ):
        ended = rungwise(
            "govern", "papers", "--lang", language, "--out", tmp_path / "papers", "-w", named, "--json"
        )
        assert ended.code == 0 and len(told(ended.out, "papers")["papers"]) == 2
        text = (tmp_path / "papers" / f"processing-record.{language}.md").read_text("utf-8")
        assert text.startswith(title) and "leave" in text and NAME not in text
        risks = (tmp_path / "papers" / f"risk-file.{language}.md").read_text("utf-8")
        assert ("AI model" if language == "en" else "yapay zekâ modeliyle") in risks


@pytest.mark.fault(50)
def test_a_strict_workspace_is_neither_trained_nor_served_before_all_is_said_and_a_naive_one_is(
    rungwise, named: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    def started(*words: object, **more: object) -> None:
        raise RuntimeError("a server was started")

    (named / "rungwise.toml").write_text('[retrieval]\nstrict = true\n[rows]\npurpose = "leave"\n', "utf-8")
    monkeypatch.setattr(subprocess, "Popen", started)
    for command in ("train", "sweep", "tune-embedder", "serve", "app"):
        ended = rungwise(command, "-w", named)
        assert ended.code == ExitCode.USER, (command, ended.err)
        assert (
            "what strict mode asks for" in ended.err
            and "kettle.md: documents.toml does not say its purpose" in ended.err
        )
    (named / "rungwise.toml").write_text('name = "Tea"\n', "utf-8")  # naive: whatever is there is served
    naive = rungwise("serve", "-w", named)
    assert "strict mode" not in naive.err and "a server was started" in naive.err + (
        named / ".rungwise" / "log" / "rungwise.log"
    ).read_text("utf-8")


@pytest.mark.fault(44)
def test_a_destruction_of_examples_begins_the_training_that_is_due(
    rungwise, named: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.jobs import office

    begun: list[list[str]] = []

    class Job:
        id = "0" * 16

    monkeypatch.setattr(
        office, "begin", lambda house, kind, words, person: begun.append([kind, *words]) or Job()
    )
    assert rungwise("train", "-w", named).code == 0
    (named / "data.toml").write_text(
        '[[dataset]]\nname = "examples"\nretention = "30 days"\nsince = 2020-01-01\n', "utf-8"
    )
    ended = rungwise("govern", "destroy", "--due", "--retrain", "-w", named)
    assert ended.code == 0 and Workspace.open(named).adapters.due
    assert begun == [["train", "train", "--due", "--json"]] and "was begun as job" in ended.err
    assert "served no more" in ended.out
