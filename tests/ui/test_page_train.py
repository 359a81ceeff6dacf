"""The page Training: a run drawn while it grows, finished ones to look at, and nothing that is written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from finetune.runs import Run
from tests.ui.page_world import opened, told


def begun(house: Path, steps: int, epochs: int = 2, base: str = "starter") -> Run:
    """Leave what a training of so many steps, four an epoch, would."""
    run = Run.begin(
        house / ".rungwise" / "trainings", {"base": base, "rows": 16, "settings": {"epochs": epochs}}
    )
    run.release()
    for step in range(1, steps + 1):
        run.tell({"step": step, "steps": 4 * epochs, "loss": 3.0 - 0.2 * step, "seconds": 30.0 * step})
        if step % 4 == 0:
            run.tell({"epoch": step / 4, "validation_loss": 2.0 - 0.1 * step, "seconds": 30.0 * step})
    return run


def curve(app: AppTest) -> pd.DataFrame | None:
    """Return the table of epochs; None where there is none."""
    return next((table.value for table in app.table if "validation" in table.value), None)


def drawn(app: AppTest) -> int:
    return len(app.get("vega_lite_chart"))


def test_before_any_training_the_page_says_the_command(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = opened(monkeypatch, house, "train")
    assert app.code[0].value == "rungwise train" and not drawn(app) and not app.exception


def test_a_training_that_runs_is_drawn_and_grows_with_the_next_look(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    run = begun(house, 0)
    app = opened(monkeypatch, house, "train")
    assert "the first step is still to come" in told(app) and not drawn(app)
    for step in (1, 2, 3):
        run.tell({"step": step, "steps": 8, "loss": 3.0 - step / 2, "seconds": 30.0 * step})
    app.run()
    assert drawn(app) == 1 and app.get("progress")[0].proto.value == 37
    assert "Step 3 of 8 · 90 s · at most about 2.5 min left" in app.get("progress")[0].proto.text
    assert curve(app) is None  # no epoch has ended
    run.tell({"epoch": 1.0, "validation_loss": 1.75, "seconds": 95.0})
    app.run()
    assert "Validation was best with 1.750 at epoch 1." in told(app)
    assert list(curve(app)["validation"]) == [r"1\.750"]


def test_a_training_that_is_done_says_what_its_curve_says(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    begun(house, 8).end("done", adapter="20260101-000000-aaaa")
    app = opened(monkeypatch, house, "train")
    assert "It made the adapter 20260101-000000-aaaa" in told(app)
    assert (
        "Validation still fell in the last epoch" in told(app)
        and "left" not in app.get("progress")[0].proto.text
    )
    assert list(curve(app)[""]) == ["", "best"]


def test_one_that_was_killed_and_one_that_failed_say_so(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    run = begun(house, 3)
    for name in ("plan.json", "curve.jsonl"):
        os.utime(run.folder / name, (1.0, 1.0))
    app = opened(monkeypatch, house, "train")
    assert "`rungwise train`, goes on" in app.info[0].value
    run.end("failed", reason="The loss is no number any more. **Lower** `learning_rate`.")
    app.run()
    assert "no number any more" in app.error[0].value and r"\*\*Lower" in app.error[0].value


def test_earlier_trainings_can_be_chosen_and_the_newest_is_shown_by_itself(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    first = begun(house, 8, base="first")
    first.end("done", adapter="a1")
    older = first.folder.rename(first.folder.with_name("20250102-030405-aaaa"))
    begun(house, 2, base="second")
    app = opened(monkeypatch, house, "train")
    assert "Step 2 of 8" in app.get("progress")[0].proto.text
    assert app.selectbox[0].options == [
        "The newest one",
        app.selectbox[0].options[1],
        "2025-01-02 03:04:05 UTC",
    ]
    app.selectbox[0].set_value(older.name).run()
    assert "Step 8 of 8" in app.get("progress")[0].proto.text and "adapter a1" in told(app)


def test_looking_changes_nothing_in_the_workspace(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    run = begun(house, 4)
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    opened(monkeypatch, house, "train").run()
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before
