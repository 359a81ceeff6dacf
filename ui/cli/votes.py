"""Commands about what people think: `votes` adds up blind votes, `live` tells how a live split stands.

Knows nothing of how either is counted.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from foundation.files import read_text, write_json_atomic
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import show, show_json

if TYPE_CHECKING:
    from assistant import Workspace
    from experiments import Tally


def votes(
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Only votes from this day on (UTC)."
        ),
    ] = None,
    evidence: Annotated[
        bool,
        typer.Option("--evidence", help="Also tell the advisor, where no comparison has told it anything."),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Add up the blind votes of the chat: win rates, strengths, who wins or what is missing."""
    house = opened(workspace)
    from experiments import VoteFile, tally, votes_dict, votes_text
    from experiments.opinions.ballots import JUDGE

    file = VoteFile(house.votes, house.database)
    start = since.replace(tzinfo=UTC).isoformat(timespec="seconds") if since else ""
    cast = [vote for vote in file.votes() if vote.when >= start and not vote.who.startswith(JUDGE)]
    found = tally(cast, house.settings.target.margin)
    if evidence:
        _tell_advisor(house, found)
    show_json(votes_dict(found, file.damaged)) if as_json else show(votes_text(found, file.damaged))
    return ExitCode.OK


def _tell_advisor(house: Workspace, found: Tally) -> None:
    """Write what votes tell the advisor; a comparison tells more, so what it wrote stays.

    Raises:
        UserError: There is nothing to tell, or a comparison has told it already.
    """
    from experiments.opinions.preferences import votes_evidence

    told = votes_evidence(found)
    if not told["effects"]:
        raise UserError(
            "The votes tell the advisor nothing yet: it needs votes on prompt, rag, lora and hybrid, with a chain of "
            "them from each to each. Go on voting."
        )
    if house.evidence.is_file() and json.loads(read_text(house.evidence, "the evidence file")).get("setups"):
        raise UserError(
            f"{house.evidence} holds what a comparison measured, which tells the advisor more than votes do, so it stays. "
            "Remove the file if votes are to count instead."
        )
    write_json_atomic(house.evidence, told)


def live(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Tell how the live split stands: sizes of the arms, thumbs, tasks done, who wins or what is missing."""
    house = opened(workspace)
    from experiments import Event, OutcomeFile, Split, Unit, live_dict, live_result, live_text

    asked, file = house.settings.live, OutcomeFile(house.outcomes, house.database)
    rows = file.outcomes()
    results = []
    if len(asked.weights) > 1:
        split = Split(asked.weights, Unit(asked.unit), asked.salt)
        margin = house.settings.target.margin
        results = [live_result(rows, split, measure, margin) for measure in (Event.THUMB, Event.TASK)]
    if as_json:
        show_json(live_dict(results, asked.on, file.damaged))
        return ExitCode.OK
    if not asked.on:
        show(
            'The live split is off. To switch it on, write into rungwise.toml: [live] with on = true and setups = "rag, hybrid".'
        )
    if results:
        show(("" if asked.on else "\n") + live_text(results, file.damaged))
    return ExitCode.OK
