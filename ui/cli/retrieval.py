"""Commands about how well documents are found: `eval-retrieval` measures, `tune-retrieval` chooses.

Knows nothing of how anything is measured or chosen.
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
    from experiments.retrieval import Found
    from experiments.tuning import Tuning
    from rag import Library


def eval_retrieval(
    part: Annotated[str, typer.Option(help="Which questions: test or dev.")] = "test",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Measure how well documents are found: recall, MRR and nDCG by vectors, by words, and by both."""
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.open import open_fit, open_library
        from experiments.retrieval import retrieval_report
        from experiments.retrieval_text import retrieval_dict, retrieval_text

        with open_library(house) as library:
            found = asked(house, library, part, progress)
            fit, sources = open_fit(house, library), library.sources()
        progress("Measuring")
        report = retrieval_report(found, house.settings.retrieval, fit, part, sources)
    if as_json:
        show_json(retrieval_dict(report))
    else:
        show(retrieval_text(report))
    return ExitCode.OK


def tune_retrieval(
    write: Annotated[
        bool, typer.Option("--write", help="Put the best fusion into rungwise.toml; comments and order stay.")
    ] = False,
    false_abstention: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Share of answerable questions that abstaining may lose, from 0 to 0.5."
        ),
    ] = 0.05,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Choose on the dev questions how both searches are joined, and fit the score of answerability."""
    if not 0.0 <= false_abstention <= 0.5:
        raise UserError(
            f"--false-abstention must be from 0 to 0.5, but is {false_abstention:g}. Write 0.05 for 5 percent."
        )
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.open import open_library
        from experiments.retrieval_text import abstaining_text, tuning_dict, tuning_text
        from experiments.tuning import fit_abstention, tune
        from rag.answerability import write_fit

        with open_library(house) as library:
            found = asked(house, library, "dev", progress)
            recipe = library.recipe
        progress("Trying how to join them")
        tuning = tune(found, house.settings.retrieval)
        progress("Fitting answerability")
        fitted = fit_abstention(found, recipe, false_abstention)
    if fitted is not None:
        write_fit(house.answerability, fitted.fit)
    written = write and written_into(house, tuning)
    if as_json:
        show_json(tuning_dict(tuning, fitted, written))
    else:
        show(f"{tuning_text(tuning)}\n\n{abstaining_text(fitted)}")
    said(house, tuning, write, written)
    return ExitCode.OK


def asked(house: Workspace, library: Library, part: str, progress: Progress) -> list[Found]:
    """Ask a workspace's questions of its library.

    Raises:
        UserError: There are no questions in this part, or no index.
    """
    from experiments import load_questions
    from experiments.retrieval import look_up

    questions = load_questions(house.questions, part)
    return look_up(questions, library, lambda done, total: progress("Searching", done, total))


def written_into(house: Workspace, tuning: Tuning) -> bool:
    """Put the winner into rungwise.toml and tell whether that changed it."""
    from assistant.settings_file import change_settings
    from assistant.workspace import CONFIG

    best = tuning.winner
    if best.present:
        return False
    values: dict[str, str | int | float] = {}
    if best.fusion != house.settings.retrieval.fusion:
        values["fusion"] = best.fusion
    if best.alpha is not None:
        values["alpha"] = best.alpha
    return change_settings(house.root / CONFIG, "retrieval", values)


def said(house: Workspace, tuning: Tuning, write: bool, written: bool) -> None:
    """Say on stderr what became of the settings."""
    if written:
        say(
            f"{house.root / 'rungwise.toml'}: changed. `rungwise eval-retrieval` measures it on the test questions."
        )
    elif write:
        say(f"{house.root / 'rungwise.toml'}: left as it is, for the present setting is the best.")
    elif not tuning.winner.present:
        say("Nothing was changed; --write puts the best setting into rungwise.toml.")
