"""The command `retrain`: a candidate is trained, held against what serves, and switched to or not.

Knows nothing of how anything is trained, asked or decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.adapter import trained
from ui.cli.examples import looked_over
from ui.cli.measure import assistant_of
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from experiments import Budget
    from experiments.retraining.record import Retraining
    from ui.retraining import Hands, Outlook

BACK = "rungwise adapters rollback"
"""What takes a switch back."""


def retrain(
    because: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; kept in the record, and beside the candidate.")
    ] = "",
    if_needed: Annotated[
        bool,
        typer.Option(
            "--if-needed",
            help="Only where what serves is tainted, or was made from other examples, form, settings or base; for a timer.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen and what asks for it, and do nothing.")
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="End after so long; the next call goes on from there."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Train a candidate, hold it against what serves, and switch only where the gate says so; goes on where it was killed."""
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from experiments import Budget
        from ui.retraining import outlook, retrain_house, signals

        asked_for = signals(house)
        if if_needed and not asked_for:
            return _not_needed(house, as_json)
        limit = Budget(budget)
        assistant, hands = assistant_of(house), _hands(house, progress, limit)
        if dry_run:
            return _planned(outlook(house, assistant, hands), house, because, as_json)
        if if_needed and not because:
            because = "; ".join(asked_for)

        def told(record: Retraining) -> None:
            progress.pause()
            say(_STAGES[record.stage.value].format(name=record.candidate))

        found = retrain_house(house, assistant, hands, progress, because, limit, told)
    if as_json:
        show_json(retrained_dict(found, house, asked_for))
    else:
        show(retrained_text(found, house))
    return _code(found)


_STAGES = {
    "train": "The candidate {name} is made.",
    "measure": "The candidate {name} is asked beside what serves.",
    "switch": "It is decided.",
    "done": "Done.",
}
"""What is said as each stage begins."""


def _hands(house: Workspace, progress: Progress, budget: Budget) -> Hands:
    """Return what looks the examples over and trains, telling how far it is."""
    from ui.retraining import Hands

    return Hands(
        check=lambda: _mistakes(house, progress),
        train=lambda name: trained(
            house, progress, claim=lambda seconds: budget.claim(seconds, "training"), candidate=name
        ),
    )


def _mistakes(house: Workspace, progress: Progress) -> list[str]:
    """Return what must be mended in the examples before they are trained on, as `rungwise check` finds it."""
    from finetune.quality.findings import Severity

    findings = looked_over(house, progress)
    if findings.ok:
        return []
    wrong = [
        f"line {', '.join(map(str, one.lines)) or '–'}: {one.message}. {one.fix}"
        for one in findings.of(Severity.ERROR)
    ]
    return wrong or [f"{findings.usable} examples are usable. {findings.advice}"]


def _not_needed(house: Workspace, as_json: bool) -> int:
    name = house.adapters.serving.name if house.adapters.served else ""
    why = (
        f"Nothing asks for it: {name} serves and was made from what there is."
        if name
        else "Nothing asks for it: no adapter serves, and whether one is needed, `rungwise climb` tells."
    )
    told = _dict(house, state="not needed", serving=name, reason=why)
    show_json(told) if as_json else show(why)
    return ExitCode.OK


def _planned(seen: Outlook, house: Workspace, because: str, as_json: bool) -> int:
    """Tell what a retraining would do.

    Raises:
        UserError: It would stop at the examples.
    """
    told = _dict(
        house,
        state="planned",
        because=because,
        asked_for=list(seen.signals),
        candidate=seen.earlier.candidate if seen.earlier else None,
        own=seen.earlier is None or seen.earlier.unfinished,
        serving=seen.serving,
        setup=seen.setup,
        against=seen.against,
        reason=_plan_text(seen),
    )
    show_json(told) if as_json else show(_plan_text(seen))
    if seen.mistakes:
        raise UserError("It would stop at the examples:" + "".join(f"\n  {one}" for one in seen.mistakes))
    return ExitCode.OK


def _plan_text(seen: Outlook) -> str:
    """Return what a retraining would do, a sentence a line."""
    earlier = seen.earlier
    if earlier is None:
        first = "A candidate would be trained, which does not serve."
    elif earlier.unfinished:
        first = f"It would go on with the retraining {earlier.id}, at the stage {earlier.stage.value}."
    else:
        first = f"Nothing would be trained: {earlier.candidate} was made from the very same."
    why = "; ".join(seen.signals)
    nothing = (
        "Nothing asks for it: what serves was made from what there is."
        if seen.serving
        else "No adapter serves yet."
    )
    return "\n".join(
        [
            f"Asked for: {why}." if why else nothing,
            first,
            f"{seen.setup} with the candidate would be held against {seen.against} on {seen.questions} test questions.",
            "It would be switched to where it is surely better, or needed and surely not worse by the margin.",
            "Nothing was done.",
        ]
    )


def retrained_dict(found: Retraining, house: Workspace, asked_for: tuple[str, ...]) -> dict[str, Any]:
    """Return a retraining as JSON values, as `retrain.schema.json` says."""
    told = found.to_dict()
    names = ("id", "because", "candidate", "own", "serving", "setup", "against", "ruling", "reason", "gate")
    return _dict(
        house,
        state="done" if found.ended else "unfinished",
        asked_for=list(asked_for),
        back=_back(found, house),
        **{name: told[name] for name in names},
    )


def _dict(house: Workspace, **told: Any) -> dict[str, Any]:
    served = house.adapters.served
    empty: dict[str, Any] = {
        "id": None,
        "because": "",
        "asked_for": [],
        "candidate": None,
        "own": False,
        "serving": "",
        "setup": "",
        "against": "",
        "ruling": None,
        "gate": None,
        "back": "",
    }
    return {**empty, **told, "serves": served[-1] if served else ""}


def retrained_text(found: Retraining, house: Workspace) -> str:
    """Return a retraining for a terminal: what was decided, why, and how it is taken back."""
    if not found.ended:
        return found.reason
    switched = found.ruling is not None and found.ruling.value == "switch"
    serving = found.serving or f"no adapter, so {found.against}"
    lines = [
        f"Switched: {found.candidate} serves now."
        if switched
        else f"Kept: {found.serving or 'no adapter'} serves."
    ]
    if found.gate is not None:
        lines.append(f"{found.candidate} in {found.setup.partition('+')[0]} was held against {serving}.")
    lines.append(found.reason)
    if found.because:
        lines.append(f"Because: {found.because}")
    if back := _back(found, house):
        lines.append(f"One command back: {back}")
    elif switched:
        lines.append(f"No adapter served before; {found.against} answers without one.")
    return "\n".join(lines)


def _back(found: Retraining, house: Workspace) -> str:
    """Return the command that takes a switch back; empty where nothing was switched, or nothing served before."""
    switched = bool(found.ended) and found.ruling is not None and found.ruling.value == "switch"
    return BACK if switched and len(set(house.adapters.served)) > 1 else ""


def _code(found: Retraining) -> int:
    """0 where it was switched, or there was nothing to decide; 4 where the candidate was not let in, or not heard to the end."""
    if found.ended and (found.gate is None or (found.ruling is not None and found.ruling.value == "switch")):
        return ExitCode.OK
    return ExitCode.BELOW_TARGET
