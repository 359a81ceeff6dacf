"""Commands about what people think: `votes` adds up blind votes, `live` tells how a live split stands.

Knows nothing of how either is counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import show, show_json


def votes(
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Only votes from this day on (UTC)."
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Add up the blind votes of the chat: win rates, strengths, who wins or what is missing."""
    house = opened(workspace)
    from experiments import VoteFile, tally, votes_dict, votes_text
    from experiments.preferences import JUDGE

    file = VoteFile(house.votes)
    start = since.replace(tzinfo=UTC).isoformat(timespec="seconds") if since else ""
    cast = [vote for vote in file.votes() if vote.when >= start and not vote.who.startswith(JUDGE)]
    found = tally(cast, house.settings.target.margin)
    show_json(votes_dict(found, file.damaged)) if as_json else show(votes_text(found, file.damaged))
    return ExitCode.OK


def live(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Tell how the live split stands: sizes of the arms, thumbs, tasks done, who wins or what is missing."""
    house = opened(workspace)
    from experiments import Event, OutcomeFile, Split, Unit, live_dict, live_result, live_text

    asked, file = house.settings.live, OutcomeFile(house.outcomes)
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
