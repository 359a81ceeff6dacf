"""Few-shot examples: which are chosen, what they show, and what they never show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.alike import Words, representative
from assistant.config.settings import RowSettings
from assistant.prompt import messages
from assistant.rows import parts_of
from assistant.shots import Shots, with_shots
from finetune.form import Form, cited
from finetune.layout import Message
from foundation.errors import UserError
from rag import Library
from tests.finetune.sample import example

FORM = Form(citations=True, abstain="Our documents do not say.")
STOVE = example(1, "What does the Fellmark stove cost?", "It costs 49 EUR [1].", ["prices.md"], ["49 EUR"])
KETTLE = example(2, "What is the price of an Arden kettle?", "19 EUR [1].", ["prices.md"], ["19 EUR"])
TENT = example(3, "Until when can tents be returned?", "Within 30 days [1].", ["returns.md"], ["30 days"])
WEIGHT = example(4, "How heavy is the stove?", "Our documents do not say.")
BROKEN = example(
    5, "Which tents can be returned?", "All of them.", ["returns.md"], ["Tents"]
)  # names no passage
EXAMPLES = [STOVE, KETTLE, TENT, WEIGHT, BROKEN]


def asked(turns: list[Message]) -> list[str]:
    """Return the questions of shots, without their passages."""
    return [turn["content"].rpartition("Question: ")[2] for turn in turns if turn["role"] == "user"]


def test_shots_are_turns_of_user_and_assistant_by_turns() -> None:
    turns = Shots(EXAMPLES, FORM, "fixed", 3).chosen("Do you sell boats?")
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 3


def test_nearest_shots_share_the_question_s_words_and_the_nearest_stands_last() -> None:
    turns = Shots(EXAMPLES, FORM, "nearest", 2).chosen("Is the cost of a Fellmark stove too high, or not?")
    assert asked(turns) == [WEIGHT.question, STOVE.question]
    turns = Shots(EXAMPLES, FORM, "nearest", 1).chosen("Can I have tents returned after Easter?")
    assert asked(turns) == [TENT.question]


def test_with_an_index_the_library_s_embedder_tells_what_is_near(library: Library) -> None:
    shots = Shots(EXAMPLES, FORM, "nearest", 1, library=library)
    assert asked(shots.chosen("U w c t x?")) == [
        TENT.question
    ]  # the same first letters, and no word in common
    assert asked(Shots(EXAMPLES, FORM, "nearest", 1).chosen("U w c t x?")) != [TENT.question]


@pytest.mark.parametrize("how", ["fixed", "nearest"])
@pytest.mark.parametrize("indexed", [False, True])
def test_the_asked_question_and_its_near_duplicates_are_never_shown(
    library: Library, how: str, indexed: bool
) -> None:
    shots = Shots(EXAMPLES, FORM, how, 4, library=library if indexed else None)
    for one in (STOVE, KETTLE, TENT, WEIGHT):
        for question in (one.question, one.question.upper(), f"  {one.question[:-1]} ?"):
            turns = shots.chosen(question, retrieved=indexed)
            assert one.question not in asked(turns) and asked(turns)


def test_the_same_in_other_words_is_left_out_where_meanings_are_compared(library: Library) -> None:
    """To the letters' embedder, words that begin alike mean the same."""
    question = "What do the foolish stones carry?"
    assert STOVE.question in asked(Shots(EXAMPLES, FORM, "fixed", 4).chosen(question))
    assert STOVE.question not in asked(Shots(EXAMPLES, FORM, "fixed", 4, library=library).chosen(question))


def test_fixed_shots_are_the_same_for_every_question_and_one_of_them_declines_first() -> None:
    shots = Shots(EXAMPLES, FORM, "fixed", 3)
    turns = shots.chosen("Do you sell boats?")
    assert turns == shots.chosen("Where is the shop?") == Shots(EXAMPLES, FORM, "fixed", 3).chosen("Boats?")
    assert asked(turns)[0] == WEIGHT.question
    assert TENT.question in asked(turns), "one of each document, as long as there is another document"
    assert WEIGHT.question not in asked(Shots(EXAMPLES, FORM, "fixed", 1).chosen("Boats?"))


