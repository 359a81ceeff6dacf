"""A training on a page: the form that begins one, what it will take, and its losses while it runs and after.

Looking takes no lock and writes nothing. Knows nothing of how anything is trained.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import streamlit as st

from finetune.training.runs import Run, newest_first
from finetune.training.settings import METHODS
from finetune.training.trend import trend
from finetune.training.watched import Watched, watched
from ui import amounts, draw, who
from ui.access.permissions import Action
from ui.drawing import curve
from ui.drawing import job as draw_job
from ui.jobs import office
from ui.jobs.job import Job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace

_EVERY = 3.0  # seconds between two looks at a training that runs
_SELDOM = 15.0  # seconds between two looks where none does: one may be begun in a terminal
_NEWEST = ""
_STATES = {"running": "blue", "done": "green", "failed": "red", "silent": "orange"}
_WORDS = {
    "running": "train.running",
    "done": "train.ended",
    "failed": "train.failed",
    "silent": "train.silent",
}


# ---------------------------------------------------------------- before


def form(house: Workspace, estimating: Job | None, training: Job | None) -> None:
    """Draw what begins a training: the method, the settings, Estimate and Start or Resume; nothing while one is at work.

    Args:
        house: Where.
        estimating: The newest estimate that was begun here.
        training: The newest training that was begun here.
    """
    if any(job is not None and job.running for job in (estimating, training)):
        return
    may = who.can(Action.TRAIN)
    now = house.settings.training
    with st.container(border=True, key="train-form"):
        method = st.radio(
            say("train.method"),
            METHODS,
            index=METHODS.index(now.method),
            format_func=lambda one: say(f"train.{one}"),
            key="train-method",
            disabled=not may,
        )
        told = [] if method == now.method else ["--method", method]
        if told:
            st.caption(draw.sentence(say("train.method_keeps")))
        _settings(house)
        word = "train.resume" if unfinished(house) else "train.start"
        with st.container(horizontal=True, gap="small"):
            estimate = st.button(
                say("train.estimate"),
                icon=":material/timer:",
                help=say("train.estimate_help"),
                disabled=not may,
                key="estimate-go",
            )
            start = st.button(
                say(word),
                type="primary",
                icon=":material/play_arrow:",
                help=None if may else say("train.may_not"),
                disabled=not may,
                key="train-go",
            )
    if estimate and draw_job.begin(house, "estimate", ["train", "--estimate", "--json", *told]):
        st.rerun()
    if start and draw_job.begin(house, "train", ["train", "--json", *told]):
        st.rerun()


def unfinished(house: Workspace) -> bool:
    """Whether the newest training neither ended nor runs, so that `train` goes on with it."""
    newest = next(iter(newest_first(house.trainings)), None)
    if newest is None or newest.ended:
        return False
    return _looked_at(house, newest).state == "silent"


def estimated(house: Workspace, job: Job) -> None:
    """Draw what an estimate found: rows, tokens, time and memory, and what a rule chose."""
    told = job.result
    if not isinstance(told, dict) or not {"rows", "tokens", "seconds", "memory"} <= told.keys():
        return
    numbers = [
        (say("train.rows"), f"{told['rows']:,}", say("train.steps", n=f"{told.get('steps', 0):,}")),
        (say("train.tokens"), f"{told['tokens']:,}", say("train.taught", n=f"{told.get('taught', 0):,}")),
        (say("train.time"), amounts.took(told["seconds"]), ""),
        (
            say("train.memory"),
            amounts.size(told["memory"]),
            say("train.disk", n=amounts.size(told.get("disk", 0))),
        ),
    ]
    with st.container(horizontal=True, key="estimate", gap="large"):
        for label, value, below in numbers:
            with st.container(width="content", gap=None):
                st.metric(label, value, width="content")
                if below:
                    st.caption(below)
    for line in told.get("chosen", ()):
        st.caption(draw.sentence(str(line)))
    if _changed_since(house, job.began):
        draw.hint(say("train.stale"))


def _changed_since(house: Workspace, moment: float) -> bool:
    paths = (house.examples, house.root / "form.yaml", house.root / "rungwise.toml")
    return any(path.stat().st_mtime > moment for path in paths if path.is_file())


def _settings(house: Workspace) -> None:
    with st.expander(say("train.settings"), icon=":material/tune:"):
        told = {"base": house.settings.model.base, **asdict(house.settings.training)}
        open_ones = {name for name in ("learning_rate", "epochs") if not told[name]}
        open_ones |= {name for name in ("activated",) if told[name] is None}
        _facts({name: say("train.by_rule") if name in open_ones else value for name, value in told.items()})
        st.caption(draw.sentence(say("train.from_toml")))


# ---------------------------------------------------------------- while it runs, and after


def live(house: Workspace) -> None:
    """Draw the newest training, or one that is chosen, and look again every few seconds."""
    newest = next(iter(newest_first(house.trainings)), None)
    busy = newest is not None and not newest.ended
    st.fragment(_live, run_every=_EVERY if busy else _SELDOM)(house)


def _live(house: Workspace) -> None:
    with draw.guarded():
        _look(house)


def _look(house: Workspace) -> None:
    runs = {run.folder.name: run for run in newest_first(house.trainings)}
    if not runs:
        with st.container(border=True):
            st.markdown(say("train.empty"))
            draw.command("rungwise train")
        return
    chosen = _NEWEST
    if len(runs) > 1:
        chosen = st.selectbox(
            say("train.which"),
            [_NEWEST, *runs],
            format_func=lambda name: _when(name) if name else say("train.newest"),
            key="training",
        )
    seen = _looked_at(house, runs.get(chosen or _NEWEST) or next(iter(runs.values())))
    _standing(seen)
    if seen.losses:
        epochs = float(seen.plan.get("settings", {}).get("epochs", 0))
        said = {
            name: say(f"train.{name}") for name in ("each_step", "mean", "validation_loss", "epoch", "unit")
        }
        st.altair_chart(
            curve.losses(seen.losses, seen.curve, epochs, curve.Words(*said.values())),
            width="stretch",
            alt=_said(seen),
        )
    if seen.curve:
        st.markdown(draw.sentence(trend(seen.curve) if seen.state != "running" else _said(seen)))
        _table(seen)
    _plan(seen)


def _looked_at(house: Workspace, run: Run) -> Watched:
    """Look at a training; one that was begun here and has ended without an end of its own was stopped, however lately."""
    seen = watched(run)
    job = office.newest(house, "train")
    stopped = job is not None and not job.running and run.last_sign <= (job.ended or job.began) + 1
    if seen.state == "running" and stopped:
        return Watched(**{**vars(seen), "state": "silent"})
    return seen


def _standing(seen: Watched) -> None:
    with st.container(border=True, key="training-now", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{_when(seen.name)}**", width="content")
            st.badge(say(_WORDS[seen.state]), color=_STATES[seen.state])  # type: ignore[arg-type]
        if seen.steps:
            left = say("train.left", time=amounts.took(seen.left)) if seen.left is not None else ""
            far = say("train.step", step=seen.step, of=seen.steps, time=amounts.took(seen.seconds))
            st.progress(min(1.0, seen.step / seen.steps), text=f"{far}{left}")
        elif seen.state == "running":
            st.markdown(say("train.coming"))
        if seen.state == "silent":
            draw.hint(say("train.goes_on"))
        elif seen.state == "failed":
            draw.problem(seen.why or say("train.it_failed"))
        elif seen.adapter:
            st.markdown(f":small[{draw.escaped(say('train.it_made', name=seen.adapter))}]")


def _said(seen: Watched) -> str:
    """Return the curve's state in words: also what is read out in place of the chart."""
    latest = say("train.latest", loss=f"{seen.losses[-1][1]:.3f}")
    if seen.best is None:
        return f"{latest} {say('train.not_validated')}"
    best = say("train.best", loss=f"{seen.best['validation_loss']:.3f}", epoch=f"{seen.best['epoch']:g}")
    return f"{latest} {best}"


