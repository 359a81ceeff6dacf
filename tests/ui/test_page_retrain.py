"""The page Train: retraining through the gate is begun, told of, and taken back after a second yes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from experiments.gating import Ruling
from experiments.retraining.record import Retraining, Stage
from finetune import registry
from finetune.registry import Manifest
from tests.ui.page_world import all_ended, button, opened, told
from ui.access import audit
from ui.access.permissions import Person, Role
from ui.jobs import office

KEPT = "Of 92 questions the candidate won 3 and lost 9. It is **surely** worse in form."


def made(house: Workspace, name: str) -> None:
    """Publish an adapter without weights, made from what the workspace has."""
    home = house.adapters.home
    staged = home / f".{name}"
    staged.mkdir(parents=True)
    (staged / "adapter_config.json").write_text("{}")
    curve = [{"epoch": 1.0, "loss": 1.0, "validation_loss": 1.0}]
    papers = Manifest(
        name, "starter", "f" * 64, 10, 1, "r" * 64, house.ingredients(), {}, curve, 1.0, 0.1, {}, "2026-01-01T00:00:00+00:00"
    )  # fmt: skip
    registry.publish(staged, home / name, papers)


@pytest.fixture
def two(house: Path) -> Workspace:
    """Return a workspace where the adapter `new` serves, and `old` did before."""
    workspace = Workspace.open(house)
    for name in ("old", "new"):
        made(workspace, name)
        workspace.adapters.use(name)
    return workspace


def record(house: Workspace, **told: object) -> None:
    """Leave the record of a retraining."""
    fields = {"id": "r1", "because": "form *breaks* recur", "began": "2026-03-04T05:06:07+00:00", "plan": {}, "candidate": "new",
              "stage": Stage.DONE, "ruling": Ruling.SWITCH, "reason": "It is surely better.", "ended": "2026-03-04"}  # fmt: skip
    house.retrains.mkdir(parents=True, exist_ok=True)
    Retraining(**{**fields, **told}).write(house.retrains)  # type: ignore[arg-type]


def keys(app: AppTest) -> set[str | None]:
    return {one.key for one in app.button}


def test_before_any_retraining_the_page_says_what_it_does_and_offers_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "train")
    assert "takes over only where it is surely better" in told(app) and "retrain-go" in keys(app)
    assert "retrain-back" not in keys(app) and not app.exception
    app.session_state["rungwise_language"] = Language.TR
    assert "Bir aday eğitilir" in told(app.run())


def test_what_asks_for_one_is_told_only_where_something_does(
    monkeypatch: pytest.MonkeyPatch, two: Workspace
) -> None:
    app = opened(monkeypatch, two.root, "train")
    assert "Asked for" not in told(app)
    with two.examples.open("a") as file:
        file.write("{}\n")
    assert "Asked for: the examples changed since new was made." in told(app.run())


@pytest.mark.parametrize(("because", "words"), [("", ()), ("--form breaks", ("--because=--form breaks",))])
def test_it_is_begun_as_a_job_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, house: Path, because: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", "print('{}')"))
    app = opened(monkeypatch, house, "train")
    app.text_input(key="retrain-because").set_value(because).run()
    button(app, "retrain-go")
    workspace = Workspace.open(house)
    all_ended(workspace)
    job = office.newest(workspace, "retrain")
    assert job is not None and job.words == ("retrain", "--json", *words) and not app.exception


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "switched"),
        ({"ruling": Ruling.KEEP, "reason": KEPT, "candidate": "other"}, "kept what serves"),
        ({"ruling": Ruling.NOT_ENOUGH, "candidate": "other"}, "not enough to decide"),
        (
            {"ruling": None, "stage": Stage.MEASURE, "reason": "", "candidate": "other"},
            "not finished; Retrain goes on",
        ),
    ],
)
def test_what_was_decided_is_told_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, two: Workspace, changes: dict[str, object], said: str
) -> None:
    record(two, **changes)
    app = opened(monkeypatch, two.root, "train")
    shown = told(app)
    assert said in shown and str(changes.get("reason", "It is surely better.")) in shown
    assert "Because: form *breaks* recur" in shown and not app.exception
    assert ("retrain-back" in keys(app)) == (not changes)  # only a candidate that serves is taken back


@pytest.mark.fault(150)
def test_a_switch_is_taken_back_with_one_button_after_a_second_yes_and_noted(
    monkeypatch: pytest.MonkeyPatch, two: Workspace
) -> None:
    record(two)
    app = button(opened(monkeypatch, two.root, "train"), "retrain-back")
    assert "old serves again" in told(app) and two.adapters.serving.name == "new"
    button(app, "retrain-no")
    assert two.adapters.serving.name == "new" and "retrain-back" in keys(app)
    button(button(app, "retrain-back"), "retrain-yes")
    assert two.adapters.serving.name == "old" and "old serves now." in told(app)
    assert "retrain-back" not in keys(app) and not app.exception
    assert [one.what for one in audit.entries(two.root)][-1] == "rollback old"


@pytest.mark.fault(99)
def test_a_viewer_can_neither_begin_one_nor_take_it_back_and_a_forced_click_is_refused(
    monkeypatch: pytest.MonkeyPatch, two: Workspace
) -> None:
    record(two)
    monkeypatch.setattr("ui.who.person", lambda: Person("veli", Role.VIEWER))
    app = opened(monkeypatch, two.root, "train")
    assert app.button(key="retrain-go").disabled and app.button(key="retrain-back").disabled
    monkeypatch.setattr("ui.who.can", lambda action: True)  # as a browser that was made to draw them
    button(app.run(), "retrain-go")
    assert "veli may not train" in app.error[0].value and office.every(two) == []
    button(button(app.run(), "retrain-back"), "retrain-yes")
    assert two.adapters.serving.name == "new"


def test_a_damaged_record_is_no_reason_for_the_page_to_fail(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    folder = Workspace.open(house).retrains
    folder.mkdir(parents=True)
    (folder / "x.json").write_text('{"id":')
    app = opened(monkeypatch, house, "train")
    assert "retrain-go" in keys(app) and not app.exception and not app.error
