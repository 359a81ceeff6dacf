"""The page Advise, held by a list of behaviours; drawn headlessly."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import Language, load_answers
from tests.ui.page_world import (
    button,
    opened,
    told,
)


def test_without_answers_the_questions_come_one_by_one_and_lead_to_advice_that_is_saved(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").unlink()
    app = opened(monkeypatch, house, "advise")
    assert "Where are the facts that an answer needs?" in told(app)
    app.radio[0].set_value("private")
    button(app, "FormSubmitter:ask-knowledge-Next")
    assert "How often do those facts change?" in told(app)
    app.radio[0].set_value("weekly")
    button(app, "FormSubmitter:ask-change_rate-Show the advice")
    assert app.header[0].value == "RAG"
    assert "Every week" in told(app)
    button(app, "save")
    saved = load_answers(house / "answers.yaml")
    assert (saved.knowledge, saved.change_rate) == ("private", "weekly")


def test_an_answer_that_makes_a_question_irrelevant_leaves_it_out(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").unlink()
    app = opened(monkeypatch, house, "advise")
    app.radio[0].set_value("input")
    button(app, "FormSubmitter:ask-knowledge-Next")
    assert "How often do those facts change?" not in told(app)


def test_back_returns_to_the_question_before_with_its_answer(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    button(app, "edit")
    button(app, "FormSubmitter:ask-knowledge-Next")
    button(app, "FormSubmitter:ask-change_rate-Back")
    assert app.radio[0].value == "private"


def test_dont_know_is_an_answer_and_takes_the_known_one_back(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    button(app, "edit")
    app.radio[0].set_value("")
    button(app, "FormSubmitter:ask-knowledge-Show the advice")
    button(app, "save")
    assert load_answers(house / "answers.yaml").knowledge is None


def test_a_number_out_of_range_is_a_sentence_and_the_question_stays(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    button(app, "change-test_questions")
    app.text_input[0].set_value("-3")
    button(app, "FormSubmitter:ask-test_questions-Next")
    assert "must be between" in app.error[0].value.replace("\\", "")
    assert "How many test questions" in told(app)


def test_filled_in_answers_open_on_the_card_with_reasons_sources_and_a_download(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    assert app.header[0].value == "RAG"
    headings = [one.value for one in app.subheader]
    assert {"Why", "Passed over", "What would change it", "Next steps"} <= set(headings)
    assert "Ovadia et al." in told(app)
    assert app.get("download_button")


def test_turkish_words_the_card_and_changes_no_advice(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = opened(monkeypatch, house, "advise")
    app.segmented_control(key="language").set_value(Language.TR).run()
    assert app.title[0].value == "Bu iş hangi basamağı gerektiriyor?"
    assert app.header[0].value == "RAG"
    assert "Neden" in [one.value for one in app.subheader]


def test_a_file_changed_meanwhile_is_not_written_over(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = opened(monkeypatch, house, "advise")
    button(app, "edit")
    app.radio[0].set_value("model")
    button(app, "FormSubmitter:ask-knowledge-Show the advice")
    (house / "answers.yaml").write_text("knowledge: rare\n")
    button(app, "save")
    assert "changed outside this page" in app.error[0].value
    assert load_answers(house / "answers.yaml").knowledge == "rare"


def test_a_flip_can_be_tried_out_and_taken_back(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = opened(monkeypatch, house, "advise")
    before = app.header[0].value
    flip = next(one for one in app.button if str(one.key).startswith("flip-"))
    flip.click().run()
    assert app.header[0].value != before
    assert "Tried out" in told(app)
    button(app, "take-back")
    assert app.header[0].value == before and "Tried out" not in told(app)


def test_where_nothing_open_can_change_the_rung_the_questions_say_so(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    button(app, "edit")
    assert "can change the rung" not in told(app)
    (house / "answers.yaml").write_text(
        "knowledge: private\nchange_rate: daily\ncitations: must\nprompt_tried: with_examples\n"
        "test_questions: 100\nbase_weights: closed\nmay_switch_model: no\n"
    )
    app = opened(monkeypatch, house, "advise")
    button(app, "change-caught_share")
    assert "No answer that is still open can change the rung: **RAG**" in told(app)


def test_answers_that_somebody_shared_are_read_and_mistakes_in_them_change_nothing(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    app.file_uploader[0].upload("theirs.yaml", b"knowlege: private\n", "application/yaml").run()
    assert "knowledge" in app.error[0].value and app.header[0].value == "RAG"
    app = opened(monkeypatch, house, "advise")
    app.file_uploader[0].upload("theirs.yaml", b"knowledge: model\n", "application/yaml").run()
    assert app.header[0].value == "Prompt"
    assert load_answers(house / "answers.yaml").knowledge == "private"  # the file is changed by Save alone


def test_the_card_shows_costs_of_all_four_rungs_and_the_risks_with_their_duties(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "advise")
    headings = [one.value for one in app.subheader]
    assert {"What each rung takes", "Risks and duties"} <= set(headings)
    assert "Owed:" in told(app)
