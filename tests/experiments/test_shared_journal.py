"""Votes, live outcomes and thumbs in one database: what the files would tell, told to every replica, each row once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from experiments.opinions import journal
from experiments.opinions.ballots import Choice, Vote, VoteFile, key_in
from experiments.opinions.live import live_result
from experiments.opinions.preferences import tally
from experiments.opinions.split import Event, OutcomeFile, Split
from foundation.database import Database

CODE = Path(__file__).resolve().parents[2]
EVEN = Split({"rag": 1, "hybrid": 1}, salt="s")


def vote(n: int, choice: str = "left") -> Vote:
    sides = ("rag", "hybrid") if n % 2 else ("hybrid", "rag")
    return Vote(
        f"v{n}", f"q{n}", *sides, Choice(choice), f"w{n % 5}", "2026-01-01T00:00:00+00:00", ("a", "b")
    )


def test_the_same_votes_come_to_the_same_verdict_in_a_file_and_in_a_database(
    tmp_path: Path, database: Database
) -> None:
    cast = [vote(n, ("left", "right", "tie", "both bad")[n % 4]) for n in range(40)]
    file, shared = VoteFile(tmp_path / "votes.jsonl"), VoteFile(tmp_path / "shared" / "votes.jsonl", database)
    assert file.append(cast) == shared.append(cast) == 40
    assert shared.append(cast[:7]) == 0, "each once"
    assert file.votes() == shared.votes() == cast
    assert tally(file.votes()) == tally(shared.votes())
    assert not (tmp_path / "shared").exists(), "nothing is written beside the database"


def test_the_same_outcomes_come_to_the_same_result_in_a_file_and_in_a_database(
    tmp_path: Path, database: Database
) -> None:
    file, shared = OutcomeFile(tmp_path / "live.jsonl"), OutcomeFile(tmp_path / "s" / "live.jsonl", database)
    for kept in (file, shared):
        for n in range(30):
            kept.append(Event.EXPOSURE, f"c{n}", EVEN)
            kept.append(Event.THUMB, f"c{n}", EVEN, good=n % 3 > 0)
    assert live_result(file.outcomes(), EVEN) == live_result(shared.outcomes(), EVEN)
    assert [one.kind for one in shared.outcomes()[:2]] == [Event.EXPOSURE, Event.THUMB]


def test_kinds_of_rows_do_not_mix_and_come_back_in_their_order(tmp_path: Path, database: Database) -> None:
    journal.append(tmp_path / "votes.jsonl", [{"n": n} for n in range(3)], database)
    journal.append(tmp_path / "thumbs.jsonl", [{"good": None, "what": "ş🌍 %s ?"}], database)
    journal.append(tmp_path / "thumbs.jsonl", [], database)
    assert journal.read(tmp_path / "votes.jsonl", database) == ([{"n": 0}, {"n": 1}, {"n": 2}], 0)
    assert journal.read(tmp_path / "thumbs.jsonl", database) == ([{"good": None, "what": "ş🌍 %s ?"}], 0)
    assert journal.read(tmp_path / "live.jsonl", database) == ([], 0)


def test_every_replica_hashes_with_one_key_and_each_key_is_another(
    tmp_path: Path, database: Database
) -> None:
    with ThreadPoolExecutor(6) as pool:
        keys = set(pool.map(lambda n: key_in(tmp_path / str(n) / "votes" / "key", database), range(12)))
    assert len(keys) == 1 and len(next(iter(keys))) == 32
    assert key_in(tmp_path / "other" / "key", database) not in keys
    # the naive way, a key file on every machine, counts one voter twice
    assert key_in(tmp_path / "a" / "votes" / "key") != key_in(tmp_path / "b" / "votes" / "key")


def test_two_processes_that_vote_at_once_and_one_that_is_killed_lose_and_double_nothing(
    tmp_path: Path, database: Database
) -> None:
    code = (
        "import sys; from pathlib import Path; from experiments.opinions import journal; from foundation.database import Database\n"
        "who, url = sys.argv[1:]\n"
        "for n in range(100000):\n"
        "    journal.append(Path('votes.jsonl'), [{'who': who, 'n': n, 'of': k} for k in range(3)], Database(url))\n"
        "    print(n, flush=True)\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, who, database.url], stdout=subprocess.PIPE, text=True, cwd=CODE,
                         env=os.environ)
        for who in "ab"
    ]  # fmt: skip
    told = []
    for writer in writers:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(30)]
        writer.kill()
        told.append(int((writer.stdout.read().splitlines() or lines)[-1]))
        writer.wait()
    rows, damaged = journal.read(Path("votes.jsonl"), database)
    assert damaged == 0
    for who, last in zip("ab", told, strict=True):
        mine = [(row["n"], row["of"]) for row in rows if row["who"] == who]
        assert len(set(mine)) == len(mine), "nothing twice"
        assert set(mine) >= {(n, k) for n in range(last + 1) for k in range(3)}, (
            "what was acknowledged is there"
        )
        assert len(mine) % 3 == 0, "whole or nothing"


def test_wherever_opinions_are_kept_the_workspace_s_database_is_handed_on() -> None:
    """One place that forgets it would write into a file of one replica, unseen by the others."""
    kept = re.compile(
        r"(VoteFile|OutcomeFile)\(([^()]*|[^()]*\([^()]*\)[^()]*)\)|key_in\([^()]*votes_key[^()]*\)|journal\.(append|read)\((.*)\)"
    )
    forgot = [
        f"{path.relative_to(CODE)}: {found[0]}"
        for folder in ("ui", "assistant", "governance", "monitoring", "finetune")
        for path in sorted((CODE / folder).rglob("*.py"))
        for found in kept.finditer(path.read_text("utf-8"))
        if "database" not in found[0]
        and ".preferences" not in found[0]  # training data, a file as examples are
    ]
    assert not forgot
    assert kept.search("VoteFile(house.votes)") and "database" not in "VoteFile(house.votes)", (
        "a naive call is found"
    )