def test_with_labels_every_label_is_shown_before_one_is_shown_twice() -> None:
    form = Form(labels=("a", "b", "c"))
    many = [example(at, f"Text number {at} of the {at % 9} kind", "a") for at in range(20)]
    rare = [example(30, "Another one", "b"), example(31, "A third one", "c")]
    turns = Shots([*many, *rare], form, "fixed", 3).chosen("New text")
    assert {turn["content"] for turn in turns if turn["role"] == "assistant"} == {"a", "b", "c"}


def test_an_example_that_breaks_the_form_is_not_shown() -> None:
    for how in ("fixed", "nearest"):
        assert BROKEN.question not in asked(Shots(EXAMPLES, FORM, how, 5).chosen("Which tents are returned?"))


def test_where_the_setup_retrieves_a_shot_cites_only_passages_of_its_own(library: Library) -> None:
    two = example(
        6, "Fee and term?", "49 EUR [1], 30 days [2].", ["prices.md", "returns.md"], ["49 EUR", "30 days"]
    )
    turns = Shots([*EXAMPLES, two], FORM, "nearest", 5, library=library).chosen("Boats?", retrieved=True)
    assert len(turns) == 10
    for told, answer in zip(turns[::2], turns[1::2], strict=True):
        given = {int(number) for number in re.findall(r"^\[(\d+)\] ", told["content"], re.MULTILINE)}
        assert told["content"].startswith("Documents:\n[1] ")
        assert set(cited(answer["content"])) <= given
        for fact, source in (("49 EUR", "stove costs 49 EUR"), ("30 days", "within 30 days")):
            assert fact not in answer["content"] or source in told["content"]
    declined = turns[asked(turns).index(WEIGHT.question) * 2 + 1]
    assert declined["content"] == "Our documents do not say."


def test_where_it_does_not_a_shot_has_neither_passages_nor_citations(library: Library) -> None:
    for known in (None, library):
        turns = Shots(EXAMPLES, FORM, "fixed", 4, library=known).chosen("Boats?")
        assert len(turns) == 8 and not any(cited(turn["content"]) for turn in turns)
        assert "Documents:" not in str(turns)
        assert "It costs 49 EUR." in [turn["content"] for turn in turns]


def test_what_a_document_no_longer_says_is_no_longer_shown(library: Library) -> None:
    shots = Shots(EXAMPLES, FORM, "fixed", 4, library=library)
    before = shots.mark
    assert "49 EUR" in str(shots.chosen("Boats?")) and "49 EUR" in str(shots.chosen("Boats?", retrieved=True))
    prices = library.documents / "prices.md"
    prices.write_text(prices.read_text("utf-8").replace("49 EUR", "59 EUR"), "utf-8")
    library.sync()
    for retrieved in (False, True):
        turns = shots.chosen("Boats?", retrieved)
        assert "49 EUR" not in str(turns) and "19 EUR" in str(turns)
    assert shots.mark != before
    (library.documents / "returns.md").unlink()
    library.sync()
    assert "30 days" not in str(shots.chosen("Boats?"))


def test_what_is_not_for_everybody_is_in_no_shot(library: Library) -> None:
    shots = Shots(EXAMPLES, FORM, "fixed", 4, library=library)
    assert "30 days" in str(shots.chosen("Boats?"))
    library.records.write_text('[[document]]\npath = "returns.md"\naccess = ["staff"]\n', "utf-8")
    library.sync()
    for retrieved in (False, True):
        assert "30 days" not in str(shots.chosen("Boats?", retrieved))


def test_no_shot_comes_from_another_part_than_training() -> None:
    many = [example(at, f"What about thing{at} then?", f"It is so {at}.") for at in range(60)]
    parts = parts_of(many, RowSettings(test_share=0.2), seed=7)
    shots = Shots(parts.train, Form(), "nearest", 16)
    shown = {
        text for one in parts.validation + parts.test for text in asked(shots.chosen(f"{one.question} Say!"))
    }
    assert shown and shown <= {one.question for one in parts.train}
    assert not shown & {one.question for one in (*parts.validation, *parts.test)}


