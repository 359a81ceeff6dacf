"""The commands over a ledger in a database: the same results, and sentences where it does not answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.workspace import Workspace
from experiments import Choice, Vote, VoteFile, key_in
from foundation.database import Database
from tests import postgres

Run = Callable[..., Any]


def storing(house: Path, url: str) -> None:
    (house / "rungwise.toml").write_text(f'name = "Tea"\n[storage]\nurl = "{url}"\n', "utf-8")


@pytest.mark.usefixtures("fakes")
def test_sync_search_verify_export_and_backup_work_over_a_database_as_over_a_file(
    rungwise: Run, house: Path, database: Database, tmp_path: Path
) -> None:
    def told(*words: object) -> Any:
        done = rungwise(*words, "-w", house, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    told("sync")
    local = told("search", "What does the kettle cost?")
    storing(house, database.url)
    told("migrate")
    assert {one["outcome"] for one in told("sync")["files"]} == {"unchanged"}
    assert told("search", "What does the kettle cost?") == local
    assert told("verify")["whole"]
    assert not list((house / ".rungwise" / "library").glob("ledger*")), (
        "what stood in the file is in the database now"
    )
    with database.use("library") as session:
        assert session.execute("SELECT count(*) FROM documents").fetchone() == (2,)
    done = rungwise("backup", tmp_path / "backup.zip", "-w", house)
    assert done.code == 0 and "back them up there, as with pg_dump" in done.out + done.err
    assert rungwise("forget", "kettle.md", "--yes", "-w", house).code == 0
    assert "49 EUR" not in json.dumps(told("search", "What does the kettle cost?"))


def test_a_database_that_does_not_answer_is_a_sentence(
    rungwise: Run, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2horse")
    storing(house, "postgresql://ada@127.0.0.1:1/house")
    for words in (("sync",), ("search", "kettle"), ("votes",)):
        done = rungwise(*words, "-w", house)
        assert done.code == 2 and "can't be used" in done.err and "Traceback" not in done.err
        assert "hunter2horse" not in done.out + done.err


def test_a_url_with_a_password_is_refused_with_its_line_and_not_repeated(rungwise: Run, house: Path) -> None:
    storing(house, "postgresql://ada:hunter2horse@db/house")
    done = rungwise("sync", "-w", house)
    assert done.code == 2 and "url holds a password" in done.err and "hunter2horse" not in done.err


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_a_backup_and_a_dump_are_restored_together_and_what_was_forgotten_since_stays_forgotten(
    rungwise: Run, house: Path, database: Database, postgres_server: postgres.Server, tmp_path: Path
) -> None:
    def told(root: Path, *words: object) -> Any:
        done = rungwise(*words, "-w", root, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    storing(house, database.url)
    told(house, "sync")
    here = Workspace.open(house)
    VoteFile(here.votes, database).append([Vote("v", "q", "rag", "hybrid", Choice.LEFT)])
    key = key_in(here.votes_key, database)
    found, votes = told(house, "search", "What does the kettle cost?"), told(house, "votes")
    assert rungwise("backup", tmp_path / "backup.zip", "-w", house).code == 0
    name, fresh = database.url.rpartition("/")[2], postgres_server.fresh()
    dump, restore = postgres.binary("pg_dump"), postgres.binary("pg_restore")
    assert dump and restore
    subprocess.run([dump, "-Fc", "-f", tmp_path / "dump", postgres_server.by_socket(name)], check=True)
    assert rungwise("forget", "hours.txt", "--yes", "-w", house).code == 0

    subprocess.run([restore, "-d", postgres_server.by_socket(fresh), tmp_path / "dump"], check=True)
    restored = tmp_path / "restored"
    with zipfile.ZipFile(tmp_path / "backup.zip") as file:
        file.extractall(restored)
    storing(restored, postgres_server.url(fresh))
    assert told(restored, "verify", "--repair")["whole"]
    assert (
        told(restored, "search", "What does the kettle cost?") == found and told(restored, "votes") == votes
    )
    assert key_in(here.votes_key, Database(postgres_server.url(fresh))) == key
    assert "09:00" in json.dumps(told(restored, "search", "When does it open?")), (
        "the naive way, with the old list"
    )
    shutil.copy(house / ".rungwise" / "tombstones.json", restored / ".rungwise" / "tombstones.json")
    assert "09:00" not in json.dumps(told(restored, "search", "When does it open?"))
    postgres_server.drop(fresh)
