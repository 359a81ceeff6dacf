"""A PostgreSQL database by one URL: no password in it or in any sentence, one lock for all, and life after the server's death."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from foundation import database as databases
from foundation.database import Database
from foundation.errors import UserError
from foundation.shared_lock import locked
from foundation.tables import prepare, version
from tests import postgres

SECRET = "hunter2horse"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql://ada:{SECRET}@db/house", "holds a password"),
        (f"postgresql://ada@db/house?password={SECRET}", "holds a password"),
        (f"postgresql://db/house?sslpassword={SECRET}", "holds a password"),
        (f"postgresql://ada:{SECRET}@db:port/house", "can't be read"),
        (f"mysql://ada:{SECRET}@db/house", "holds a password"),
        ("mysql://db/house", "must name a PostgreSQL database"),
        ("postgresql://db", "must name a PostgreSQL database"),
        ("house", "must name a PostgreSQL database"),
    ],
)
def test_a_url_with_a_password_or_of_something_else_is_refused_and_repeats_no_secret(
    url: str, said: str
) -> None:
    with pytest.raises(UserError, match=said) as refused:
        Database(url)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("postgresql://ada@127.0.0.1/house", True),
        ("postgresql://ada@localhost:5433/house", True),
        ("postgresql://ada@[::1]/house", True),
        ("postgresql:///house?host=/var/run/postgresql", True),
        ("postgresql:///house", True),
        ("postgresql://ada@db.example.org/house", False),
        ("postgresql://ada@10.0.0.7/house", False),
        ("postgresql:///house?host=10.0.0.7", False),
    ],
)
def test_tls_is_required_over_a_network_and_only_there(
    url: str, home: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Exception):
        pass

    asked: dict[str, object] = {}

    class Driver:
        OperationalError = Error = type("Error", (Exception,), {})

        def connect(self, url: str, **told: object) -> None:
            asked.update(told)
            raise Stopped

    monkeypatch.setattr(databases, "_driver", Driver)
    with pytest.raises(Stopped):
        Database(url).open("test")
    assert (asked.get("sslmode") == "require") is not home and Database(url).at_home is home
    asked.clear()
    said = f"{url}{'&' if '?' in url else '?'}sslmode=disable"
    with pytest.raises(Stopped):
        Database(said).open("test")
    assert "sslmode" not in asked, "what the URL says is not overruled"


def test_a_server_that_does_not_answer_and_a_wrong_password_are_sentences_without_the_password(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Database("postgresql://ada@127.0.0.1:1/house", "HOUSE_PASSWORD")
    monkeypatch.setenv("HOUSE_PASSWORD", SECRET)
    with pytest.raises(UserError, match=r"can't be used .*refused.* environment variable HOUSE_PASSWORD"):
        nowhere.open("test")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with pytest.raises(UserError, match="password authentication failed") as refused:
        database.open("test")
    assert SECRET not in str(refused.value) and refused.value.__cause__ is None


def test_without_psycopg_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match=r"pip install 'rungwise\[postgres\]'"):
        Database("postgresql://127.0.0.1/house").open("test")


def test_nothing_loads_psycopg_before_there_is_a_connection() -> None:
    code = "import sys, foundation.database as d; d.Database('postgresql:///x'); assert 'psycopg' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_error_repeats_no_value_of_a_row(database: Database) -> None:
    with closing(database.open("test")) as session:
        prepare(session, ["CREATE TABLE secrets (name TEXT PRIMARY KEY)"])
        session.execute("INSERT INTO secrets VALUES (?)", (SECRET,))
        with pytest.raises(UserError, match="duplicate key") as refused, databases.sentences(database):
            session.execute("INSERT INTO secrets VALUES (?)", (SECRET,))
        assert SECRET not in str(refused.value)
        with pytest.raises(Exception, match=SECRET):  # what a naive sentence would say
            session.execute("INSERT INTO secrets VALUES (?)", (SECRET,))


def test_a_transaction_that_fails_changes_nothing(database: Database) -> None:
    with closing(database.open("test")) as session:
        prepare(session, ["CREATE TABLE t (n INTEGER)"])
        with pytest.raises(KeyError), session.transaction():
            session.execute("INSERT INTO t VALUES (1)")
            raise KeyError
        assert session.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert not session.in_transaction


def test_many_processes_that_come_first_at_once_make_the_tables_once(database: Database) -> None:
    failed: list[Exception] = []

    def come() -> None:
        try:
            with closing(database.open("test")) as session:
                prepare(session, ["CREATE TABLE t (n INTEGER)", "ALTER TABLE t ADD COLUMN m TEXT"])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=come) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
    with closing(database.open("test")) as session:
        assert version(session) == 2
        with pytest.raises(UserError, match="made by a newer Rungwise"):
            prepare(session, ["CREATE TABLE t (n INTEGER)"])


def test_a_lock_is_waited_for_and_names_its_holder_and_is_gone_with_a_killed_holder(
    database: Database,
) -> None:
    code = (
        "import sys, time; from foundation.database import Database; from foundation.shared_lock import locked\n"
        "with locked(Database(sys.argv[1]), 'library', 5, 'busy'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, database.url], stdout=subprocess.PIPE, env=os.environ
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    try:
        with (
            pytest.raises(UserError, match=rf"the library is being written by process {holder.pid} on 127"),
            locked(database, "library", 0.2, "the library is being written"),
        ):
            pass
        with locked(database, "another", 0.2, "busy"):
            pass
    finally:
        holder.kill()
        holder.wait()
    with locked(
        database, "library", 20, "busy"
    ):  # a lock that outlived its holder would be waited for in vain
        pass


def test_a_kept_connection_that_the_server_ended_is_opened_again(
    database: Database, postgres_server: postgres.Server
) -> None:
    with database.use("test") as session:
        first = session.execute("SELECT pg_backend_pid()").fetchone()
        assert first is not None
    postgres_server.run(f"SELECT pg_terminate_backend({first[0]}, 1000)")
    with database.use("test") as session:
        assert session.execute("SELECT pg_backend_pid()").fetchone() != first
