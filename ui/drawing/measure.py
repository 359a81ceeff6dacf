"""The form that begins a comparison: which setups, which questions, how many answers. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ui import draw, resources, who
from ui.access.permissions import Action
from ui.drawing import job as draw_job
from ui.jobs.job import Job
from ui.language import language, say
from ui.words import setup_name

if TYPE_CHECKING:
    from assistant import Workspace

_QUICK = 12  # questions of a quick look
_TEMPERATURE = 0.7


def form(house: Workspace, job: Job | None, folded: bool) -> None:
    """Draw the form; nothing while a comparison runs.

    Args:
        house: Where.
        job: The newest comparison that was begun here.
        folded: Whether it is behind a heading, as there is something to look at already.
    """
    if job is not None and job.running:
        return
    if not house.questions.is_file():
        draw.hint(say("compare.no_questions"))
        return
    if folded:
        with st.expander(say("compare.measure_again"), icon=":material/play_circle:"):
            _fields(house)
    else:
        with st.container(border=True):
            _fields(house)


@dataclass(frozen=True)
class Chosen:
    """What somebody wants to be measured."""

    setups: Sequence[str]
    """Which setups."""
    part: str = "test"
    """Which questions."""
    repeats: int = 1
    """Answers a question."""
    until_sure: bool = False
    """Whether to stop once the winner is sure."""
    quick: bool = False
    """Whether a few questions are enough."""

    def words(self) -> list[str]:
        """Return the words of the command."""
        told = ["compare", "--json", "--setups", ",".join(self.setups), "--part", self.part]
        if self.repeats > 1:
            told += ["--repeats", str(self.repeats), "--temperature", str(_TEMPERATURE)]
        if self.until_sure and len(self.setups) > 1:
            told.append("--until-sure")
        return [*told, "--limit", str(_QUICK)] if self.quick else told


def _fields(house: Workspace) -> None:
    able, lacking = _able(house)
    may = who.can(Action.MEASURE)
    setups = st.multiselect(
        say("compare.setups"),
        able,
        default=able,
        format_func=lambda name: setup_name(name, language()),
        key="measure-setups",
        placeholder=say("shared.choose"),
    )
    if lacking:
        st.caption(say("compare.lacking", what=", ".join(lacking)))
    left, right = st.columns(2)
    parts: list[str] = ["test", "dev"]
    part = left.radio(
        say("compare.part"), parts, format_func=lambda one: say(f"compare.part_{one}"), key="measure-part"
    )
    repeats = right.number_input(
        say("compare.repeats"), 1, 20, 1, help=say("compare.repeats_help"), key="measure-repeats"
    )
    until_sure = st.toggle(say("compare.until_sure"), key="measure-until-sure")
    quick = st.toggle(say("compare.quick"), key="measure-quick")
    begun = st.button(
        say("compare.go"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=not may or not setups,
        help=None if may else say("compare.may_not"),
        key="measure-go",
    )
    st.caption(say("compare.goes_on"))
    chosen = Chosen(setups, part, int(repeats), until_sure, quick)
    if begun and draw_job.begin(house, "compare", chosen.words()):
        st.rerun()


def _able(house: Workspace) -> tuple[list[str], list[str]]:
    """Return the setups that can be asked, and what the others lack."""
    index = resources.library_status(house).built
    adapter = bool(house.adapters.served) or bool(house.settings.model.adapter)
    needs = {"prompt": (False, False), "rag": (True, False), "lora": (False, True), "hybrid": (True, True)}
    able = [name for name, (i, a) in needs.items() if (index or not i) and (adapter or not a)]
    lacking = []
    if not index:
        lacking.append(say("compare.needs_index", setups="RAG, " + setup_name("hybrid", language())))
    if not adapter:
        lacking.append(say("compare.needs_adapter", setups="LoRA, " + setup_name("hybrid", language())))
    return able, lacking
