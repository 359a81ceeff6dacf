"""A climb keeps to its budget, goes on where it was ended or killed, and always ends."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import (
    LADDER,
    Budget,
    Case,
    Meter,
    Spent,
    Target,
    Want,
    climb,
    climb_dict,
    schema,
)
from foundation.errors import UserError
from tests.experiments.climbs import DEV, SHOTS, TEST, go, path, ways
from tests.experiments.worlds import FORM, Answer, World

# The budget


def budget(world: World, seconds: float | None = None, step_seconds: float | None = None) -> Budget:
    return Budget(seconds, step_seconds, world.clock)


def test_what_would_take_longer_than_is_left_is_not_begun_and_the_next_climb_goes_on(tmp_path: Path) -> None:
    def poor() -> World:
        return World(facts_missing=True, form_missing=True, seconds_each=1.0)

    first = poor()
    # Prompt: 60 s, and 120 to prove it. Retrieval: 60 more, and 240 to prove both.
    report = go(first, tmp_path, budget=budget(first, 200))
    assert (path(report), report.chosen, report.met, report.spent) == (["prompt"], "prompt", False, True)
    assert (
        "The budget of 200 s is spent: asking rag and the proof that follows take about 300 s, and 140 s are left."
        in (report.reason)
    )
    assert report.verdict.standing("prompt")
    assert first.made == []
    assert first.now == report.seconds == 180
    assert report.missing[0].what is Want.TIME

    second = poor()
    onward = go(second, tmp_path, budget=budget(second, 1000))
    assert (path(onward), onward.chosen, onward.spent) == (["prompt", "rag", "hybrid"], "hybrid", False)
    assert not set(first.asked) & set(second.asked)


def test_a_maker_that_sees_how_long_it_takes_can_claim_its_time(tmp_path: Path) -> None:
    world = World(form_missing=True)
    limit = budget(world, 100)

    def train() -> None:
        limit.claim(900, "training")
        world.train()

    report = go(world, tmp_path, budget=limit, train=train)
    assert (path(report), report.spent) == (["prompt"], True)
    assert "training takes about 900 s, and 100 s are left" in report.reason
    assert world.made == ["index"]


def test_a_step_that_lasts_too_long_is_ended_between_batches_and_its_answers_are_kept(tmp_path: Path) -> None:
    class Slow(World):
        def answer_batch(
            self, asked: list[tuple[str, Sequence[Mapping[str, str]]]], setup: str
        ) -> list[Answer]:
            self.now += 0 if setup == "prompt" else 4 * len(asked)
            return super().answer_batch(asked, setup)

    world = Slow(facts_missing=True)
    report = go(world, tmp_path, budget=budget(world, step_seconds=100))
    assert (path(report), report.chosen, report.spent) == (["prompt"], "prompt", True)
    assert "The budget of 100 s for a step is spent: nothing is left for asking rag." in report.reason
    kept = [text for text, setup in world.asked if setup == "rag"]
    assert 0 < len(kept) < 60

    patient = World(facts_missing=True)
    onward = go(patient, tmp_path)
    assert (path(onward), onward.met) == (["prompt", "rag"], True)
    assert not set(world.asked) & set(patient.asked)


def test_a_budget_that_ends_before_the_proof_proves_nothing(tmp_path: Path) -> None:
    world = World(seconds_each=1.0)
    report = go(world, tmp_path, budget=budget(world, 70))
    assert (path(report), report.chosen, report.met, report.spent) == (["prompt"], "prompt", False, True)
    assert "The budget ended before the test questions were answered" in report.reason


def test_what_was_proved_before_stays_proved_where_the_budget_ends_in_the_next_proof(tmp_path: Path) -> None:
    first = World(facts_missing=True, seconds_each=1.0)
    go(first, tmp_path, budget=budget(first, 200))  # the prompt, on dev and test
    second = World(facts_missing=True, seconds_each=1.0)
    report = go(second, tmp_path, budget=budget(second, 100))  # retrieval on dev, and a part of test
    assert (path(report), report.spent, report.met) == (["prompt", "rag"], True, False)
    assert [row.setup for row in report.verdict.standings] == ["prompt"]
    assert "only prompt was measured" in report.reason
    assert report.missing[0].what is Want.TIME


@pytest.mark.parametrize("limits", [{"seconds": 0}, {"step_seconds": -1.0}, {"seconds": float("nan")}])
def test_a_budget_is_above_nothing(limits: dict[str, float]) -> None:
    with pytest.raises(UserError, match="must be above 0 seconds"):
        Budget(**limits)


def test_the_proof_that_follows_counts_against_the_whole_budget_and_not_against_the_step_s() -> None:
    hours = Budget(seconds=100, step_seconds=60, clock=lambda: 0.0)
    hours.claim(20, "asking hybrid", later=60)
    with pytest.raises(Spent, match="60 s for a step is spent: asking hybrid takes about 70 s"):
        hours.claim(70, "asking hybrid")
    with pytest.raises(
        Spent, match="100 s is spent: asking hybrid and the proof that follows take about 110 s"
    ):
        hours.claim(30, "asking hybrid", later=80)


def test_a_budget_without_limits_refuses_nothing() -> None:
    Budget().claim(10**9, "anything")
    with pytest.raises(Spent, match="anything takes about 11 s, and 10 s are left"):
        Budget(10, clock=lambda: 0.0).claim(11, "anything")


# Killed and begun again


class Killed(World):
    """A world whose owner loses patience after so many answers."""

    last = 0

    def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
        """Answer, or be killed."""
        if len(self.asked) >= self.last:
            raise KeyboardInterrupt
        return super().answer_cases(cases)


@pytest.mark.parametrize("last", range(10, 640, 105))
def test_killed_anywhere_a_climb_ends_as_it_would_have_and_asks_nothing_twice(
    last: int, tmp_path: Path
) -> None:
    truth = {"facts_missing": True, "form_missing": True, "retrieval_works": False, "tuning_helps": True}
    whole = World(**truth)  # type: ignore[arg-type]
    expected = go(whole, tmp_path / "whole", setups=SHOTS)
    assert path(expected) == ["prompt", "rag", "rag tuned", "rag+shots", "hybrid"]

    first = Killed(**truth)  # type: ignore[arg-type]
    first.last = last
    with pytest.raises(KeyboardInterrupt):
        go(first, tmp_path / "killed", setups=SHOTS)
    second = World(**truth, index=first.index, adapter=first.adapter, tuned=first.tuned)  # type: ignore[arg-type]
    resumed = go(second, tmp_path / "killed", setups=SHOTS)
    assert [(step.setup, step.after, step.change, step.decision) for step in resumed.steps] == [
        (step.setup, step.after, step.change, step.decision) for step in expected.steps
    ]
    assert (resumed.chosen, resumed.reason, resumed.verdict) == (
        expected.chosen,
        expected.reason,
        expected.verdict,
    )
    assert len(first.asked) + len(second.asked) == len(whole.asked)
    assert first.made + second.made == whole.made


def test_documents_that_changed_since_make_an_earlier_tuning_void(tmp_path: Path) -> None:
    class Moved(World):
        def fingerprint(self, setup: str) -> str:
            return f"{super().fingerprint(setup)}{'' if setup.startswith('prompt') else 'changed'}"

    truth = {"facts_missing": True, "retrieval_works": False, "tuning_helps": True}
    first = World(**truth)  # type: ignore[arg-type]
    go(first, tmp_path)
    second = Moved(**truth, index=True, tuned=True)  # type: ignore[arg-type]
    report = go(second, tmp_path)
    assert path(report) == ["prompt", "rag"]
    assert report.met


# Whatever the world


@settings(max_examples=40)
@given(
    facts_missing=st.booleans(),
    form_missing=st.booleans(),
    retrieval_works=st.booleans(),
    tuning_helps=st.booleans(),
    shots_help=st.booleans(),
    adapter_helps=st.booleans(),
    skill=st.sampled_from([0.3, 0.75, 0.9, 1.0]),
    chance=st.sampled_from([0.0, 0.2, 0.7]),
    absent=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    cut_off=st.sampled_from([0.0, 0.0, 0.3]),
    blocking=st.sampled_from([None, None, "Mend the examples."]),
    seconds_each=st.sampled_from([0.0, 1.0]),
    limit=st.sampled_from([None, None, 50.0, 150.0]),
    target=st.sampled_from([0.3, 0.6, 0.8, 1.0]),
    setups=st.sampled_from([LADDER, SHOTS, ("prompt", "rag"), ("prompt", "lora")]),
    lacking=st.sampled_from([{}, {"sync": None}, {"train": None}, {"tune": None}]),
)
def test_every_climb_ends_tries_nothing_twice_and_never_ends_above_a_rung_that_met_the_target(
    limit: float | None,
    target: float,
    setups: Sequence[str],
    lacking: dict[str, None],
    **truth: object,
) -> None:
    world = World(**truth)  # type: ignore[arg-type]
    dev, test = DEV[:25], TEST[:30]
    with tempfile.TemporaryDirectory() as folder:
        meter = Meter[str](asker=world, form=FORM, folder=Path(folder), fingerprint=world.fingerprint)
        limits = Budget(limit, clock=world.clock)
        report = climb(dev, test, ways(world, setups, **lacking), meter, target=target, budget=limits)
    tried = path(report)
    assert len(tried) == len(set(tried))
    assert len(world.made) == len(set(world.made))
    untuned = [step for step in report.steps if "tuning" not in step.made]
    assert len(world.asked) <= len(report.steps) * 25 + len(untuned) * 30 + 25
    assert all(step.target is not Target.MET for step in report.steps[:-1])
    for earlier, later in itertools.pairwise(report.steps):
        assert later.before == earlier.after and later.change is not None
        gained = later.after.both.passed - earlier.after.both.passed
        assert (later.change.setup, later.change.wins - later.change.losses) == (later.setup, gained)
    order = [name for name in SHOTS if name in {step.setup for step in report.steps}]
    for name in order:
        standing = report.verdict.standing(name)
        if standing and standing.both.rate and standing.both.rate.low >= target:
            assert (report.chosen, report.met) == (name, True)
            break
    else:
        assert not report.met
    assert bool(report.missing) is not report.met
    short_of_time = bool(report.missing) and report.missing[0].what is Want.TIME
    assert short_of_time is (report.spent and not report.met)
    jsonschema.validate(climb_dict(report), schema("climb"))
