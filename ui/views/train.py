"""Training: the losses of a training while it runs, and of those that ran. Only looks: it starts, stops and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from finetune.runs import newest_first
from finetune.trend import trend
from finetune.watched import Watched, watched
from ui import curve, draw, resources
from ui.show import seconds

if TYPE_CHECKING:
    from assistant import Workspace

_EVERY = 3.0  # seconds between two looks
_NEWEST = ""
_STATES = {
    "running": ("running", "blue"),
    "done": ("done", "green"),
    "failed": ("failed", "red"),
    "silent": ("stopped", "orange"),
}


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title("How does it learn?", anchor=False)
    st.markdown(
        "The losses of a training, drawn while it runs. Lower is better; validation decides which epoch is kept."
    )
    _live(house)


@st.fragment(run_every=_EVERY)
def _live(house: Workspace) -> None:
    """Look again every few seconds, at what is new alone."""
    with draw.guarded():
        _look(house)


def _look(house: Workspace) -> None:
    runs = {run.folder.name: run for run in newest_first(house.trainings)}
    if not runs:
        _empty()
        return
    if len(runs) > 1:
        chosen = st.selectbox(
            "Training", [_NEWEST, *runs], format_func=lambda name: _when(name) if name else "The newest one", key="training"
        )  # fmt: skip
    else:
        chosen = _NEWEST
    seen = watched(runs.get(chosen or _NEWEST) or next(iter(runs.values())))
    _standing(seen)
    if seen.losses:
        st.altair_chart(
            curve.losses(seen.losses, seen.curve, float(seen.plan.get("settings", {}).get("epochs", 0))),
            width="stretch",
            alt=_said(seen),
        )
    if seen.curve:
        st.markdown(draw.sentence(trend(seen.curve) if seen.state != "running" else _said(seen)))
        _table(seen)
    _plan(seen)


def _empty() -> None:
    with st.container(border=True):
        st.markdown(
            "**Nothing was trained yet.** This trains the adapter; its losses appear here while it runs:"
        )
        draw.command("rungwise train")
        st.caption("`rungwise train --estimate` says before what it will take.")


def _standing(seen: Watched) -> None:
    word, colour = _STATES[seen.state]
    with st.container(border=True, key="training-now", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{_when(seen.name)}**", width="content")
            st.badge(word, color=colour)  # type: ignore[arg-type]
        if seen.steps:
            st.progress(
                seen.step / seen.steps,
                text=f"Step {seen.step} of {seen.steps} · {seconds(seen.seconds)}{_left(seen)}",
            )
        elif seen.state == "running":
            st.markdown("It begins; the first step is still to come.")
        if seen.state == "silent":
            draw.hint(
                "Nothing was heard of it for a while: most likely it was stopped or killed. `rungwise train` goes on from its "
                "last state."
            )
        elif seen.state == "failed":
            draw.problem(seen.why or "It failed.")
        elif seen.adapter:
            st.markdown(f":small[It made the adapter {draw.escaped(seen.adapter)}]")


def _left(seen: Watched) -> str:
    return f" · at most about {seconds(seen.left)} left" if seen.left is not None else ""


def _said(seen: Watched) -> str:
    """Return the curve's state in words: also what is read out in place of the chart."""
    latest = f"The loss of the latest step is {seen.losses[-1][1]:.3f}."
    if seen.best is None:
        return f"{latest} No epoch is validated yet."
    return f"{latest} Validation was best with {seen.best['validation_loss']:.3f} at epoch {seen.best['epoch']:g}."


def _table(seen: Watched) -> None:
    draw.table(
        [
            {
                "epoch": f"{point['epoch']:g}",
                "training": f"{point['loss']:.3f}",
                "validation": f"{point['validation_loss']:.3f}",
                "": "best" if point is seen.best else "",
            }
            for point in seen.curve
        ],
        numbers="curve",
    )


def _plan(seen: Watched) -> None:
    plan = seen.plan
    with st.expander("What it is trained on, and how", icon=":material/tune:"):
        told = {
            "base": plan.get("base"),
            "rows to learn from": plan.get("rows"),
            "rows to stop by": plan.get("validation_rows"),
            **{name.replace("_", " "): value for name, value in plan.get("settings", {}).items()},
        }
        draw.table([{"what": name, "value": f"{value}"} for name, value in told.items()])


def _when(name: str) -> str:
    """Return when a training began, from its directory's name: `20261122-101500-ab12`."""
    day, _, rest = name.partition("-")
    if len(day) != 8 or len(rest) < 6:
        return draw.escaped(name)
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {rest[:2]}:{rest[2:4]}:{rest[4:6]} UTC"


if __name__ == "__main__":  # as Streamlit runs it
    page()
