"""Several machines over one ledger in PostgreSQL: the local result, one writer, switched at once, nothing lost by a kill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundation.database import Database
from foundation.errors import UserError
from rag import Library, LibrarySettings
from rag.storage.ledger_file import NotBuilt
from rag.storage.lock import writing
from rag.storage.tombstones import Tombstones
from tests import postgres
from tests.rag.rag_fakes import REPOSITORY
from tests.rag.shared import content, hits, machine

QUESTIONS = ("When can a stove be returned?", "money back", "kettle price", "çadır iade", "zebra")


@pytest.fixture
def machines(tmp_path: Path, database: Database) -> Iterator[Callable[..., Library]]:
    """Return a maker of machines over one database, each named; all are closed at the end."""
    made: list[Library] = []

    def make(name: str, settings: LibrarySettings | None = None, seconds: float = 5.0) -> Library:
        made.append(machine(tmp_path / name, database, settings, seconds))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_sync_into_the_database_equals_the_local_one_id_by_id_text_by_text_vector_by_vector(
    tmp_path: Path, machines: Callable[..., Library]
) -> None:
    local, shared = machine(tmp_path / "local", None), machines("a")
    mine, theirs = local.sync(), shared.sync()
    assert [(one.source, one.outcome, one.chunks) for one in mine.files] == [
        (one.source, one.outcome, one.chunks) for one in theirs.files
    ]
    assert content(local) == content(shared)
    for question in QUESTIONS:
        assert hits(local, question) == hits(shared, question)
    assert not (shared.state / "ledger.sqlite3").exists()
    again = shared.sync()
    assert {one.outcome.value for one in again.files} == {"unchanged"} and again.generation == 1
    local.close()


def test_another_machine_without_documents_finds_the_same_and_sees_a_switch_at_its_next_question(
    machines: Callable[..., Library],
) -> None:
    writer, reader = machines("writer"), machines("reader")
    shutil.rmtree(reader.documents)
    with pytest.raises(NotBuilt, match="there is no index yet"):
        reader.search("stove")
    writer.sync()
    assert [hits(reader, one) for one in QUESTIONS] == [hits(writer, one) for one in QUESTIONS]
    assert (reader.state / "keyword").is_dir(), "its keyword index is its own, made from the ledger"
    assert reader.verify().whole
    (writer.documents / "new.md").write_text("# Lamp\n\nA lamp costs 9 EUR.\n", "utf-8")
    (writer.documents / "prices.csv").unlink()
    writer.sync()
    assert any("9 EUR" in text for _, text, _ in hits(reader, "lamp"))
    assert not any("49 EUR" in text for _, text, _ in hits(reader, "Fellmark stove"))
    assert hits(reader, "lamp") == hits(writer, "lamp")
    assert content(reader) == content(writer)


DIE = """
import os, sys
from pathlib import Path
import rag.indexing.index
from foundation.database import Database
from tests.rag.shared import machine
rag.indexing.index.KeywordIndex.build = lambda *arguments: os.kill(os.getpid(), 9)
machine(Path(sys.argv[1]), Database(sys.argv[2])).sync()
"""


def in_another_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=REPOSITORY, text=True, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip


@pytest.mark.slow
def test_a_sync_that_is_killed_leaves_the_old_answers_everywhere_and_whoever_comes_next_finishes_its_work(
    tmp_path: Path, machines: Callable[..., Library], database: Database
) -> None:
    writer, other = machines("writer"), machines("other")
    writer.sync()
    before = content(other)
    (writer.documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")
    died = in_another_process(DIE, tmp_path / "writer", database.url)
    assert died.wait(60) == -9
    assert content(other) == before, "amid the switch: all of it or nothing"
    assert any("49 EUR" in text for _, text, _ in hits(other, "Fellmark stove"))
    (other.documents / "prices.csv").write_text("product,price\nFellmark stove,59 EUR\n", "utf-8")
    assert other.sync().generation == 2, "the lock went with the one who died"
    for one in (other, writer):  # the writer's folder holds an index of a generation 2 that never was
        assert any("59 EUR" in text for _, text, _ in hits(one, "Fellmark stove")) and one.verify().whole


def test_an_index_that_a_dead_run_left_whole_is_not_taken_for_that_of_another_machine(
    machines: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines("one"), machines("other")
    one.sync()
    (one.documents / "new.txt").write_text("A lamp costs 9 EUR.")
    (other.documents / "new.txt").write_text("A tent costs 90 EUR.")
    original = one._home.write

    def died(*arguments: object) -> None:
        original(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("rag.indexing.index.IndexHome.clear", lambda *_: None)  # a kill: nothing is cleared
        patch.setattr(one._home, "write", died)
        with pytest.raises(KeyboardInterrupt):
            one.sync()
    assert other.sync().generation == 2
    assert [hits(one, question) for question in ("lamp tent", "stove")] == [
        hits(other, question) for question in ("lamp tent", "stove")
    ]
    assert one.verify().whole
    (one.documents / "new.txt").write_text("A tent costs 91 EUR.")
    assert one.sync().generation == 3 and one.verify().whole and other.verify(repair=True).whole


HOLD = """
import sys, time
from pathlib import Path
from foundation.database import Database
from tests.rag.shared import machine
with machine(Path(sys.argv[1]), Database(sys.argv[2]) if sys.argv[2] else None)._writing():
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.fault(26)
def test_two_machines_write_one_after_the_other_and_naive_file_locks_let_both_in(
    tmp_path: Path, machines: Callable[..., Library], database: Database
) -> None:
    holder = in_another_process(HOLD, tmp_path / "first", database.url, 1.5)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    hasty, patient = machines("second", seconds=0.2), machines("third", seconds=10)
    with pytest.raises(UserError, match=rf"the library is being written by process {holder.pid} on"):
        hasty.sync()
    assert patient.sync().generation == 1
    assert holder.wait(10) == 0

    naive = in_another_process(HOLD, tmp_path / "first", "", 30)
    assert naive.stdout is not None and naive.stdout.readline() == "held\n"
    try:
        with writing(patient.state / "lock", 0.2):
            pass  # a lock in a folder of its own keeps nobody out
    finally:
        naive.kill()
        naive.wait()


