"""The command `sweep`: is there a setting that trains surely better than the one that the rules choose?

Knows nothing of how settings are proposed or compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, seconds, show, show_json, spark, table

if TYPE_CHECKING:
    from finetune.probes.intervals import Interval
    from finetune.training.estimate import Estimate
    from finetune.training.settings import TrainingSettings
    from finetune.training.sweep import Listener
    from finetune.training.swept import Sweep, Trial

_BY = {"rule": "the rules'", "own": "rungwise.toml's", "search": "searched"}


def sweep(
    minutes: Annotated[
        float,
        typer.Option(
            min=0.1,
            help="Time for all trainings of this search, those of a call before that was ended among them.",
        ),
    ] = 15.0,
    trials: Annotated[int, typer.Option(min=1, help="Settings to try at most.")] = 30,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Search rank, rate and epochs on the validation rows, within a budget; nothing that serves is changed."""
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.sweep import sweep_house
        from governance.strict import Use, check_strict

        check_strict(house, Use.TRAIN)

        told = _Told(progress)
        try:
            found = sweep_house(
                house,
                60 * minutes,
                trials,
                told.listener(),
                lambda done, total: progress("Rendering rows", done, total),
            )
        except KeyboardInterrupt:
            raise UserError(
                "Stopped. The trials that were finished are kept; `rungwise sweep` tries this one again and goes on.",
                ExitCode.INTERRUPTED,
            ) from None
    show_json(found.to_dict()) if as_json else show(sweep_text(found))
    return ExitCode.OK


class _Told:
    """Tells how a search goes on stderr.

    Args:
        progress: The moving line.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._losses: list[float] = []

    def listener(self) -> Listener:
        """Return who is to be told."""
        from finetune.training.sweep import Listener

        return Listener(self._begun, self._step, self._ended)

    def _begun(self, number: int, settings: TrainingSettings, estimate: Estimate) -> None:
        self._losses = []
        self._progress.pause()
        say(
            f"Trial {number}: rank {settings.rank}, rate {settings.learning_rate:g}, {_epochs(settings.epochs)}; at most about "
            f"{seconds(estimate.seconds)}."
        )

    def _step(self, number: int, line: dict[str, float]) -> None:
        if "steps" in line:
            self._losses.append(line["loss"])
            note = f"loss {line['loss']:.2f} {spark(self._losses)}"
            self._progress(f"Trial {number}", int(line["step"]), int(line["steps"]), note)

    def _ended(self, trial: Trial) -> None:
        self._progress.pause()
        if trial.loss is not None:
            say(f"Trial {trial.number}: validation loss {_with_ends(trial.loss)}, {seconds(trial.seconds)}.")
        else:
            say(f"Trial {trial.number}: {trial.outcome}. {trial.why}")


def sweep_text(found: Sweep) -> str:
    """Return a search for a terminal: a setting a row, what that says, and the lines for rungwise.toml."""
    rows = [
        (
            f"{trial.number}",
            _BY[trial.by],
            f"{trial.rank}",
            f"{trial.learning_rate:g}",
            f"{trial.epochs}",
            _with_ends(trial.loss) if trial.loss else trial.outcome,
            _with_ends(difference, "+.3f") if (difference := found.differences.get(trial.number)) else "",
            seconds(trial.seconds),
        )
        for trial in found.trials
    ]
    head = ("trial", "setting", "rank", "rate", "epochs", "validation loss", "against the rules'", "took")
    sentences = [
        f"{found.rows} rows to learn from. Losses in nats a token over {found.validation_rows} validation rows, with 95 % "
        "intervals; those against the rules' are paired and hold for all trials at once.",
        verdict_text(found),
        f"{seconds(found.spent)} of {seconds(found.budget)} are spent. Nothing that serves was changed.",
    ]  # fmt: skip
    advised = found.advised
    lines = (
        "[training]",
        f"rank = {advised.rank}",
        f"learning_rate = {advised.learning_rate:g}",
        f"epochs = {advised.epochs}",
    )
    return "\n".join([table(head, rows), "", *sentences, "", "For rungwise.toml:", *lines])


def verdict_text(found: Sweep) -> str:
    """Return what a search says, in a sentence or two."""
    best, several = found.best, len(found.differences)
    if found.verdict == "alone":
        return "Only the rules' setting was tried to its end, so there is nothing to compare it with. Give it more --minutes."
    looked = f"{several} other setting{'s were' if several > 1 else ' was'} compared with it on the same rows"
    if found.verdict == "rule":
        return f"The rules' setting is the best that was tried; {looked}."
    difference = _with_ends(found.differences[best.number], "+.3f")
    if found.verdict == "open":
        return (
            f"No setting is told apart from the rules': the best one, trial {best.number}, differs by {difference}, an interval "
            "that holds 0. It may only be the luckiest. The rules' setting is advised."
        )
    return (
        f"Trial {best.number} is better than the rules' setting: {difference}, an interval that allows for having looked at "
        f"{several}. The search and the early stopping saw these rows, so the gain on new ones may be smaller: "
        "`rungwise compare` asks the test questions."
    )


def _with_ends(interval: Interval, form: str = ".3f") -> str:
    return f"{interval.value:{form}} ({interval.low:{form}} to {interval.high:{form}})"


def _epochs(count: int) -> str:
    return f"{count} epoch{'s' if count != 1 else ''}"
