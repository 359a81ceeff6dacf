"""The page Train: an alignment is offered only where preferences are kept, and begun as a job."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from tests.ui.page_world import all_ended, button, opened, told
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
    all_ended(workspace)
    job = office.newest(workspace, "align")
    assert job is not None and job.words == ("align", "--json") and not app.exception


def aligned(monkeypatch: pytest.MonkeyPatch, house: Path, result: dict[str, Any]) -> AppTest:
    """Return the page behind an alignment that came to this."""
    keeping(house)
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", f"print({json.dumps(json.dumps(result))})"))  # fmt: skip
    app = button(opened(monkeypatch, house, "train"), "align-go")
    all_ended(Workspace.open(house))
    return app.run()


@pytest.mark.parametrize("held_out", [None, {}, {"pairs": 3}, "damaged"])
def test_without_test_questions_it_is_said_that_nobody_knows_and_another_can_be_begun(
    monkeypatch: pytest.MonkeyPatch, house: Path, held_out: object
) -> None:
    app = aligned(monkeypatch, house, {"candidate": "c1", "gate": None, "held_out": held_out})
    words = told(app).replace("\\", "")
    assert not app.exception and "align-go" in keys(app)
    assert "not measured" in words and "nobody knows whether its answers are better" in words


@pytest.mark.parametrize(
    ("ruling", "badge"), [("keep", "not surely better"), ("switch", "surely better"), ("not enough", "not enough")]
)  # fmt: skip
def test_what_came_of_it_is_told_with_its_verdict_its_pairs_and_what_length_has_to_do_with_it(
    monkeypatch: pytest.MonkeyPatch, house: Path, ruling: str, badge: str
) -> None:
    rate = {"value": 0.2963, "low": 0.1585, "high": 0.4848}
    result = {
        "candidate": "20261128-152603-0e2c", "gate": {"ruling": ruling, "reason": "Of 92 questions the candidate won 2 and lost 7."},
        "held_out": {"pairs": 27, "before": rate, "after": rate | {"value": 0.4444}, "reward": rate | {"value": 0.6667}},
        "length_bias": {"text": "Length bias: the longer answer was chosen 104 times."},
    }  # fmt: skip
    app = aligned(monkeypatch, house, result)
    words = told(app).replace("\\", "")
    assert not app.exception and badge in words and "won 2 and lost 7" in words and "104 times" in words
    assert (
        "27 held-out pairs" in words
        and "44 % (16–48), before in 30 % (16–48); it gained on the other in 67 %" in words
    )
    assert ("choose it among the adapters" in words) is (ruling == "switch")
