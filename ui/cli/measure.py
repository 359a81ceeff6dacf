"""Commands that prove: `compare` measures setups side by side, `climb` goes up the ladder as far as it must.

Knows nothing of how anything is asked, scored or decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.adapter import trained
from ui.cli.advise import advice
from ui.cli.library import STAGES, warn_partial
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json, width

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.setup import Setup
    from assistant.workspace import Workspace
    from experiments import ClimbReport
    from ui.measuring import Makers, Proof


def compare(
    part: Annotated[str, typer.Option(help="Which questions: test or dev.")] = "test",
    setups: Annotated[
        str, typer.Option(help="Which setups, with commas between them.")
    ] = "prompt,rag,lora,hybrid",
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N questions, for a quick look.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Measure setups on the same questions and show the table, with intervals and paired differences."""
    chosen = setups_named(setups)
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from experiments import comparison_dict, comparison_text, load_questions
        from ui.measuring import compare_house, record

        questions = load_questions(house.questions, part)[:limit]
        measured = compare_house(house, assistant_of(house), questions, chosen, progress)
    record(house, measured)
    if as_json:
        show_json(comparison_dict(measured.verdict, measured.losses))
    else:
        show(comparison_text(measured.verdict, measured.losses))
    return ExitCode.OK


def climb(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Go up the ladder, making what each rung needs, and stop at the lowest that meets the target."""
    house = opened(workspace)
    before = None if as_json else short_advice(house)
    if before:
        show(f"Before: {before}\n")
    with Progress() as progress:
        report, _ = climbed(house, assistant_of(house), progress)
    if as_json:
        from experiments import climb_dict

        show_json(climb_dict(report))
    else:
        show_climb(report)
        show(f"\nAfter: {short_advice(house)}")
    return ExitCode.OK if report.met else ExitCode.BELOW_TARGET


def setups_named(names: str) -> list[Setup]:
    """Return the setups of a list with commas, simplest first.

    Raises:
        UserError: A name is unknown, or there is none.
    """
    from assistant.setup import Setup

    wanted = {Setup.named(name.strip()) for name in names.split(",") if name.strip()}
    if not wanted:
        raise UserError(
            "--setups names no setup. Write one or more of prompt, rag, lora and hybrid, as in "
            "--setups rag,hybrid."
        )
    return [setup for setup in Setup if setup in wanted]


def assistant_of(workspace: Workspace) -> Assistant:
    """Return a workspace's assistant; nothing is loaded yet."""
    from assistant.open import open_assistant

    return open_assistant(workspace)


def climbed(house: Workspace, assistant: Assistant, progress: Progress) -> tuple[ClimbReport, Proof]:
    """Climb, telling each step on stderr, and write what was found.

    Raises:
        UserError: As `ui.measuring.climb_house`.
    """
    progress("Loading the libraries")
    from experiments import Step, step_text
    from ui.measuring import climb_house, record

    def told(step: Step) -> None:
        progress.pause()
        say(step_text(step))

    report, measured = climb_house(house, assistant, makers(house, assistant, progress), progress, told)
    record(house, measured)
    return report, measured


def makers(house: Workspace, assistant: Assistant, progress: Progress) -> Makers:
    """Return what makes a workspace's index and adapter, telling how far it is."""
    from ui.measuring import Makers

    def sync() -> None:
        library = assistant.library
        if library is not None:
            report = library.sync(lambda stage, done, total: progress(STAGES.get(stage, stage), done, total))
            if report.partial:
                progress.pause()
                warn_partial(report)

    return Makers(sync, lambda: trained(house, progress))


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