def test_a_budget_bounds_the_tokens_and_the_least_near_go_first() -> None:
    question = "How much does a stove cost, and is it heavy?"
    words = lambda turns: sum(len(turn["content"].split()) for turn in turns)
    whole = Shots(EXAMPLES, FORM, "nearest", 3, budget=1_000, tokens=words).chosen(question)
    cut = Shots(EXAMPLES, FORM, "nearest", 3, budget=words(whole) - 1, tokens=words).chosen(question)
    assert cut == whole[2:] and cut
    assert Shots(EXAMPLES, FORM, "nearest", 3, budget=2, tokens=words).chosen(question) == []


def test_the_mark_names_what_shots_depend_on() -> None:
    marks = {
        Shots(EXAMPLES, FORM).mark,
        Shots(EXAMPLES[:-2], FORM).mark,
        Shots(EXAMPLES, Form(citations=True)).mark,
        Shots(EXAMPLES, FORM, "nearest").mark,
        Shots(EXAMPLES, FORM, count=2).mark,
        Shots(EXAMPLES, FORM, budget=99).mark,
    }
    assert len(marks) == 6 and Shots(list(EXAMPLES), FORM).mark in marks


def test_earlier_turns_of_an_example_are_shown_with_it() -> None:
    talk = example(1, "And how heavy?", "It weighs 2 kg [1].", ["a.md"], ["2 kg"], ["How long?", "3 m [1]."])
    turns = Shots([talk], FORM, "nearest", 1).chosen("Boats?")
    assert [turn["content"] for turn in turns] == ["How long?", "3 m.", "And how heavy?", "It weighs 2 kg."]


def test_shots_stand_between_the_instructions_and_the_conversation_whose_passages_stay_with_the_question(
    library: Library,
) -> None:
    question = "Boats?"
    chunks = [hit.chunk for hit in library.search(question, 1)]
    shots = Shots(EXAMPLES, FORM, "fixed", 2, library=library).chosen(question, retrieved=True)
    told = with_shots(messages(question, (), chunks, FORM, True), shots)
    assert [turn["role"] for turn in told] == ["system", *["user", "assistant"] * 2, "user"]
    assert told[-1]["content"].startswith("Documents:\n") and told[-1]["content"].endswith(
        f"Question: {question}"
    )
    assert with_shots([Message(role="user", content="x")], shots)[-1]["content"] == "x"


def test_without_an_example_that_can_be_shown_there_is_none(tmp_path: Path) -> None:
    unsynced = Library(tmp_path / "none", tmp_path / "state")
    for examples in ([], [BROKEN]):
        for how in ("fixed", "nearest"):
            assert Shots(examples, FORM, how, library=unsynced).chosen("Boats?", retrieved=True) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"how": "random"}, 'chosen fixed, nearest or picked, but "random"'),
        ({"count": 0}, "a count of 1 to 16"),
        ({"count": 17}, "but got 17 and 600"),
        ({"budget": 0}, "a budget of 1 token or more"),
    ],
)
def test_a_setting_out_of_range_is_a_sentence(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Shots(EXAMPLES, FORM, **settings)  # type: ignore[arg-type]


def test_representative_texts_cover_what_there_is_most_of_first_and_then_what_they_are_far_from() -> None:
    texts = ["red car", "red car fast", "red car slow", "blue boat", "blue boat deep"]
    order = representative(Words(texts).among(range(5)), list(range(5)), 5)
    assert order[0] == 0 and order[1] in (3, 4) and sorted(order) == list(range(5))
    grouped = representative(Words(texts).among(range(5)), ["one", "one", "one", "one", "two"], 2)
    assert grouped == [0, 4]


def test_words_that_few_texts_hold_weigh_more() -> None:
    texts = ["the price of stoves", "the price of tents", "the price of boats", "the weight of tents"]
    near = Words(texts).to("price of a boat")
    assert near.argmax() == 2 and near[0] > near[3] == 0
    assert Words(texts).to("zebra").max() == 0 and len(Words([]).to("zebra")) == 0
    assert Words(texts).to("the price of tents")[1] == pytest.approx(1)
