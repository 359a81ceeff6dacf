"""The command `tune-embedder`: does an embedder taught on these documents find surely better?

Knows nothing of how it is taught or measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json

if TYPE_CHECKING:
    from assistant.workspace import Workspace


def tune_embedder(
    minutes: Annotated[
        float,
        typer.Option(metavar="N", help="How long the training may take; it then ends with its best epoch."),
    ] = 20.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what there is to learn from; nothing is trained.")
    ] = False,
    back: Annotated[
        bool, typer.Option("--back", help="Go back to the embedder that the present one was taught from.")
    ] = False,
    drop: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Remove an embedder that was taught here (e1, e2, …) and is not used."
        ),
    ] = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Teach the embedder on the documents, and take it where test questions are surely better found."""
    if not 0 < minutes <= 1440:
        raise UserError(f"--minutes must be above 0 and at most 1440, but is {minutes:g}.")
    house = opened(workspace)
    if drop:
        return _dropped(house, drop, as_json)
    with Progress() as progress:
        progress("Loading the libraries")
        if back:
            return _back(house, as_json, progress)
        from experiments.finding.teaching import plan_teaching, stopped, teach
        from experiments.shown.teaching_text import teaching_dict, teaching_text
        from governance.strict import Use, check_strict

        check_strict(house, Use.TRAIN)
        try:
            found = plan_teaching(house) if dry_run else teach(house, progress, minutes)
        except KeyboardInterrupt:
            raise stopped() from None
    show_json(teaching_dict(found)) if as_json else show(teaching_text(found))
    if found.embedder != found.base:
        say(f"{house.root / 'rungwise.toml'}: changed; `embedder` names {found.embedder} now.")
        say(
            "`rungwise tune-embedder --back` goes back. An adapter that was trained before has seen other passages."
        )
    return ExitCode.OK


def _back(house: Workspace, as_json: bool, progress: Progress) -> int:
    from experiments.finding.teaching import back

    before = house.settings.retrieval.embedder
    name, report = back(house, progress)
    if as_json:
        show_json({"outcome": "back", "embedder": name, "embedded": report.embedded, "chunks": report.chunks})
    else:
        show(
            f"`embedder` names {name} again; {report.embedded} of {report.chunks} passages had to be embedded."
        )
    say(f"{before} stays where it is.")
    return ExitCode.OK


def _dropped(house: Workspace, name: str, as_json: bool) -> int:
    from rag.tuning import tuned_folder

    if house.settings.retrieval.embedder == str(house.embedders / name / tuned_folder.MODEL):
        raise UserError(
            f"{name} is the embedder that is used. Go back to the one before it first: `rungwise tune-embedder --back`."
        )
    tuned_folder.drop(house.embedders, name)
    show_json({"dropped": name}) if as_json else show(
        f"The embedder {name} is removed, with what was converted of it here."
    )
    return ExitCode.OK
