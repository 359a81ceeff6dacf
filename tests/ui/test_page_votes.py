"""Voting blind and the live split on the page Chat, held by a list of behaviours; drawn headlessly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant import Workspace
from assistant.engines.engine import CallerGone, Generated
from experiments import Event, OutcomeFile, Split, Unit, VoteFile, assign
from finetune.layout import Message
from tests.ui.page_world import KETTLE, TellingEngine, ask, button, opened, serve, told
from ui.conversations.answering import Answering

pytestmark = pytest.mark.usefixtures("fakes")
NAMES = re.compile(r"\b(prompt|rag|lora|hybrid|adapter|setup: \w+)\b", re.IGNORECASE)
ANSWERS = {
    "prompt": "Sixty.",
    "rag": "It costs 49 EUR [1].",
    "lora": "Sixty, yours.",
    "hybrid": "49 EUR, yours [1].",
}


@pytest.fixture
def built(rungwise, house: Path) -> Path:
    """A house in which all four setups can answer."""
    assert rungwise("sync", "-w", house).code == 0
    assert rungwise("train", "-w", house).code == 0
    return house


class FourEngine(TellingEngine):
    """Answers as each setup would: with the adapter or not, with the passage or not."""

    def __init__(self, breaks_at: int = 0, error: BaseException | None = None) -> None:
        super().__init__()
        self.breaks_at, self.error = breaks_at, error

    def stream(self, prompt: Sequence[Message], adapter: bool, *rest: object) -> Iterator[str | Generated]:
        self.asked.append(list(prompt))
        if len(self.asked) == self.breaks_at and self.error is not None:
            yield "It "
            raise self.error
        found = KETTLE in str(prompt)
        name = ("hybrid" if found else "lora") if adapter else ("rag" if found else "prompt")
        yield ANSWERS[name]
        yield Generated(ANSWERS[name], 10, 5, True, 0.1)


def voting(monkeypatch: pytest.MonkeyPatch, house: Path, engine: FourEngine | None = None) -> AppTest:
    serve(monkeypatch, engine or FourEngine())
    app = opened(monkeypatch, house, "chat")
    app.toggle(key="blind").set_value(True).run()
    return app


def votes(house: Path) -> list:
    return VoteFile(Workspace.open(house).votes).votes()


def drawn(app: AppTest) -> str:
    """Return everything that reaches the browser of the page, keys and ids too."""
    return "\n".join(str(element.proto) for element in app.main if hasattr(element, "proto"))


# voting blind


@pytest.mark.fault(138)
def test_nothing_that_is_drawn_before_the_vote_names_a_setup(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    app = ask(voting(monkeypatch, built), "What does the kettle cost?")
    shown = {one.value for one in app.text} & set(ANSWERS.values())
    assert len(shown) == 2, "two answers of two setups"
    assert drawn(app).count("49 EUR") + drawn(app).count("Sixty") >= 2, (
        "the search below looks at the right place"
    )
    assert not NAMES.search(drawn(app))
    assert not app.expander and "score" not in told(app) and " s\n" not in told(app)
    app.run()
    assert not NAMES.search(drawn(app)), "nor on a later run"


def test_a_vote_reveals_both_setups_and_is_kept_as_hashes(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    app = ask(voting(monkeypatch, built), "What does the kettle cost?")
    a, b = [one.value for one in app.text if one.value in ANSWERS.values()]
    button(app, "vote-0-left")
    (vote,) = votes(built)
    assert (ANSWERS[vote.left], ANSWERS[vote.right], vote.choice) == (a, b, "left")
    assert "You chose: A is better." in told(app)
    assert NAMES.search(told(app)) and app.expander[0].label == "Both answers in detail"
    written = Workspace.open(built).votes.read_text()
    assert not re.search("kettle|EUR|Sixty", written) and all(vote.marks) and vote.who


@pytest.mark.parametrize("choice", ["left", "right", "tie", "both-bad"])
def test_each_button_says_what_it_is(monkeypatch: pytest.MonkeyPatch, built: Path, choice: str) -> None:
    app = ask(voting(monkeypatch, built), "What does the kettle cost?")
    button(app, f"vote-0-{choice}")
    assert [one.choice.value for one in votes(built)] == [choice.replace("-", " ")]


@pytest.mark.fault(89)
def test_a_reload_a_rerun_or_a_second_click_makes_no_second_vote(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    engine = FourEngine()
    app = ask(voting(monkeypatch, built, engine), "What does the kettle cost?")
    stale = app.button(key="vote-0-right")
    button(app, "vote-0-left")
    stale.click()
    app.run()
    app.run()
    assert [one.choice.value for one in votes(built)] == ["left"] and len(engine.asked) == 2
    assert "vote-0-right" not in [one.key for one in app.button]
    reloaded = opened(monkeypatch, built, "chat")
    assert not reloaded.chat_message and len(votes(built)) == 1


def test_a_second_choice_on_the_same_answers_changes_nothing_even_before_the_page_is_drawn_anew(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    from ui import state
    from ui.conversations import voting as cast_by
    from ui.conversations.chats import Duel

    monkeypatch.setattr(state, "visitor", lambda: "v")
    house = Workspace.open(built)
    duel = Duel("d", "rag", "prompt", replies=["one", "two"])  # type: ignore[list-item]
    cast_by.cast(house, duel, "q", "left")
    cast_by.cast(house, duel, "q", "right")
    assert duel.choice == "left"
    twin = Duel("d", "rag", "prompt", replies=["one", "two"])  # type: ignore[list-item]
    cast_by.cast(house, twin, "q", "right")
    assert [one.choice.value for one in votes(built)] == ["left"]
    unfinished = Duel("e", "rag", "prompt", replies=["one"])  # type: ignore[list-item]
    cast_by.cast(house, unfinished, "q", "left")
    assert len(votes(built)) == 1


@pytest.mark.fault(89)
def test_a_run_that_ends_while_answers_are_made_leaves_nothing_to_vote_on(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    engine = FourEngine(breaks_at=2, error=CallerGone())
    app = ask(voting(monkeypatch, built, engine), "What does the kettle cost?")
    app.run()
    assert len(engine.asked) == 2, "a rerun asks nothing again"
    assert "nothing to vote on" in told(app) and not [
        one for one in app.button if str(one.key).startswith("vote-")
    ]
    assert not votes(built) and not set(ANSWERS.values()) & {one.value for one in app.text}
    ask(app, "And the hours?")
    assert len(engine.asked) == 4 and app.button(key="vote-1-left")
    assert "kettle" not in str(engine.asked[-1]).split("And the hours?")[-1]


def test_an_answer_that_fails_is_a_sentence_and_no_vote(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    app = ask(voting(monkeypatch, built, FourEngine(2, RuntimeError("secret"))), "What does the kettle cost?")
    assert "not your mistake" in app.error[0].value and "secret" not in told(app)
    assert not app.exception and not votes(built)


def naive_page() -> None:
    """What a page may look like that nobody thought about: shared by all, and asking again at every rerun."""
    import streamlit as st

    @st.cache_resource
    def chat() -> list[str]:
        return []

    if asked := st.text_input("Ask", key="asked"):
        chat().append(asked)
    st.text("\n".join(chat()))


@pytest.mark.fault(88, 89)
def test_a_naive_page_shows_one_visitor_to_another_and_asks_twice_when_it_is_drawn_twice() -> None:
    first, second = AppTest.from_function(naive_page).run(), AppTest.from_function(naive_page)
    first.text_input(key="asked").set_value("My secret").run()
    first.run()
    assert second.run().text[0].value == "My secret\nMy secret"


@pytest.mark.fault(88)
def test_one_visitors_votes_are_not_in_anothers_state(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    engine = FourEngine()
    first = ask(voting(monkeypatch, built, engine), "What does the kettle cost?")
    second = voting(monkeypatch, built, engine)
    assert "kettle" not in told(second) and not [
        one for one in second.button if str(one.key).startswith("vote-")
    ]
    button(first, "vote-0-left")
    assert "You chose" in told(first) and "You chose" not in told(second.run())
    ask(second, "What does the kettle cost?")
    assert "You chose" not in told(second)
    button(second, "vote-0-tie")
    one, other = votes(built)
    assert one.who != other.who and one.question == other.question
    assert one.pair != other.pair, "the pair with the fewest votes comes next, whoever asks"


def test_a_conversation_goes_on_from_the_preferred_answer(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    engine = FourEngine()
    app = ask(voting(monkeypatch, built, engine), "What does the kettle cost?")
    _, b = [one.value for one in app.text if one.value in ANSWERS.values()]
    button(app, "vote-0-right")
    ask(app, "And its warranty?")
    told_last = str(engine.asked[-1])
    assert b.split(" [")[0] in told_last and "What does the kettle cost?" in told_last
    assert str(engine.asked[-1]).count("And its warranty?") == str(engine.asked[-2]).count(
        "And its warranty?"
    )


def test_with_one_setup_that_can_answer_it_says_what_makes_more(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    engine = FourEngine()
    app = ask(voting(monkeypatch, house, engine), "What does the kettle cost?")
    assert any("`rungwise sync` or `rungwise train`" in one.value for one in app.info)
    assert not engine.asked and not app.exception


def test_pairs_are_shown_evenly_over_a_conversation(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    app = voting(monkeypatch, built)
    for n in range(6):
        ask(app, f"What does kettle {n} cost?")
        button(app, f"vote-{n}-tie")
    assert len({one.pair for one in votes(built)}) == 6


# the live split


def splitting(house: Path, unit: str = "conversation", on: bool = True) -> Split:
    config = house / "rungwise.toml"
    config.write_text(
        f'name = "Tea"\n[live]\non = {str(on).lower()}\nsetups = "rag, prompt"\nunit = "{unit}"\nsalt = "spring"\n',
        "utf-8",
    )
    return Split({"rag": 1, "prompt": 1}, salt="spring")


def outcomes(house: Path) -> list:
    return OutcomeFile(Workspace.open(house).outcomes).outcomes()


def test_a_conversation_is_answered_by_its_lot_which_is_not_named(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    splitting(built)
    serve(monkeypatch, FourEngine())
    seen: list[str] = []
    while len(seen) < 4 or (len(set(seen)) < 2 and len(seen) < 40):  # forty alike are no chance
        app = opened(monkeypatch, built, "chat")
        assert "setup" not in [one.key for one in app.segmented_control] and not [
            one for one in app.toggle if one.key == "blind"
        ]
        ask(app, "What does the kettle cost?")
        (exposed, *_) = outcomes(built)[-1:]
        assert exposed.kind is Event.EXPOSURE and ANSWERS[exposed.setup] in [one.value for one in app.text]
        assert not NAMES.search(told(app)), "neither switch nor details name it"
        seen.append(exposed.setup)
    assert set(seen) == {"rag", "prompt"} and len(outcomes(built)) == len(seen)


def test_a_conversation_keeps_its_setup_and_is_exposed_once(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    splitting(built)
    serve(monkeypatch, FourEngine())
    app = ask(opened(monkeypatch, built, "chat"), "What does the kettle cost?")
    for n in range(3):
        ask(app, f"And kettle {n}?")
    assert [one.kind for one in outcomes(built)] == [Event.EXPOSURE]
    answers = [one.value for one in app.text if one.value in ANSWERS.values()]
    assert len(answers) >= 4 and len(set(answers)) == 1
    button(app.run(), "new-chat")
    ask(app, "What does the kettle cost?")
    assert len({one.unit for one in outcomes(built)}) == 2


def test_thumbs_and_the_task_are_kept_without_a_word(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    splitting(built)
    serve(monkeypatch, FourEngine())
    app = ask(opened(monkeypatch, built, "chat"), "What does the kettle cost?")
    app.feedback[0].set_value(0).run()
    app.feedback[0].set_value(1).run()
    app.run()
    button(app, "task-done")
    button(app, "task-done")
    button(app, "task-not-done")
    told_ = [(one.kind.value, one.good) for one in outcomes(built)]
    assert told_ == [("exposure", None), ("thumb", False), ("thumb", True), ("task", True), ("task", False)]
    assert len({one.unit for one in outcomes(built)}) == 1
    written = Workspace.open(built).outcomes.read_text()
    assert "kettle" not in written and json.loads(written.splitlines()[0])["unit"] == outcomes(built)[0].unit


def signed_in(app: AppTest, **user: str) -> AppTest:
    """Return the page as somebody sees it whom Streamlit's own sign-in knows; nobody signed in without words."""
    app.user = dict(user)
    return ask(app, "What does the kettle cost?")


