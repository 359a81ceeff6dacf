"""The commands over a ledger in a database: the same results, and sentences where it does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foundation.database import Database

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
