"""What one may ask of several replicas together: as much as of one, and not once for each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foundation.database import Database
from foundation.errors import UserError
from tests.ui.access.test_allowance import ADA, BO, MIDNIGHT, Clock, ask
from ui.access.allowance import Allowance, allowance
from ui.access.shared_allowance import SharedAllowance


@pytest.mark.fault(101)
def test_two_replicas_grant_one_minute_and_one_day_and_two_naive_ones_grant_each(database: Database) -> None:
    clock = Clock()

    def granted(one: Allowance, other: Allowance) -> int:
        return sum(ask(replica, ADA, per_minute=6) == 0 for _ in range(10) for replica in (one, other))

    shared = SharedAllowance(database, clock), SharedAllowance(database, clock)
    assert granted(*shared) == 6
    assert granted(Allowance(clock), Allowance(clock)) == 12, "the naive way, each in its own memory"
    shared[0].spend(ADA, 100)
    clock.now += 60
    assert ask(shared[1], ADA, 6, a_day=100) > 3600, "spent at the other one"
    assert ask(shared[1], BO, 6, a_day=100) == 0, "nobody's at another's cost"
    clock.now = MIDNIGHT + 86_400
    assert ask(shared[0], ADA, 6, a_day=100) == 0


@pytest.mark.fault(101)
def test_many_who_ask_at_once_by_two_replicas_get_no_more_than_there_is(database: Database) -> None:
    clock = Clock()
    replicas = SharedAllowance(database, clock), SharedAllowance(database, clock)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: ask(replicas[n % 2], ADA, per_minute=10) == 0, range(40)))
    assert sum(got) == 10


def test_what_alone_would_grant_is_granted_in_the_database_too(database: Database) -> None:
    clock, waits = Clock(), []
    for allowed in (Allowance(clock), SharedAllowance(database, clock)):
        clock.now = MIDNIGHT
        told = []
        for pause in (0, 0, 0, 7, 0, 31, 0, 0, 90, 0, 0, 0, 1):
            clock.now += pause
            told.append(round(ask(allowed, ADA, per_minute=3, a_day=500), 6))
            allowed.spend(ADA, 60)
        waits.append(told)
    assert waits[0] == waits[1] and max(waits[0]) > 3600


def test_names_are_kept_for_two_days_and_no_longer(database: Database) -> None:
    clock = Clock()
    shared = SharedAllowance(database, clock)
    ask(shared, ADA)
    clock.now += 3 * 86_400
    ask(shared, BO)
    with database.use("allowance") as session:
        assert session.execute("SELECT person FROM used").fetchall() == [(BO.id,)]


def test_a_workspace_counts_where_its_settings_say(tmp_path: Path, database: Database) -> None:
    (tmp_path / "rungwise.toml").write_text("", "utf-8")
    assert type(allowance(tmp_path)) is Allowance
    (tmp_path / "rungwise.toml").write_text(f'[storage]\nurl = "{database.url}"\n', "utf-8")
    assert type(allowance(tmp_path)) is SharedAllowance and allowance(tmp_path) is allowance(tmp_path)
    shared = allowance(tmp_path)
    (tmp_path / "rungwise.toml").write_text("[storage]\nurl = ", "utf-8")
    assert allowance(tmp_path) is shared, "a slip of an edit gives nobody another minute"


def test_a_database_that_is_away_fails_the_question_and_no_answer_that_is_made_already(
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = SharedAllowance(Database("postgresql://ada@127.0.0.1:1/house"))
    away.spend(ADA, 5)
    assert "were not counted" in caplog.text
    with pytest.raises(UserError, match="can't be used"):
        away.take(ADA, 3, 0)
