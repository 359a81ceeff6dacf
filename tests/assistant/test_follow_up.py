"""Questions that hang on what was said, and those that stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.follow_up import complete, hangs, rewritten
from finetune.layout import Message


def talk(*told: str) -> list[dict[str, str]]:
    """Turns of a conversation, the user's first."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(told)]


TENT = talk("Is the Skerry tent freestanding?", "Yes, the Skerry tent is freestanding [1].")


@pytest.mark.parametrize(
    ("conversation", "question", "searched"),
    [
        (TENT, "And its weight?", "Skerry tent And its weight?"),
        (TENT, "How heavy is it?", "Skerry tent How heavy is it?"),
        (TENT, "How wide is the door?", "Skerry tent How wide is the door?"),
        (TENT, "What about FS-200?", "What about FS-200?"),
        (talk("Which stove is the cheapest?", "The Fellmark stove [1]."), "Does it fold?", "Fellmark stove Does it fold?"),
        (talk("What is the return period?", "30 days [2]."), "Does that apply to sale items?",
         "return period Does that apply to sale items?"),
        (talk("When does the Harrowmere store open on Saturdays?", "At 09:00."), "And when does it close?",
         "Harrowmere store And when does it close?"),
        (talk("Fellmark ocağının fiyatı nedir?", "49 EUR."), "Peki garantisi ne kadar?",
         "Fellmark ocağının fiyatı Peki garantisi ne kadar?"),
        (talk("Bana Skerry çadırının fiyatını söyler misin?", "219 EUR."), "Onun ağırlığı kaç gram acaba?",
         "Skerry çadırının Onun ağırlığı kaç gram acaba?"),
    ],
)  # fmt: skip
def test_a_question_that_hangs_on_what_was_said_is_searched_with_its_names(
    conversation: list[dict[str, str]], question: str, searched: str
) -> None:
    assert complete(question, conversation) == searched


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    conversation = talk(
        "Is the Skerry tent freestanding?", "Yes.", "And its weight?", "2.4 kg.", "And its price?", "219 EUR."
    )
    assert "Skerry tent" in complete("And its colour?", conversation)


def test_a_new_topic_in_between_is_the_topic() -> None:
    conversation = [*TENT, *talk("What does the Ostrand hammock cost?", "74 EUR.")]
    assert complete("And its load?", conversation) == "Ostrand hammock And its load?"


@pytest.mark.parametrize(
    "question",
    [
        "What are the opening hours of the Harrowmere store?",
        "How long does it take to return a parcel?",
        "Is it possible to pay by invoice online?",
        "Is there a warranty on rented boots?",
        "Which events take place this weekend in the shop?",
        "Does the catalogue say that parcels travel by train?",
        "Bu hafta mağaza saat kaçta kapanıyor?",
        "Kiralık botların garantisi kaç ay sürüyor?",
        "And what does the Ostra kettle cost?",
    ],
)
def test_a_question_that_stands_alone_is_searched_as_it_is(question: str) -> None:
    assert not hangs(question)
    assert complete(question, TENT) == question


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=6))
def test_whatever_was_said_the_question_itself_is_always_searched(question: str, told: list[str]) -> None:
    searched = complete(question, talk(*told))
    assert searched.endswith(question)
    assert complete(question, []) == question


def test_a_model_is_asked_only_where_the_question_hangs_on_what_was_said() -> None:
    asked: list[list[Message]] = []

    def model(told: list[Message]) -> str:
        asked.append(told)
        return '"What is the weight of the Skerry tent?"'

    assert rewritten("What does the Ostra kettle cost?", TENT, model) == "What does the Ostra kettle cost?"
    assert not asked
    assert rewritten("And its weight?", TENT, model) == "What is the weight of the Skerry tent?"
    assert "Skerry tent" in asked[0][-1]["content"]


@pytest.mark.parametrize(
    "made",
    [
        "",
        "The Skerry tent weighs 2.4 kg.\nAnything else?",
        "What is the price of the Skerry tent?",  # the question's own word is lost
        "What is the weight of the Ostrand hammock?",  # a name that nobody said
        "weight " * 200,
    ],
)
def test_what_a_model_makes_of_a_question_is_not_used_where_it_is_no_such_question(made: str) -> None:
    assert rewritten("And its weight?", TENT, lambda told: made) == "Skerry tent And its weight?"
