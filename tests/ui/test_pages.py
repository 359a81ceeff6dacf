"""The page, held by a list of behaviours; drawn headlessly, with a fake engine behind the real assistant."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language, load_answers
from tests.ui.page_world import HOURS, KETTLE, TellingEngine, TwoPassages, go, measure, opened, serve, told
from ui.serve import app_path

HOSTILE = (
    "![x](https://evil.example/p.png) <script>alert(1)</script> [click](javascript:alert(1)) **49** EUR [1]."
)


def ask(app: AppTest, question: str) -> AppTest:
    return app.chat_input[0].set_value(question).run()


def button(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


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
    assert [code.value for code in app.code] == ["rungwise sync"]


def test_a_step_that_is_work_by_hand_is_told_without_a_command(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house)
    assert "Write test questions into questions.jsonl" in told(app)
    assert not app.code


def test_home_of_an_unanswered_workspace_sends_to_the_questionnaire(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").unlink()
    app = opened(monkeypatch, house)
    assert app.code[0].value == "rungwise advise"
    assert "Not asked yet" in told(app)


def test_home_of_a_measured_workspace_shows_the_winner_with_its_interval(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    measure(house)
    app = opened(monkeypatch, house)
    assert "**hybrid** passes 90 % (70–97)" in told(app)
    assert not app.exception


def test_a_broken_answers_file_is_a_sentence_on_home_and_the_rest_is_still_drawn(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "answers.yaml").write_text("knowlege: private\n")
    app = opened(monkeypatch, house)
    assert "Did you mean" in app.error[0].value
    assert "BUILT" in told(app)


def test_a_folder_that_is_no_workspace_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = opened(monkeypatch, tmp_path)
    assert "not a workspace" in app.error[0].value
    assert not app.exception


# advise


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
    app.segmented_control(key="advise-language").set_value("tr").run()
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


# chat


def test_chat_tells_that_it_is_a_machine_before_the_first_message(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine())
    app = opened(monkeypatch, house, "chat")
    assert "You are talking to an AI model" in app.info[-1].value
    assert not app.chat_message


def test_an_answer_comes_with_citations_that_open_their_passage_and_with_its_hits(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = TellingEngine("It costs 49 EUR [1].")
    serve(monkeypatch, engine)
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost?")
    texts = [one.value for one in app.text]
    assert texts[:2] == ["What does the kettle cost?", "It costs 49 EUR [1]."]
    assert KETTLE in texts and HOURS in texts  # the cited passage, and both as hits
    assert "goods/1.md" in told(app)
    assert app.expander[0].label == "Why this answer"
    assert engine.closed == 1


def test_a_suggested_question_is_asked_when_it_is_clicked_and_the_suggestions_go(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine("It can not be told."))
    app = opened(monkeypatch, house, "chat")
    button(app, "suggestion-0")
    assert app.text[0].value == "What does the Ostra kettle cost?"
    assert "suggestion-0" not in [one.key for one in app.button]


def test_the_setup_switch_decides_what_is_retrieved(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    engine = TellingEngine("It can not be told.")
    serve(monkeypatch, engine)
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("prompt").run()
    ask(app, "What does the kettle cost?")
    assert "This setup looks nothing up." in told(app)
    assert KETTLE not in str(engine.asked)


@pytest.mark.fault(76)
def test_a_follow_up_is_asked_with_the_conversation_and_a_new_one_forgets_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = TellingEngine("It costs 49 EUR.")
    serve(monkeypatch, engine)
    app = ask(opened(monkeypatch, house, "chat"), "What does the kettle cost?")
    ask(app, "And its warranty?")
    assert "What does the kettle cost?" in str(engine.asked[-1])
    button(app, "new-chat")
    assert not app.chat_message
    ask(app, "And its warranty?")
    assert "What does the kettle cost?" not in str(engine.asked[-1])


def test_two_sessions_share_the_engine_and_see_nothing_of_each_other(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = TellingEngine()
    serve(monkeypatch, engine)
    first = ask(opened(monkeypatch, house, "chat"), "My secret question")
    second = opened(monkeypatch, house, "chat")
    assert "My secret question" not in told(second)
    ask(second, "Another question")
    assert len(engine.asked) == 2 and "My secret question" not in str(engine.asked[-1])
    assert "Another question" not in told(first.run())


def test_without_an_index_chat_says_which_command_makes_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine(), TwoPassages(built=False))
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    assert any("`rungwise sync`" in one.value for one in app.info)
    ask(app, "What does the kettle cost?")
    assert "`rungwise sync`" in app.error[0].value
    assert not app.exception


def test_without_an_adapter_chat_says_which_command_makes_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine())
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("hybrid").run()
    assert any("`rungwise train`" in one.value for one in app.info)


def test_hostile_answers_and_passages_stay_words(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    serve(monkeypatch, TellingEngine(HOSTILE), TwoPassages(texts=(HOSTILE, HOURS)))
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost? ![q](https://evil.example/q.png)")
    drawn = [one.value for one in (*app.markdown, *app.caption, *app.info, *app.error)]
    assert not any("evil.example" in one for one in drawn), "what is drawn as Markdown holds none of it"
    assert "evil" not in app.text[1].value and "<" not in app.text[1].value
    assert HOSTILE in [one.value for one in app.text], "a passage is shown as it is, as plain text"


def test_what_carries_the_answer_is_marked_in_its_passage(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    long = f"The shop is in Lindvale. {KETTLE} It is closed on Sundays."
    serve(monkeypatch, TellingEngine("The Ostra kettle costs 49 EUR [1]."), TwoPassages(texts=(long, HOURS)))
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost?")
    texts = [one.value for one in app.text]
    for _ in range(2):  # in the citation, and among the hits
        place = texts.index(KETTLE)
        assert texts[place - 1 : place + 2] == [
            "The shop is in Lindvale. \u200b",
            KETTLE,
            "\u200b It is closed on Sundays.",
        ]
        texts = texts[place + 2 :]
    assert "What carries the answer is marked." in told(app) and "Every claim stands in a passage." in told(
        app
    )


def test_a_sentence_that_no_passage_carries_is_marked_in_the_answer_and_told_why(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine("Hello! The Ostra kettle costs 59 EUR [1]. Anything else?"))
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost?")
    texts = [one.value for one in app.text]
    assert "The Ostra kettle costs 59 EUR [1]." in texts and "Hello! \u200b" in texts
    why = "1 of 1 sentences are carried by no passage: 59 does not stand in the passage that it cites."
    assert why in told(app)
    assert "What carries the answer is marked." not in told(app)


def test_a_session_that_chose_turkish_is_told_in_turkish(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine("The Ostra kettle costs 59 EUR [1]."))
    app = opened(monkeypatch, house, "advise")
    app.segmented_control(key="advise-language").set_value(Language.TR).run()
    app = go(app, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost?")
    assert "1 cümleden 1 tanesini hiçbir pasaj desteklemiyor: 59 andığı pasajda geçmiyor." in told(app)


def test_marked_passages_and_doubtful_answers_stay_words(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    """A hostile passage that really carries the answer is cut at its marks; no piece becomes Markdown or HTML."""
    passage = f"{KETTLE} {HOSTILE} www.evil.example me@evil.example :smile: $x$"
    answer = "The Ostra kettle costs 49 EUR [1]. Zebra lives in Quux with <b>77</b> **cats** :smile: [1]."
    serve(monkeypatch, TellingEngine(answer), TwoPassages(texts=(passage, HOURS)))
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost?")
    drawn = [one.value for one in (*app.markdown, *app.caption, *app.info, *app.error)]
    assert not any("evil" in one or "**cats" in one or "<b" in one for one in drawn)
    texts = [one.value for one in app.text]
    assert KETTLE in texts and any("evil.example" in one for one in texts), (
        "marked, and the rest as plain text"
    )
    assert any(":smile:" in one and "Quux" in one for one in texts), "the doubtful sentence too"


def test_a_declined_question_says_that_no_model_was_asked(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    from assistant.gate import Answerability, Gate

    engine = TellingEngine()
    serve(monkeypatch, engine)
    from assistant.open import open_assistant as made

    def gated(workspace, setup=None):
        assistant = made(workspace)
        assistant.gate = Gate(lambda: None)
        monkeypatch.setattr(Gate, "judge", lambda *_: Answerability(0.12, 0.49))
        return assistant

    monkeypatch.setattr("assistant.open.open_assistant", gated)
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "Who painted it?")
    assert "The model was not asked: the documents hardly answer this (score 0.12, threshold 0.49)." in told(
        app
    )
    assert engine.asked == [] and "The documents do not say." in [one.value for one in app.text]


def test_a_bug_is_an_id_and_the_details_are_in_the_log_only(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine(raises=RuntimeError("secret path /srv/x")))
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("prompt").run()
    ask(app, "What does the kettle cost?")
    sentence = app.error[0].value.replace("\\", "")
    assert "secret" not in told(app) and "Traceback" not in told(app) and not app.exception
    name = sentence.split("id ")[1].split(")")[0]
    log = (house / ".rungwise" / "log" / "rungwise.log").read_text()
    assert name in log and "secret path /srv/x" in log


# compare


def test_compare_before_any_measurement_says_the_command(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = opened(monkeypatch, house, "compare")
    assert app.code[0].value == "rungwise compare"
    assert not app.table


def test_compare_draws_verdict_charts_and_table_with_intervals(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    measure(house)
    app = opened(monkeypatch, house, "compare")
    assert "### hybrid" in told(app)
    quality = app.table[0].value
    assert list(quality["setup"]) == ["prompt", "rag", "lora", "hybrid"]
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
    for page in ("compare", "advise", "home", "chat"):
        go(app, page)
        assert not app.exception and not app.error
    assert "What does the kettle cost?" in told(app)


def test_no_folder_beside_the_script_is_served_by_streamlit_behind_our_back() -> None:
    assert not (app_path().parent / "pages").exists()
