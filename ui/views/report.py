"""Report: what a measurement found as one file to hand on, the advice, and every run that is kept. Computes nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from advisor import to_html, to_markdown
from experiments import comparison_markdown
from experiments.runs import RUN
from experiments.shown.tables import rate
from foundation.errors import UserError
from ui import draw, kept_runs, resources, routes
from ui.drawing import runs as draw_runs
from ui.drawing.compare import named
from ui.language import language, say
from ui.standing import advised
from ui.tabular import Cell, csv_text

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.kept_runs import KeptRun

_PARTS = ("measured", "advice", "earlier")
_HEIGHT = 720  # pixels of a preview


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("report.title"), anchor=False)
    st.markdown(say("report.lead"))
    runs = kept_runs.every(house.runs)
    if not runs and not house.answers.is_file():
        _empty(house)
        return
    part = st.segmented_control(
        say("report.title"),
        _PARTS,
        default="measured",
        format_func=lambda one: say(f"report.{one}"),
        key="report-part",
        label_visibility="collapsed",
    )
    with draw.guarded():
        if part == "advice":
            _advice(house)
        elif not runs:
            _empty(house)
        elif part == "earlier":
            _earlier(house, runs)
        else:
            _measured(house, runs)


def _empty(house: Workspace) -> None:
    with st.container(border=True):
        st.markdown(say("report.climbed" if house.comparison.is_file() else "report.empty"))
        routes.link("compare", say("report.to_compare"))


def _measured(house: Workspace, runs: list[str]) -> None:
    name = runs[0]
    if len(runs) > 1:
        name = st.selectbox(
            say("report.which"), runs, format_func=lambda one: draw_runs.named(house, one), key="report-run"
        )
    found = kept_runs.kept(house.runs, name)
    with st.container(border=True, key="report-verdict", gap="xsmall"):
        winner = found.measured.verdict.standing(found.run.winner or "")
        told = say("compare.no_winner") if winner is None else f"{named(winner.setup)} {rate(winner.both)}"
        st.markdown(f"### {draw.escaped(told)}")
        st.markdown(draw.sentence(found.measured.verdict.reason))
    html = kept_runs.report(found, house.settings.name, house.settings.target.pass_rate)
    _downloads(house, found, html)
    st.subheader(say("report.preview"), anchor=False)
    _preview(html)
    with st.expander(say("report.made_with"), icon=":material/fingerprint:"):
        draw_runs.made_with(found.run)


def _downloads(house: Workspace, found: KeptRun, html: str) -> None:
    name, measured = found.run.name, found.measured
    files = (
        ("html", html, f"report-{name}.html", "text/html"),
        (
            "markdown",
            comparison_markdown(measured.verdict, measured.losses),
            f"report-{name}.md",
            "text/markdown",
        ),
        (
            "json",
            (house.runs / name / RUN).read_text(encoding="utf-8"),
            f"run-{name}.json",
            "application/json",
        ),
        ("csv", answers_csv(found), f"answers-{name}.csv", "text/csv"),
    )
    _buttons(files, "report")
    st.caption(say("report.csv_note"))


def answers_csv(found: KeptRun) -> str:
    """Return every scored answer of a run as CSV, none of it a formula."""
    causes = {(loss.question, loss.setup): loss.cause.value for loss in found.measured.losses}
    rows: list[list[Cell]] = []
    for result in found.results:
        record, scores, asked = result.record, result.scores, result.question
        rows.append(
            [asked.id, asked.kind.value, asked.question, result.setup, result.repeat, int(scores.both.passed),
             scores.facts.value, scores.form.value, "" if scores.both.passed else causes.get((asked.id, result.setup), ""),
             record.text, scores.both.reason, "; ".join(passage.source for passage in record.passages),
             round(record.seconds, 4), record.tokens_in, record.tokens_out]
        )  # fmt: skip
    header = ("id", "kind", "question", "setup", "repeat", "passed", "facts", "form", "lost to", "answer", "reason",
              "sources", "seconds", "tokens in", "tokens out")  # fmt: skip
    return csv_text(header, rows)


def _preview(html: str) -> None:
    """Draw a report in a frame: as a data URL it is of no origin, so that it can reach nothing of the page; and it allows itself
    no script."""
    st.iframe(
        "data:text/html;charset=utf-8;base64," + base64.b64encode(html.encode("utf-8")).decode("ascii"),
        height=_HEIGHT,
        alt=say("report.preview"),
    )
    st.caption(say("report.preview_note"))


def _advice(house: Workspace) -> None:
    if not house.answers.is_file():
        with st.container(border=True):
            st.markdown(say("report.no_advice"))
            routes.link("advise", say("report.to_advise"))
        return
    advice = advised(house)
    html = to_html(advice, language())
    files = (
        ("html", html, "recommendation.html", "text/html"),
        ("markdown", to_markdown(advice, language()), "recommendation.md", "text/markdown"),
        ("json", json.dumps(advice.to_dict(language()), ensure_ascii=False, indent=2), "recommendation.json", "application/json"),
    )  # fmt: skip
    _buttons(files, "advice")
    _preview(html)


def _earlier(house: Workspace, runs: list[str]) -> None:
    draw.table([_line(house, name) for name in runs], numbers="runs")
    whole = [name for name in runs if _readable(house, name)]
    if not whole:
        return
    name = st.selectbox(
        say("report.which"), whole, format_func=lambda one: draw_runs.named(house, one), key="earlier-run"
    )
    found = kept_runs.kept(house.runs, name)
    draw_runs.held_against(house, found, key="earlier-against")
    st.subheader(say("report.made_with"), anchor=False)
    draw_runs.made_with(found.run)


def _readable(house: Workspace, name: str) -> bool:
    try:
        kept_runs.kept(house.runs, name)
    except UserError:
        return False
    return True


def _line(house: Workspace, name: str) -> dict[str, str]:
    made = {say("report.when"): kept_runs.when(name)}
    try:
        found = kept_runs.kept(house.runs, name)
    except UserError:
        told = (say("report.unreadable"), "–", "–", name.rpartition("-")[2])
    else:
        best = found.measured.verdict.standing(found.run.winner or "")
        told = (
            f"{len(found.run.marks)} {found.run.part}",
            named(found.run.winner) if found.run.winner else "–",
            rate(best.both) if best else "–",
            found.run.sha256[:8],
        )
    names = ("report.part", "report.winner", "report.passes", "report.hash")
    return {**made, **{say(word): value for word, value in zip(names, told, strict=True)}}


def _buttons(files: Sequence[tuple[str, str, str, str]], prefix: str) -> None:
    """Draw a button for each file: its kind, its text, its name and its type."""
    with st.container(horizontal=True, gap="small"):
        for kind, text, file, mime in files:
            st.download_button(
                say(f"report.{kind}"),
                text,
                file,
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"{prefix}-{kind}",
                type="primary" if kind == "html" else "secondary",
            )


if __name__ == "__main__":  # as Streamlit runs it
    page()
