"""A training as an onlooker sees it: how far, how it ended, and what a kill and a going on leave in its curve."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from finetune.training.runs import Run, newest_first
from finetune.training.watched import watched
from tests.finetune.trainings import train

PLAN: dict[str, Any] = {"base": "tiny", "rows": 8, "settings": {"epochs": 2}}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of two epochs of two steps, ten seconds each, three steps in."""
    run = Run.begin(tmp_path, PLAN)
    for step in (1, 2, 3):
        run.tell({"step": step, "steps": 4, "loss": 4.0 - step, "seconds": 10.0 * step})
        if step == 2:
            run.tell({"epoch": 1.0, "validation_loss": 2.5, "seconds": 20.0})
    return run


def test_a_training_that_runs_tells_where_it_is_and_what_is_left_at_most(run: Run) -> None:
    seen = watched(run)
    assert (seen.state, seen.step, seen.steps, seen.left) == ("running", 3, 4, 10.0)
    assert seen.losses == ((0.5, 3.0), (1.0, 2.0), (1.5, 1.0))
    assert seen.curve == ({"epoch": 1.0, "loss": 2.5, "validation_loss": 2.5},)
    assert seen.best == seen.curve[0] and seen.plan["base"] == "tiny"


def test_before_the_first_step_nothing_is_made_up(tmp_path: Path) -> None:
    seen = watched(Run.begin(tmp_path, PLAN))
    assert (seen.state, seen.step, seen.left, seen.best, seen.losses) == ("running", 0, None, None, ())


def test_a_training_that_nothing_was_heard_of_is_not_shown_as_running(run: Run) -> None:
    run.release()
    assert watched(run, now=run.last_sign + 59).state == "running"
    assert watched(run, now=run.last_sign + 61).state == "silent"
    run.tell({"step": 4, "steps": 4, "loss": 0.5, "seconds": 330.0})  # a step that took five minutes
    assert watched(run, now=run.last_sign + 1_000).state == "running"


def test_how_it_ended_is_told(run: Run) -> None:
    run.end("failed", reason="The loss is no number any more.")
    assert (watched(run).state, watched(run).why) == ("failed", "The loss is no number any more.")
    run.end("done", adapter="a1")
    assert (watched(run).state, watched(run).adapter, watched(run).left) == ("done", "a1", None)


def test_steps_that_were_taken_twice_after_a_kill_count_once_and_a_line_that_was_cut_off_not_at_all(
    run: Run,
) -> None:
    run.tell({"step": 3, "steps": 4, "loss": 1.25, "seconds": 31.0})
    with (run.folder / "curve.jsonl").open("a") as file:
        file.write('{"step": 4, "st')
    assert watched(run).losses == ((0.5, 3.0), (1.0, 2.0), (1.5, 1.25))


def test_looking_takes_no_lock_and_writes_nothing(run: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    run.release()
    seen = newest_first(run.folder.parent)[0]
    watched(seen)
    assert Run.begin(run.folder.parent, PLAN).folder == run.folder, "it can go on while somebody looks"
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


def test_runs_are_listed_newest_first_and_what_is_no_run_is_not(tmp_path: Path) -> None:
    for name in ("20260101-000000-aa", "20260102-000000-aa", "20260103-000000-aa"):
        (tmp_path / name).mkdir()
        if "03-" not in name:
            (tmp_path / name / "plan.json").write_text(json.dumps(PLAN))
    assert [run.folder.name[:8] for run in newest_first(tmp_path)] == ["20260102", "20260101"]
    assert newest_first(tmp_path / "none") == []


def test_a_real_training_is_seen_as_its_manifest_tells_it(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    made = train(tiny_bases["lfm2"], tmp_path, "a")
    (run,) = newest_first(tmp_path / "runs")
    seen = watched(run, now=os.path.getmtime(run.folder) + 1e6)
    assert seen.state == "done" and seen.adapter == "a" and seen.step == seen.steps == 15
    for point, told in zip(seen.curve, made.curve, strict=True):
        assert point == pytest.approx(told, abs=1e-3)
