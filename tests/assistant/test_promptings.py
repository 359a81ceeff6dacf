"""Which promptings there are to try, examples that are picked by their ids, and how a winner is written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.config.settings_file import change_settings
from assistant.instructions import BUILT_IN, Instructor, Own
from assistant.open import open_assistant
from assistant.promptings import exchanges, promptings, settings_of
from assistant.setup import Prompting, Setup, variant
from assistant.shots import Shots
from assistant.workspace import Workspace, create
from experiments import load_questions
from experiments.prompting.search import tune_prompt
from experiments.prompting.tuned import Outcome
from finetune.examples import Example
from finetune.form import EMPTY, Form
from ui.measuring import meter
from ui.tuning_prompt import space_of

FORM = Form(closing="Yours.", abstain="It is not known.")


def names(setup: Setup, usual: Prompting, form: Form = FORM, examples: bool = True) -> list[str]:
    return [
        str(one) for one in promptings(setup, usual, Instructor(form, {"ours": Own("Be ours.")}), examples)
    ]


def test_every_wording_is_tried_with_no_fixed_and_nearest_examples_but_the_present_prompting() -> None:
    found = names(Setup.RAG, Prompting())
    assert len(found) == len(set(found)) == 3 * (len(BUILT_IN) + 1) - 1
    assert (
        found[0] == "rag+instructions=terse"
        and "rag+fixed=3" in found
        and "rag+instructions=ours+nearest=3" in found
    )
    assert len(names(Setup.RAG, Prompting(), examples=False)) == len(
        BUILT_IN
    )  # with its own less the present one
    present = names(Setup.PROMPT, Prompting(shots=5, instructions="terse"))
    assert (
        "prompt+noshots" in present and "prompt+fixed=5" in present and "prompt+instructions=usual" in present
    )
    assert not any("nearest" in name or "instructions=terse" in name for name in present)


def test_a_wording_that_says_the_same_as_another_is_not_tried() -> None:
    found = names(Setup.PROMPT, Prompting(), EMPTY, examples=False)
    assert not any("rules-first" in name or "worked" in name or "reminded" in name for name in found)


def test_one_example_is_exchanged_at_a_time_and_the_wording_stays() -> None:
    standing = ["a", "b", "c", "d", "e", "f", "g"]
    near = exchanges(variant("rag+instructions=terse+fixed=2"), Prompting(), standing)
    assert [str(one) for one in near] == [
        f"rag+instructions=terse+picked={ids}" for ids in ("c.b", "d.b", "a.e", "a.f")
    ]
    again = exchanges(near[0], Prompting(), standing)
    assert [str(one) for one in again][:2] == [
        f"rag+instructions=terse+picked={ids}" for ids in ("a.b", "d.b")
    ]
    assert exchanges(variant("rag+nearest=2"), Prompting(), standing) == []
    assert exchanges(variant("rag"), Prompting(), standing) == []
    assert exchanges(variant("rag+fixed=2"), Prompting(), ["a b", "c", "d"]) == []  # no variant could name it


@pytest.mark.parametrize(
    "name",
    ["rag+instructions=terse", "rag+picked=ex-1.ex-2", "rag+noshots", "rag+instructions=usual+fixed=4"],
)
@pytest.mark.parametrize("usual", [Prompting(), Prompting(shots=2, shots_by="fixed", instructions="listed")])
def test_what_is_written_makes_the_winner_the_workspace_s_own(
    tmp_path: Path, name: str, usual: Prompting
) -> None:
    house = create(tmp_path / "house", demo=False)
    path = house.root / "rungwise.toml"
    change_settings(path, "prompt", settings_of(usual, Prompting()))
    winner = variant(name).prompting(Workspace.open(house.root).settings.prompt)
    change_settings(path, "prompt", settings_of(winner, usual))
    now = Workspace.open(house.root).settings.prompt
    assert (now.shots, now.instructions or "usual") == (winner.shots, winner.instructions or "usual")
    assert not now.shots or (now.shots_by, now.picked) == (winner.shots_by, winner.picked)


def example(name: str, question: str) -> Example:
    turns = (
        {"role": "user", "content": question},
        {"role": "assistant", "content": "It is not known. Yours."},
    )
    return Example(name, turns, (), (), 1)  # type: ignore[arg-type]


EXAMPLES = [
    example("a", "Who built the pier?"),
    example("b", "When was the fog horn cast?"),
    example("c", "Why is it red?"),
]


def asked(shots: Shots) -> list[str]:
    return [turn["content"] for turn in shots.chosen("How tall is the mast?") if turn["role"] == "user"]


def test_picked_examples_are_shown_in_their_order_and_one_that_is_gone_is_left_out() -> None:
    shots = Shots(EXAMPLES, FORM, "picked", 3, picked=("c", "gone", "a"))
    assert asked(shots) == ["Why is it red?", "Who built the pier?"]
    turned = Shots(EXAMPLES, FORM, "picked", 2, picked=("a", "c"))
    assert asked(turned) == ["Who built the pier?", "Why is it red?"] and shots.mark != turned.mark
    assert asked(Shots(EXAMPLES, FORM, "picked", 2, picked=("gone",))) == []


def test_a_picked_example_that_asks_what_is_asked_is_not_shown() -> None:
    shots = Shots(EXAMPLES, FORM, "picked", 2, picked=("a", "b"))
    assert [turn["content"] for turn in shots.chosen("Who built the pier?")][:1] == [
        "When was the fog horn cast?"
    ]


def test_the_fixed_ones_stand_first_among_those_that_may_take_their_place() -> None:
    shots = Shots(EXAMPLES, FORM, "fixed", 2)
    assert len(shots.standing()) == 3
    assert asked(shots) == [{one.id: one.question for one in EXAMPLES}[name] for name in shots.standing()[:2]]


@pytest.mark.slow
def test_the_starter_is_searched_on_a_few_questions_of_the_demo(tmp_path: Path) -> None:
    """Real embedder, index, examples and model: three wordings and examples, four dev and six test questions."""
    house = create(tmp_path / "demo", demo=True)
    text = (
        (house.root / "rungwise.toml")
        .read_text(encoding="utf-8")
        .replace("max_new_tokens = 80", "max_new_tokens = 24")
    )
    (house.root / "rungwise.toml").write_text(text, encoding="utf-8")
    for path in sorted(house.documents.rglob("*"))[12:]:
        if path.is_file():
            path.unlink()
    house = Workspace.open(house.root)
    assistant = open_assistant(house)
    assert assistant.library is not None
    assistant.library.sync()
    space = space_of(house, assistant, Setup.RAG)
    few = [
        one for one in space.others if str(one) in ("rag+instructions=terse", "rag+fixed=3", "rag+nearest=3")
    ]
    dev, test = load_questions(house.questions, "dev")[:4], load_questions(house.questions, "test")[:6]
    from dataclasses import replace

    asking = meter(house, assistant, lambda title, done, total: None)
    tuned = tune_prompt(dev, test, replace(space, others=few), asking)
    assert {one.setup for one in tuned.found.tried} >= {"rag", *map(str, few)}
    assert tuned.outcome in (Outcome.KEEP, Outcome.CONFIRMED, Outcome.UNCONFIRMED)
    again = tune_prompt(dev, test, replace(space, others=few), asking)
    assert again.asked == 0 and again.found == tuned.found
    kept = [
        json.loads(line)
        for line in (house.runs / "replies" / "replies.jsonl").read_text("utf-8").splitlines()
    ]
    assert len(kept) == tuned.asked
