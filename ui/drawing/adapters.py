"""Every adapter of a workspace: from what it was made, which one serves, and Verify, Use and Roll back.

What changes who answers is asked twice. Knows nothing of what is in an adapter beyond its papers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from finetune.registry import TAINTED, Manifest
from foundation.errors import UserError
from ui import draw, who
from ui.access import door
from ui.access.permissions import Action
from ui.drawing import job as draw_job
from ui.jobs.job import Job
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from finetune.lineage import Lineage

_ASKED = "adapter-asked"
_DONE = "adapter-done"


def registry(house: Workspace) -> None:
    """Draw all adapters, the newest first; nothing where there is none."""
    lineage = house.adapters
    names = lineage.names()[::-1]
    if not names:
        return
    st.subheader(say("train.adapters"), anchor=False)
    st.caption(say("train.adapters_note"))
    if done := st.session_state.pop(_DONE, ""):
        st.markdown(f":material/check_circle: {draw.escaped(say('train.now_serves', name=done))}")
    job = draw_job.progress(house, "adapter", _verified)
    for name in names:
        with st.container(border=True, key=f"adapter-{name}", gap="xsmall"), draw.guarded():
            _one(house, lineage, name, job)


def validation(manifest: Manifest) -> float:
    """Return the validation loss of the epoch that was kept, in nats a token."""
    return min((point["validation_loss"] for point in manifest.curve), default=float("nan"))


def _one(house: Workspace, lineage: Lineage, name: str, job: Job | None) -> None:
    serves = bool(lineage.served) and lineage.served[-1] == name
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{draw.escaped(name)}**", width="content")
        if serves:
            st.badge(say("train.badge_serves"), color="green", icon=":material/check:")
        for task in [task for task, one in lineage.by_task().items() if one == name]:
            st.badge(
                draw.escaped(say("train.badge_task", task=task)), color="blue", icon=":material/alt_route:"
            )
        if (lineage.home / name / TAINTED).is_file():
            st.badge(say("train.badge_tainted"), color="orange", icon=":material/warning:")
    try:
        st.markdown(f":small[{draw.escaped(_papers(lineage.manifest(name)))}]")
    except UserError:
        st.markdown(f":small[{say('train.unreadable')}]")
    before = _before(lineage) if serves else ""
    asked = st.session_state.get(_ASKED)
    if asked in (("use", name), ("rollback", name)):
        _confirm(house, lineage, asked[0], name if asked[0] == "use" else before)
    else:
        _buttons(house, name, serves, before, job)


def _papers(manifest: Manifest) -> str:
    made = manifest.created[:16].replace("T", " ")
    told = say(
        "train.serves_what", rows=f"{manifest.rows:,}", loss=f"{validation(manifest):.3f}", base=manifest.base
    )
    return f"{made} UTC · {manifest.settings.get('method', 'lora')} · {told}"


def _buttons(house: Workspace, name: str, serves: bool, before: str, job: Job | None) -> None:
    closed = not who.can(Action.TRAIN)
    why = say("train.may_not") if closed else None
    with st.container(horizontal=True, gap="small"):
        verify = st.button(
            say("train.verify"),
            key=f"verify-{name}",
            icon=":material/verified:",
            help=why or say("train.verify_help"),
            disabled=closed or (job is not None and job.running),
        )
        if serves and before:
            _ask("rollback", name, "train.rollback", ":material/undo:", closed, why)
        elif not serves:
            _ask("use", name, "train.use", ":material/swap_horiz:", closed, why)
    if verify and draw_job.begin(house, "adapter", ["adapters", "verify", name]):
        st.rerun()


def _ask(deed: str, name: str, word: str, icon: str, closed: bool, why: str | None) -> None:
    if st.button(say(word), key=f"{deed}-{name}", icon=icon, disabled=closed, help=why):
        st.session_state[_ASKED] = (deed, name)
        st.rerun()


def _confirm(house: Workspace, lineage: Lineage, deed: str, name: str) -> None:
    st.warning(draw.escaped(say(f"train.sure_{deed}", name=name)), icon=":material/swap_horiz:")
    with st.container(horizontal=True, gap="small"):
        yes = st.button(say("train.yes"), type="primary", key="adapter-yes")
        no = st.button(say("train.no"), key="adapter-no")
    if yes:
        _do(house, lineage, deed, name)
    if yes or no:
        st.session_state.pop(_ASKED, None)
        st.rerun()


def _do(house: Workspace, lineage: Lineage, deed: str, name: str) -> None:
    door.allow(house.root, who.person(), Action.TRAIN, f"{deed} {name}")
    if deed == "use":
        lineage.use(name)
    else:
        name = lineage.rollback()
    st.session_state[_DONE] = name


def _before(lineage: Lineage) -> str:
    """Return which adapter would serve after a rollback; empty where none served before."""
    served = lineage.served
    return next((name for name in reversed(served) if name != served[-1]), "")


def _verified(job: Job) -> None:
    """Draw what a check said; it has no JSON, its sentence is all of it."""
    if job.printed:
        st.markdown(f":material/verified: {draw.sentence(job.printed)}")
