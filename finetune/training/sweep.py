"""A small search over rank, rate and epochs within a time budget, the very training of `rungwise train` at each setting.

Optuna proposes, the validation rows decide (`finetune.training.swept`). The one home of optuna. Knows nothing of workspaces, of
what serves, or of how results are shown.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from finetune import adapter
from finetune.base import load_base
from finetune.probes.intervals import Values
from finetune.probes.likelihood import losses
from finetune.training.estimate import Estimate
from finetune.training.runs import Run
from finetune.training.settings import TrainingSettings
from finetune.training.swept import Outcome, Sweep, Trial
from finetune.training.train import Row, plan_of, recipe_for, render_rows, train_adapter
from finetune.training.watching import BrokenDown, Report
from foundation.errors import UserError

if TYPE_CHECKING:
    import optuna

JOURNAL = "journal.log"
"""Optuna's storage in the sweep's directory: settings, losses by row and seconds, and no text."""
MOST = 30
"""Settings that are tried at most where nothing else is said."""
_RANKS = (4, 8, 16, 32, 64)
_AROUND = 5.0  # times the rule's rate, up and down
_LONGER = 2  # times the rule's epochs
_HIGHEST_RATE = 0.1  # as `TrainingSettings` allows
_UNGUIDED = 3  # settings after which TPE guides the search and a trial may be pruned


@dataclass(frozen=True)
class Tried:
    """What became of one training."""

    losses: Values
    """Each validation row's loss with the adapter, nats a token; shape (rows,)."""
    kept_epoch: float
    """The epoch whose weights were kept."""
    seconds: float
    """How long the fit took, without loading and looking."""


Attempt = Callable[[TrainingSettings, Report, Callable[[Estimate], None]], Tried]
"""Trains with settings; tells the first callable each step and epoch, and the second, which may raise, what it will take."""


@dataclass(frozen=True)
class Listener:
    """Who is told how a search goes."""

    begun: Callable[[int, TrainingSettings, Estimate], None] = lambda number, settings, estimate: None
    """A trial begins, as its estimate fits into what is left."""
    step: Callable[[int, dict[str, float]], None] = lambda number, line: None
    """A training's step or epoch."""
    ended: Callable[[Trial], None] = lambda trial: None
    """A trial ended, in whatever way."""


class _Forgotten(UserError):
    """Raised where rows must not be learned from any more."""


class _TooLong(Exception):
    """Raised where a training can't be brought to its end in time."""


