"""The parts of the page Govern: retention and destruction, requests, the access review, the papers.

What can't be taken back is asked twice. Knows nothing of how anything is counted, erased or worded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, routes, who
from ui.access import door
from ui.access.permissions import Action
from ui.drawing import job as draw_job
from ui.language import language, say

if TYPE_CHECKING:
    from assistant import Workspace
    from governance import Deadline, Standing, Unsaid

_SURE, _NOTED, _CONFIRMED, _PAPERS = "govern-sure", "govern-noted", "govern-confirmed", "govern-papers"
_LONGEST = 200  # letters of a name
_KINDS = ("access", "erasure", "rectification")


def due(house: Workspace, stands: Standing) -> None:
    """Draw what ended and what soon will, what has no stated reason, and the button that destroys."""
    draw_job.progress(house, "destroy")
    if stands.retrain_due:
        draw.hint(say("govern.retrain_due"))
        routes.link("train", say("govern.to_train"))
    if stands.embedder_due:
        draw.hint(say("govern.embedder_due", name=stands.embedder_due))
    when = stands.destroyed[:10] or say("govern.never")
    st.caption(draw.escaped(say("govern.destroyed", when=when, by=stands.destroy_by or "–")))
    if stands.unfinished:
        draw.hint(say("govern.unfinished"))
    rows = [*stands.due, *stands.soon]
    if rows:
        draw.table([_deadline(one) for one in rows], numbers="govern-due")
    else:
        st.markdown(say("govern.nothing_due"))
    if stands.due or stands.unfinished:
        _destroy(house)
    if stands.unsaid:
        st.subheader(say("govern.unsaid_title"), anchor=False)
        st.caption(draw.escaped(say("govern.unsaid_note")))
        draw.table(
            [
                {
                    say("govern.name"): one.name,
                    say("govern.lacking"): ", ".join(one.lacking),
                    say("govern.where"): one.file,
                }
                for one in stands.unsaid
            ],
            numbers="govern-unsaid",
        )
        _write(stands.unsaid)


def _write(unsaid: Sequence[Unsaid]) -> None:
    """Draw what to write of the first data set of which something is not said."""
    from governance.datasets import FILE

    if (first := next((one for one in unsaid if one.file == FILE), None)) is not None:
        st.caption(draw.escaped(say("govern.unsaid_write")))
        keys = "\n".join(f'{key} = "…"' for key in first.lacking)
        st.code(f'[[dataset]]\nname = "{first.name}"\n{keys}', language="toml")


def _set(name: str) -> str:
    """Return what a data set is called in the reader's language; documents and others by their own name."""
    from governance.datasets import NAMES
    from governance.papers.words import word

    return word(f"dataset.{name}", language()) if name in NAMES else name


def _deadline(one: Deadline) -> dict[str, str]:
    ends = one.ends[:10] if one.ends else "–"
    return {
        say("govern.kind"): _set(one.kind),
        say("govern.name"): one.name,
        say("govern.count"): f"{one.count:,}",
        say("govern.ends"): f"{ends}, {say('govern.by_hand', why=one.by_hand)}" if one.by_hand else ends,
    }


def _destroy(house: Workspace) -> None:
    if not st.session_state.get(_SURE):
        if st.button(say("govern.destroy"), key="destroy", icon=":material/delete_forever:"):
            st.session_state[_SURE] = True
            st.rerun()
        return
    st.warning(draw.escaped(say("govern.destroy_sure")), icon=":material/warning:")
    with st.container(horizontal=True, gap="small"):
        yes = st.button(say("govern.yes"), key="destroy-yes", type="primary")
        no = st.button(say("govern.no"), key="destroy-no")
    if yes:
        words = ["govern", "destroy", "--due", "--json", f"--by={who.person().id}"]
        draw_job.begin(house, "destroy", words, "what ended")
    if yes or no:
        st.session_state.pop(_SURE, None)
        st.rerun()


def requests(house: Workspace, stands: Standing, now: datetime) -> None:
    """Draw who waits for an answer, by when, and the form that notes one more."""
    if told := st.session_state.pop(_NOTED, ""):
        st.markdown(f":material/check_circle: {draw.escaped(told)}")
    if stands.requests:
        draw.table(
            [
                {
                    say("govern.id"): one.id,
                    say("govern.asks_for"): say(f"govern.{one.kind.value}"),
                    say("govern.received"): one.received,
                    say("govern.answer_by"): one.due
                    + (f" ({say('govern.late_mark')})" if one.overdue(now.date()) else ""),
                }
                for one in stands.requests
            ],
            numbers="govern-requests",
        )
        st.caption(draw.escaped(say("govern.how_to_answer")))
        first = stands.requests[0]
        verb = "erase" if first.kind.value == "erasure" else "answer"
        st.code(
            f'rungwise govern request {verb} {first.id} --subject "…" {"--yes" if verb == "erase" else "--to copy.json"}',
            language=None,
        )
    else:
        st.markdown(say("govern.no_requests"))
    _note_request(house, now)


