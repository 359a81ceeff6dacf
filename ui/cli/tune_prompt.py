"""The command `tune-prompt`: is there a wording of the instructions, or a choice of examples, that answers surely better?

Knows nothing of how promptings are searched or confirmed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError, one_of
from ui.cli.measure import assistant_of
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.setup import Setup
    from assistant.workspace import Workspace
    from experiments import Budget
    from experiments.prompting.tuned import Tuned
    from ui.tuning_prompt import Wanted

_UNITS = {"s": 1, "m": 60, "h": 3600}


def tune_prompt(
    setup: Annotated[
        str | None,
        typer.Option(metavar="SETUP", help="prompt, rag, lora or hybrid; else rag where there is an index."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Dev answers that the search may take, as 400; or how long all may take, as 90s, 20m or 1h.",
        ),
    ] = None,
    propose: Annotated[
        int,
        typer.Option(
            metavar="N", help="Also try N wordings that the endpoint's model writes; they are shown and kept."
        ),
    ] = 0,
    use: Annotated[
        bool,
        typer.Option("--use", help="Write a confirmed winner into rungwise.toml; comments and order stay."),
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only tell what the search would take; nothing is asked.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Search wordings and examples on the dev questions, and confirm the winner on the test questions."""
    answers, seconds = _budget(budget)
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from experiments import Budget

        assistant = assistant_of(house)
        wanted = _wanted(house, assistant, setup, answers, Budget(seconds) if seconds else None, propose)
        if estimate:
            return _estimated(house, assistant, wanted, as_json)
        tuned = _searched(house, assistant, wanted, progress)
    from experiments.shown.prompting_text import prompting_dict, prompting_text
    from ui import tuning_prompt

    written = use and tuning_prompt.use(house, tuned, wanted)
    proposals = {name: own.text for name, own in wanted.proposals.items()}
    if as_json:
        show_json(prompting_dict(tuned, wanted.setup.value, written, proposals))
    else:
        show(prompting_text(tuned, proposals))
    _said(house, tuned, use, written)
    return ExitCode.OK


def _budget(text: str | None) -> tuple[int | None, float | None]:
    """Return how many answers, or how many seconds, a budget stands for.

    Raises:
        UserError: It is neither.
    """
    if text is None:
        return None, None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match and float(match[1]) > 0:
        if match[2]:
            return None, float(match[1]) * _UNITS[match[2]]
        if "." not in match[1]:
            return int(match[1]), None
    raise UserError(
        f'--budget must be a number of answers, as 400, or a time, as 90s, 20m or 1h, but is "{text}".'
    )


def _wanted(
    house: Workspace,
    assistant: Assistant,
    setup: str | None,
    answers: int | None,
    budget: Budget | None,
    propose: int,
) -> Wanted:
    from ui.tuning_prompt import Wanted, lowest, proposals_of

    chosen = _setup(setup) if setup else lowest(assistant)
    proposals = proposals_of(house, assistant, propose) if propose else {}
    return Wanted(chosen, answers, budget, proposals)


def _setup(name: str) -> Setup:
    from assistant.setup import Setup

    if "+" in name:
        raise UserError(
            f'--setup names what is searched for, without changes, but is "{name}". Choose {one_of([*Setup])}; the search tries '
            "the changes."
        )
    return Setup.named(name)


def _estimated(house: Workspace, assistant: Assistant, wanted: Wanted, as_json: bool) -> int:
    from experiments.shown.prompting_text import plan_dict, plan_text
    from ui.tuning_prompt import plan_house

    plan = plan_house(house, assistant, wanted)
    told = plan_dict(wanted.setup.value, plan.schedule, plan.questions, plan.held_out, plan.seconds)
    show_json(told) if as_json else show(plan_text(told))
    return ExitCode.OK


def _searched(house: Workspace, assistant: Assistant, wanted: Wanted, progress: Progress) -> Tuned:
    from ui.tuning_prompt import tune_house

    try:
        return tune_house(house, assistant, wanted, progress)
    except KeyboardInterrupt:
        raise UserError(
            "Stopped. Every answer is kept; the same `rungwise tune-prompt` goes on from here.",
            ExitCode.INTERRUPTED,
        ) from None


def _said(house: Workspace, tuned: Tuned, use: bool, written: bool) -> None:
    """Say on stderr what became of the settings."""
    from experiments.prompting.tuned import Outcome

    path = house.root / "rungwise.toml"
    if written:
        say(f"{path}: changed; [prompt] names the winner now.")
        if house.adapters.served:
            say("The adapter was trained with the prompting before; `rungwise train` makes one for this.")
    elif use:
        say(f"{path}: left as it is, for no winner was confirmed.")
    elif tuned.outcome is Outcome.CONFIRMED:
        say("Nothing was changed; --use puts the winner into rungwise.toml.")
