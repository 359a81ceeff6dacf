"""The command `compare`: it measures setups side by side.

Knows nothing of how anything is asked, scored or decided.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.setup import AnySetup
    from assistant.workspace import Workspace
    from ui.comparing import Compared


def compare(
    part: Annotated[str, typer.Option(help="Which questions: test or dev.")] = "test",
    setups: Annotated[
        str,
        typer.Option(
            help="Which setups, with commas between them; options go behind a plus, as in rag+shots,hybrid+repair."
        ),
    ] = "prompt,rag,lora,hybrid",
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N questions, for a quick look.")
    ] = None,
    repeats: Annotated[
        int, typer.Option(metavar="N", help="Ask every question N times; needs a temperature.")
    ] = 1,
    temperature: Annotated[
        float, typer.Option(metavar="T", help="Draw answers this freely; 0 is the likeliest answer.")
    ] = 0.0,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Of all dice: answers, order of --until-sure, bootstrap.")
    ] = 0,
    until_sure: Annotated[
        bool, typer.Option("--until-sure", help="Ask in a random order and stop once the winner is sure.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Also show what changed since an earlier run: its name or folder, or last."
        ),
    ] = None,
    judge: Annotated[
        bool,
        typer.Option("--judge", help="Also have a model judge the answers in pairs; rungwise.toml names it."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write it all into one HTML file to hand on.")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="End with 4 where the winner passes fewer than this share (0.8 is 80 %)."
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Measure setups on the same questions and show the table, with intervals and paired differences."""
    chosen = setups_named(setups)
    _check(chosen, until_sure, report, fail_under)
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from experiments import Sampling, load_questions
        from ui.comparing import Wanted, compare_house, judge_of, record

        sampling = Sampling(repeats, temperature, seed)
        every = load_questions(house.questions, part)
        questions = every[:limit]
        wanted = Wanted(part, sampling, until_sure, against, judge_of(house, progress) if judge else None)
        found = compare_house(house, assistant_of(house), questions, chosen, progress, wanted)
    counts = part == "test" and len(questions) == len(every)
    stands = counts and not record(house, found)
    if as_json:
        show_json(found.to_dict())
    else:
        show(compared_text(found))
    if report is not None:
        write_report(house, found, report)
        say(f"{report}: the report.")
    if not counts:
        say("Only all test questions are evidence, so the page and the advice stay as they are.")
    if stands:
        say("The last comparison measured these setups and more, so the page and the advice stay with it.")
    say(f"Kept as the run {found.run.name}; --against holds a later one against it.")
    if found.unjudged:
        raise UserError(found.unjudged)
    return _judged_by(found, fail_under)


def compared_text(found: Compared) -> str:
    """Return a comparison for the terminal, with what was asked for besides."""
    from experiments import comparison_text
    from experiments.against import against_text

    parts = [comparison_text(found.verdict, found.losses)]
    if found.stopped_early:
        parts.append(
            f"Stopped early: sure after {found.asked} of {found.total} questions, by tests that hold at every look."
        )
    if found.judged is not None:
        parts.append("\n".join(found.judged.text()))
    if found.against is not None:
        parts.append(against_text(found.against))
    return "\n\n".join(parts)


def write_report(house: Workspace, found: Compared, path: Path) -> None:
    """Write a comparison as one HTML file.

    Raises:
        UserError: It can't be written.
    """
    from experiments.shown.html import Page, report_html
    from foundation.files import write_text_atomic

    page = Page(
        title=house.settings.name,
        target=house.settings.target.pass_rate,
        run=found.run,
        asked=found.asked,
        total=found.total,
        against=found.against,
        judged=tuple(line for line in found.judged.text() if line) if found.judged else (),
    )
    try:
        write_text_atomic(path, report_html(found.verdict, found.losses, found.results, page))
    except OSError as error:
        raise UserError(
            f"{path}: the report can't be written ({error.strerror or error}). Name another file; all answers are "
            "kept, so nothing is asked again."
        ) from None


def _check(chosen: list[AnySetup], until_sure: bool, report: Path | None, fail_under: float | None) -> None:
    """See to it that the options make sense, before anything is loaded.

    Raises:
        UserError: They do not.
    """
    if until_sure and len(chosen) < 2:
        raise UserError(
            "--until-sure stops when the winner is sure, so it needs two setups or more. Name them with --setups."
        )
    if fail_under is not None and not 0 <= fail_under <= 1:
        hint = f" Write {fail_under / 100:g} for {fail_under:g} percent." if 1 < fail_under <= 100 else ""
        raise UserError(f"--fail-under must be a share from 0 to 1, but is {fail_under:g}.{hint}")
    if report is not None and (report.suffix.lower() not in (".html", ".htm") or report.is_dir()):
        raise UserError(f'--report writes an HTML file, but is "{report}". Name a file like report.html.')


def _judged_by(found: Compared, fail_under: float | None) -> int:
    """Return the exit code that `--fail-under` asks for, and say why."""
    if fail_under is None:
        return ExitCode.OK
    from experiments.shown.tables import rate

    verdict = found.verdict
    best = max(verdict.standings, key=lambda row: row.both.rate.mean if row.both.rate else 0.0)
    counted = verdict.standing(verdict.winner) if verdict.winner else best
    share = counted.both.rate.mean if counted and counted.both.rate else 0.0
    below = share < fail_under
    how = "below" if below else "not below"
    say(
        f"{counted.setup if counted else 'no setup'} passed {rate(counted.both) if counted else '–'} of "
        f"{verdict.questions} questions: {how} --fail-under {fail_under:g}."
    )
    return ExitCode.BELOW_TARGET if below else ExitCode.OK


def setups_named(names: str) -> list[AnySetup]:
    """Return the setups of a list with commas, simplest first, each before its own variants.

    Raises:
        UserError: A name is unknown, or there is none.
    """
    from assistant.setup import Setup, variant

    wanted = {str(one): one for one in (variant(name) for name in names.split(",") if name.strip())}
    if not wanted:
        raise UserError(
            "--setups names no setup. Write one or more of prompt, rag, lora and hybrid, as in "
            "--setups rag,hybrid."
        )
    ladder = list(Setup)
    rows = sorted(wanted.values(), key=lambda one: (ladder.index(one.setup), bool(one.changes)))
    return [one if one.changes else one.setup for one in rows]


def assistant_of(workspace: Workspace) -> Assistant:
    """Return a workspace's assistant; nothing is loaded yet."""
    from assistant.open import open_assistant

    return open_assistant(workspace)
