"""From files of traces and thumbs, as they are served, to the signals of a report: how often quiet weeks alarm, and changed ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from assistant.workspace import Workspace, create
from monitoring import report
from monitoring.signals.enough import ALPHA
from tests.monitoring.test_drift import quiet_week
from tests.monitoring.traced_world import NEWEST, NOW, write

WEEKS = 120


def look(house: Workspace, rng: np.random.Generator, worse: float = 0.0) -> tuple[set[str], float]:
    """Write five weeks as serving writes them, and return which tested signals fire, and the smallest uncorrected p.

    Args:
        house: Where; what was written before goes.
        rng: Draws the weeks.
        worse: How much lower scores are in the newest week.
    """
    from dataclasses import replace

    shutil.rmtree(house.traces, ignore_errors=True)
    rows, thumbs = quiet_week(rng)
    newest = NEWEST.date().isoformat()
    write(
        house.traces,
        [
            replace(one, scores=tuple(score - worse for score in one.scores)) if one.day >= newest else one
            for one in rows
        ],
    )
    lines = [
        json.dumps(
            {"answer": f"a{at}", "setup": one.setup, "good": one.good, "when": f"{one.day}T12:00:00+00:00"}
        )
        for at, one in enumerate(thumbs)
    ]
    (house.built / "thumbs.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    found = report(house, None, NOW)
    assert found.traces == len(rows) and not found.damaged
    tested = [one for one in found.signals if one.p is not None]
    assert len(tested) == 4
    return {one.name for one in found.firing if one.p is not None}, min(one.p or 1.0 for one in tested) / len(
        tested
    )


@pytest.fixture
def served(tmp_path: Path) -> Workspace:
    house = create(tmp_path / "house", demo=False)
    house.built.mkdir()
    return house


@pytest.mark.slow
@pytest.mark.fault(148)
def test_of_quiet_weeks_that_are_read_from_files_at_most_one_in_twenty_alarms(served: Workspace) -> None:
    rng = np.random.default_rng(21)
    looks = [look(served, rng) for _ in range(WEEKS)]
    fired = sum(bool(names) for names, _ in looks)
    naive = sum(p <= ALPHA for _, p in looks)  # naive: each p by itself, uncorrected
    assert fired <= binom.ppf(0.999, WEEKS, ALPHA)
    assert naive > fired


@pytest.mark.fault(148)
def test_a_week_whose_passages_are_farther_away_alarms_from_its_files_as_that(served: Workspace) -> None:
    rng = np.random.default_rng(22)
    quiet, _ = look(served, rng)
    changed, _ = look(served, rng, worse=0.2)
    assert not quiet and changed == {"score_drift"}
