"""What a check found, each finding with its rows and what to do about it. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from finetune.quality.findings import Finding, Findings, Severity
from ui import draw, examples
from ui.drawing import job as draw_job
from ui.drawing.pages import paged
from ui.jobs import office
from ui.language import say

if TYPE_CHECKING:
    from assistant import Workspace
    from finetune.examples import Example
    from ui.jobs.job import Job

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.NOTE: "blue"}
_A_PAGE = 10
_MOST_ROWS = 3


def newest(house: Workspace) -> tuple[Job | None, Findings | None]:
    """Return the last check, and what it found where it has ended."""
    job = office.newest(house, "check")
    told = job.result if job is not None and not job.running else None
    return job, examples.findings_of(told) if isinstance(told, dict) else None


def checked(house: Workspace) -> Findings | None:
    """Draw the check at work, or what begins it; return what the last one found of the examples as they are now."""
    job, found = newest(house)
    if job is not None and (job.running or found is None):
        draw_job.progress(house, "check")
        if job.running:
            return None
    stale = job is not None and examples.changed_since(house, job.began)
    if found is None:
        st.caption(draw.escaped(say("examples.check_hint")))
    elif stale:
        draw.hint(say("examples.stale"))
    label = say("examples.check" if found is None else "examples.check_again")
    if st.button(
        label,
        key="check",
        icon=":material/fact_check:",
        type="primary" if found is None or stale else "secondary",
    ):
        with draw.guarded():
            if draw_job.begin(house, "check", ["check", "--json"]):
                st.rerun()
    return None if stale else found


def findings(house: Workspace, known: list[Example]) -> None:
    """Draw what the last check found."""
    found = checked(house)
    if found is None:
        return
    _summary(found)
    if not found.items:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        severities = [one.value for one in Severity if found.of(one)]
        chosen = st.multiselect(
            say("examples.severity"),
            severities,
            format_func=lambda one: say(f"examples.severity.{one}"),
            key="findings-severity",
            placeholder=say("shared.choose"),
        )
        codes = list(dict.fromkeys(one.code.value for one in found.items))
        named = st.multiselect(
            say("examples.code"),
            codes,
            format_func=lambda one: say(f"examples.code.{one}"),
            key="findings-code",
            placeholder=say("shared.choose"),
        )
    shown = [
        one
        for one in found.items
        if (not chosen or one.severity in chosen) and (not named or one.code in named)
    ]
    by_line = {example.line: example for example in known}
    for one in paged(shown, "findings", _A_PAGE):
        _finding(one, by_line)


def _summary(found: Findings) -> None:
    counts = [say(f"examples.n_{one}", n=f"{len(found.of(one)):,}") for one in Severity if found.of(one)]
    told = f"{say('examples.usable', n=f'{found.usable:,}', all=f'{found.examples:,}')} {', '.join(counts)}".strip()
    st.markdown(f"**{draw.escaped(told)}**")
    (st.success if found.ok else st.warning)(
        draw.sentence(say(f"examples.readiness.{found.readiness}")), icon=":material/school:"
    )
    if not found.items:
        st.caption(say("examples.nothing_found"))


def _finding(one: Finding, by_line: dict[int, Example]) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(say(f"examples.severity.{one.severity}"), color=_COLOURS[one.severity])  # type: ignore[arg-type]
            st.markdown(f"**{draw.escaped(say(f'examples.code.{one.code}'))}**")
            lines = ", ".join(f"{line:,}" for line in one.lines[:_MOST_ROWS])
            more = f" +{len(one.lines) - _MOST_ROWS}" if len(one.lines) > _MOST_ROWS else ""
            st.caption(
                draw.escaped(say("examples.lines", n=lines + more) if lines else say("examples.all_rows"))
            )
        st.text(one.message)
        st.caption(draw.sentence(f"→ {one.fix}"))  # a sentence of ours, with no value in it
        known = [by_line[line] for line in one.lines if line in by_line]
        if known:
            with st.expander(say("examples.rows_of", n=f"{len(known):,}")):
                for example in known[:_MOST_ROWS]:
                    row_of_finding(example)
                if len(known) > _MOST_ROWS:
                    st.caption(say("documents.more", n=f"{len(known) - _MOST_ROWS:,}"))


def row_of_finding(example: Example) -> None:
    """Draw a row that a finding is about; the same row can be drawn below several of them."""
    st.caption(draw.escaped(f"{say('examples.line', n=f'{example.line:,}')} · {example.id}"))
    st.text(
        f"{say('examples.role.user')}: {example.question}\n{say('examples.role.assistant')}: {example.answer}"
    )
