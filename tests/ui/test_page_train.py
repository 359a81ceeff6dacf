"""The page Training: a run drawn while it grows, finished ones to look at, and nothing that is written."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from finetune.training.runs import Run
from foundation.errors import ExitCode
from tests.ui.page_world import all_ended, button, opened, told
from ui.access import audit
from ui.access.permissions import Person, Role
from ui.jobs import office


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
    assert "`rungwise train`, goes on" in " ".join(one.value for one in app.info)
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


# ---------------------------------------------------------------- begin, stop, resume, choose

ESTIMATE = {"rows": 12, "tokens": 3400, "taught": 900, "steps": 8, "seconds": 150.0, "memory": 3 * 2**30, "disk": 5 * 2**20,
            "chosen": ["learning_rate = 0.001: by **the** rule."]}  # fmt: skip
ECHO = f"import json, sys; print(json.dumps({ESTIMATE!r} if '--estimate' in sys.argv else {{'manifest': {{'name': 'a*1'}}}}))"


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch, house: Path) -> Workspace:
    """Return a workspace whose jobs give back an estimate, or a training's end, at once."""
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", ECHO))
    return Workspace.open(house)


@pytest.fixture
def two(fakes: None, rungwise, house: Path) -> Workspace:
    """Return a workspace with two adapters, of which the newer one serves."""
    for word in ("sync", "train", "train"):
        assert rungwise(word, "-w", house).code == 0
    return Workspace.open(house)


def both(two: Workspace) -> tuple[str, str]:
    """Return the adapter that serves and the other one; they were made within a second, so that their names tell no order."""
    serving = two.adapters.serving.name
    (other,) = set(two.adapters.names()) - {serving}
    return serving, other


def turkish(app: AppTest) -> AppTest:
    app.session_state["rungwise_language"] = Language.TR
    return app.run()


