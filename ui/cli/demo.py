"""The command `demo`: the whole job on a made-up company, from advice to proof.

Every step runs what the other commands run. The documents are updated in a copy, so that the workspace
stays as it was, and a second run continues where the first one ended. Knows nothing of the outcome: it
shows what is measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.advise import advice
from ui.cli.climbing import climbed, makers, show_climb
from ui.cli.library import STAGES
from ui.cli.measure import assistant_of
from ui.cli.options import opened
from ui.cli.page import PORT, PortOption, check_port, serve
from ui.progress import Progress
from ui.show import show, width

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.workspace import Workspace


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the demo workspace is made, or was.")
    ] = Path("demo-workspace"),
    no_app: Annotated[bool, typer.Option("--no-app", help="Stop before the page.")] = False,
    port: PortOption = PORT,
) -> int:
    """Show the whole job on the demo: advise, climb, compare, change a fact, advise again, open the page."""
    if not no_app:
        check_port(port)  # now, and not after ten minutes of work
    house = _workspace(folder)
    with Progress() as progress:
        _heading("What would the advisor say?")
        _show_advice(house)
        assistant = assistant_of(house)
        _heading("The climb: rung by rung, until the target is met")
        report = climbed(house, assistant, progress)
        progress.pause()
        show_climb(report)
        _heading("All four setups on the test questions")
        _compare(house, assistant, progress)
        _heading("A fact changes, and nothing is trained again")
        _change(house, assistant, progress)
        _heading("What does the advisor say now that it is measured?")
        _show_advice(house)
    if no_app:
        show(f"\nOpen the page with `rungwise app -w {folder}`.")
        return ExitCode.OK
    show()
    return serve(house, port)


def _workspace(folder: Path) -> Workspace:
    """Open the demo workspace; make it where it is not there yet."""
    from assistant.workspace import CONFIG, create

    if (folder / CONFIG).is_file():
        show(f"Going on with the demo workspace in {folder}.")
    else:
        create(folder, demo=True)
        show(f"Made the demo workspace in {folder}.")
    return opened(folder)


def _heading(text: str) -> None:
    show(f"\n── {text} {'─' * max(0, width() - len(text) - 4)}\n")


def _show_advice(house: Workspace) -> None:
    from advisor import to_text

    show(to_text(advice(house.root), width()), end="")


def _compare(house: Workspace, assistant: Assistant, progress: Progress) -> None:
    """Compare all four setups, making what the climb found no need for."""
    from assistant.setup import Setup
    from experiments import comparison_text, load_questions
    from ui.comparing import compare_house, record
    from ui.measuring import adapter_is_stale

    make = makers(house, assistant, progress)
    make.sync()
    if adapter_is_stale(house, assistant):
        make.train()
    measured = compare_house(house, assistant, load_questions(house.questions, "test"), list(Setup), progress)
    record(house, measured)
    progress.pause()
    show(comparison_text(measured.verdict, measured.losses))


def _change(house: Workspace, assistant: Assistant, progress: Progress) -> None:
    """Ask one question before and after the documents are updated."""
    from ui.change import change

    progress("Asking before and after")
    found = change(
        house, assistant, lambda stage, done, total: progress(STAGES.get(stage, stage), done, total)
    )
    progress.pause()
    if found is None:
        show("The updates change no document that a question is about.")
        return
    show(f"{found.question}\n")
    show(f"  before: {found.before.text}")
    counts = f"{found.changed} documents read anew, {found.unchanged} left alone"
    show(f"  then {found.source} was replaced ({counts})")
    show(f"  after:  {found.after.text}\n")
    show(f"The adapter is the same as before: only the index changed, in {found.seconds:.1f} seconds.")
    if not found.followed:
        show("The answer did not follow the document this time.")
