"""The page Train: an alignment is offered only where preferences are kept, and begun as a job."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from tests.ui.page_world import button, opened, told
from ui.jobs import office


def keys(app: AppTest) -> set[str | None]:
    return {one.key for one in app.button}


def keeping(house: Path) -> None:
    with (house / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write("\n[votes]\nkeep_text = true\n")


def test_where_no_text_of_votes_is_kept_nothing_is_offered(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "train")
    assert "align-go" not in keys(app) and "Align with preferences" not in told(app) and not app.exception


def test_where_it_is_kept_the_page_says_how_many_there_are_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    keeping(house)
    app = opened(monkeypatch, house, "train")
    assert "Preferences kept: 0." in told(app) and "does not serve by itself" in told(app)
    app.session_state["rungwise_language"] = Language.TR
    assert "Saklanan tercih: 0." in told(app.run()) and not app.exception


def test_it_is_begun_as_a_job(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    keeping(house)
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", "print('{}')"))
    app = button(opened(monkeypatch, house, "train"), "align-go")
    workspace = Workspace.open(house)
    while office.running(workspace):
        time.sleep(0.02)
    job = office.newest(workspace, "align")
    assert job is not None and job.words == ("align", "--json") and not app.exception
