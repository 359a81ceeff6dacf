"""`rungwise monitor`: a card for people, JSON for programs, 4 where a signal fires and that is asked for; `ask` leaves traces."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assistant.workspace import create
from tests.monitoring.traced_world import spread, write
from ui.schemas import schema

Run = Callable[..., Any]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return create(tmp_path / "house", demo=False).root


def monday() -> datetime:
    """Return when the newest whole week began."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 7)


def served(root: Path, **told: Any) -> None:
    write(root / ".rungwise" / "traces", spread(monday(), 7, 40, **told))


def test_a_workspace_that_served_nothing_says_how_traces_come(rungwise: Run, root: Path) -> None:
    found = rungwise("monitor", "-w", root)
    assert found.code == 0 and "No answer was served since" in found.out


def test_a_signal_that_fires_ends_with_4_only_where_that_is_asked_for(rungwise: Run, root: Path) -> None:
    served(root, broken=("words",))
    plain, asked = rungwise("monitor", "-w", root), rungwise("monitor", "-w", root, "--fail-on-signal")
    assert (plain.code, asked.code) == (0, 4)
    assert "! form_failures" in plain.out and "→ collect: `rungwise import FILE`" in plain.out


def test_quiet_traces_end_with_0_though_signals_are_asked_for(rungwise: Run, root: Path) -> None:
    served(root)
    assert rungwise("monitor", "-w", root, "--fail-on-signal").code == 0


def test_json_keeps_its_schema_and_names_what_is_missing(rungwise: Run, root: Path) -> None:
    served(root)
    told = json.loads(rungwise("monitor", "-w", root, "--json").out)
    jsonschema.validate(told, schema("monitor"))
    missing = {one["name"]: one["missing"] for one in told["signals"] if one["state"] == "not enough data"}
    assert missing["question_drift"] == 30 and missing["thumbs"] == 20


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("--days", "5"), "must be 14 to 3650, but is 5"), (("--setup", "rga"), 'Did you mean "rag"?')],
)
def test_a_slip_is_a_sentence(rungwise: Run, root: Path, words: tuple[str, ...], sentence: str) -> None:
    found = rungwise("monitor", "-w", root, *words)
    assert found.code == 2 and sentence in found.err and "Traceback" not in found.err
