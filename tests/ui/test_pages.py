"""The pages Home and Compare, and what holds for all of them; drawn headlessly."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant.workspace import create
from tests.ui.page_world import (
    TellingEngine,
    ask,
    go,
    measure,
    opened,
    serve,
    told,
)
from ui.serve import app_path
from ui.words.home import WORDS

# home


def test_home_says_what_is_advised_and_the_one_next_step_with_its_command(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    answers = house / "answers.yaml"
    answers.write_text(answers.read_text() + "test_questions: 130\nprompt_tried: with_examples\n")
    app = opened(monkeypatch, house)
    assert app.title[0].value == "Prompt, retrieve, fine-tune, or both?"
    assert "**RAG**" in told(app) and "No index yet" in told(app) and "No adapter yet" in told(app)
    assert "Bring your documents into the library." in told(app)
    assert "or in a terminal: `rungwise sync`" in told(app)
    app.button(key="onward").click().run()
    assert app.title[0].value == "What does it know?", "the button leads to the page where it is done"


def test_a_step_that_is_work_by_hand_is_told_without_a_command(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house)
    assert "Write test questions into questions.jsonl" in told(app)
    assert "in a terminal" not in told(app) and app.button(key="onward").label == "Open Compare"


def test_home_of_an_unanswered_workspace_sends_to_the_questionnaire(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").unlink()
    app = opened(monkeypatch, house)
    assert "`rungwise advise`" in told(app) and "Not asked yet" in told(app)
    app.button(key="onward").click().run()
    assert app.title[0].value == "Which rung does this need?"


def test_home_of_a_workspace_that_was_just_made_says_what_it_is_for_and_where_to_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    create(tmp_path / "new", demo=False)
    app = opened(monkeypatch, tmp_path / "new")
    assert "Rungwise **asks** what you need" in told(app) and not app.error and not app.exception
    assert [one.label for one in app.button] == ["Answer the questions"], "one next step, and no other"
    assert all(
        word in told(app) for word in ("Not asked yet", "No index yet", "Nothing yet", "**Prompt** answers")
    )


def test_home_in_turkish_says_all_of_it_in_turkish(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    measure(house)
    app = opened(monkeypatch, house)
    app.segmented_control(key="language").set_value(Language.TR).run()
    for words in ("Sıradaki adım", "Önerilen", "Kurulan", "Ölçülen", "Sunulan", "**Karma** başarısı 90 %"):
        assert words in told(app)
    english = {first for name, (first, _) in WORDS.items() if "{" not in first}
    assert not english & set(told(app).split("\n")), "nothing of the page's own stays English"


def test_home_of_a_measured_workspace_shows_the_winner_with_its_interval(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    measure(house)
    app = opened(monkeypatch, house)
    assert "**Hybrid** passes 90 % (70–97)" in told(app)
    assert not app.exception


def test_a_broken_answers_file_is_a_sentence_on_home_and_the_rest_is_still_drawn(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").write_text("knowlege: private\n")
    app = opened(monkeypatch, house)
    assert "Did you mean" in app.error[0].value
    assert "Built" in told(app)


def test_a_folder_that_is_no_workspace_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = opened(monkeypatch, tmp_path)
    assert "`rungwise init" in app.error[0].value
    assert not app.exception


# compare and the whole


def test_compare_before_any_measurement_says_the_command(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "compare")
    assert app.code[0].value == "rungwise compare"
    assert not app.table


def test_compare_says_why_questions_were_lost_how_sure_that_is_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    measure(house)
    app = opened(monkeypatch, house, "compare")
    lost = next(table.value for table in app.table if "what to do" in table.value)
    rows = zip(*(lost[name] for name in lost), strict=True)
    hybrid = [[cell.replace("\\", "") for cell in row] for row in rows if row[0] == "Hybrid"]
    assert [row[:4] for row in hybrid] == [["Hybrid", "wrong fact invented", "100 % (34–100)", "2"]]
    assert hybrid[0][-1] == "rungwise check, rungwise train"


def test_compare_draws_verdict_charts_and_table_with_intervals(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    measure(house)
    app = opened(monkeypatch, house, "compare")
    assert "### Hybrid" in told(app)
    quality = app.table[0].value
    assert list(quality["setup"]) == ["Prompt", "RAG", "LoRA", "Hybrid"]
    assert quality["both"][3].replace("\\", "") == "90 % (70–97)"
    assert len(app.get("vega_lite_chart")) == 2
    assert app.table[1].value["tokens in"][3] == "100"


def test_a_file_that_is_no_comparison_is_a_sentence(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    (house / ".rungwise").mkdir()
    (house / ".rungwise" / "comparison.json").write_text('{"questions": 3}')
    app = opened(monkeypatch, house, "compare")
    assert "not a comparison" in app.error[0].value and "`rungwise compare`" in app.error[0].value


def test_the_menu_leads_to_every_page_and_answers_survive_the_way(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine())
    app = ask(opened(monkeypatch, house, "chat"), "What does the kettle cost?")
    for page in (
        "compare",
        "advise",
        "documents",
        "examples",
        "train",
        "home",
        "report",
        "monitor",
        "govern",
        "chat",
    ):
        go(app, page)
        assert not app.exception and not app.error
    assert "What does the kettle cost?" in told(app)


def test_no_folder_beside_the_script_is_served_by_streamlit_behind_our_back() -> None:
    assert not (app_path().parent / "pages").exists()


@pytest.mark.fault(90)
@pytest.mark.parametrize("page", ["home", "documents", "examples", "train", "chat", "compare", "report"])
def test_an_error_of_ours_is_a_sentence_with_an_id_on_every_page_and_no_trace(
    monkeypatch: pytest.MonkeyPatch, house: Path, page: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret of the code")

    monkeypatch.setattr("ui.resources.workspace", broken)
    app = opened(monkeypatch, house, page)
    assert not app.exception and "(id " in app.error[0].value.replace("\\", "")
    assert "secret" not in told(app) and "Traceback" not in told(app)


@pytest.mark.fault(90)
def test_a_naive_page_shows_its_visitors_the_trace() -> None:
    app = AppTest.from_string("raise ZeroDivisionError('a secret of the code')").run()
    assert "a secret of the code" in app.exception[0].message
