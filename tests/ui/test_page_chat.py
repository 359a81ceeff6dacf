"""The page Chat, held by a list of behaviours; drawn headlessly, with a fake engine behind the real assistant."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import Language
from tests.ui.page_world import (
    HOSTILE,
    HOURS,
    KETTLE,
    TellingEngine,
    TwoPassages,
    ask,
    button,
    go,
    opened,
    serve,
    told,
)


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
    ask(app, "And the warranty?")
    assert "What does the kettle cost?" in str(engine.asked[-1])
    button(app, "new-chat")
    assert not app.chat_message
    ask(app, "And the warranty?")
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


@pytest.mark.fault(82, 84)
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
    app.segmented_control(key="language").set_value(Language.TR).run()
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
    ask(app, "Who painted the harbour?")
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