def check_installed() -> None:
    """Check that Optuna is there.

    Raises:
        UserError: It is not.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise UserError(
            "A sweep needs Optuna, which is not installed. Run `pip install 'rungwise[sweep]'`, or `pip install optuna`."
        ) from None


def sweep(
    base_name: str,
    training: Sequence[Row],
    validation: Sequence[Row],
    home: Path,
    own: TrainingSettings,
    budget: float,
    most: int = MOST,
    listener: Listener | None = None,
) -> Sweep:
    """Try settings on the validation rows until the budget is spent; one of the same plan that was ended goes on.

    No adapter is kept, and nothing that serves is changed.

    Args:
        base_name: The base.
        training: Rows to learn from.
        validation: Rows to stop by and to compare on; at least two.
        home: Where the directories of sweeps are kept.
        own: The settings as they are in use: tried second, where they are not the rule's. What is not searched over (batch,
            dropout, variant …) is theirs for all.
        budget: Seconds for all trials, those of earlier calls with the same plan among them.
        most: Settings to try at most.
        listener: Who is told how it goes.

    Raises:
        UserError: Optuna is missing, the rule's training does not fit into the budget or can't be done (`train_adapter`), there
            are too few rows, or what it learns from was forgotten meanwhile.
    """
    check_installed()
    if len(validation) < 2:
        raise UserError(
            f"A sweep compares settings on at least 2 validation rows, but there are {len(validation)}. Collect more examples."
        )
    base = load_base(base_name)
    rule = recipe_for(
        base,
        len(training),
        replace(own, rank=TrainingSettings().rank, learning_rate=0.0, epochs=0),
    ).settings
    own = recipe_for(base, len(training), own).settings
    plan = {**plan_of(base, training, validation, own), "sweep": asdict(rule)}
    del base  # each training loads its own
    run = Run.begin(home, plan)

    def attempt(settings: TrainingSettings, report: Report, expect: Callable[[Estimate], None]) -> Tried:
        shutil.rmtree(run.states, ignore_errors=True)  # what a kill left
        folder = run.states / "adapter"
        try:
            made = train_adapter(
                base_name, training, validation, folder, settings, report=report, expect=expect
            )
            base = load_base(base_name)
            model = adapter.attach_saved(base.model, folder).eval()
            return Tried(
                losses(model, base, render_rows(base, validation), on=True), made.best_epoch, made.seconds
            )
        except (OSError, UserError):
            if run.ended:  # forgetting takes the directory of states away
                raise _Forgotten(
                    "What this sweep learns from was forgotten meanwhile, so it ended. Run `rungwise sweep` again: it takes the "
                    "examples that are left."
                ) from None
            raise
        finally:
            shutil.rmtree(run.states, ignore_errors=True)

    try:
        trials = search(rule, own, attempt, run.folder / JOURNAL, budget, most, listener)
        return Sweep(base_name, len(training), len(validation), budget, tuple(trials))
    finally:
        run.release()


def search(
    rule: TrainingSettings,
    own: TrainingSettings,
    attempt: Attempt,
    journal: Path,
    budget: float,
    most: int = MOST,
    listener: Listener | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Trial]:
    """Try the rule's settings, then those in use, then what TPE proposes (Bergstra et al. 2011), until the budget is spent.

    A trial is begun where its estimate, and what loading and looking took before, fit into what is left. It is pruned where, at
    the same share of its schedule, its validation loss is above the median of the others'. One that was killed is tried again.

    Args:
        rule: What the rules choose.
        own: What is in use; may be the same.
        attempt: Trains.
        journal: The file that trials are kept in; those that are there are gone on from.
        budget: Seconds for all trials, those in the journal among them.
        most: Settings to try at most.
        listener: Who is told how it goes.
        clock: Tells seconds.

    Raises:
        UserError: The rule's training does not fit into the budget, or can't be done.
    """
    found = _Search(rule, own, attempt, _opened(journal, rule.seed), budget, listener or Listener(), clock)
    while len(found.trials()) < most and found.goes_on():
        found.try_next()
    return found.trials()


class _Search:
    """A search under way: the study, and the clock that it runs against."""

    def __init__(
        self,
        rule: TrainingSettings,
        own: TrainingSettings,
        attempt: Attempt,
        study: optuna.Study,
        budget: float,
        listener: Listener,
        clock: Callable[[], float],
    ) -> None:
        self._rule, self._own, self._attempt = rule, own, attempt
        self._study, self._listener, self._clock = study, listener, clock
        self._next = _planned(study, rule, own)
        before = study.get_trials(deepcopy=False)
        self._earlier = {trial.number for trial in before if "outcome" in trial.user_attrs}
        self._budget = budget
        self._until = clock() + budget - sum(float(trial.user_attrs.get("seconds", 0.0)) for trial in before)
        self._pace = self._aside = 0.0  # seconds an epoch, and seconds beside the fit, as seen last

    def trials(self) -> list[Trial]:
        """Return the trials that ended; those left out for want of time of this call only, as the budget may have grown."""
        ended = [trial for trial in self._study.get_trials(deepcopy=False) if "outcome" in trial.user_attrs]
        made = [_trial(trial) for trial in ended]
        return [trial for trial in made if trial.outcome != "left out" or trial.number not in self._earlier]

    def goes_on(self) -> bool:
        """Whether the rule's setting is still to be tried, or an epoch more fits into what is left."""
        return (self._left() > 0 and (self._queued() or self._longest() > 0)) or not self.trials()

    def try_next(self) -> None:
        """Train with the next setting, and keep what became of it.

        Raises:
            UserError: It is the rule's, and it does not fit into the budget or can't be done.
        """
        import optuna
        from optuna.trial import TrialState

        longest = max(_LONGER * self._rule.epochs, self._own.epochs) if self._queued() else self._longest()
        if self._next:
            values, marks = self._next.pop(0)
            self._study.enqueue_trial(values, user_attrs=marks)
        asked = self._study.ask()
        settings = _proposed(asked, self._rule, self._own, longest)
        by_rule, began = asked.user_attrs.get("by") == "rule", self._clock()
        outcome: Outcome = "done"
        why, state, tried = "", TrialState.COMPLETE, None
        try:
            tried = self._trained(asked, settings)
            self._aside = self._clock() - began - tried.seconds
        except _TooLong as error:
            if by_rule:
                raise UserError(
                    f"The training that the rules choose does not fit into the budget of {self._budget:.0f} s. {error} Give it "
                    "more --minutes."
                ) from None
            outcome, why, state = "left out", str(error), TrialState.FAIL
        except optuna.TrialPruned:
            outcome, state = "pruned", TrialState.PRUNED
            why = "At the same share of its schedule its validation loss was above the median of the others'."
        except UserError as error:
            if by_rule or isinstance(error, _Forgotten):
                raise
            outcome, why = "failed", str(error)
            state = TrialState.PRUNED if isinstance(error, BrokenDown) else TrialState.FAIL
        asked.set_user_attr("seconds", round(self._clock() - began, 2))
        asked.set_user_attr("why", why)
        if tried is not None:
            asked.set_user_attr("kept_epoch", tried.kept_epoch)
            asked.set_user_attr("losses", [round(float(loss), 6) for loss in tried.losses])
        asked.set_user_attr("outcome", outcome)  # last: a trial without one did not end
        self._study.tell(asked, float(np.mean(tried.losses)) if tried is not None else None, state=state)
        self._listener.ended(_trial(self._study.get_trials(deepcopy=False)[asked.number]))

    def _trained(self, asked: optuna.Trial, settings: TrainingSettings) -> Tried:
        import optuna

        began = self._clock()

        def expect(estimate: Estimate) -> None:
            self._pace = estimate.seconds / settings.epochs
            takes, left = estimate.seconds + self._aside, self._until - began
            if takes > left:
                raise _TooLong(f"It would take about {takes:.0f} s, and {left:.0f} s were left of it.")
            self._listener.begun(asked.number, settings, estimate)

        def report(line: dict[str, float]) -> None:
            self._listener.step(asked.number, line)
            if "validation_loss" in line and line["epoch"] < settings.epochs:
                asked.report(line["validation_loss"], step=round(100 * line["epoch"] / settings.epochs))
                if asked.should_prune():
                    raise optuna.TrialPruned

        return self._attempt(settings, report, expect)

    def _left(self) -> float:
        return self._until - self._clock()

    def _queued(self) -> bool:
        from optuna.trial import TrialState

        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        return bool(self._next or waiting)

    def _longest(self) -> int:
        """Return the most epochs that the search may propose: those that fit, by the pace seen last."""
        most = max(_LONGER * self._rule.epochs, self._own.epochs)
        return min(most, int((self._left() - self._aside) // self._pace)) if self._pace else most


def _opened(journal: Path, seed: int) -> optuna.Study:
    """Return the study that a journal holds, or a new one."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))),
        study_name="sweep",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(_UNGUIDED, n_min_trials=2),
    )
    # A sampler draws from its seed on; one that goes on must not draw again what was drawn.
    tried = len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=_UNGUIDED, seed=seed + tried)
    return study


def _planned(
    study: optuna.Study, rule: TrainingSettings, own: TrainingSettings
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return what is tried before the search proposes, each with its marks: the rule's, what is in use, and what was killed."""
    from optuna.trial import TrialState

    killed = study.get_trials(states=(TrialState.RUNNING,))
    for trial in killed:
        study.tell(trial.number, state=TrialState.FAIL)
    standing = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING)
    there = {trial.user_attrs.get("by") for trial in study.get_trials(states=standing)}
    first = {"rule": _searched(rule)} | ({"own": _searched(own)} if _searched(own) != _searched(rule) else {})
    again: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (trial.params, {}) for trial in killed if trial.params and "by" not in trial.user_attrs
    ]
    return [(values, {"by": by}) for by, values in first.items() if by not in there] + again


