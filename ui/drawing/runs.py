"""Kept runs on a page: what each is called, what it was made with, and one held against another. Computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from experiments import Run, against
from experiments.against import Against, lines
from experiments.shown.tables import p_value, points
from foundation.errors import UserError
from ui import draw, kept_runs
from ui.drawing import compare as draw_compare
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from ui.kept_runs import KeptRun

_NONE = ""
_SHORT = 12  # letters of a hash


def named(house: Workspace, name: str) -> str:
    """Return what a run is called in a list: when it was made, on which questions, who won."""
    try:
        run = kept_runs.kept(house.runs, name).run
    except UserError:
        return kept_runs.when(name)
    winner = draw_compare.named(run.winner) if run.winner else say("compare.no_winner")
    return f"{kept_runs.when(name)} · {run.part}, {len(run.marks)} · {winner}"


def held_against(house: Workspace, found: KeptRun, key: str = "against") -> Against | None:
    """Draw a choice of earlier runs, and the chosen one held against this one; nothing where there is no other.

    Args:
        house: Where.
        found: This one.
        key: Tells this choice from others.
    """
    others = [name for name in kept_runs.every(house.runs) if name != found.run.name]
    if not others:
        return None
    st.subheader(say("compare.against"), anchor=False)
    chosen = st.selectbox(
        say("compare.against_which"),
        [_NONE, *others],
        format_func=lambda name: named(house, name) if name else say("compare.against_none"),
        key=key,
    )
    if not chosen:
        return None
    held = against(found.run, kept_runs.kept(house.runs, chosen).run)
    changes(held)
    return held


def changes(held: Against) -> None:
    """Draw what changed between two runs."""
    if held.changes:
        draw.table(
            [
                {
                    say("compare.setup"): draw_compare.named(row.setup),
                    say("compare.before"): draw.percent(row.before),
                    say("compare.now"): draw.percent(row.after),
                    say("compare.change"): points(row.change),
                    say("compare.won"): str(len(row.won)),
                    say("compare.lost_n"): str(len(row.lost)),
                    say("compare.holm"): p_value(row.p_holm),
                }
                for row in held.changes
            ],
            numbers="against",
        )
    for line in lines(held):
        st.caption(draw.sentence(line))


def made_with(run: Run) -> None:
    """Draw what a run was made with: hashes, sampling, settings, versions."""
    drawn = f"{run.sampling.repeats} · T {run.sampling.temperature:g} · seed {run.sampling.seed}"
    told = {say("report.run"): run.name, say("report.sha"): run.sha256, say("report.drawn"): drawn}
    hashes = {name: value[:_SHORT] for name, value in run.made_with.hashes.items()}
    draw.table(_rows({**told, **hashes}))
    with st.expander(say("report.settings"), icon=":material/tune:"):
        flat = {
            f"[{section}] {name}": str(value)
            for section, inside in run.made_with.settings.items()
            for name, value in (inside.items() if isinstance(inside, dict) else [("", inside)])
        }
        draw.table(_rows({**flat, **run.made_with.packages}))


def _rows(told: dict[str, str]) -> list[dict[str, str]]:
    return [{say("report.what"): name, say("report.value"): value} for name, value in told.items()]
