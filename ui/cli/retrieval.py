"""Commands about how well documents are found: `eval-retrieval` measures, `tune-retrieval` chooses.

Knows nothing of how anything is measured or chosen.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui import svg
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import say, show, show_json

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from experiments.finding.abstention import Abstention
    from experiments.finding.retrieval import Found, RetrievalReport
    from experiments.finding.tuning import Abstaining, Tuning
    from experiments.statistics.stats import Interval
    from rag import Library

ChartOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Also draw it: a file ending in .svg or .html, which any browser opens."
    ),
]


def eval_retrieval(
    part: Annotated[str, typer.Option(help="Which questions: test or dev.")] = "test",
    chart: ChartOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Measure how well documents are found: recall, MRR and nDCG by vectors, by words, and by both."""
    if chart is not None:
        svg.check(chart)
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.open import open_fit, open_library
        from experiments.finding.retrieval import retrieval_report
        from experiments.shown.retrieval_text import retrieval_dict, retrieval_text

        with open_library(house) as library:
            found = asked(house, library, part, progress)
            fit, sources = open_fit(house, library), library.sources()
        progress("Measuring")
        report = retrieval_report(found, house.settings.retrieval, fit, part, sources)
    if as_json:
        show_json(retrieval_dict(report))
    else:
        show(retrieval_text(report))
    if chart is not None:
        svg.write(chart, panels(report))
        say(f"{chart}: the chart.")
    return ExitCode.OK


def panels(report: RetrievalReport) -> list[tuple[str, int]]:
    """Return what of a measurement is drawn: all figures, nDCG@10 by kind of question, risk over coverage."""
    from experiments.finding.retrieval import MEASURES

    names = {
        "recall_1": "recall@1",
        "recall_4": "recall@4",
        "recall_10": "recall@10",
        "mrr": "MRR",
        "ndcg_10": "nDCG@10",
    }
    whole = [row for row in report.figures if row.kind == "all"]
    kinds = [row for row in report.figures if row.kind != "all"]
    dots = [
        svg.Dot(names[name], row.search.value, *_values(getattr(row, name)))
        for name in MEASURES
        for row in whole
    ]
    drawn = [
        svg.intervals(
            f"Documents found for {report.questions} {report.part} questions, with 95 % intervals", dots
        )
    ]
    if kinds:
        rows = [svg.Dot(f"{row.kind} ({row.n})", row.search.value, *_values(row.ndcg_10)) for row in kinds]
        drawn.append(svg.intervals("nDCG@10 by kind of question", rows))
    if report.answerability is not None:
        drawn.append(risk_panel(report.answerability))
    return drawn


def risk_panel(judged: Abstention) -> tuple[str, int]:
    """Return the drawn risk–coverage curve, with what the threshold in use answers."""
    total = judged.answerable + judged.unanswerable
    below = judged.answerable * judged.false_abstention.mean + judged.unanswerable * judged.caught.mean
    title = f"Risk and coverage of {judged.answerable} answerable and {judged.unanswerable} unanswerable questions"
    curve = [(point.coverage, point.risk, point.threshold) for point in judged.curve]
    return svg.risk_over_coverage(title, curve, 1 - below / total)


def _values(interval: Interval) -> tuple[float, float, float]:
    return interval.mean, max(0.0, interval.low), min(1.0, interval.high)


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
    chart: ChartOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Choose on the dev questions how both searches are joined, and fit the score of answerability."""
    if chart is not None:
        svg.check(chart)
    if not 0.0 <= false_abstention <= 0.5:
        raise UserError(
            f"--false-abstention must be from 0 to 0.5, but is {false_abstention:g}. Write 0.05 for 5 percent."
        )
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.open import open_library
        from experiments.finding.tuning import fit_abstention, tune
        from experiments.shown.retrieval_text import abstaining_text, tuning_dict, tuning_text
        from rag.retrieval.answerability import write_fit

        with open_library(house) as library:
            found = asked(house, library, "dev", progress)
            recipe = library.recipe
        progress("Trying how to join them")
        tuning = tune(found, house.settings.retrieval)
        progress("Fitting answerability")
        fitted = fit_abstention(found, recipe, false_abstention)
    if fitted is not None:
        write_fit(house.answerability, fitted.fit)
        if not house.settings.retrieval.abstain:
            say(
                "Answers do not use the score; `abstain = true` under [retrieval] in rungwise.toml lets them."
            )
    written = write and written_into(house, tuning)
    if as_json:
        show_json(tuning_dict(tuning, fitted, written))
    else:
        show(f"{tuning_text(tuning)}\n\n{abstaining_text(fitted)}")
    if chart is not None:
        svg.write(chart, tuning_panels(tuning, fitted))
        say(f"{chart}: the chart.")
    said(house, tuning, write, written)
    return ExitCode.OK


def tuning_panels(tuning: Tuning, fitted: Abstaining | None) -> list[tuple[str, int]]:
    """Return what of a tuning is drawn: nDCG@10 by fusion, and risk over coverage where a score was fitted."""
    from experiments.shown.retrieval_text import way

    dots = [svg.Dot(way(point), "nDCG@10", *_values(point.ndcg_10)) for point in tuning.curve]
    drawn = [
        svg.intervals(f"nDCG@10 on {tuning.questions} dev questions by fusion, with 95 % intervals", dots)
    ]
    return drawn if fitted is None else [*drawn, risk_panel(fitted.measured)]


def asked(house: Workspace, library: Library, part: str, progress: Progress) -> list[Found]:
    """Ask a workspace's questions of its library.

    Raises:
        UserError: There are no questions in this part, or no index.
    """
    from experiments import load_questions
    from experiments.finding.retrieval import look_up

    questions = load_questions(house.questions, part)
    return look_up(questions, library, lambda done, total: progress("Searching", done, total))


def written_into(house: Workspace, tuning: Tuning) -> bool:
    """Put the winner into rungwise.toml and tell whether that changed it."""
    from assistant.config.settings_file import change_settings
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
