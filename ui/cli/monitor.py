"""The command `monitor`: what served answers tell, and what to do about it. Knows nothing of how any of it is counted."""

from __future__ import annotations

from typing import Annotated

import typer

from foundation.errors import ExitCode
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import show, show_json


def monitor(
    days: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Look at so many days before the end of the newest whole week; cut to whole weeks, 14 at least.",
        ),
    ] = 35,
    setup: Annotated[
        str | None, typer.Option(metavar="SETUP", help="Look at the answers of this setup only, as rag.")
    ] = None,
    fail_on_signal: Annotated[
        bool, typer.Option("--fail-on-signal", help="End with 4 where a signal fires; for a timer or CI.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Tell how served answers do over time: volume, times, thumbs, abstentions, form, scores; and which signals call for what."""
    from assistant.open import open_library
    from assistant.setup import variant
    from monitoring import report
    from monitoring.text import report_text
    from ui.comparing import money

    house = opened(workspace)
    named = str(variant(setup)) if setup else ""
    with open_library(house) as library:
        found = report(house, library, days=days, setup=named, prices=money(house)[0])
    show_json(found.to_dict()) if as_json else show(report_text(found))
    return ExitCode.BELOW_TARGET if fail_on_signal and found.firing else ExitCode.OK