def test_without_examples_the_page_says_to_bring_some(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    (house / "examples.jsonl").unlink()
    app = opened(monkeypatch, house, "train")
    assert "There are no examples to learn from" in told(app) and "No adapter yet" in told(app)
    assert not [one for one in app.button if one.key in ("train-go", "estimate-go")]
    assert "Öğrenilecek örnek yok" in told(turkish(app)) and not app.exception


def test_an_estimate_tells_rows_tokens_time_and_memory_before(
    monkeypatch: pytest.MonkeyPatch, echo: Workspace
) -> None:
    app = button(opened(monkeypatch, echo.root, "train"), "estimate-go")
    all_ended(echo)
    app.run()
    job = office.newest(echo, "estimate")
    assert job is not None and job.words == ("train", "--estimate", "--json")
    assert [(one.label, one.value) for one in app.metric] == [
        ("Rows", "12"), ("Tokens", "3,400"), ("Time, at most", "2.5 min"), ("Memory", "3.0 GB"),
    ]  # fmt: skip
    assert "learning_rate = 0.001: by **the** rule." in told(app)  # its stars are escaped
    assert "estimate again" not in " ".join(one.value for one in app.info)
    (echo.root / "form.yaml").write_text("name: Other\n")
    os.utime(echo.root / "form.yaml", (time.time() + 5, time.time() + 5))
    assert "estimate again" in " ".join(one.value for one in app.run().info)
    assert turkish(app).metric[2].value == "2.5 dk"


def test_without_an_index_the_page_says_that_rows_hold_passages(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "train")
    assert "There is no index yet" in app.info[0].value and any(
        "Documents" in link.proto.label for link in app.get("page_link")
    )


def test_the_settings_that_it_will_use_are_told_with_what_a_rule_chooses(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "train")
    told_of = next(table.value for table in app.table if "value" in table.value)
    rows = dict(zip(told_of["what"], told_of["value"], strict=True))
    assert rows["rank"] == "16" and rows["epochs"] == "chosen by a rule" and rows["base"] == "starter"


def test_a_training_is_begun_with_the_method_that_was_chosen(
    monkeypatch: pytest.MonkeyPatch, echo: Workspace
) -> None:
    app = opened(monkeypatch, echo.root, "train")
    app.radio(key="train-method").set_value("full").run()
    assert "writes this method into rungwise.toml" in told(app)
    button(app, "train-go")
    all_ended(echo)
    job = office.newest(echo, "train")
    assert job is not None and job.words == ("train", "--json", "--method", "full")
    assert "The adapter a*1 is made, and serves now." in told(app.run())


def test_a_stopped_training_offers_to_resume_at_once(
    monkeypatch: pytest.MonkeyPatch, echo: Workspace
) -> None:
    begun(echo.root, 3)
    app = opened(monkeypatch, echo.root, "train")
    assert app.button(key="train-go").label == "Start training"  # it may run in a terminal
    stopped = f"import sys; sys.stderr.write('Stopped.'); sys.exit({int(ExitCode.INTERRUPTED)})"
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", stopped))
    button(app, "train-go")
    all_ended(echo)
    app.run()
    assert app.button(key="train-go").label == "Resume" and "Stopped after" in told(app)
    assert "goes on from its last state" in told(app)


@pytest.mark.fault(99)
def test_a_viewer_cannot_train_or_choose_and_a_forced_click_is_refused_and_noted(
    monkeypatch: pytest.MonkeyPatch, two: Workspace
) -> None:
    serving, other = both(two)
    monkeypatch.setattr("ui.who.person", lambda: Person("veli", Role.VIEWER))
    app = opened(monkeypatch, two.root, "train")
    assert all(
        app.button(key=key).disabled for key in ("train-go", "estimate-go", f"use-{other}", f"verify-{other}")
    )
    monkeypatch.setattr("ui.who.can", lambda action: True)  # as a browser that was made to draw them
    button(app.run(), "train-go")
    assert "veli may not train" in app.error[0].value and office.every(two) == []
    button(button(app.run(), f"use-{other}"), "adapter-yes")
    assert two.adapters.serving.name == serving
    assert [(one.what, one.ok) for one in audit.entries(two.root)][-1] == (f"use {other}", False)


def test_which_adapter_serves_is_changed_only_after_a_second_yes_and_changed_back(
    monkeypatch: pytest.MonkeyPatch, two: Workspace
) -> None:
    serving, other = both(two)
    app = opened(monkeypatch, two.root, "train")
    assert f"### {serving}" in told(app) and "rows · validation loss 0.400 nats a token" in told(app)
    button(app, f"use-{other}")
    assert f"{other} answers everybody" in told(app) and two.adapters.serving.name == serving
    button(app, "adapter-no")
    assert two.adapters.serving.name == serving
    button(button(app, f"use-{other}"), "adapter-yes")
    assert two.adapters.serving.name == other and f"{other} serves now." in told(app)
    button(button(app, f"rollback-{other}"), "adapter-yes")
    assert two.adapters.serving.name == serving and not app.exception and not app.error
    assert [one.what for one in audit.entries(two.root)] == [f"use {other}", f"rollback {serving}"]


def test_an_adapter_is_verified_by_the_command_and_its_sentence_is_drawn(
    monkeypatch: pytest.MonkeyPatch, two: Workspace
) -> None:
    name = two.adapters.serving.name
    monkeypatch.setattr(
        office, "COMMAND", (sys.executable, "-P", "-c", "print('It is **as** it was trained.')")
    )
    app = button(opened(monkeypatch, two.root, "train"), f"verify-{name}")
    all_ended(two)
    job = office.newest(two, "adapter")
    assert job is not None and job.words == ("adapters", "verify", name)
    assert any(r"\*\*as\*\*" in element.value for element in app.run().markdown)


def test_the_whole_page_is_drawn_in_turkish(monkeypatch: pytest.MonkeyPatch, two: Workspace) -> None:
    begun(two.root, 8).end("done", adapter="a1")
    app = turkish(opened(monkeypatch, two.root, "train"))
    assert (
        "Nasıl öğreniyor?" in told(app)
        and "a1 adaptörünü üretti" in told(app)
        and "Adım 8 / 8" in app.get("progress")[0].proto.text
    )
    assert not app.exception and not app.error