def _table(seen: Watched) -> None:
    draw.table(
        [
            {
                say("train.epoch"): f"{point['epoch']:g}",
                say("train.training_loss"): f"{point['loss']:.3f}",
                say("train.validation_loss"): f"{point['validation_loss']:.3f}",
                "": say("train.is_best") if point is seen.best else "",
            }
            for point in seen.curve
        ],
        numbers="curve",
    )


def _plan(seen: Watched) -> None:
    plan = seen.plan
    with st.expander(say("train.plan"), icon=":material/tune:"):
        told = {
            say("train.base"): plan.get("base"),
            say("train.rows_learn"): plan.get("rows"),
            say("train.rows_stop"): plan.get("validation_rows"),
            **plan.get("settings", {}),
        }
        _facts(told)


def _facts(told: dict[str, Any]) -> None:
    draw.table(
        [
            {say("train.what"): name.replace("_", " "), say("train.value"): f"{value}"}
            for name, value in told.items()
        ]
    )


def _when(name: str) -> str:
    """Return when a training began, from its directory's name: `20261122-101500-ab12cd34`."""
    day, _, rest = name.partition("-")
    if len(day) != 8 or len(rest) < 6:
        return draw.escaped(name)
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {rest[:2]}:{rest[2:4]}:{rest[4:6]} UTC"
