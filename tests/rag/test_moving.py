"""The ledger moved from its file into a database and back: the same ledger, whoever is killed, and nobody else's touched."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chroma_serving import Server
from rag_fakes import REPOSITORY
from shared import content, hits, machine

from foundation.database import Database
from foundation.errors import UserError
from rag import Library, LibrarySettings
from rag.storage import tables
from rag.storage.moving import move_back, move_in
from rag.storage.tombstones import Tombstones

QUESTIONS = ("When can a stove be returned?", "kettle price", "çadır iade")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "chroma")
    yield running
    running.kill()


@pytest.fixture
def local(tmp_path: Path) -> Library:
    """A library whose ledger stands in a file: three documents, one of which has two versions."""
    library = machine(tmp_path / "a", None)
    library.sync()
    (library.documents / "prices.csv").write_text("product,price\nFellmark stove,52 EUR\n", "utf-8")
    library.sync()
    library.close()
    return library


def versions(library: Library) -> list[object]:
    return [library._opened().versions(source) for source in sorted(library._opened().hashes())]


def told(library: Library) -> list[Any]:
    kept = [
        content(library),
        versions(library),
        library._opened().switched,
        [hits(library, one) for one in QUESTIONS],
    ]
    library.close()
    return kept


def test_every_table_and_column_of_the_ledger_is_moved() -> None:
    with sqlite3.connect(":memory:", isolation_level=None) as db:
        tables.bring_up_to_date(db)
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        made = {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for name in names}
    assert made == {
        name: [one.strip().strip('"') for one in columns.split(",")]
        for name, columns in tables.COLUMNS.items()
    }


def test_a_ledger_moved_into_a_database_and_back_is_the_same_with_its_versions_and_nothing_is_embedded(
    local: Library, tmp_path: Path, database: Database
) -> None:
    before = told(local)
    done = move_in(local.state, database)
    assert (done.documents, done.chunks, done.copied) == (3, len(before[0][0]), True)
    assert not list(local.state.glob("ledger*"))
    shared = machine(tmp_path / "a", database)
    assert told(shared) == before and shared.embedder.embedded == []  # type: ignore[attr-defined]
    assert {one.outcome.value for one in shared.sync().files} == {"unchanged"}
    shared.close()
    assert move_in(local.state, database).documents == 0, "there is nothing more to move"
    assert move_back(local.state, database).copied
    with database.use("library") as session:
        assert session.execute("SELECT to_regnamespace('rungwise_library')").fetchone() == (None,)
    again = machine(tmp_path / "a", None)
    assert told(again) == before and again.verify().whole
    assert {one.outcome.value for one in again.sync().files} == {"unchanged"}
    again.close()
    assert told(machine(tmp_path / "a", None)) == before


def test_the_naive_way_a_first_sync_under_the_url_forgets_which_versions_there_were(
    local: Library, tmp_path: Path, database: Database
) -> None:
    before = versions(local)
    local.close()
    naive = machine(tmp_path / "a", database)
    naive.sync()
    assert versions(naive) != before
    naive.close()


def test_a_database_with_another_library_is_refused_and_both_stay_as_they_were(
    local: Library, tmp_path: Path, database: Database
) -> None:
    other = machine(tmp_path / "b", database)
    other.sync()
    before, theirs = told(local), told(other)
    with pytest.raises(UserError, match="holds the ledger of another library"):
        move_in(local.state, database)
    assert told(local) == before and told(machine(tmp_path / "b", database)) == theirs
    with pytest.raises(UserError, match="holds the ledger of another library"):
        move_back(local.state, database)
    assert told(local) == before and told(machine(tmp_path / "b", database)) == theirs


def test_a_copy_of_the_folder_on_a_second_machine_takes_nothing_back(
    local: Library, tmp_path: Path, database: Database
) -> None:
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    move_in(local.state, database)
    with machine(tmp_path / "a", database) as shared:
        (shared.documents / "new.txt").write_text("A lamp costs 9 EUR.", "utf-8")
        shared.sync()
        newest = told(shared)
    done = move_in(tmp_path / "copy" / "built" / "library", database)
    assert not done.copied and done.documents == 4
    assert told(machine(tmp_path / "copy", database)) == newest


def test_two_ledgers_that_went_on_from_one_are_not_mixed(
    local: Library, tmp_path: Path, database: Database
) -> None:
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    move_in(local.state, database)
    for where, place in (("a", database), ("copy", None)):
        with machine(tmp_path / where, place) as one:
            (one.documents / "new.txt").write_text(f"This is {where}.", "utf-8")
            one.sync()
    with pytest.raises(UserError, match="went on from one, each its own way"):
        move_in(tmp_path / "copy" / "built" / "library", database)


KILLED = """
import os, sys
from pathlib import Path
import rag.storage.moving
from foundation.database import Database
where, state, url, way = sys.argv[1:]
def die(*arguments):
    os.kill(os.getpid(), 9)
setattr(rag.storage.moving, where, die)
getattr(rag.storage.moving, way)(Path(state), Database(url))
"""


def killed(where: str, library: Library, database: Database, way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, where, str(library.state), database.url, way], cwd=REPOSITORY, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == -9


@pytest.mark.slow
@pytest.mark.parametrize("where", ["_digest", "_drop_vectors"])  # amid the copy, and after it
def test_a_move_that_is_killed_loses_nothing_and_the_next_try_goes_on(
    where: str, local: Library, tmp_path: Path, database: Database
) -> None:
    before = told(local)
    killed(where, local, database, "move_in")
    assert told(local) == before, "the file is whole until the copy is"
    assert move_in(local.state, database).copied is (where == "_digest")
    assert told(machine(tmp_path / "a", database)) == before
    killed(where, local, database, "move_back")
    assert told(machine(tmp_path / "a", database)) == before
    assert move_back(local.state, database).copied is (where == "_digest")
    assert told(machine(tmp_path / "a", None)) == before


def test_what_other_machines_forgot_is_known_after_the_way_back(
    local: Library, tmp_path: Path, database: Database
) -> None:
    text = (local.documents / "returns.md").read_bytes()
    move_in(local.state, database)
    with machine(tmp_path / "other", database) as other:
        other.sync()
        other.forget(["returns.md"])
    naive = Tombstones(local.state.parent / "tombstones.json")
    move_back(local.state, database)
    digest = hashlib.sha256(text).hexdigest()
    assert naive.date_of(digest) is None, "the naive way: this machine's own list"
    assert Tombstones(local.state.parent / "tombstones.json").date_of(digest)
    with machine(tmp_path / "a", None) as back:
        report = back.sync()
        assert "forgotten" in next(one.reason for one in report.files if one.source == "returns.md")


def test_vectors_on_a_chroma_server_are_put_there_for_the_shared_library_and_the_old_ones_go(
    tmp_path: Path, database: Database, server: Server
) -> None:
    settings = LibrarySettings(chroma_server=server.url)
    with machine(tmp_path / "a", None, settings) as local:
        local.sync()
        before = hits(local, QUESTIONS[0])
    (old,) = server.collections()
    move_in(local.state, database, server.url)
    (new,) = server.collections()
    assert new != old
    with machine(tmp_path / "a", database, settings) as shared:
        assert shared.verify().whole and hits(shared, QUESTIONS[0]) == before
    move_back(local.state, database, server.url)
    assert set(server.collections()) == {old}
    with machine(tmp_path / "a", None, settings) as again:
        assert again.verify().whole and hits(again, QUESTIONS[0]) == before
