"""A search over settings: what is tried first, what fits into the budget, what goes on, and what is told apart."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.probes import intervals
from finetune.training.estimate import Estimate
from finetune.training.recipe import settle
from finetune.training.settings import TrainingSettings
from finetune.training.sweep import JOURNAL, Listener, Tried, search, sweep
from finetune.training.swept import Sweep, Trial
from finetune.training.watching import BrokenDown, Report
from foundation.errors import UserError
from tests.finetune.trainings import rows

RULE = TrainingSettings(rank=16, learning_rate=1e-3, epochs=3)
NOISE = np.random.default_rng(0).normal(0, 0.05, 40)
ASIDE = 5.0  # seconds of loading and looking


class Clockwork:
    """A trainer whose every second can be told: ten an epoch, five beside; low rates lose more."""

    def __init__(self, epoch: float = 10.0) -> None:
        self.now, self.epoch = 0.0, epoch
        self.tried: list[TrainingSettings] = []
        self.harm: dict[int, BaseException] = {}

    def clock(self) -> float:
        return self.now

    def __call__(
        self, settings: TrainingSettings, report: Report, expect: Callable[[Estimate], None]
    ) -> Tried:
        self.now += ASIDE
        seconds = self.epoch * settings.epochs
        expect(Estimate(40, 1, 1, 1, seconds, 1, 1))
        self.tried.append(settings)
        if len(self.tried) in self.harm:
            raise self.harm.pop(len(self.tried))
        loss = 1 + abs(np.log10(settings.learning_rate / 2e-3))
        for epoch in range(1, settings.epochs + 1):
            self.now += self.epoch
            report({"epoch": float(epoch), "validation_loss": loss + 1 / epoch})
        return Tried(loss + NOISE * (1 + loss), float(settings.epochs), seconds)


def searched(
    folder: Path, trainer: Clockwork, budget: float, own: TrainingSettings = RULE, **more: Any
) -> list[Trial]:
    return search(RULE, own, trainer, folder / JOURNAL, budget, clock=trainer.clock, **more)


@given(
    rank=st.integers(1, 256),
    rate=st.floats(1e-6, 0.1),
    epochs=st.integers(1, 40),
    n=st.integers(10, 5_000),
    family=st.sampled_from(["llama", "qwen3", "lfm2"]),
)
@settings(max_examples=15)
def test_whatever_is_in_use_the_rules_setting_is_first_and_what_is_in_use_second(
    tmp_path_factory: pytest.TempPathFactory, rank: int, rate: float, epochs: int, n: int, family: str
) -> None:
    rule = settle(TrainingSettings(), n, family, 1024).settings
    own = replace(rule, rank=rank, learning_rate=rate, epochs=epochs)
    trainer = Clockwork()
    found = search(
        rule, own, trainer, tmp_path_factory.mktemp("s") / JOURNAL, 1e9, most=3, clock=trainer.clock
    )
    assert trainer.tried[0] == rule
    assert [trial.by for trial in found][:2] == (["rule", "search"] if own == rule else ["rule", "own"])
    assert own == rule or trainer.tried[1] == own


def test_a_training_that_does_not_fit_into_what_is_left_is_not_begun_and_the_rest_goes_to_shorter_ones(
    tmp_path: Path,
) -> None:
    trainer = Clockwork()
    begun: list[int] = []
    listener = Listener(begun=lambda number, settings, estimate: begun.append(settings.epochs))
    found = searched(tmp_path, trainer, 70, replace(RULE, epochs=9), listener=listener)
    assert found[0].outcome == "done" and found[0].seconds == 35  # three epochs and what stands beside
    assert found[1].outcome == "left out" and found[1].epochs == 9
    assert found[1].why == "It would take about 95 s, and 35 s were left of it."
    assert begun[0] == 3 and 9 not in begun and len(begun) >= 2
    assert trainer.now <= 70


def test_a_budget_that_the_rules_training_does_not_fit_into_is_refused_in_a_sentence(tmp_path: Path) -> None:
    trainer = Clockwork()
    with pytest.raises(UserError, match=r"that the rules choose does not fit into the budget of 20 s.*30 s"):
        searched(tmp_path, trainer, 20)
    assert not trainer.tried


def test_no_more_settings_are_tried_than_were_asked_for(tmp_path: Path) -> None:
    assert len(searched(tmp_path, Clockwork(), 1e6, most=4)) == 4


@pytest.mark.parametrize("place", [1, 2, 4])
def test_a_trial_that_was_killed_is_tried_again_and_nothing_that_was_done_is(
    tmp_path: Path, place: int
) -> None:
    trainer = Clockwork()
    own = replace(RULE, rank=8)
    trainer.harm[place] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path, trainer, 1e6, own, most=6)
    found = searched(tmp_path, trainer, 1e6, own, most=6)
    assert trainer.tried[place] == trainer.tried[place - 1], "tried again"
    assert len(trainer.tried) == 7 and len(found) == 6
    assert [trial.by for trial in found][:2] == ["rule", "own"]
    told = [(trial.rank, trial.learning_rate, trial.epochs) for trial in found]
    assert len(set(told)) == 6, "what was drawn is not drawn again"


def test_a_budget_counts_what_was_spent_before_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    trainer = Clockwork()
    first = searched(tmp_path, trainer, 120)
    assert searched(tmp_path, trainer, 120) == first
    more = searched(tmp_path, trainer, 300)
    assert len(more) > len(first) and sum(trial.seconds for trial in more) <= 300


def test_a_setting_that_breaks_down_is_passed_over_but_the_rules_own_is_an_error(tmp_path: Path) -> None:
    trainer = Clockwork()
    trainer.harm[2] = BrokenDown("The loss is no number any more.")
    found = searched(tmp_path, trainer, 1e6, most=4)
    assert [trial.outcome for trial in found][:2] == ["done", "failed"] and "no number" in found[1].why
    trainer = Clockwork()
    trainer.harm[1] = BrokenDown("The loss is no number any more.")
    with pytest.raises(BrokenDown):
        search(RULE, RULE, trainer, tmp_path / "other.log", 1e6, clock=trainer.clock)


def test_what_is_far_behind_at_the_same_share_of_its_schedule_is_pruned(tmp_path: Path) -> None:
    found = searched(tmp_path, Clockwork(), 1e6, most=25)
    pruned = [trial for trial in found if trial.outcome == "pruned"]
    assert pruned and all(trial.why and not trial.losses for trial in pruned)
    assert found[0].outcome == "done"


def test_without_optuna_a_sentence_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "optuna":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UserError, match=r"pip install 'rungwise\[sweep\]'"):
        sweep("starter", rows(0, 40), rows(40, 48), tmp_path, TrainingSettings(), 60)


# ---------------------------------------------------------------- what is told apart


def trial(number: int, losses: Any, by: Any = "search") -> Trial:
    return Trial(number, by, 16, 1e-3, 3, "done", "", 10.0, 3.0, tuple(map(float, losses)))


def found(*trials: Trial) -> Sweep:
    return Sweep("tiny", 40, 40, 60, trials)


def test_verdicts_advise_another_setting_only_where_it_surely_is_better() -> None:
    rng = np.random.default_rng(1)
    rule = trial(0, 1 + rng.normal(0, 0.3, 40), "rule")
    shaken = np.array(rule.losses) + rng.normal(0, 0.05, 40)
    better, same, worse = (
        trial(1, shaken - 0.1),
        trial(2, shaken - shaken.mean() + np.mean(rule.losses) - 0.001),
        trial(3, shaken + 0.1),
    )
    assert found(rule).verdict == "alone" and found(rule).advised == rule
    assert found(rule, worse).verdict == "rule"
    assert found(rule, same, worse).verdict == "open" and found(rule, same).advised == rule
    assert found(rule, worse, better).verdict == "better" and found(rule, worse, better).advised == better


def test_the_best_of_many_equal_settings_looks_better_by_itself_but_not_among_all_that_were_tried() -> None:
    rng = np.random.default_rng(2)
    naive = together = 0
    for seed in range(40):
        equal = rng.normal(0, 0.1, (12, 40))  # twelve settings of which none is better
        best = int(equal.mean(axis=1).argmin())
        naive += intervals.mean(equal[best], seed).high < 0
        together += intervals.together(equal, seed)[best].high < 0
    assert naive >= 8 and together <= 4


def test_intervals_together_are_no_narrower_for_more_settings_and_refuse_nothing_to_compare() -> None:
    rng = np.random.default_rng(3)
    one, many = rng.normal(0, 1, (1, 50)), rng.normal(0, 1, (20, 50))
    (alone,) = intervals.together(one)
    among = intervals.together(np.vstack([one, many]))[0]
    assert among.low < alone.low < alone.value < alone.high < among.high
    assert intervals.together(np.zeros((2, 5)))[0] == intervals.Interval(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="two things"):
        intervals.together(np.zeros((1, 1)))


# ---------------------------------------------------------------- the real thing


@pytest.mark.slow
def test_a_sweep_on_a_tiny_base_trains_compares_and_leaves_nothing_but_numbers(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    own = TrainingSettings(rank=2, learning_rate=1e-3, epochs=1, batch=8)
    ended: list[Trial] = []
    made = sweep(
        str(tiny_bases["lfm2"]), rows(0, 40), rows(40, 48), tmp_path, own, 300, 3, Listener(ended=ended.append)
    )  # fmt: skip
    assert [trial.by for trial in made.trials] == ["rule", "own", "search"]
    assert tuple(ended) == made.trials
    assert made.rule.rank == TrainingSettings().rank and made.rule.epochs == 3
    assert len(made.rule.losses) == 8 and made.rule.loss is not None
    (folder,) = tmp_path.iterdir()
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == [JOURNAL, "plan.json"]
    assert "plan 3" not in (folder / JOURNAL).read_text()
    again = sweep(str(tiny_bases["lfm2"]), rows(0, 40), rows(40, 48), tmp_path, own, 300, 3)
    assert again == made, "a search that is done is told again"


@pytest.mark.parametrize("when", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_sweep_whose_rows_are_forgotten_meanwhile_ends_in_a_sentence(
    tiny_bases: dict[str, Path], tmp_path: Path, when: int
) -> None:
    from finetune.training import runs

    def forget(number: int, line: dict[str, float]) -> None:
        if number == when:
            runs.discard(tmp_path)

    own, listener = TrainingSettings(rank=2, epochs=1), Listener(step=forget)
    with pytest.raises(UserError, match="forgotten meanwhile"):
        sweep(str(tiny_bases["lfm2"]), rows(0, 40), rows(40, 48), tmp_path, own, 300, 3, listener)  # fmt: skip
