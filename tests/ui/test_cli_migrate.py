"""`rungwise migrate`: a team that grows loses no vote, thumb, click or ledger, and nothing is served beside them meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assistant.chat_rows import ChatRows
from assistant.workspace import NotMoved, Workspace
from experiments import Choice, Vote, VoteFile, key_in
from experiments.opinions import journal
from foundation.database import Database
from ui.schemas import schema

Run = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("fakes")


def naming(house: Path, url: str) -> Workspace:
    (house / "rungwise.toml").write_text(f'[storage]\nurl = "{url}"\n' if url else 'name = "Tea"\n', "utf-8")
    return Workspace.open(house)


@pytest.fixture
def served(house: Path, rungwise: Run) -> Workspace:
    """A workspace that has answered, with votes, thumbs and clicks in files."""
    assert rungwise("sync", "-w", house).code == 0
    here = Workspace.open(house)
    key_in(here.votes_key)
    VoteFile(here.votes).append([Vote(f"v{n}", f"q{n}", "rag", "hybrid", Choice.LEFT) for n in range(5)])
    journal.append(here.built / "thumbs.jsonl", [{"answer": "a", "good": True}])
    journal.append(here.clicks, [{"question": "How much?", "source": "kettle.md", "start": 0}])
    return here


def test_what_stands_in_files_is_moved_once_and_verified_and_comes_back(
    served: Workspace, rungwise: Run, database: Database
) -> None:
    def told(*words: object) -> Any:
        done = rungwise(*words, "-w", served.root, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    found, votes = told("search", "What does the kettle cost?"), told("votes")
    naming(served.root, database.url)
    done = told("migrate")
    jsonschema.validate(done, schema("migrated"))
    assert done["ledger"] == {"documents": 2, "chunks": 2, "copied": True}
    assert done["rows"] == {"votes": 5, "thumbs": 1, "clicks": 1} and done["unreadable"] == {}
    assert told("verify")["whole"] and told("votes") == votes
    assert told("search", "What does the kettle cost?") == found
    assert {one["outcome"] for one in told("sync")["files"]} == {"unchanged"}
    assert told("migrate")["rows"] == {}, "once"
    ChatRows(database, 24, 30, 500).write("ada", "1", {"name": ""}, [{"id": "t"}])
    back = told("migrate", "--back")
    jsonschema.validate(back, schema("migrated"))
    assert back["to"] == "files" and back["rows"] == done["rows"] and back["conversations_left"] == 1
    naming(served.root, "")
    assert told("verify")["whole"] and told("votes") == votes
    assert told("search", "What does the kettle cost?") == found


@pytest.mark.parametrize(
    "command", [("sync",), ("votes",), ("search", "kettle"), ("verify",), ("forget", "kettle.md", "--yes")]
)
def test_nothing_goes_beside_rows_that_were_not_moved_and_the_sentence_names_the_command(
    served: Workspace, rungwise: Run, database: Database, command: tuple[str, ...]
) -> None:
    naming(served.root, database.url)
    done = rungwise(*command, "-w", served.root)
    assert done.code == 2 and "`rungwise migrate`" in done.err and ".rungwise/votes/votes.jsonl" in done.err
    with database.use("library") as session:
        assert session.execute("SELECT to_regnamespace('rungwise_library')").fetchone() == (None,)
    # the naive way, the settings' own database: an empty one that takes no notice of the five votes
    naive = Workspace.open(served.root).settings.storage.database
    assert naive is not None and VoteFile(served.votes, naive).votes() == []
    with pytest.raises(NotMoved):
        _ = Workspace.open(served.root).database


def test_the_doctor_names_the_command_and_the_database_when_it_is_done(
    served: Workspace, rungwise: Run, database: Database
) -> None:
    def fact(name: str) -> dict[str, Any]:
        told = json.loads(rungwise("doctor", "-w", served.root, "--json").out)
        jsonschema.validate(told, schema("doctor"))
        return next((one for one in told["workspace"] if one["name"] == name), {})

    naming(served.root, database.url)
    assert "Run `rungwise migrate`" in fact("storage")["fix"] and "votes.jsonl" in fact("storage")["seen"]
    assert fact("index") == {}, "nothing is told of a library that can't be asked"
    assert rungwise("migrate", "-w", served.root).code == 0
    assert fact("storage") == {"name": "storage", "ok": True, "seen": database.url, "fix": ""}
    assert fact("index")["ok"]


def test_a_workspace_without_a_database_has_nowhere_to_go(served: Workspace, rungwise: Run) -> None:
    done = rungwise("migrate", "-w", served.root)
    assert done.code == 2 and "[storage] names no database" in done.err


def test_what_was_moved_is_told_in_words(served: Workspace, rungwise: Run, database: Database) -> None:
    naming(served.root, database.url)
    done = rungwise("migrate", "-w", served.root)
    assert (
        done.code == 0
        and "2 documents, 2 chunks, now in postgresql://" in done.out
        and "votes: 5 rows" in done.out
    )
    done = rungwise("migrate", "--back", "-w", served.root)
    assert "now in files" in done.out and "Take url out of [storage]" in done.out