def test_two_machines_that_sync_at_once_both_end_and_the_ledger_is_one_of_theirs(
    machines: Callable[..., Library],
) -> None:
    both = machines("a", seconds=30), machines("b", seconds=30)
    (both[1].documents / "more.md").write_text("# More\n\nA lamp costs 9 EUR.\n", "utf-8")
    threads = [threading.Thread(target=one.sync) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(both[0]) == content(both[1])
    assert all(one.verify(repair=True).whole for one in both)


@pytest.mark.slow
@pytest.mark.fault(43)
def test_what_one_machine_forgets_is_gone_on_all_and_comes_back_on_none_and_a_naive_list_of_one_s_own_lets_it(
    machines: Callable[..., Library], database: Database
) -> None:
    one, other = machines("one"), machines("other")
    one.sync()
    assert hits(other, "money back")
    one.forget(["returns.md"])
    assert not any("Money" in text for _, text, _ in hits(other, "money back"))
    assert other.sync().files[1].reason.startswith("it was forgotten on"), (
        "its own folder holds the file still"
    )
    assert "returns.md" not in other.sources()
    sha256 = machine(other.documents.parent, None)  # the naive way: each machine knows what it forgot itself
    assert len(Tombstones(sha256.tombstones)) == 0 < len(Tombstones(other.tombstones, database))
    words = b"".join(path.read_bytes() for path in other.state.rglob("*") if path.is_file())
    assert b"Money comes back" not in words


@pytest.mark.slow
def test_a_ledger_that_comes_back_from_a_backup_forgets_again_what_this_machine_forgot(
    machines: Callable[..., Library], postgres_server: postgres.Server, database: Database
) -> None:
    one = machines("one")
    one.sync()
    name = database.url.rsplit("/", 1)[1]
    one.close()
    ended = f"SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = '{name}'"
    postgres_server.run(ended)
    postgres_server.run(f"CREATE DATABASE {name}_backup TEMPLATE {name}")
    one.forget(["returns.md"])
    backup = Database(postgres_server.url(f"{name}_backup"))
    restored = machine(one.documents.parent, backup)
    try:
        assert "returns.md" not in restored.sources()
    finally:
        restored.close()
        postgres_server.drop(f"{name}_backup")


def found_on_disk(server: postgres.Server, needles: set[bytes]) -> int:
    """Return how often something stands in the files of a server, its write-ahead log included."""
    server.run("CHECKPOINT")
    return sum(
        path.read_bytes().count(needle)
        for path in server.data.rglob("*")
        if path.is_file()
        for needle in needles
    )


@pytest.mark.slow
@pytest.mark.fault(41)
def test_no_byte_of_what_was_forgotten_is_left_on_the_server_s_disk_and_a_naive_delete_leaves_all_of_it(
    machines: Callable[..., Library], postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, secret = machines("one"), "Ayse Yilmaz was dismissed in Kadikoy"
    (one.documents / "secret.md").write_text(f"# Notes\n\n{secret}.\n", "utf-8")
    one.sync()
    needles = {secret.encode(), b"secret.md", *one.vector_prefixes("secret.md")}
    assert len(needles) == 3
    before = found_on_disk(postgres_server, needles)
    with monkeypatch.context() as naive:
        naive.setattr("rag.storage.postgres.ServedLedger.wipe", lambda self: None)
        one.forget(["secret.md"])
    assert found_on_disk(postgres_server, needles) >= before > 10, "naive: rows are deleted, and stay"
    one._opened().wipe()
    assert found_on_disk(postgres_server, needles) == 0
    assert one.verify().whole and hits(one, "stove")


@pytest.mark.slow
def test_without_an_administrator_s_rights_the_tables_are_clean_and_only_the_log_is_not(
    machines: Callable[..., Library], postgres_server: postgres.Server, database: Database, tmp_path: Path
) -> None:
    name = database.url.rsplit("/", 1)[1]
    postgres_server.run(f"CREATE ROLE plain_{name} LOGIN PASSWORD '{postgres.PASSWORD}'")
    postgres_server.run(f"GRANT CREATE ON DATABASE {name} TO plain_{name}")
    plain = Database(database.url.replace(f"{postgres.USER}@", f"plain_{name}@"))
    one = machine(tmp_path / "plain", plain)
    (one.documents / "secret.md").write_text("# Notes\n\nBeren Aksoy was promoted in Izmir.\n", "utf-8")
    one.sync()
    one.forget(["secret.md"])

    def left() -> set[str]:
        postgres_server.run("CHECKPOINT")
        return {
            path.relative_to(postgres_server.data).parts[0]
            for path in postgres_server.data.rglob("*")
            if path.is_file() and b"Beren Aksoy" in path.read_bytes()
        }

    assert left() == {"pg_wal"}
    postgres_server.run(f"GRANT pg_checkpoint TO plain_{name}")
    for function in ("pg_switch_wal()", "pg_ls_waldir()"):
        postgres_server.run(f"GRANT EXECUTE ON FUNCTION {function} TO plain_{name}", name)
    one._opened().wipe()
    one.close()
    assert left() == set(), "with three rights more nothing is left, as docs/how-to/replicas.md says"
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")
    postgres_server.run(f"DROP ROLE plain_{name}")


def test_a_connection_that_the_server_ended_is_opened_again_at_the_next_question(
    machines: Callable[..., Library], postgres_server: postgres.Server, database: Database
) -> None:
    one = machines("one")
    one.sync()
    expected = hits(one, "stove")
    name = database.url.rsplit("/", 1)[1]
    postgres_server.run(
        f"SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    assert hits(one, "stove") == expected


def test_a_ledger_that_was_made_anew_under_an_old_number_is_read_anew(
    machines: Callable[..., Library], database: Database
) -> None:
    one, other = machines("one"), machines("other")
    one.sync()
    assert hits(other, "stove")
    with database.use("library") as session:
        session.execute("DROP SCHEMA rungwise_library CASCADE")
    (one.documents / "prices.csv").write_text("product,price\nFellmark stove,77 EUR\n", "utf-8")
    assert one.sync().generation == 1
    assert any("77 EUR" in text for _, text, _ in hits(other, "Fellmark stove"))
    assert hits(one, "Fellmark stove") == hits(other, "Fellmark stove")