def test_a_visitor_without_a_name_keeps_a_setup_over_conversations(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    splitting(built, unit="user")
    serve(monkeypatch, FourEngine())
    app = signed_in(opened(monkeypatch, built, "chat"))
    for _ in range(4):
        button(app.run(), "new-chat")
        ask(app, "What does the kettle cost?")
    assert len({one.unit for one in outcomes(built)}) == 1
    signed_in(opened(monkeypatch, built, "chat"))
    assert len({one.unit for one in outcomes(built)}) == 2


def test_a_signed_in_user_is_assigned_by_name_and_kept_as_a_hash(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    splitting(built, unit="user")
    split = Split({"rag": 1, "prompt": 1}, Unit.USER, "spring")
    serve(monkeypatch, FourEngine())
    for _ in range(2):
        app = signed_in(opened(monkeypatch, built, "chat"), email="ayse@house.example")
        assert ANSWERS[assign("ayse@house.example", split)] in [one.value for one in app.text]
    assert {one.unit for one in outcomes(built)} == {split.hidden("ayse@house.example")}
    assert "ayse" not in Workspace.open(built).outcomes.read_text()


def test_an_answer_that_does_not_come_counts_against_its_setup(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    splitting(built)
    serve(monkeypatch, FourEngine(1, RuntimeError("secret")))
    monkeypatch.setattr(
        Answering, "begin", Answering._make
    )  # the answer is over before anything else goes on
    app = ask(opened(monkeypatch, built, "chat"), "What does the kettle cost?")
    assert [one.kind for one in outcomes(built)] == [Event.EXPOSURE, Event.FAILURE]
    assert not NAMES.search(told(app)) and not app.exception


def test_a_split_that_lacks_something_says_which_command_makes_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    splitting(house)
    serve(monkeypatch, FourEngine())
    app = opened(monkeypatch, house, "chat")
    assert any("`rungwise sync`" in one.value for one in app.info) and not NAMES.search(told(app))


def test_a_conversation_that_began_before_the_split_is_no_unit_of_it(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    serve(monkeypatch, FourEngine())
    app = ask(opened(monkeypatch, built, "chat"), "What does the kettle cost?")
    splitting(built)
    ask(app.run(), "And its lid?")
    app.feedback[0].set_value(1).run()
    button(app, "task-done")
    assert outcomes(built) == [] and not app.exception
    button(app, "new-chat")
    ask(app, "What does the kettle cost?")
    assert [one.kind for one in outcomes(built)] == [Event.EXPOSURE]


def test_switched_off_the_visitor_chooses_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    splitting(built, on=False)
    serve(monkeypatch, FourEngine())
    app = opened(monkeypatch, built, "chat")
    assert app.segmented_control(key="setup")
    ask(app, "What does the kettle cost?")
    app.feedback[0].set_value(1).run()
    assert outcomes(built) == [], "a thumb is no outcome where no lot decided"
