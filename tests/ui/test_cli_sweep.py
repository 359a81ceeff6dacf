"""`rungwise sweep`: what it prints, what it hands on, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune.training.estimate import Estimate
from finetune.training.settings import TrainingSettings
from finetune.training.sweep import Listener
from finetune.training.swept import Sweep, Trial
from foundation.errors import ExitCode, UserError
from tests.ui.test_cli_build import told

pytestmark = pytest.mark.usefixtures("fakes")
RULE = tuple(1.0 + 0.1 * np.sin(np.arange(30)))


def trial(number: int, by: Any, losses: Any = (), outcome: Any = "done", why: str = "") -> Trial:
    return Trial(number, by, 8, 2e-3, 4, outcome, why, 61.0, 3.0 if len(losses) else None, tuple(losses))


def searched(*trials: Trial) -> Callable[..., Sweep]:
    """Stand in for a search that found these."""

    def sweep(
        base: str, training: Any, validation: Any, home: Path, own: TrainingSettings, budget: float, most: int,
        listener: Listener,
    ) -> Sweep:  # fmt: skip
        assert len(training) >= 10 and home.parts[-2:] == (".rungwise", "sweeps")
        listener.begun(0, own, Estimate(12, 1, 1, 1, 60.0, 1, 1))
        listener.step(0, {"step": 1.0, "steps": 2.0, "loss": 0.5})
        for one in trials:
            listener.ended(one)
        return Sweep(base, len(training), len(validation), budget, trials)

    return sweep


def test_a_sweep_prints_every_setting_what_is_told_apart_and_the_lines_for_the_settings(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rungwise("sync", "-w", house)
    better = [loss - 0.1 - 0.01 * (n % 3) for n, loss in enumerate(RULE)]
    trials = trial(0, "rule", RULE), trial(1, "search", better), trial(2, "search", (), "pruned", "Behind.")
    monkeypatch.setattr("finetune.training.sweep.sweep", searched(*trials))
    before = (house / "rungwise.toml").read_text()
    ended = rungwise("sweep", "-w", house, "--minutes", "2", "--trials", "3")
    assert ended.code == ExitCode.OK, ended.err
    assert "Trial 1 is better than the rules' setting: -0.110" in ended.out
    assert "[training]\nrank = 8\nlearning_rate = 0.002\nepochs = 4" in ended.out
    assert "pruned" in ended.out and "2.0 min" in ended.out
    assert "Trial 0: rank 16" in ended.err and "Trial 2: pruned. Behind." in ended.err
    assert (house / "rungwise.toml").read_text() == before and not (house / ".rungwise" / "adapters").exists()
    shown = told(rungwise("sweep", "-w", house, "--json").out, "sweep")
    assert shown["verdict"] == "better" and shown["advised"] == 1 and shown["budget_seconds"] == 900
    assert shown["trials"][2]["validation_loss"] is None and "losses" not in shown["trials"][0]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ((), "nothing to compare it with"),
        ((trial(1, "own", [loss + 0.1 for loss in RULE]),), "The rules' setting is the best that was tried"),
        (
            (trial(1, "own", [loss + 0.05 * (-1) ** n - 0.001 for n, loss in enumerate(RULE)]),),
            "No setting is told apart from the rules'",
        ),
    ],
)
def test_where_nothing_is_surely_better_the_rules_setting_is_advised(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch, others: tuple[Trial, ...], said: str
) -> None:
    rungwise("sync", "-w", house)
    monkeypatch.setattr("finetune.training.sweep.sweep", searched(trial(0, "rule", RULE), *others))
    assert said in rungwise("sweep", "-w", house).out
    assert told(rungwise("sweep", "-w", house, "--json").out, "sweep")["advised"] == 0


def test_a_search_that_ctrl_c_ends_says_that_it_goes_on(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*rest: Any) -> Sweep:
        raise KeyboardInterrupt

    rungwise("sync", "-w", house)
    monkeypatch.setattr("finetune.training.sweep.sweep", pressed)
    ended = rungwise("sweep", "-w", house)
    assert (
        ended.code == ExitCode.INTERRUPTED
        and "`rungwise sweep` tries this one again and goes on" in ended.err
    )


def test_without_optuna_nothing_is_rendered_and_the_command_that_helps_is_named(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise UserError("A sweep needs Optuna, which is not installed. Run `pip install 'rungwise[sweep]'`.")

    monkeypatch.setattr("finetune.training.sweep.check_installed", missing)
    ended = rungwise("sweep", "-w", house)
    assert ended.code == ExitCode.USER and "rungwise[sweep]" in ended.err and "Rendering" not in ended.err


def test_a_base_at_an_endpoint_is_refused(rungwise, house: Path) -> None:
    (house / "rungwise.toml").write_text('[model]\nendpoint = "http://127.0.0.1:9/v1"\nbase = "x"\n')
    ended = rungwise("sweep", "-w", house)
    assert ended.code == ExitCode.USER and "can't be trained there" in ended.err