def _searched(settings: TrainingSettings) -> dict[str, Any]:
    return {"rank": settings.rank, "learning_rate": settings.learning_rate, "epochs": settings.epochs}


def _proposed(
    asked: optuna.Trial, rule: TrainingSettings, own: TrainingSettings, longest: int
) -> TrainingSettings:
    """Return the settings of a trial: ranks as they are usual, rates and epochs around the rule's and those in use."""
    rates = rule.learning_rate, own.learning_rate
    ranks = {rule.rank, own.rank} if own.method == "full" else {*_RANKS, rule.rank, own.rank}
    rank = asked.suggest_categorical("rank", sorted(ranks))
    rate = asked.suggest_float(
        "learning_rate", min(rates) / _AROUND, min(max(rates) * _AROUND, _HIGHEST_RATE), log=True
    )
    epochs = asked.suggest_int("epochs", 1, longest)
    if "by" not in asked.user_attrs:
        rate = float(f"{rate:.2g}")
    settings = replace(own, rank=rank, learning_rate=rate, epochs=epochs)
    asked.set_user_attr("settings", _searched(settings))
    return settings


def _trial(frozen: optuna.trial.FrozenTrial) -> Trial:
    told = frozen.user_attrs
    return Trial(
        number=frozen.number,
        by=told.get("by", "search"),
        **told["settings"],
        outcome=told["outcome"],
        why=told["why"],
        seconds=float(told["seconds"]),
        kept_epoch=told.get("kept_epoch"),
        losses=tuple(told.get("losses", ())),
    )
