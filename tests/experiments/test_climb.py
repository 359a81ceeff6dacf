"""Simulated worlds whose truth is known are each led to their right rung, asking no more than needed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from experiments import LADDER, ClimbReport, Meter, Part, Step, Ways, climb, next_rung
from foundation.errors import UserError
from tests.experiments.worlds import FORM, Answer, World, questions

DEV, TEST = questions(60, Part.DEV), questions(120)


def go(world: World, folder: Path, target: float = 0.8, **changes: object) -> ClimbReport:
    ways: dict[str, object] = {"setups": LADDER, "sync": world.sync, "train": world.train}
    meter = Meter[str](asker=world, form=FORM, folder=folder, fingerprint=world.fingerprint)
    return climb(DEV, TEST, Ways(**{**ways, **changes}), meter, target=target)  # type: ignore[arg-type]


def path(report: ClimbReport) -> list[str]:
    return [step.setup for step in report.steps]


def test_where_nothing_is_missing_the_prompt_is_enough(tmp_path: Path) -> None:
    world = World()
    report = go(world, tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt"], "prompt", True)
    assert not world.index and not world.adapter


def test_where_facts_are_missing_the_climb_ends_at_retrieval(tmp_path: Path) -> None:
    world = World(facts_missing=True)
    report = go(world, tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt", "rag"], "rag", True)
    assert not world.adapter


def test_where_the_form_is_missing_the_climb_ends_at_the_adapter(tmp_path: Path) -> None:
    report = go(World(form_missing=True), tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt", "lora"], "lora", True)


def test_where_both_are_missing_the_climb_ends_at_both_together(tmp_path: Path) -> None:
    report = go(World(facts_missing=True, form_missing=True), tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt", "rag", "hybrid"], "hybrid", True)
    assert [step.made for step in report.steps] == [(), ("index",), ("adapter",)]


@pytest.mark.parametrize("luck", range(12))
@pytest.mark.parametrize(("facts", "form"), list(itertools.product([False, True], repeat=2)))
def test_each_world_is_led_to_its_rung_whatever_the_luck_of_the_questions(
    facts: bool, form: bool, luck: int, tmp_path: Path
) -> None:
    world = World(facts_missing=facts, form_missing=form, skill=0.98)
    meter = Meter[str](asker=world, form=FORM, folder=tmp_path, fingerprint=world.fingerprint)
    moved = [[one_moved(one, luck) for one in part] for part in (DEV, TEST)]
    report = climb(*moved, Ways(LADDER, world.sync, world.train), meter, target=0.8)
    assert report.chosen == {(0, 0): "prompt", (1, 0): "rag", (0, 1): "lora", (1, 1): "hybrid"}[facts, form]


def one_moved(question: object, luck: int) -> object:
    from dataclasses import replace

    return replace(question, question=f"{question.question} {luck}")  # type: ignore[attr-defined, type-var]


def test_where_retrieval_finds_nothing_the_climb_says_so_and_trains_nothing(tmp_path: Path) -> None:
    world = World(facts_missing=True, retrieval_works=False)
    report = go(world, tmp_path)
    assert (path(report), report.met) == (["prompt", "rag"], False)
    assert "mend retrieval first" in report.reason
    assert not world.adapter


def test_an_unreachable_target_ends_on_the_top_with_what_was_lost_and_the_simplest_of_the_best(
    tmp_path: Path,
) -> None:
    report = go(World(facts_missing=True, skill=0.8), tmp_path, target=0.95)
    assert path(report) == ["prompt", "rag", "hybrid"]
    assert (report.chosen, report.met) == ("rag", False)
    assert "There is no rung above. Most of its failed questions:" in report.reason


@pytest.mark.parametrize(
    ("world", "lacking", "sentence"),
    [
        (World(facts_missing=True), "sync", "rag can't be tried: there are no documents"),
        (World(form_missing=True), "train", "lora can't be tried: there is nothing to train"),
    ],
)
def test_a_rung_that_cannot_be_made_is_named(
    world: World, lacking: str, sentence: str, tmp_path: Path
) -> None:
    report = go(world, tmp_path, **{lacking: None})
    assert (path(report), report.chosen, report.met) == (["prompt"], "prompt", False)
    assert sentence in report.reason


def test_no_decision_looks_at_a_test_question(tmp_path: Path) -> None:
    world = World(facts_missing=True)
    go(world, tmp_path)
    parts = ["test" if "test-" in text else "dev" for text, _ in world.asked]
    assert parts == ["dev"] * 120 + ["test"] * 240


def test_a_killed_climb_goes_the_same_way_and_asks_nothing_twice(tmp_path: Path) -> None:
    whole = World(facts_missing=True, form_missing=True)
    expected = go(whole, tmp_path / "whole")

    class Killed(World):
        def answer_batch(
            self, asked: list[tuple[str, Sequence[Mapping[str, str]]]], setup: str
        ) -> list[Answer]:
            if len(self.asked) > 150:
                raise KeyboardInterrupt
            return super().answer_batch(asked, setup)

    first = Killed(facts_missing=True, form_missing=True)
    with pytest.raises(KeyboardInterrupt):
        go(first, tmp_path / "killed")
    second = World(facts_missing=True, form_missing=True)
    resumed = go(second, tmp_path / "killed")
    assert (path(resumed), resumed.chosen, resumed.verdict) == (
        path(expected),
        expected.chosen,
        expected.verdict,
    )
    assert len(first.asked) + len(second.asked) == len(whole.asked)
    assert not set(first.asked) & set(second.asked)


def test_each_step_tells_what_it_changed(tmp_path: Path) -> None:
    told: list[Step] = []
    world = World(facts_missing=True)
    meter = Meter[str](asker=world, form=FORM, folder=tmp_path, fingerprint=world.fingerprint)
    report = climb(DEV, TEST, Ways(LADDER, world.sync, world.train), meter, target=0.8, on_step=told.append)
    assert tuple(told) == report.steps
    first, second = report.steps
    assert first.before is None and first.change is None
    assert second.before == first.after
    assert second.change is not None and second.change.difference is not None
    assert second.change.difference.low > 0.5
    assert second.after.both.passed > first.after.both.passed


def test_without_test_questions_the_climb_chooses_and_proves_nothing(tmp_path: Path) -> None:
    world = World(facts_missing=True)
    meter = Meter[str](asker=world, form=FORM, folder=tmp_path, fingerprint=world.fingerprint)
    report = climb(DEV, [], Ways(LADDER, world.sync, world.train), meter, target=0.8)
    assert (report.chosen, report.met) == ("rag", False)
    assert "No test question was asked" in report.reason
    assert report.evidence["setups"] == {}


def test_the_evidence_holds_what_was_measured_and_nothing_else(tmp_path: Path) -> None:
    evidence = go(World(facts_missing=True), tmp_path).evidence
    assert evidence["questions"] == 120
    assert list(evidence["setups"]) == ["prompt", "rag"]
    assert evidence["setups"]["rag"]["n"] == 120
    assert evidence["effects"] == {}
    assert evidence["failures"]["prompt"]["missing fact"] > 0.9


def test_what_cannot_be_climbed_is_refused(tmp_path: Path) -> None:
    world = World()
    for target in (0, 1.2, -1):
        with pytest.raises(UserError, match="above 0 and at most 1"):
            go(world, tmp_path, target=target)
    with pytest.raises(UserError, match='begins with the setup "prompt"'):
        go(world, tmp_path, setups=("rag",))
    meter = Meter[str](asker=world, form=FORM, folder=tmp_path, fingerprint=world.fingerprint)
    with pytest.raises(UserError, match='questions in the part "dev"'):
        climb([], TEST, Ways(LADDER), meter, target=0.8)


def test_the_first_decision_is_the_prompt() -> None:
    assert next_rung([], 0.8).setup == "prompt"
