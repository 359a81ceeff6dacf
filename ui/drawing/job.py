"""Draws long work: how far it is while it runs, with Stop, and how it ended.

Looks every second, in a part of the page of its own; the rest of the page is drawn anew once the work has ended. What a command
said is text of others: it is drawn as plain text. Knows nothing of what the work is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from advisor import Language
from foundation.errors import ExitCode, UserError
from ui import draw, who
from ui.amounts import took
from ui.jobs import office
from ui.jobs.job import Job, State
from ui.jobs.kinds import KINDS
from ui.language import language, say
from ui.words.jobs import TITLES

if TYPE_CHECKING:
    from assistant import Workspace

_EVERY = 1.0  # seconds between two looks
_NO_BLOCKS = str.maketrans("", "", "▁▂▃▄▅▆▇█")
"""A curve in blocks is for terminals; a page draws it."""


def progress(house: Workspace, kind: str, on_end: Callable[[Job], None] | None = None) -> Job | None:
    """Draw the newest job of a kind: its progress and Stop while it runs, how it ended after; nothing where there was none.

    Args:
        house: Where.
        kind: As `ui.jobs.kinds.KINDS` names it.
        on_end: Called with a job that ended well, above the sentence that says so, each time that is drawn: to draw what came of
            it.

    Returns:
        The job, as it was when this was drawn.
    """
    job = office.newest(house, kind)
    if job is None:
        return None
    if job.running:
        st.fragment(_watch, run_every=_EVERY)(house, job.id)
    else:
        if on_end is not None and job.state is State.DONE:
            # a damaged result takes neither its own end nor the next beginning from the page
            with draw.guarded():
                on_end(job)
        ended(job)
    return job


def begin(house: Workspace, kind: str, words: Sequence[str], what: str = "") -> bool:
    """Begin a job for whoever sits before the page; draw why not where it can't be begun.

    Args:
        house: Where.
        kind: As `ui.jobs.kinds.KINDS` names it.
        words: The words behind `rungwise`, without `--workspace`.
        what: What the audit log says of it; the kind, where nothing is given.

    Returns:
        Whether it was begun.
    """
    try:
        office.begin(house, kind, words, who.person(), what)
    except UserError as error:
        draw.problem(str(error))
        return False
    return True


def ended(job: Job) -> None:
    """Draw how a job ended: a sentence, and what the command said behind it."""
    with st.container(key=f"job-{job.kind}", gap="xsmall"):
        fine = job.state is State.DONE
        if not fine:
            _outcome(job)
        with st.expander(
            _done(job) if fine else say("jobs.details"),
            icon=":material/check:" if fine else ":material/terminal:",
        ):
            st.text("\n".join(job.said) or say("jobs.silent"))
            st.caption(draw.escaped(_of(job)))


def _watch(house: Workspace, id: str) -> None:
    """Look again; once the work has ended the whole page is drawn anew, as it may show what was made."""
    over = False
    with draw.guarded():
        job = office.find(house, id)
        over = not job.running
        if not over:
            _running(house, job)
    if over:
        st.rerun()


def _running(house: Workspace, job: Job) -> None:
    asked = f"stopping-{job.id}"
    with st.container(border=True, key=f"job-{job.kind}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{draw.escaped(_title(job))}**", width="stretch")
            may = who.can(KINDS[job.kind].action)
            told = say("jobs.stop_help" if may else "jobs.not_yours")
            if st.button(
                say("jobs.stop"), key=f"stop-{job.kind}", icon=":material/stop:", disabled=not may, help=told
            ):
                who.must(KINDS[job.kind].action, f"stop {job.kind}")
                office.stop(house, job.id)
                st.session_state[asked] = True
        if job.total:
            st.progress(min(1.0, job.done / job.total), text=_far(job))
        if note := job.note.translate(_NO_BLOCKS).strip():
            st.text(note)
        if st.session_state.get(asked):
            st.caption(say("jobs.stopping"))
        st.caption(f"{draw.escaped(_of(job, 'jobs.begun'))}. {say('jobs.goes_on')}")


def _done(job: Job) -> str:
    below = "jobs.kept" if KINDS[job.kind].candidate else "jobs.below"
    name = {ExitCode.PARTIAL: "jobs.partial", ExitCode.BELOW_TARGET: below}
    return say(name.get(ExitCode(job.code or 0), "jobs.done"), time=_time(job))


def _outcome(job: Job) -> None:
    if job.state is State.STOPPED:
        draw.hint(say("jobs.stopped", time=_time(job)))
    elif job.state is State.LOST:
        draw.hint(say("jobs.lost"))
    else:
        draw.problem(_why(job))


def _time(job: Job) -> str:
    return took(job.ended - job.began) if job.ended is not None else ""


def _why(job: Job) -> str:
    if job.code is not None and job.code < 0:
        return say("jobs.killed", signal=-job.code)
    if job.code == ExitCode.FAILED:
        return say("jobs.bug")
    return job.why or say("jobs.failed")


def _title(job: Job) -> str:
    if not job.title:
        return say("jobs.coming")
    return TITLES.get(job.title, job.title) if language() is Language.TR else job.title


def _far(job: Job) -> str:
    parts = [say("jobs.count", done=f"{job.done:,}", total=f"{job.total:,}")]
    if job.left is not None and job.left >= 1:
        parts.append(say("jobs.left", time=took(job.left)))
    return " · ".join(parts)


def _of(job: Job, name: str = "jobs.id") -> str:
    when = f"{datetime.fromtimestamp(job.began, UTC):%Y-%m-%d %H:%M} UTC"
    return say(name, id=job.id, when=when, who=job.who)
