"""Votes, outcomes and thumbs moved from files into a database and back: each row once, whoever is killed, one key for all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.opinions import journal
from experiments.opinions.ballots import Choice, Vote, VoteFile, key_in, keyed_hash
from experiments.opinions.live import live_result
from experiments.opinions.moving import check_key, move_back, move_in
from experiments.opinions.preferences import tally
from experiments.opinions.split import Event, OutcomeFile, Split
from foundation.database import Database
from foundation.errors import UserError

CODE = Path(__file__).resolve().parents[2]
EVEN = Split({"rag": 1, "hybrid": 1}, salt="s")


class House:
    """The files of one workspace, filled with opinions."""

    def __init__(self, home: Path) -> None:
        self.votes, self.live, self.thumbs = (home / f"{name}.jsonl" for name in ("votes", "live", "thumbs"))
        self.files, self.key = [self.votes, self.live, self.thumbs], home / "votes" / "key"
        if home.exists():
            return
        key = key_in(self.key)
        VoteFile(self.votes).append(
            [
                Vote(f"v{n}", keyed_hash(f"q{n}", key), "rag", "hybrid", Choice("left" if n % 3 else "tie"))
                for n in range(30)
            ]
        )
        for n in range(20):
            OutcomeFile(self.live).append(Event.EXPOSURE, f"c{n}", EVEN)
            OutcomeFile(self.live).append(Event.THUMB, f"c{n}", EVEN, good=n % 3 > 0)
        same = {"answer": "a", "good": True, "when": "2026-01-01", "note": "ş 🌍 %s ?"}
        journal.append(self.thumbs, [same, same, {**same, "good": False}])

    def rows(self, database: Database | None) -> list[object]:
        return [journal.read(path, database) for path in self.files]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "house")


def test_opinions_moved_into_a_database_come_to_the_same_verdicts_and_so_they_do_after_the_way_back(
    house: House, database: Database
) -> None:
    before, key = house.rows(None), house.key.read_bytes()
    verdicts = tally(VoteFile(house.votes).votes()), live_result(OutcomeFile(house.live).outcomes(), EVEN)
    assert move_in(house.files, house.key, database) == {"votes": (30, 0), "live": (40, 0), "thumbs": (3, 0)}
    assert (
        house.rows(database) == before and not house.key.exists() and not any(map(Path.exists, house.files))
    )
    assert key_in(house.key, database) == key
    shared = VoteFile(house.votes, database).votes(), OutcomeFile(house.live, database).outcomes()
    assert (tally(shared[0]), live_result(shared[1], EVEN)) == verdicts
    assert move_in(house.files, house.key, database) == {}, "there is nothing more to move"
    assert move_back(house.files, house.key, database) == {
        "votes": (30, 0),
        "live": (40, 0),
        "thumbs": (3, 0),
    }
    assert house.rows(None) == before and house.key.read_bytes() == key
    assert house.key.stat().st_mode & 0o777 == 0o600
    with journal.opened(database) as session:
        for table in ("journal", "keys"):
            assert session.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_copy_of_the_folder_on_a_second_machine_doubles_nothing_and_its_own_rows_come_along(
    house: House, tmp_path: Path, database: Database
) -> None:
    shutil.copytree(tmp_path / "house", tmp_path / "copy")
    move_in(house.files, house.key, database)
    copy = House(tmp_path / "copy")
    journal.append(copy.thumbs, [{"answer": "b", "good": True}])
    assert move_in(copy.files, copy.key, database) == {"votes": (0, 0), "live": (0, 0), "thumbs": (1, 0)}
    assert [len(rows) for rows, _ in house.rows(database)] == [30, 40, 4]


def test_rows_of_another_workspace_are_refused_and_nothing_is_changed(
    house: House, tmp_path: Path, database: Database
) -> None:
    other = House(tmp_path / "other")
    move_in(other.files, other.key, database)
    theirs, before = other.rows(database), house.rows(None)
    for attempt in (
        lambda: check_key(house.key, database),
        lambda: move_in(house.files, house.key, database),
        lambda: move_back(house.files, house.key, database),
    ):
        with pytest.raises(UserError, match="hashed with another key"):
            attempt()
    assert other.rows(database) == theirs and house.rows(None) == before


def test_lines_that_can_not_be_read_are_counted(house: House, database: Database) -> None:
    with house.votes.open("ab") as file:
        file.write(b'{"torn": ')
    assert move_in(house.files, house.key, database)["votes"] == (30, 1)


def test_rows_that_come_while_others_are_moved_are_not_lost(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = journal.insert

    def late(session: object, kind: str, rows: list[dict[str, object]]) -> None:
        insert(session, kind, rows)  # type: ignore[arg-type]
        if kind == "thumbs":
            journal.append(house.thumbs, [{"answer": "late"}])

    with monkeypatch.context() as patch:
        patch.setattr(journal, "insert", late)
        with pytest.raises(UserError, match="rows came while they were moved"):
            move_in(house.files, house.key, database)
    assert move_in(house.files, house.key, database)["thumbs"] == (1, 0)
    assert [len(rows) for rows, _ in house.rows(database)] == [30, 40, 4]


KILLED = """
import json, os, sys
from pathlib import Path
from experiments.opinions import moving
from foundation.database import Database
files, key, url, way, where = json.loads(sys.argv[1])
def die(*arguments):
    os.kill(os.getpid(), 9)
owner, name = {"insert": (moving.journal, "insert"), "unlink": (Path, "unlink"), "write": (moving, "write_text_atomic")}[where]
setattr(owner, name, die)
getattr(moving, way)([Path(one) for one in files], Path(key), Database(url))
"""


def killed(house: House, database: Database, way: str, where: str) -> None:
    told = json.dumps([[str(path) for path in house.files], str(house.key), database.url, way, where])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, told],
        cwd=CODE,
        check=False,
        env={**os.environ, "PYTHONPATH": str(CODE)},
    )
    assert done.returncode == -9


@pytest.mark.slow
def test_a_move_that_is_killed_before_and_after_it_is_committed_loses_and_doubles_nothing(
    house: House, database: Database
) -> None:
    before = house.rows(None)
    killed(house, database, "move_in", "insert")
    assert house.rows(None) == before and house.rows(database) == [([], 0)] * 3
    killed(house, database, "move_in", "unlink")
    assert house.rows(None) == before == house.rows(database)
    # the naive way, every row of the files once more
    naive = [row for rows, _ in before for row in rows] * 2  # type: ignore[misc, attr-defined]
    assert {
        kind: new for kind, (new, _) in move_in(house.files, house.key, database).items()
    } == dict.fromkeys(("votes", "live", "thumbs"), 0)
    assert sum(len(rows) for rows, _ in house.rows(database)) * 2 == len(naive)  # type: ignore[misc, attr-defined]
    killed(house, database, "move_back", "write")
    assert house.rows(database) == before
    move_back(house.files, house.key, database)
    assert house.rows(None) == before
