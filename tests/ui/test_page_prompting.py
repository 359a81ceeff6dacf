"""The search for a better prompting on the page Compare: a button that begins it, and what came of it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from advisor import Language
from assistant import Workspace
from tests.ui.page_world import HOSTILE, all_ended, button, opened, told
from ui.jobs import office

MARKUP = re.compile(r"(?<!\\)[<\[*]")
FOUND = {"outcome": "unconfirmed", "reason": f"rag+instructions=terse leads {HOSTILE}", "written": False}


def begun(monkeypatch: pytest.MonkeyPatch, house: Path, found: dict[str, object]) -> Workspace:
    """Return a workspace whose jobs come to this, and say with which words they were begun."""
    code = (
        f"import json, sys; print(json.dumps({{**json.loads({json.dumps(found)!r}), 'words': sys.argv[1:]}}))"
    )
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", code))
    return Workspace.open(house)


def test_the_button_begins_a_search_and_the_page_tells_what_came_of_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    workspace = begun(monkeypatch, house, FOUND)
    app = opened(monkeypatch, house, "compare")
    assert "Search a better prompting" in [one.label for one in app.expander]
    assert app.radio(key="prompting-setup").options == ["prompt"]  # there is no index
    app.toggle(key="prompting-use").set_value(True).run()
    button(app, "prompting-go")
    all_ended(workspace)
    app = app.run()
    job = office.newest(workspace, "tune-prompt")
    assert job is not None and isinstance(job.result, dict)
    assert job.result["words"][:5] == ["tune-prompt", "--json", "--setup", "prompt", "--use"]
    assert "Keep the present prompting." in told(app)
    drawn = next(one.value for one in app.markdown if "terse leads" in one.value)
    assert not MARKUP.search(drawn)
    assert not app.exception and not app.error
    app.session_state["rungwise_language"] = Language.TR
    app = app.run()
    assert "Şimdiki istem kalsın." in told(app) and "Daha iyi bir istem ara" in [
        one.label for one in app.expander
    ]


def test_without_questions_no_search_is_offered(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    (house / "questions.jsonl").unlink()
    app = opened(monkeypatch, house, "compare")
    assert "Search a better prompting" not in [one.label for one in app.expander]
