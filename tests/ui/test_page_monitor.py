"""The page Monitor, held by a list of behaviours; drawn headlessly over reports whose every number is made here."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from monitoring.findings import (
    Action,
    Group,
    Measure,
    Point,
    Report,
    Series,
    SetupNumbers,
    Signal,
    State,
    Unit,
    Value,
    Windows,
)
from monitoring.words import Said, said
from tests.ui.page_world import HOSTILE, TellingEngine, ask, opened, serve, told

pytestmark = pytest.mark.usefixtures("fakes")
WINDOWS = Windows("2026-10-01", ("2026-10-01", "2026-10-28"), ("2026-11-16", "2026-11-22"), "2026-11-25")


def made(*signals: Signal, text: bool = False) -> Report:
    """A report over two days of one setup."""
    days = (
        Point("2026-11-20", 40, 0.10, 0.04, 0.22, 0.0, 0.2),
        Point("2026-11-21", 50, 0.60, 0.45, 0.73, 0.0, 0.2, out=True),
    )
    values = {
        Measure.ANSWERS: Value(90, 90),
        Measure.ABSTAINED: Value(0.377, 90, 0.285, 0.481),
        Measure.SECONDS_P50: Value(1.234, 90, 1.1, 1.5),
    }
    series = (
        Series(
            "rag",
            Measure.ANSWERS,
            Unit.COUNT,
            None,
            (Point("2026-11-20", 40, 40), Point("2026-11-21", 50, 50)),
        ),
        Series("rag", Measure.SECONDS_P50, Unit.SECONDS, None, ()),
        Series("rag", Measure.ABSTAINED, Unit.SHARE, 0.1, days),
    )
    return Report(
        "2026-11-25T10:00:00+00:00",
        90,
        0,
        text,
        "",
        0.05,
        0.0027,
        WINDOWS,
        (SetupNumbers("rag", values),),
        series,
        signals,
    )


def fired(sentence: str = "12 questions of the last week are answered by no document.") -> Signal:
    groups = (
        Group("warranty of the old stove", 7, "2026-11-16", "2026-11-22", ("Stoves > Warranty",)),
        Group(HOSTILE, 5),
    )
    return Signal(
        "unanswered", State.FIRES, Said(sentence, "12 soruyu hiçbir belge yanıtlamıyor."), Action.WRITE, "rungwise sync",
        said("unanswered.advice"), 12.0, since="2026-11-16", groups=groups
    )  # fmt: skip


def showing(monkeypatch: pytest.MonkeyPatch, house: Path, report: Report) -> AppTest:
    monkeypatch.setattr("monitoring.report", lambda *_args, **_more: report, raising=False)
    return opened(monkeypatch, house, "monitor")


def test_where_nobody_asked_the_page_says_how_it_begins(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = opened(monkeypatch, house, "monitor")
    assert "Nobody has asked anything yet" in told(app) and not app.exception
    app.session_state["rungwise_language"] = Language.TR
    assert "Henüz kimse bir şey sormadı" in told(app.run())


def test_where_no_traces_are_kept_the_page_says_which_setting_keeps_them(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "rungwise.toml").write_text('name = "Tea"\n[monitor]\ntraces = false\n', "utf-8")
    assert "traces = true" in told(opened(monkeypatch, house, "monitor"))


def test_what_fires_stands_first_with_its_action_command_and_what_it_is_about(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    quiet = Signal(
        "score_drift",
        State.QUIET,
        Said("Scores are as they were.", "Puanlar eskisi gibi."),
        Action.RE_INDEX,
        "rungwise verify",
        p=0.6,
    )
    few = Signal(
        "thumbs",
        State.NOT_ENOUGH,
        Said("Not enough data: 4 thumbs.", "Veri yetersiz: 4 oy."),
        Action.COMPARE,
        "rungwise compare",
        missing=26,
    )
    app = showing(monkeypatch, house, made(fired(), quiet, few))
    words = told(app)
    assert not app.exception
    assert "12 questions of the last week" in words and "since 2026-11-16" in words
    assert "rungwise sync" in [one.value for one in app.code]
    assert "Scores are as they were" in words and "not enough data" in words
    assert "5%" in words.replace("\\", ""), "how often it fires for nothing is told"


def test_a_turkish_reader_reads_signals_and_what_to_do_in_turkish(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = showing(monkeypatch, house, made(fired()))
    assert "Write these documents, then sync." in told(app)
    app.session_state["rungwise_language"] = Language.TR
    words = told(app.run())
    assert "12 soruyu hiçbir belge yanıtlamıyor" in words and "Bu belgeleri yazın" in words
    assert "12 questions" not in words and "Write these" not in words


def test_names_of_groups_are_never_markdown(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = showing(monkeypatch, house, made(fired(HOSTILE)))
    drawn = [one.value for one in app.markdown] + [str(one.value) for one in app.table]
    assert not any(raw in one for one in drawn for raw in ("<script>", "](javascript", "![x]"))


def test_numbers_carry_their_intervals_and_the_chart_marks_days_outside(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = showing(monkeypatch, house, made(text=True))
    assert "Nothing calls for anything" in told(app) and "keeps the words" in told(app)
    shown = "\n".join(str(one.proto) for one in app.get("markdown")) + "\n".join(
        str(t.value) for t in app.table
    )
    assert "38 % (28 %–48 %)" in shown.replace("\\", "") and "1.23 (1.10–1.50)" in shown.replace("\\", "")
    app.selectbox(key="monitor-measure").set_value(Measure.ABSTAINED).run()
    assert not app.exception
    charts = app.get("vega_lite_chart")
    assert charts and "diamond" in str(charts[0].proto)
    app.selectbox(key="monitor-measure").set_value(Measure.SECONDS_P50).run()
    assert "No day has an answer" in told(app)


def test_an_answer_of_the_chat_is_seen_here(monkeypatch: pytest.MonkeyPatch, house: Path, rungwise) -> None:
    assert rungwise("sync", "-w", house).code == 0
    serve(monkeypatch, TellingEngine())
    app = ask(opened(monkeypatch, house, "chat"), "What does the kettle cost?")
    assert not app.exception
    app = opened(monkeypatch, house, "monitor")
    assert "1 answers" in told(app) and not app.exception


def test_a_viewer_does_not_see_what_others_asked(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    from ui.access.permissions import Person, Role

    monkeypatch.setattr("ui.who.person", lambda: Person("vera", Role.VIEWER))
    words = told(showing(monkeypatch, house, made(fired())))
    assert "An editor sees this page" in words and "12 questions" not in words
