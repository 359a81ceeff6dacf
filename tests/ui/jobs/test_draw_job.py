"""A job on a page: its bar and Stop while it runs, its sentence after, in both languages; what it said is plain text."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from tests.ui.page_world import HOSTILE, ended, told
from tests.waiting import until
from ui.access.permissions import LOCAL, Person, Role
from ui.jobs import office

MARKUP = re.compile(r"(?<!\\)[<\[*]")
COUNTS = "\n".join(
    [
        "import time",
        "from ui.progress import Progress",
        "with Progress() as progress:",
        "    progress('Embedding', 1500, 6000, 'note **x**')",
        "    time.sleep(60)",
    ]
)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, house: Path) -> Workspace:
    """Return a workspace whose jobs run a line of Python in place of `rungwise`."""
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c"))
    monkeypatch.setattr(sys, "argv", ["app.py", "--workspace", str(house)])
    return Workspace.open(house)


def drawn(house: Workspace, language: Language = Language.EN) -> AppTest:
    """Open a page that draws the newest sync and a button that begins one."""

    def page(root: str, language: str) -> None:
        from pathlib import Path

        import streamlit as st

        from advisor import Language
        from assistant import Workspace
        from ui import draw
        from ui.drawing import job as draw_job
        from ui.language import choose

        choose(Language(language))
        with draw.guarded():
            house = Workspace.open(Path(root))
            if st.button("begin", key="begin"):
                draw_job.begin(house, "sync", ["print('[5]')"])
            draw_job.progress(house, "sync", lambda job: st.text(f"result {job.result}"))

    app = AppTest.from_function(page, args=(str(house.root), language.value), default_timeout=30)
    return app.run()


def test_where_nothing_was_begun_nothing_is_drawn(tiny: Workspace) -> None:
    app = drawn(tiny)
    assert not app.exception and told(app) == ""


@pytest.mark.parametrize(
    ("language", "words"), [(Language.EN, "1,500 of 6,000"), (Language.TR, "1,500 / 6,000")]
)
def test_a_running_job_shows_how_far_it_is_and_stops_when_asked(
    tiny: Workspace, language: Language, words: str
) -> None:
    job = office.begin(tiny, "sync", [COUNTS], LOCAL)
    assert until(lambda: office.find(tiny, job.id).title)
    app = drawn(tiny, language)
    assert not app.exception
    assert words in app.get("progress")[0].proto.text
    assert ("Vektörler hesaplanıyor" if language is Language.TR else "Embedding") in told(app)
    assert "note **x**" in [element.value for element in app.text]
    app.button(key="stop-sync").click().run()
    ended(tiny, job.id)
    app.run()
    assert ("durduruldu" if language is Language.TR else "Stopped after") in told(app) and not app.exception


def test_a_reload_shows_the_same_job(tiny: Workspace) -> None:
    job = office.begin(tiny, "sync", [COUNTS], LOCAL)
    try:
        for _ in range(2):  # two sessions, as two tabs or a reload
            assert [button.key for button in drawn(tiny).button] == ["begin", "stop-sync"]
    finally:
        office.stop(tiny, job.id)
        ended(tiny, job.id)


def test_a_job_that_ended_well_draws_what_came_of_it(tiny: Workspace) -> None:
    app = drawn(tiny).button(key="begin").click().run()
    ended(tiny, office.every(tiny)[0].id)
    app.run()
    assert "result [5]" in told(app) and app.expander[0].label.startswith("Done after")


@pytest.mark.fault(90, 94)
def test_what_a_failed_job_said_is_inert_and_no_trace(tiny: Workspace) -> None:
    script = f"import sys; sys.stderr.write({HOSTILE!r}); sys.exit(2)"
    ended(tiny, office.begin(tiny, "sync", [script], LOCAL).id)
    app = drawn(tiny)
    assert HOSTILE in [element.value for element in app.text]
    assert MARKUP.search(HOSTILE) and not MARKUP.search(app.error[0].value)
    ended(tiny, office.begin(tiny, "sync", ["{}['x']"], LOCAL).id)
    app = drawn(tiny)
    assert "Traceback" not in told(app) and "not your mistake" in app.error[0].value.replace("\\", "")


def test_a_viewer_sees_the_job_and_cannot_stop_or_begin_one(
    tiny: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = office.begin(tiny, "sync", [COUNTS], LOCAL)
    try:
        monkeypatch.setattr("ui.who.person", lambda: Person("veli", Role.VIEWER))
        app = drawn(tiny)
        assert app.button(key="stop-sync").disabled
        app.button(key="begin").click().run()
        assert "veli may not ingest" in app.error[0].value
        assert office.find(tiny, job.id).running
    finally:
        office.stop(tiny, job.id)
        ended(tiny, job.id)


def test_a_job_that_clashes_is_refused_in_a_sentence(tiny: Workspace) -> None:
    job = office.begin(tiny, "climb", ["import time; time.sleep(60)"], LOCAL)
    try:
        app = drawn(tiny).button(key="begin").click().run()
        assert "is running, and sync needs the library as well" in app.error[0].value
    finally:
        office.stop(tiny, job.id)
        ended(tiny, job.id)


def test_a_job_that_was_lost_says_that_it_goes_on(tiny: Workspace) -> None:
    job = ended(tiny, office.begin(tiny, "sync", ["pass"], LOCAL).id)
    (job.folder / "ended.json").unlink()
    assert "goes on where it was" in told(drawn(tiny)).replace("\n", " ")


@pytest.mark.parametrize(
    ("kind", "words"), [("retrain", "what serves stays"), ("align", "what serves stays"), ("climb", "target")]
)
def test_a_candidate_that_was_not_good_enough_is_no_target_that_was_missed(
    tiny: Workspace, kind: str, words: str
) -> None:
    from ui.drawing.job import _done

    job = ended(tiny, office.begin(tiny, kind, ["raise SystemExit(4)"], LOCAL).id)
    assert words in _done(job)
