"""Compare: measure setups on the same questions, and see which wins, how sure that is, and what was lost. Computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from experiments import comparison_markdown
from ui import draw, kept_runs, resources, routes
from ui.drawing import compare as draw_compare
from ui.drawing import job as draw_job
from ui.drawing import lost as draw_lost
from ui.drawing import measure as draw_measure
from ui.drawing import opinions as draw_opinions
from ui.drawing import prompting as draw_prompting
from ui.drawing import runs as draw_runs
from ui.jobs.job import Job
from ui.language import say
from ui.measured import Measured, read_comparison, run_of

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.kept_runs import KeptRun


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("compare.title"), anchor=False)
    st.markdown(say("compare.lead"))
    job = draw_job.progress(house, "compare", _made)
    with draw.guarded():
        standing = read_comparison(house.comparison)
        runs = kept_runs.every(house.runs)
        if (standing is None or not standing.verdict.standings) and not runs:
            _empty()
            draw_measure.form(house, job, folded=False)
        else:
            _results(house, job, *_chosen(house, standing, runs))
    with draw.guarded():
        draw_prompting.section(house)
    with draw.guarded():
        draw_opinions.section(house)


def _results(house: Workspace, job: Job | None, measured: Measured, run: KeptRun | None) -> None:
    verdict, target = measured.verdict, house.settings.target.pass_rate
    draw_compare.winner(verdict, target, f"{measured.when:%Y-%m-%d %H:%M} UTC")
    draw_measure.form(house, job, folded=True)
    draw_compare.rates(verdict, target)
    draw_compare.effects(verdict)
    draw_compare.quality(verdict)
    draw_compare.cost(verdict)
    draw_compare.pairs(verdict)
    draw_compare.causes(measured.losses)
    draw_lost.side_by_side(measured, run)
    if run is not None:
        draw_runs.held_against(house, run)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            say("compare.download"),
            comparison_markdown(verdict, measured.losses),
            "comparison.md",
            "text/markdown",
            icon=":material/download:",
            on_click="ignore",
        )
        routes.link("report", say("compare.to_report"))


def _chosen(house: Workspace, standing: Measured | None, runs: list[str]) -> tuple[Measured, KeptRun | None]:
    """Return the measurement that is looked at, and its run where that is kept; the one that stands, unless another is chosen."""
    own = run_of(house.comparison)
    stands = standing is not None and bool(standing.verdict.standings)
    options = [*([""] if stands else []), *(name for name in runs if not stands or name != own)]
    chosen = options[0]
    if len(options) > 1:
        chosen = st.selectbox(
            say("compare.which"),
            options,
            format_func=lambda name: draw_runs.named(house, name) if name else say("compare.standing"),
            key="compare-run",
        )
    if chosen:
        run = kept_runs.kept(house.runs, chosen)
        return run.measured, run
    assert standing is not None  # the first option is empty only where there is one
    return standing, kept_runs.kept(house.runs, own) if own in runs else None


def _made(job: Job) -> None:
    told = job.result
    name = told.get("run", {}).get("name", "") if isinstance(told, dict) else ""
    if name:
        st.caption(draw.escaped(say("compare.made", name=name)))


def _empty() -> None:
    with st.container(border=True):
        st.markdown(say("compare.empty"))
        draw.command("rungwise compare")
        st.caption(say("compare.empty_climb"))


if __name__ == "__main__":  # as Streamlit runs it
    page()