def _note_request(house: Workspace, now: datetime) -> None:
    from governance.requests import Kind, open_request

    with st.form("govern-request", clear_on_submit=True):
        st.markdown(f"**{say('govern.new_request')}**")
        subject = st.text_input(
            say("govern.subject"),
            key="request-subject",
            max_chars=_LONGEST,
            help=say("govern.subject_help"),
            autocomplete="off",
        )
        kind = st.selectbox(
            say("govern.asks_for"), _KINDS, format_func=lambda one: say(f"govern.{one}"), key="request-kind"
        )
        received = st.date_input(
            say("govern.received"), now.date(), max_value=now.date(), key="request-received"
        )
        if not st.form_submit_button(say("govern.note"), icon=":material/add:"):
            return
    with draw.guarded():
        door.allow(house.root, who.person(), Action.GOVERN, f"request for {kind}")
        made = open_request(house, subject, Kind(kind), received, now)
        st.session_state[_NOTED] = say("govern.noted", id=made.id, due=made.due)
        st.rerun()


def review(house: Workspace, stands: Standing, now: datetime) -> None:
    """Draw who may see what, what of it looks stale, and the button that confirms it."""
    from assistant.open import open_library
    from governance import review as reviewing
    from ui.access.reviewed import keys_of, people_of

    if st.session_state.pop(_CONFIRMED, False):
        st.markdown(f":material/check_circle: {say('govern.confirmed')}")
    when = stands.reviewed[:10] or say("govern.never")
    st.caption(draw.escaped(say("govern.reviewed", when=when, by=stands.review_by or "–")))
    with open_library(house) as library:
        found = reviewing.review(house, library, people_of(house.root), keys_of(house.root), now)
    st.markdown(
        f"**{len(found.people)}** {say('govern.people')} · **{len(found.keys)}** {say('govern.keys')}"
    )
    if found.people:
        draw.table(
            [
                {
                    say("govern.name"): one.name,
                    say("govern.role"): one.role,
                    say("govern.groups"): ", ".join(one.groups) or "–",
                    say("govern.seen"): one.seen[:10] or "–",
                }
                for one in found.people
            ],
            numbers="govern-people",
        )
    _findings([(one.name, one.kind, one.why) for one in found.findings])
    if st.button(say("govern.confirm"), key="review-confirm", icon=":material/task_alt:"):
        door.allow(house.root, who.person(), Action.GOVERN, "access review confirmed")
        reviewing.confirm(house, found, who.person().id, now)
        st.session_state[_CONFIRMED] = True
        st.rerun()


def _findings(found: Sequence[tuple[str, str, str]]) -> None:
    st.subheader(say("govern.findings"), anchor=False)
    if not found:
        st.markdown(say("govern.no_findings"))
        return
    draw.table(
        [
            {say("govern.name"): name, say("govern.kind"): kind, say("govern.why"): why}
            for name, kind, why in found
        ],
        numbers="govern-findings",
    )


def papers(house: Workspace, now: datetime) -> None:
    """Draw the button that writes the processing record and the risk file, and what was written."""
    st.markdown(say("govern.papers_lead"))
    if st.button(say("govern.write"), key="papers-write", icon=":material/description:"):
        with draw.guarded(), st.spinner(say("govern.writing")):
            st.session_state[_PAPERS] = _written(house, now)
    for name, text in st.session_state.get(_PAPERS, {}).items():
        kind = "application/json" if name.endswith(".json") else "text/markdown"
        st.download_button(
            name, text, name, kind, key=f"paper-{name}", icon=":material/download:", on_click="ignore"
        )


def _written(house: Workspace, now: datetime) -> dict[str, str]:
    """Return the papers in the reader's language, by the names of their files; nothing of them stays on the disk."""
    from assistant.open import open_library
    from governance.papers.write import write_papers
    from ui.access.reviewed import surroundings

    door.allow(house.root, who.person(), Action.GOVERN, "papers")
    with tempfile.TemporaryDirectory() as folder, open_library(house) as library:
        around = surroundings(house, library, language(), now)
        write_papers(house, library, around, language(), Path(folder), now)
        return {path.name: path.read_text("utf-8") for path in sorted(Path(folder).iterdir())}
