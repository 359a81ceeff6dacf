"""Train: which adapter serves, what a training will take, its losses while it runs, and all adapters. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from finetune.registry import Manifest
from foundation.errors import UserError
from ui import draw, resources, routes
from ui.drawing import adapters as draw_adapters
from ui.drawing import aligning as draw_aligning
from ui.drawing import job as draw_job
from ui.drawing import retraining as draw_retraining
from ui.drawing import training as draw_training
from ui.jobs import office
from ui.jobs.job import Job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("train.title"), anchor=False)
    st.markdown(say("train.lead"))
    with draw.guarded():
        _serving(house)
    with draw.guarded():
        if house.examples.is_file() and house.examples.stat().st_size:
            _training(house)
            draw_retraining.section(house)
            draw_aligning.section(house)
        else:
            _no_examples()
    st.subheader(say("train.curve"), anchor=False)
    st.caption(say("train.curve_note"))
    draw_training.live(house)
    with draw.guarded():
        draw_adapters.registry(house)


def _serving(house: Workspace) -> None:
    """Draw what answers now, before anything else."""
    with st.container(border=True, key="serving", gap="xsmall"):
        st.caption(say("train.serves"))
        lineage = house.adapters
        name = lineage.served[-1] if lineage.served else ""
        if not name:
            st.markdown(f"### {say('train.none_serves')}")
            st.markdown(say("train.none_serves_what"))
            return
        st.markdown(f"### {draw.escaped(name)}")
        try:
            st.markdown(draw.escaped(_papers(lineage.manifest(name))))
        except UserError as error:
            draw.problem(str(error))
        if lineage.due:
            draw.hint(say("train.due"))


def _papers(manifest: Manifest) -> str:
    return say(
        "train.serves_what",
        rows=f"{manifest.rows:,}",
        loss=f"{draw_adapters.validation(manifest):.3f}",
        base=manifest.base,
    )


def _training(house: Workspace) -> None:
    if not resources.library_status(house).built:
        draw.hint(say("train.no_index"))
        routes.link("documents", say("train.to_documents"))
    estimating, training = office.newest(house, "estimate"), office.newest(house, "train")
    if estimating is not None and (
        training is None or training.began < estimating.began
    ):  # else it is behind us
        estimating = draw_job.progress(house, "estimate", lambda job: draw_training.estimated(house, job))
    training = draw_job.progress(house, "train", _made)
    draw_training.form(house, estimating, training)


def _made(job: Job) -> None:
    told = job.result
    name = told.get("manifest", {}).get("name", "") if isinstance(told, dict) else ""
    if name:
        st.markdown(f":material/check_circle: {draw.escaped(say('train.done', name=name))}")


def _no_examples() -> None:
    with st.container(border=True):
        st.markdown(say("train.no_examples"))
        routes.link("examples", say("train.to_examples"))


if __name__ == "__main__":  # as Streamlit runs it
    page()
