"""The page Compare, held by a list of behaviours; drawn headlessly over runs whose every number can be worked out by hand."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from experiments import Choice, Vote, VoteFile
from tests.ui.page_world import HOSTILE, all_ended, button, opened, told
from tests.ui.run_world import keep_run
from ui.access import audit
from ui.access.permissions import Person, Role
from ui.jobs import office

MARKUP = re.compile(r"(?<!\\)[<\[*]")
ECHO = "import json, sys; print(json.dumps({'run': {'name': '20260102T000000Z-aaaaaaaa'}, 'words': sys.argv[1:]}))"


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch, house: Path) -> Workspace:
    """Return a workspace whose jobs give back the words that they were begun with."""
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c", ECHO))
    return Workspace.open(house)


def turkish(app: AppTest) -> AppTest:
    app.session_state["rungwise_language"] = Language.TR
    return app.run()


def test_before_any_measurement_the_page_offers_one_and_says_what_is_lacking(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "compare")
    assert app.multiselect(key="measure-setups").value == ["prompt"]  # no index, no adapter
    assert "Cannot be asked yet: RAG, Hybrid (no index), LoRA, Hybrid (no adapter)." in told(app)
    assert "Nobody has voted yet" in told(app) and "The live split is off" in told(app)
    assert not app.table and not app.exception and not app.error
    app = turkish(app)
    assert "Henüz hiçbir şey ölçülmedi" in told(app) and "Hangi kurulum kazanıyor?" in told(app)
    assert not app.exception and not app.error


def test_without_questions_the_page_says_to_write_some(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    (house / "questions.jsonl").unlink()
    app = opened(monkeypatch, house, "compare")
    assert "`questions.jsonl`" in app.info[0].value and not app.multiselect


def test_a_measurement_is_begun_as_it_was_chosen_and_says_which_run_it_became(
    monkeypatch: pytest.MonkeyPatch, echo: Workspace
) -> None:
    app = opened(monkeypatch, echo.root, "compare")
    app.radio(key="measure-part").set_value("dev")
    app.number_input(key="measure-repeats").set_value(3)
    app.toggle(key="measure-quick").set_value(True)
    button(app, "measure-go")
    all_ended(echo)
    words = [
        "compare",
        "--json",
        "--setups",
        "prompt",
        "--part",
        "dev",
        "--repeats",
        "3",
        "--temperature",
        "0.7",
        "--limit",
        "12",
    ]
    job = office.newest(echo, "compare")
    assert job is not None and list(job.words) == words == job.result["words"]
    assert "Measured now: the run 20260102T000000Z-aaaaaaaa." in told(app.run())


@pytest.mark.fault(99)
def test_a_viewer_cannot_measure_and_one_who_forces_it_is_refused_and_noted(
    monkeypatch: pytest.MonkeyPatch, echo: Workspace
) -> None:
    viewer = Person("veli", Role.VIEWER)
    monkeypatch.setattr("ui.who.person", lambda: viewer)
    app = opened(monkeypatch, echo.root, "compare")
    assert app.button(key="measure-go").disabled
    monkeypatch.setattr(
        "ui.who.can", lambda action: True
    )  # as a browser that was made to draw it and send the click
    button(app.run(), "measure-go")
    assert "veli may not measure" in app.error[0].value and office.every(echo) == []
    last = list(audit.entries(echo.root))[-1]
    assert (last.who, last.action, last.ok) == ("veli", "measure", False)


@pytest.mark.fault(99)
def test_a_page_that_only_greys_its_button_out_lets_a_forced_click_through(
    monkeypatch: pytest.MonkeyPatch, echo: Workspace
) -> None:
    monkeypatch.setattr("ui.who.person", lambda: Person("veli", Role.VIEWER))
    monkeypatch.setattr("ui.who.can", lambda action: True)
    monkeypatch.setattr("ui.access.door.allow", lambda *_: None)  # naive: whoever can't see it won't do it
    button(opened(monkeypatch, echo.root, "compare"), "measure-go")
    all_ended(echo)
    assert len(office.every(echo)) == 1


def test_the_verdict_comes_first_with_how_sure_it_is(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    keep_run(house)
    app = opened(monkeypatch, house, "compare")
    said = told(app)
    assert "### Hybrid" in said and "90 % (70–97) pass, target 80 %" in said
    assert "So many questions show differences of about" in said and "Measured 20" in said
    assert next(chart.proto.alt for chart in app.get("vega_lite_chart")).startswith(
        "Questions passed: Prompt 20 %"
    )
    app = turkish(app)
    assert "90 % (70–97) doğru, hedef 80 %" in told(app) and not app.exception and not app.error
    assert "kurulum" in app.table[0].value and list(app.table[0].value["kurulum"]) == ["İstem", "Karma"]
    assert "### Karma" in told(app) and "missing fact" not in told(app), "nothing of ours stays English"


def test_a_lost_question_stands_with_every_setups_answer_score_and_reason(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    keep_run(house)
    app = opened(monkeypatch, house, "compare")
    assert (
        app.selectbox(key="lost-by").value == "hybrid"
        and len(app.selectbox(key="lost-question").options) == 2
    )
    said, texts = told(app), [element.value for element in app.text]
    assert texts.count("It costs 12 EUR.") == 2 and "What does the Ostra kettle cost? (18)" in texts
    assert "Required: 49 EUR or €49" in said and "Stands in: goods/1.md" in said and "12 EUR" in said
    app.selectbox(key="lost-by").set_value("prompt").run()
    assert len(app.selectbox(key="lost-question").options) == 16
    app.selectbox(key="lost-question").set_value("q-05").run()
    texts = [element.value for element in app.text]
    assert "It costs 49 EUR." in texts and "It costs 12 EUR." in texts  # one passed, the other lost


@pytest.mark.fault(94)
def test_hostile_questions_and_answers_are_inert(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    evil = HOSTILE.replace("49", "12")  # or it would be right
    keep_run(house, wrong=evil, text=evil, passes={"prompt": 0, "hybrid": 9})
    app = opened(monkeypatch, house, "compare")
    assert evil in [element.value for element in app.text]
    drawn = [element.value for kind in (app.caption, app.table, app.error, app.info) for element in kind]
    assert not any("evil.example" in str(one) and MARKUP.search(str(one)) for one in drawn)
    assert not any("evil.example" in element.value for element in app.markdown)
    assert MARKUP.search(evil)


def test_without_kept_answers_the_page_says_so(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    run = keep_run(house)
    (house / ".rungwise" / "runs" / run.name / "run.json").unlink()
    app = opened(monkeypatch, house, "compare")
    assert "not kept any more" in " ".join(element.value for element in app.info)


def test_another_run_can_be_looked_at_and_held_against_the_one_before(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    first = keep_run(house, {"prompt": 4, "hybrid": 8}, now=datetime(2026, 1, 1, tzinfo=UTC), stands=False)
    keep_run(house)
    app = opened(monkeypatch, house, "compare")
    app.selectbox(key="against").set_value(first.name).run()
    held = next(table.value for table in app.table if "before" in table.value)
    assert [cell.replace("\\", "") for cell in held["before"]] == ["20 %", "40 %"]
    assert list(held["won"]) == ["0", "10"]
    app.selectbox(key="compare-run").set_value(first.name).run()
    assert "40 % (22–61) pass" in told(app) and not app.exception


def test_a_run_that_was_changed_is_a_sentence_and_not_a_result(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    run = keep_run(house)
    path = house / ".rungwise" / "runs" / run.name / "run.json"
    found = json.loads(path.read_text())
    found["answers"][0]["text"] = "forged"
    path.write_text(json.dumps(found))
    app = opened(monkeypatch, house, "compare")
    assert "was changed after it was written" in app.error[0].value and not app.exception


def test_votes_and_a_live_split_stand_below(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    keep_run(house)
    votes = VoteFile(house / ".rungwise" / "votes" / "votes.jsonl")
    votes.append(
        Vote(f"v{n}", f"q{n}", "rag", "hybrid", Choice.RIGHT, f"w{n}", "2026-01-01T00:00:00+00:00")
        for n in range(3)
    )
    (house / "rungwise.toml").write_text('name = "Tea"\n[live]\non = true\nsetups = "rag, hybrid"\n')
    app = opened(monkeypatch, house, "compare")
    assert "Votes: 3, voters: 3" in told(app)
    assert "Thumbs" in told(app) and "Tasks done" in told(app)
    pair = next(table.value for table in app.table if "win rate" in table.value)
    assert list(pair["won"]) == ["3"] and not app.exception and not app.error
