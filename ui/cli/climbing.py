"""The command `climb`: it goes up the ladder as far as it must, and makes what that takes.

Knows nothing of how anything is asked, scored or decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.adapter import trained
from ui.cli.advise import advice
from ui.cli.examples import looked_over
from ui.cli.library import STAGES, warn_partial
from ui.cli.measure import assistant_of
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.cli.retrieval import asked, written_into
from ui.progress import Progress
from ui.show import clip, say, show, show_json, width

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.workspace import Workspace
    from experiments import Budget, ClimbReport
    from ui.climbing import Makers


def climb(
    budget: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="End after so long, at the best rung so far; the next climb goes on from there.",
        ),
    ] = None,
    step_budget: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="End where one step, making and asking, takes longer."),
    ] = None,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune/--no-tune",
            help="Where the search misses what the documents tell: choose how it joins, and write rungwise.toml.",
        ),
    ] = True,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Go up the ladder, making what each rung needs, and stop at the lowest that meets the target."""
    house = opened(workspace)
    before = advice(house.root).rung.value if as_json else ""
    if not as_json:
        show(f"Before: {short_advice(house)}\n")
    with Progress() as progress:
        report = climbed(house, assistant_of(house), progress, budget, step_budget, tune)
    if as_json:
        from experiments import climb_dict

        show_json(
            {**climb_dict(report), "advice": {"before": before, "after": advice(house.root).rung.value}}
        )
    else:
        show_climb(report)
        show(f"\nAfter: {short_advice(house)}")
    return ExitCode.OK if report.met else ExitCode.BELOW_TARGET


def climbed(
    house: Workspace,
    assistant: Assistant,
    progress: Progress,
    seconds: float | None = None,
    step_seconds: float | None = None,
    tune: bool = True,
) -> ClimbReport:
    """Climb, telling each step on stderr, and write what was found.

    Args:
        house: Where.
        assistant: Who is asked.
        progress: Told how far it is.
        seconds: How long the whole may take; None for no limit.
        step_seconds: How long each step may take.
        tune: Whether a search that misses may be tuned, which changes `rungwise.toml`.

    Raises:
        UserError: As `ui.climbing.climb_house`, or a budget is not above 0.
    """
    progress("Loading the libraries")
    from experiments import Budget, Step, step_text
    from ui.climbing import climb_house, record

    limit = Budget(seconds, step_seconds)

    def told(step: Step) -> None:
        progress.pause()
        say(step_text(step))

    making = makers(house, assistant, progress, limit)
    report = climb_house(
        house, assistant, making if tune else replace(making, tune=None), progress, told, limit
    )
    record(house, report)
    return report


def makers(
    house: Workspace, assistant: Assistant, progress: Progress, budget: Budget | None = None
) -> Makers:
    """Return what makes a workspace's index and adapter and tunes its search, telling how far it is."""
    from ui.climbing import Makers

    def sync() -> None:
        library = assistant.library
        if library is not None:
            report = library.sync(lambda stage, done, total: progress(STAGES.get(stage, stage), done, total))
            if report.partial:
                progress.pause()
                warn_partial(report)

    def claim(seconds: float) -> None:
        if budget is not None:
            budget.claim(seconds, "training")

    return Makers(
        sync,
        lambda: trained(house, progress, claim=claim),
        lambda: _tuned(house, assistant, progress),
        lambda: _blocking(house, progress),
    )


def _tuned(house: Workspace, assistant: Assistant, progress: Progress) -> bool:
    """Choose how the searches are joined, write it into rungwise.toml, and let the library search so from now on."""
    from experiments.finding.tuning import tune

    library = assistant.library
    if library is None:
        return False
    try:
        tuning = tune(asked(house, library, "dev", progress), library.settings)
    except UserError:  # too few questions to choose by
        return False
    best = tuning.winner
    if best.present or not written_into(house, tuning):
        return False
    alpha = library.settings.alpha if best.alpha is None else best.alpha
    library.settings = replace(library.settings, fusion=best.fusion, alpha=alpha)
    progress.pause()
    say(f"{house.root / 'rungwise.toml'}: changed; the searches are joined by {best.fusion} now.")
    return True


def _blocking(house: Workspace, progress: Progress) -> str | None:
    """Return what must be mended in the examples before they are trained on, as `rungwise check` finds it."""
    from finetune.quality.findings import Severity

    findings = looked_over(house, progress)
    if findings.ok:
        return None
    wrong = findings.of(Severity.ERROR)
    if not wrong:
        return f"{house.examples}: {findings.usable} examples are usable. {findings.advice}"
    first = wrong[0]
    where = f" in line {first.lines[0]}" if first.lines else ""
    many = "1 finding" if len(wrong) == 1 else f"{len(wrong)} findings"
    return (
        f"{house.examples}: {many} must be mended before anything is trained, the first{where}: "
        f"{clip(first.message, 160)}. `rungwise check` names them all, and `rungwise climb` goes on from here."
    )


def show_climb(report: ClimbReport) -> None:
    """Show a whole climb."""
    from experiments import climb_text

    show(climb_text(report))


def short_advice(house: Workspace) -> str:
    """Return the recommendation in its first lines, with the measured evidence where there is some."""
    if not house.answers.is_file():
        say(
            f"{house.answers}: not there, so the advice rests on the measurement alone. `rungwise advise` "
            "asks the questions."
        )
    from advisor import to_text

    text = to_text(advice(house.root), width())
    return text.split("\n\n", 1)[0].replace("\n", "\n  ")
