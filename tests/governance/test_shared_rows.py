"""Retention where a workspace keeps its votes in one database: by a real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.workspace import Workspace
from experiments.opinions import journal
from foundation.database import Database
from governance.destruction import destroy
from governance.due import deadlines
from tests.governance.test_erasure import Counter

T0 = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.mark.fault(48)
def test_votes_in_a_database_end_row_by_row_where_a_naive_look_at_files_finds_none(
    tmp_path: Path, database: Database
) -> None:
    from rag import Library

    (tmp_path / "documents").mkdir()
    (tmp_path / "rungwise.toml").write_text(f'[storage]\nurl = "{database.url}"\n', "utf-8")
    (tmp_path / "data.toml").write_text('[[dataset]]\nname = "votes"\nretention = "30 days"\n', "utf-8")
    house = Workspace.open(tmp_path)
    rows = [{"id": str(days), "when": (T0 + timedelta(days=days)).isoformat()} for days in (0, 1, 20)]
    journal.append(house.votes, rows, database)
    now = T0 + timedelta(days=31)
    assert list(tmp_path.rglob("*.jsonl")) == []  # naive: what has ended is looked for in files
    with Library(house.documents, house.library, embedder=Counter()) as library:  # type: ignore[arg-type]
        found = deadlines(house, library, now)
        assert [(one.name, one.count, one.over) for one in found] == [
            ("database: votes", 2, True), ("database: votes", 1, False)
        ]  # fmt: skip
        done = destroy(house, library, now)
    assert [(one.kind, one.count) for one in done.steps] == [("votes", 2)]
    assert [row["id"] for row in journal.read(house.votes, database)[0]] == ["20"]
