"""Conversations on the page Chat: listed, opened, named, saved, deleted; kept over a reload, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rag import Chunk, Hit
from tests.ui.page_world import KETTLE, TellingEngine, TwoPassages, ask, button, opened, serve, told
from tests.ui.test_answering import SlowEngine
from tests.waiting import until
from ui import who
from ui.access.permissions import Person, Role
from ui.conversations import thumbs
from ui.conversations.chats import chats


def as_person(monkeypatch: pytest.MonkeyPatch, name: str, role: Role = Role.VIEWER) -> None:
    monkeypatch.setattr(who, "person", lambda: Person(name, role))


def asked(
    monkeypatch: pytest.MonkeyPatch, house: Path, question: str = "What does the kettle cost?"
) -> AppTest:
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    return ask(app, question)


def test_conversations_are_listed_opened_named_and_deleted(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine())
    app = asked(monkeypatch, house)
    first = app.query_params["chat"]
    button(app, "new-chat")
    assert "chat" not in app.query_params and not app.chat_message
    ask(app, "When does the shop open?")
    assert len([one for one in app.button if str(one.key).startswith("open-")]) == 2
    button(app, f"open-{first}")
    assert (
        "What does the kettle cost?" in [one.value for one in app.text] and app.query_params["chat"] == first
    )
    app.text_input(key=f"name-{first}").set_value("Prices").run()
    assert app.button(key=f"open-{first}").label == "Prices"
    button(app, "delete-chat")
    assert not app.chat_message and f"open-{first}" not in [one.key for one in app.button]
    assert "chat" not in app.query_params


@pytest.mark.fault(89)
def test_a_reload_while_an_answer_is_written_comes_back_to_it_and_asks_nothing_again(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = SlowEngine(words=400)
    serve(monkeypatch, engine)
    as_person(monkeypatch, "ayse")
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("prompt").run()
    # the first page's run is cut off in the middle, as a reload does it
    app.default_timeout = 0.6
    with pytest.raises(RuntimeError, match="timed out"):
        ask(app, "What does the kettle cost?")
    (kept,) = chats(house).list("person:ayse")
    assert kept.running is not None
    again = opened(monkeypatch, house, "chat")
    again.query_params["chat"] = kept.id
    again.run()
    assert "All of it." in [one.value for one in again.text] and len(engine.asked) == 1
    assert len(kept.turns) == 1 and kept.turns[0].reply is not None


@pytest.mark.fault(96)
def test_another_ones_conversation_is_none_by_its_address_too(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    serve(monkeypatch, TellingEngine())
    as_person(monkeypatch, "ayse")
    secret = asked(monkeypatch, house, "My secret question").query_params["chat"]
    as_person(monkeypatch, "mehmet")
    app = opened(monkeypatch, house, "chat")
    for id in (secret, "0" * 32):
        app.query_params["chat"] = id
        app.run()
        assert (
            "There is no such conversation" in told(app)
            and "secret" not in told(app)
            and not app.chat_message
        )
    button(app, "new-chat")
    assert "no such" not in told(app) and app.chat_input


@pytest.mark.fault(86)
def test_stop_keeps_what_was_shown_and_the_conversation_goes_on(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = SlowEngine()
    serve(monkeypatch, engine)
    as_person(monkeypatch, "ayse")
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("prompt").run()
    app.default_timeout = 0.6
    with pytest.raises(RuntimeError, match="timed out"):
        ask(app, "What does the kettle cost?")
    assert until(lambda: chats(house).list("person:ayse"))
    (kept,) = chats(house).list("person:ayse")
    assert until(lambda: kept.turns[0].making and kept.turns[0].making.text)
    kept.stop()
    assert engine.freed.wait(2.0), "the model would write a million words"
    again = opened(monkeypatch, house, "chat")
    again.query_params["chat"] = kept.id
    again.run()
    assert "Stopped. Setup: Prompt." in told(again) and any(
        one.value.startswith("word1 ") for one in again.text
    )


def test_a_question_that_is_too_long_is_a_sentence_and_no_turn(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = TellingEngine()
    serve(monkeypatch, engine)
    app = asked(monkeypatch, house, "why " * 1_500)
    assert "The question has 6,000 letters, but 4,000 are allowed." in app.error[0].value.replace("\\", "")
    assert not engine.asked and not app.chat_message


def test_who_asks_too_much_is_told_how_long_to_wait(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\nquestions_per_minute = 1\n', "utf-8")
    serve(monkeypatch, TellingEngine())
    as_person(monkeypatch, "a person who asks much")
    app = ask(asked(monkeypatch, house), "And its lid?")
    assert "Ask again in 60 seconds." in app.error[0].value.replace("\\", "") and len(app.chat_message) == 2


@pytest.mark.fault(71)
@pytest.mark.parametrize(("role", "sees"), [(Role.VIEWER, False), (Role.EDITOR, True), (Role.ADMIN, True)])
def test_the_prompt_is_told_to_who_may_see_the_instructions_only(
    monkeypatch: pytest.MonkeyPatch, house: Path, role: Role, sees: bool
) -> None:
    serve(monkeypatch, TellingEngine())
    as_person(monkeypatch, f"one {role.value}", role)
    app = asked(monkeypatch, house)
    assert ("The documents do not say." in "".join(one.value for one in app.code)) is sees
    assert "score" in told(app), "what was found is told to everybody"


def test_a_thumb_is_kept_without_a_word_and_the_last_one_counts(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    from assistant import Workspace

    serve(monkeypatch, TellingEngine())
    app = asked(monkeypatch, house)
    app.feedback[0].set_value(0).run()
    app.feedback[0].set_value(1).run()
    assert thumbs.counted(Workspace.open(house)) == (1, 0)
    written = (house / ".rungwise" / "thumbs.jsonl").read_text()
    assert "kettle" not in written and '"setup": "rag"' in written
    assert "1 thumbs up, 0 down" in told(opened(monkeypatch, house))


class Kettle(TwoPassages):
    """Finds the kettle's passage in the document that is really there."""

    def search(self, query: str, k: int | None = None, viewer: object = None) -> list[Hit]:
        chunk = Chunk("c1", "kettle.md", "Kettle", "", KETTLE, 0, len(KETTLE), None, 0)
        return [Hit(chunk, 1.0, 0.5, 2.0, 1)]


