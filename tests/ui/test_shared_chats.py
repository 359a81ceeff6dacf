"""Conversations in one database: begun at one replica they go on at another, each its owner's alone, few and not for long."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant, Reply, Setup, Workspace
from finetune.form import EMPTY
from foundation.database import Database
from tests.ui.page_world import KETTLE, TellingEngine, TwoPassages, ask, opened, serve
from tests.ui.test_chats import OneFolder, conversation, foreign
from ui.conversations import chats, thumbs
from ui.conversations.answering import Answering
from ui.conversations.chats import Chats, Conversation, Duel, NoSuchConversation, Turn
from ui.conversations.shared_chats import SharedChats

AYSE = "person:ayse"


@pytest.fixture
def here(database: Database) -> SharedChats:
    """The conversations as one replica sees them."""
    return SharedChats(database)


@pytest.fixture
def there(database: Database) -> SharedChats:
    """The conversations as another replica sees them."""
    return SharedChats(database)


def reply(question: str = "What does the kettle cost?") -> Reply:
    """Return a reply of the real assistant: with hits, citations, support and timings."""
    engine, library = TellingEngine(), TwoPassages()
    made = Assistant(engine, library, EMPTY, 2, Setup.RAG).invoke({"question": question})  # type: ignore[arg-type]
    assert made.hits and made.citations and made.support and made.prompt and made.raw
    return made


def answered(question: str, *replies: Reply, **told: object) -> Turn:
    made = Answering.over_already(
        question, ["rag"] * len(replies), list(replies), replies[0].text, [], 0.1, 0.2, "", ""
    )
    return Turn(question, "rag", made, **told)  # type: ignore[arg-type]


def test_a_conversation_begun_at_one_replica_goes_on_at_another(
    here: SharedChats, there: SharedChats
) -> None:
    one = Conversation([answered("What does the kettle cost?", reply())])
    here.keep(AYSE, one)
    (seen,) = there.list(AYSE)
    assert seen.id == one.id and seen.title == one.title and seen.earlier() == one.earlier()
    assert seen.turns[0].reply == replace(reply(), raw="", prompt=(), timings=one.turns[0].reply.timings)  # type: ignore[union-attr]
    seen.add(answered("And the tent?", reply()))
    there.keep(AYSE, seen)
    again = here.find(AYSE, one.id)
    assert again is one and [turn.question for turn in again.turns] == [
        "What does the kettle cost?",
        "And the tent?",
    ]


def test_what_the_model_wrote_unguarded_and_what_it_was_told_is_in_no_row(
    here: SharedChats, database: Database
) -> None:
    secret = replace(
        reply(), raw="unguarded words", prompt=({"role": "system", "content": "house instructions"},)
    )
    here.keep(AYSE, Conversation([answered("q", secret)]))
    with database.use("chats") as session:
        rows = str(session.execute("SELECT * FROM conversations, turns").fetchall())
    assert KETTLE in rows and "unguarded" not in rows and "house instructions" not in rows


def test_two_replicas_that_add_a_turn_at_once_lose_neither(here: SharedChats, there: SharedChats) -> None:
    one = Conversation([answered("first", reply())])
    here.keep(AYSE, one)
    other = there.find(AYSE, one.id)
    one.add(answered("here", reply()))
    other.add(answered("there", reply()))
    here.keep(AYSE, one)
    there.keep(AYSE, other)
    for replica in (here, there):
        assert {turn.question for turn in replica.find(AYSE, one.id).turns} == {"first", "here", "there"}


def test_a_thumb_a_choice_a_name_and_a_task_that_is_done_are_seen_at_the_other_replica(
    here: SharedChats, there: SharedChats
) -> None:
    pair = Duel("d", "rag", "hybrid", [{"role": "user", "content": "x"}], [reply(), reply()], ("a", "b"))
    two = answered("Which?", reply(), reply(), duel=pair)
    one = Conversation([answered("q", reply()), two], split="mark")
    here.keep(AYSE, one)
    there.find(AYSE, one.id)
    one.turns[0].good, pair.choice, one.done = True, "right", False
    here.rename(AYSE, one.id, " Prices ")
    seen = there.find(AYSE, one.id)
    assert (seen.name, seen.done, seen.split, seen.turns[0].good) == ("Prices", False, "mark", True)
    assert seen.turns[1].duel is not None and seen.turns[1].duel.choice == "right"
    assert seen.turns[1].duel.complete and seen.turns[1].duel.marks == ("a", "b")
    there.delete(AYSE, one.id)
    with pytest.raises(NoSuchConversation):
        here.find(AYSE, one.id)
    assert here.list(AYSE) == []


def test_an_answer_in_the_making_is_watched_where_it_is_made_and_has_no_words_elsewhere(
    here: SharedChats, there: SharedChats
) -> None:
    making = Answering(None, "q", (), [Setup.RAG], None, "ayse")  # type: ignore[arg-type]
    one = Conversation([Turn("q", "rag", making)])
    here.keep(AYSE, one)
    assert here.find(AYSE, one.id).running is one.turns[0]
    elsewhere = there.find(AYSE, one.id).turns[0]
    assert elsewhere.question == "q" and not elsewhere.running and elsewhere.reply is None
    making.replies.append(reply())
    here.over(AYSE, one)  # from the thread that made it, before whoever watches is told
    assert there.find(AYSE, one.id).turns[0].reply is not None


def test_a_conversation_that_was_deleted_while_its_answer_was_made_stays_deleted(
    here: SharedChats, there: SharedChats
) -> None:
    one = Conversation([Turn("q", "rag", Answering(None, "q", (), [Setup.RAG], None, "ayse"))])  # type: ignore[arg-type]
    here.keep(AYSE, one)
    there.delete(AYSE, one.id)
    here.over(AYSE, one)
    assert there.list(AYSE) == here.list(AYSE) == []
    assert one.turns[0].making is not None and one.turns[0].making.over, "and nobody goes on making it"


@pytest.mark.fault(96)
def test_another_ones_id_names_no_conversation_in_the_database_either(
    here: SharedChats, there: SharedChats
) -> None:
    assert not foreign(here)  # type: ignore[arg-type]
    assert foreign(OneFolder()), "a naive store by id alone hands it out"
    (mine,) = here.list(AYSE)
    for attack in (mine.id, f"{mine.id}' OR '1'='1", "%", ""):
        for act in (there.find, there.delete):
            with pytest.raises(NoSuchConversation):
                act("person:mehmet", attack)
    there._rows.delete("person:mehmet", mine.id)
    there._rows.use("person:mehmet", mine.id)
    assert there._rows.read("person:mehmet", mine.id) is None
    assert here.find(AYSE, mine.id) is mine


def test_of_too_many_conversations_the_least_recently_used_goes_and_old_ones_are_forgotten(
    here: SharedChats, there: SharedChats, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here._rows, "_per_owner", 3)
    made = [conversation(f"q{n}") for n in range(3)]
    for one in made:
        here.keep(AYSE, one)
    there.find(AYSE, made[0].id)
    here.keep(AYSE, conversation("one more"))
    assert [one.title for one in there.list(AYSE)] == ["one more", "q0", "q2"]
    with database.use("chats") as session:
        session.execute(
            "UPDATE conversations SET used = now() - interval '24 hours 1 minute' WHERE id = ?", (made[0].id,)
        )
    assert [one.title for one in here.list(AYSE)] == ["one more", "q2"]
    with database.use("chats") as session:
        assert session.execute("SELECT count(*) FROM turns").fetchone() == (2,), "their turns went with them"
    monkeypatch.setattr(here._rows, "_owners", 2)
    for owner in ("person:b", "person:c"):
        here.keep(owner, conversation("hello"))
    assert [len(there.list(owner)) for owner in (AYSE, "person:b", "person:c")] == [0, 1, 1]


def test_the_page_of_another_replica_shows_the_conversation_and_opinions_are_in_no_file(
    monkeypatch: pytest.MonkeyPatch, house: Path, database: Database
) -> None:
    (house / "rungwise.toml").write_text(f'name = "Tea"\n[storage]\nurl = "{database.url}"\n', "utf-8")
    serve(monkeypatch, TellingEngine())
    app = opened(monkeypatch, house, "chat")
    app.segmented_control(key="setup").set_value("rag").run()
    ask(app, "What does the kettle cost?")
    assert [one.proto.type for one in app.feedback]
    app.feedback[0].set_value(1).run()
    monkeypatch.setattr(chats, "_houses", {})  # another process
    other = opened(monkeypatch, house, "chat")
    assert "What does the kettle cost?" not in [one.value for one in other.text], "another browser's"
    monkeypatch.setattr("ui.who.owner", lambda: owner_of(database))
    other.query_params["chat"] = app.query_params["chat"]
    other.run()
    assert "What does the kettle cost?" in [one.value for one in other.text]
    assert thumbs.counted(Workspace.open(house)) == (1, 0)
    assert not (house / ".rungwise" / "thumbs.jsonl").exists()


def owner_of(database: Database) -> str:
    with database.use("chats") as session:
        row = session.execute("SELECT owner FROM conversations").fetchone()
        return str(row[0]) if row else ""


def test_without_a_database_conversations_stay_in_memory(tmp_path: Path) -> None:
    assert type(chats.chats(tmp_path)) is Chats
