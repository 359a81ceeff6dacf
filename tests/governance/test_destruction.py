"""What ends when, by a fake clock, and its destruction: once, with a record that names nobody, and to the end after a kill."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.workspace import Workspace
from finetune import registry
from foundation.errors import UserError
from governance import destruction
from governance.datasets import DATA_SETS, Entry
from governance.destruction import book_of, destroy, unfinished
from governance.due import deadlines
from governance.rows import moment_of, take_out, thin
from governance.standing import standing
from rag import Library
from tests.governance.test_erasure import NAME, Counter
from tests.governance.test_erasure import found as files_with
from tests.governance.test_erasure import house as house

T0 = datetime(2026, 1, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
VOTES = next(one for one in DATA_SETS if one.name == "votes")


@pytest.fixture
def library(house: Workspace) -> Iterator[Library]:
    """The library of the house, as it was synced on the first day of 2026."""
    made = Library(house.documents, house.library, embedder=Counter())  # type: ignore[arg-type]
    made.sync()
    synced_on(made, T0)
    yield made
    made.close()


def synced_on(library: Library, moment: datetime) -> None:
    """Have the ledger say that its documents were first indexed at a moment."""
    with closing(sqlite3.connect(library.state / "ledger.sqlite3")) as ledger, ledger:
        ledger.execute("UPDATE versions SET since = ?", (moment.isoformat(),))


@pytest.fixture
def say(house: Workspace) -> Callable[[str, str], None]:
    """Write what `documents.toml` and `data.toml` say."""

    def write(documents: str = "", data: str = "") -> None:
        house.records.write_text(documents, "utf-8")
        (house.root / "data.toml").write_text(data, "utf-8")

    return write


def votes(house: Workspace, *moments: datetime) -> Path:
    house.votes.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        json.dumps({"id": str(number), "when": at.isoformat()}) + "\n" for number, at in enumerate(moments)
    ]
    house.votes.write_text("".join(rows), "utf-8")
    return house.votes


def period(name: str, retention: str, more: str = "") -> str:
    return f'[[dataset]]\nname = "{name}"\nretention = "{retention}"\n{more}\n'


@pytest.mark.fault(48)
@pytest.mark.parametrize(
    ("retention", "days", "ended"),
    [
        ("30 days", 29, False), ("30 days", 30, True), ("30 days", 31, True),
        ("6 months", 179, False), ("6 months", 180, True), ("6 months", 181, True),
        ("3 years", 1094, False), ("3 years", 1095, True), ("3 years", 1096, True),
    ],
)  # fmt: skip
def test_by_a_fake_clock_what_ended_goes_with_a_record_and_what_did_not_stays(
    house: Workspace, library: Library, say: Callable[..., None], retention: str, days: int, ended: bool
) -> None:
    say(f'[[document]]\npath = "hr/letter.txt"\nretention = "{retention}"\n', period("votes", retention))
    votes(house, T0, T0 + 2000 * DAY)
    now = T0 + days * DAY
    alert = standing(house, now, library)
    assert {one.kind for one in alert.due} == ({"document", "votes"} if ended else set())
    done = destroy(house, library, now)
    assert {one.kind: one.count for one in done.steps} == ({"document": 1, "votes": 1} if ended else {})
    assert (house.documents / "hr" / "letter.txt").exists() is not ended
    assert len(house.votes.read_text("utf-8").splitlines()) == (1 if ended else 2)
    assert [one["step"] for one in book_of(house).records()] == [
        "begun",
        *["destroyed"] * 2 * ended,
        "finished",
    ]
    assert destroy(house, library, now).steps == ()


@pytest.mark.fault(48)
def test_a_naive_nightly_job_by_the_age_of_files_destroys_too_early_or_never(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    say(data=period("votes", "30 days"))
    path = votes(house, T0, T0 + 29 * DAY)
    os.utime(path, (T0 + 29 * DAY).timestamp().as_integer_ratio()[:1] * 2)
    now = T0 + 30 * DAY
    naive = now.timestamp() - path.stat().st_mtime >= 30 * 86_400  # naive: `find -mtime +30 -delete`
    assert not naive  # it keeps the first vote as long as others come
    assert destroy(house, library, now).steps[0].count == 1
    assert [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()] == ["1"]


@pytest.mark.fault(48)
def test_the_records_name_nobody_and_are_kept_for_longer_than_three_years(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    source = f"hr/{NAME}.txt"
    (house.documents / source).write_text(
        f"{NAME} was born in Lindvale and lives there to this day.\n", "utf-8"
    )
    library.sync()
    synced_on(library, T0)
    say('[[document]]\npath = "hr/*"\nretention = "30 days"\n')
    first = destroy(house, library, T0 + 40 * DAY, who="head of IT")
    assert first.steps[0].count == 3 and first.steps[0].certificate
    later = destroy(house, library, T0 + 4 * 365 * DAY)
    assert later.steps == ()
    text = book_of(house).path.read_text("utf-8")
    assert NAME not in text and "Ay" not in text and "letter" not in text
    told = [one for one in book_of(house).records() if one["step"] == "destroyed"]
    assert told[0]["count"] == 3 and told[0]["retention_days"] == [30] and book_of(house).check() == ""
    begun = book_of(house).records()[0]
    assert begun["by"] == "head of IT" and begun["why"] and begun["at"].startswith("2026-02-10")
    assert files_with(house.documents, "Lindvale") == []


@pytest.mark.fault(46, 48)
@pytest.mark.parametrize("at", ["before", "after"])
def test_a_run_that_is_killed_is_finished_by_the_next_and_nothing_is_counted_twice(
    house: Workspace, library: Library, say: Callable[..., None], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    say('[[document]]\npath = "hr/*"\nretention = "30 days"\n', period("votes", "30 days"))
    votes(house, T0, T0, T0)
    real = destruction._destroy_kind

    def killed(*words: object) -> object:
        if words[2] == "votes":
            if at == "after":
                real(*words)  # type: ignore[arg-type]
            raise KeyboardInterrupt
        return real(*words)  # type: ignore[arg-type]

    now = T0 + 31 * DAY
    monkeypatch.setattr(destruction, "_destroy_kind", killed)
    with pytest.raises(KeyboardInterrupt):
        destroy(house, library, now)
    monkeypatch.setattr(destruction, "_destroy_kind", real)
    assert unfinished(house) is not None and standing(house, now, library).unfinished
    steps = destroy(house, library, now).steps
    assert unfinished(house) is None
    assert [(one.kind, one.count, one.killed_run) for one in steps] == [("votes", 3, at == "after")]
    told = [one for one in book_of(house).records() if one["step"] == "destroyed"]
    assert sorted((one["kind"], one["count"]) for one in told) == [("document", 2), ("votes", 3)]
    naive = [
        one for one in told if not one.get("killed_run")
    ]  # naive: only what its own process lived to tell
    assert len(naive) == (1 if at == "after" else 2)


@pytest.mark.fault(44, 48)
def test_examples_that_ended_mark_every_adapter_first_and_the_training_that_is_due_is_told(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    manifest = {"name": "house", "base": "b", "base_fingerprint": "f", "rows": 1, "validation_rows": 1, "rows_sha256": "",
                "made_from": {}, "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {},
                "created": T0.isoformat()}  # fmt: skip
    house.adapter.mkdir(parents=True)
    (house.adapter / registry.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    say(data=period("examples", "30 days", "since = 2026-01-01"))
    done = destroy(house, library, T0 + 31 * DAY)
    assert [(one.kind, one.count) for one in done.steps] == [("examples", 2)]
    assert house.examples.read_text("utf-8") == "" and done.retrain_due
    with pytest.raises(UserError, match="weights can't be made to forget"):
        registry.verify(house.adapter, "b", "f")


@pytest.mark.fault(44, 46)
def test_a_kill_between_marking_and_erasing_leaves_an_adapter_marked_where_a_naive_order_leaves_it_serving(
    house: Workspace, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from governance import erasure

    manifest = {"name": "house", "base": "b", "base_fingerprint": "f", "rows": 1, "validation_rows": 1, "rows_sha256": "",
                "made_from": {}, "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {},
                "created": ""}  # fmt: skip
    house.adapter.mkdir(parents=True)
    (house.adapter / registry.MANIFEST).write_text(json.dumps(manifest), "utf-8")

    def killed(*words: object) -> dict[str, int]:
        thin(house.examples, lambda line: "letter" in line)
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        erasure.forget(house, library, ["hr/letter.txt"])
    assert (house.adapter / registry.TAINTED).is_file()
    # naive: rows first, the mark after them. A second run finds no such example any more, and so nothing to mark.
    assert not any("letter" in line for line in house.examples.read_text("utf-8").splitlines())


def test_an_adapter_ends_with_the_shortest_kept_of_its_documents(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    for name in ("old", "new"):
        folder = house.adapters.home / name
        folder.mkdir(parents=True)
        manifest = {"name": name, "base": "b", "base_fingerprint": "f", "rows": 1, "validation_rows": 1, "rows_sha256": "",
                    "made_from": {}, "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {},
                    "created": T0.isoformat(), "papers": {"retention_days": 90}}  # fmt: skip
        (folder / registry.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    house.adapters.use("new")
    found = deadlines(house, library, T0 + 89 * DAY)
    assert [(one.kind, one.name, one.over) for one in found] == [
        ("adapter", "new", False),
        ("adapter", "old", False),
    ]
    done = destroy(house, library, T0 + 90 * DAY)
    assert done.steps[0].count == 2 and house.adapters.names() == ["new"] and done.retrain_due
    assert (
        destroy(house, library, T0 + 91 * DAY).steps == ()
        or (house.adapters.home / "new" / registry.TAINTED).is_file()
    )


def test_the_audit_log_is_told_and_left_to_people(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    log = house.built / "access" / "audit.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps({"at": T0.isoformat()}) + "\n", "utf-8")
    say(data=period("audit", "30 days"))
    done = destroy(house, library, T0 + 31 * DAY)
    assert done.steps == () and done.by_hand[0].kind == "audit" and log.read_text("utf-8")


def test_what_holds_no_date_is_told_and_stays_until_since_is_written(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    say(data=period("questions", "30 days"))
    now = T0 + 400 * DAY
    assert [(one.kind, one.ends) for one in standing(house, now, library).undated] == [("questions", "")]
    assert destroy(house, library, now).steps == () and house.questions.read_text("utf-8")
    say(data=period("questions", "30 days", "since = 2026-01-01"))
    assert destroy(house, library, now).steps[0].count == 1 and house.questions.read_text("utf-8") == ""


def test_files_of_runs_and_logs_go_by_their_last_change_and_empty_folders_with_them(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    old, young = house.runs / "20260101T090000Z" / "run.json", house.runs / "20260201T090000Z" / "run.json"
    for path, at in ((old, T0), (young, T0 + 31 * DAY), (house.runs / "r.jsonl", T0 + 31 * DAY)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", "utf-8")
        os.utime(path, (at.timestamp(), at.timestamp()))
    say(data=period("runs", "30 days"))
    assert destroy(house, library, T0 + 31 * DAY).steps[0].count == 1
    assert not old.parent.exists() and young.exists()


@pytest.mark.fault(48)
def test_a_destruction_is_overdue_after_six_months_and_one_that_found_nothing_counts(
    house: Workspace, library: Library, say: Callable[..., None]
) -> None:
    say('[[document]]\npath = "hr/*"\nretention = "3 years"\n')
    first = standing(house, T0 + 180 * DAY, library)
    assert (first.destroy_by, first.destruction_overdue) == ("2026-06-30", False)
    assert standing(house, T0 + 181 * DAY, library).destruction_overdue
    destroy(house, library, T0 + 181 * DAY)
    after = standing(house, T0 + 182 * DAY, library)
    assert (
        after.destroyed.startswith("2026-07-01")
        and not after.destruction_overdue
        and after.destroy_by == "2026-12-28"
    )


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.timezones()),
    st.integers(1, 2000),
    st.integers(-24 * 60, 24 * 60 - 1).filter(lambda minutes: abs(minutes) < 24 * 60),
)
def test_when_a_row_ends_hangs_on_the_moment_and_not_on_the_zone_that_it_is_written_in(
    moment: datetime, days: int, minutes: int
) -> None:
    if moment.utcoffset() is None:
        return
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert moment_of({"when": moment.astimezone(UTC).isoformat()}) == moment_of(
        {"when": elsewhere.isoformat()}
    )
    from governance.rows import _end

    end = _end(moment_of({"when": elsewhere.isoformat()}), Entry(retention_days=days))
    assert end is not None and end - moment.astimezone(UTC) == timedelta(days=days)


def test_the_hour_that_is_missing_in_spring_and_there_twice_in_autumn_ends_nothing_early() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day in (
        datetime(2026, 3, 29, 1, 30, tzinfo=berlin),
        datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1),
    ):
        read = moment_of({"when": day.isoformat()})
        assert read is not None and read.timestamp() == day.timestamp()


@pytest.mark.parametrize(
    "row", [{}, {"when": ""}, {"when": "soon"}, {"at": 1e40}, {"at": True}, {"when": None}]
)
def test_a_date_that_is_none_is_told_as_none(row: dict[str, object]) -> None:
    assert moment_of(row) is None


def test_a_row_that_comes_while_others_go_stays(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("old\nyoung\n", "utf-8")

    def goes(line: str) -> bool:
        if line.startswith("young"):
            with path.open("a") as file:
                file.write("late\n")
        return line.startswith("old")

    assert thin(path, goes) == 1 and path.read_text("utf-8") == "young\nlate\n"


def test_rows_of_another_period_stay(house: Workspace) -> None:
    votes(house, T0, T0 + 10 * DAY)
    entry = Entry(retention_days=30)
    assert take_out(house, VOTES, ".rungwise/votes/votes.jsonl", entry, T0 + 30 * DAY) == 1
    assert (
        take_out(
            house, VOTES, ".rungwise/votes/votes.jsonl", replace(entry, retention_days=365), T0 + 60 * DAY
        )
        == 0
    )