@pytest.mark.usefixtures("fakes")
def test_a_citation_opens_its_whole_document_at_the_place_for_who_may_see_it(
    rungwise, monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "documents" / "kettle.md").write_text(
        f"# Kettle\n\nFirst words.\n\n{KETTLE}\n\nLast words.\n", "utf-8"
    )
    assert rungwise("sync", "-w", house).code == 0
    serve(monkeypatch, TellingEngine(), Kettle())
    app = asked(monkeypatch, house)
    button(app, "whole-0-1")
    texts = [one.value for one in app.text]
    assert any("First words." in one for one in texts) and any("Last words." in one for one in texts)
    (house / "documents.toml").write_text('[[document]]\npath = "kettle.md"\naccess = ["staff"]\n', "utf-8")
    assert rungwise("sync", "-w", house).code == 0
    button(app.run(), "whole-0-1")
    assert "can't be opened" in told(app).replace("\\", "") and not any(
        "First" in one.value for one in app.text
    )


@pytest.mark.fault(91)
def test_the_notice_says_where_the_conversation_is_kept_in_the_language_that_is_read(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    from advisor import Language

    serve(monkeypatch, TellingEngine())
    app = opened(monkeypatch, house, "chat")
    both = ("You are talking to an AI model", "Bir insanla değil, bir yapay zekâ modeliyle")
    assert (
        all(one in app.info[-1].value for one in both)
        and "in this server's memory for up to 24 hours" in app.info[-1].value
    )
    app.segmented_control(key="language").set_value(Language.TR).run()
    assert all(one in app.info[-1].value for one in both) and "sunucunun belleğinde" in app.info[-1].value
