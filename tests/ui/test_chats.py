"""Conversations in the memory of the process: each its owner's alone, few, not for long, and never a guessable id."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ui.conversations import chats
from ui.conversations.chats import Chats, Conversation, NoSuchConversation, TooLong, Turn


def conversation(question: str) -> Conversation:
    return Conversation([Turn(question, "rag")])


class Clock:
    """Tells the seconds that it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class OneFolder:
    """What conversations look like to somebody who did not think about owners: all in one dict, by id."""

    def __init__(self) -> None:
        self._kept: dict[str, Conversation] = {}

    def keep(self, owner: str, one: Conversation) -> None:
        self._kept[one.id] = one

    def find(self, owner: str, id: str) -> Conversation:
        return self._kept[id]

    def list(self, owner: str) -> list[Conversation]:
        return list(self._kept.values())


def foreign(kept: Chats | OneFolder) -> bool:
    """Whether one owner gets at another's conversation by its id or by looking."""
    secret = conversation("My secret")
    kept.keep("person:ayse", secret)
    kept.keep("person:mehmet", conversation("Mine"))
    try:
        kept.find("person:mehmet", secret.id)
    except NoSuchConversation:
        return secret in kept.list("person:mehmet")
    return True


@pytest.mark.fault(96)
def test_another_ones_id_names_no_conversation() -> None:
    assert not foreign(Chats())
    assert foreign(OneFolder()), "the attack reaches what does not ask for an owner"


@pytest.mark.fault(96)
@pytest.mark.parametrize("id", ["", "0" * 32, "../1", "' OR 1=1"])
def test_an_id_that_was_never_given_is_the_same_sentence_as_a_foreign_one(id: str) -> None:
    kept, secret = Chats(), conversation("My secret")
    kept.keep("person:ayse", secret)
    told = set()
    for attempt in (id, secret.id):
        with pytest.raises(NoSuchConversation) as error:
            kept.find("person:mehmet", attempt)
        told.add(str(error.value))
    assert len(told) == 1 and "no such conversation" in told.pop()


def test_nobody_deletes_or_renames_what_is_not_theirs() -> None:
    kept, secret = Chats(), conversation("My secret")
    kept.keep("person:ayse", secret)
    for deed in (
        lambda: kept.delete("person:mehmet", secret.id),
        lambda: kept.rename("person:mehmet", secret.id, "x"),
    ):
        with pytest.raises(NoSuchConversation):
            deed()
    assert [one.title for one in kept.list("person:ayse")] == ["My secret"]


def test_the_first_question_is_the_title_until_another_is_given() -> None:
    kept, one = Chats(), conversation("What  does\nthe kettle cost? " * 5)
    kept.keep("o", one)
    assert (
        one.title.startswith("What does the kettle cost?")
        and len(one.title) <= 60
        and one.title.endswith("…")
    )
    kept.rename("o", one.id, "  Prices\nof kettles ")
    assert one.title == "Prices of kettles"
    kept.rename("o", one.id, "")
    assert one.title.startswith("What does")


def test_of_too_many_the_one_used_least_recently_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chats, "PER_OWNER", 3)
    kept, made = Chats(), [conversation(f"q{n}") for n in range(4)]
    for one in made[:3]:
        kept.keep("o", one)
    kept.find("o", made[0].id)
    kept.keep("o", made[3])
    assert [one.title for one in kept.list("o")] == ["q3", "q0", "q2"]


def test_of_too_many_owners_the_one_who_came_least_recently_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chats, "OWNERS", 2)
    kept = Chats()
    for owner in "abc":
        kept.keep(owner, conversation(owner))
    assert [len(kept.list(owner)) for owner in "abc"] == [0, 1, 1]


def test_what_nobody_opened_for_a_day_is_forgotten() -> None:
    clock = Clock()
    kept, old, new = Chats(clock), conversation("old"), conversation("new")
    kept.keep("o", old)
    clock.now = chats.HOURS * 3600 - 10.0
    kept.keep("o", new)
    clock.now += 20.0
    assert [one.title for one in kept.list("o")] == ["new"]
    with pytest.raises(NoSuchConversation):
        kept.find("o", old.id)


def test_a_conversation_holds_so_many_questions_and_no_more() -> None:
    one = Conversation([Turn("q", "rag") for _ in range(chats.TURNS)])
    with pytest.raises(TooLong, match="Begin a new one"):
        one.add(Turn("one more", "rag"))


def test_many_threads_keep_list_and_delete_at_once() -> None:
    kept, failed = Chats(), []

    def work(owner: str) -> None:
        try:
            for n in range(60):
                one = conversation(f"{owner} {n}")
                kept.keep(owner, one)
                assert all(each.title.startswith(owner) for each in kept.list(owner))
                if n % 2:
                    kept.delete(owner, one.id)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"owner{n}",)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed and all(len(kept.list(f"owner{n}")) == chats.PER_OWNER - 1 for n in range(8))


def test_two_workspaces_have_conversations_of_their_own(tmp_path: Path) -> None:
    assert chats.chats(tmp_path) is chats.chats(tmp_path / "x" / "..")
    assert chats.chats(tmp_path) is not chats.chats(tmp_path / "other")
