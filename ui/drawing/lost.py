"""Lost questions, one at a time: what was asked and required, and each setup's answer beside the others, with its reason.

Questions and answers are text of others: drawn without Markdown. Knows nothing of how any was scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from experiments import Question, Result
from ui import draw
from ui.drawing.compare import lost_to, named
from ui.language import say
from ui.measured import Measured
from ui.show import clip

if TYPE_CHECKING:
    from ui.kept_runs import KeptRun

_ANY = ""
_COLUMNS = 2


def side_by_side(measured: Measured, run: KeptRun | None) -> None:
    """Draw a list of lost questions to pick from, and the picked one.

    Args:
        measured: The comparison.
        run: Its answers; None where they are not kept.
    """
    st.subheader(say("compare.side_by_side"), anchor=False)
    if not measured.losses:
        st.markdown(say("compare.none_lost"))
    elif run is None:
        draw.hint(say("compare.no_answers_kept"))
    else:
        _picked(measured, run)


def _picked(measured: Measured, run: KeptRun) -> None:
    setups = [row.setup for row in measured.verdict.standings]
    winner = measured.verdict.winner
    left, right = st.columns([1, 3])
    options = [_ANY, *setups]
    with left:
        by = st.selectbox(
            say("compare.lost_by"),
            options,
            index=options.index(winner) if winner in options else 0,
            format_func=lambda name: named(name) if name else say("compare.any"),
            key="lost-by",
        )
    lost = dict.fromkeys(loss.question for loss in measured.losses if by in (_ANY, loss.setup))
    asked = {result.question.id: result.question for result in run.results}
    names = [name for name in lost if name in asked]
    if not names:
        st.markdown(say("compare.none_lost"))
        return
    with right:
        name = st.selectbox(
            f"{say('compare.pick')} ({say('compare.n_lost', n=len(names), all=len(asked))})",
            names,
            format_func=lambda name: clip(asked[name].question, 90),
            key="lost-question",
        )
    _question(asked[name])
    causes = {loss.setup: lost_to(loss.cause.value) for loss in measured.losses if loss.question == name}
    _answers([result for result in run.results if result.question.id == name], setups, causes)


def _question(question: Question) -> None:
    with st.container(border=True, gap="xsmall"):
        for turn in question.conversation:
            st.text(f"{turn.role}: {turn.content}")
        st.text(question.question)
        st.caption(f"{say('compare.required')}: {draw.escaped(_required(question))}")
        if question.gold:
            st.caption(f"{say('compare.stands_in')}: {draw.escaped(', '.join(question.gold))}")


def _required(question: Question) -> str:
    if question.facts:
        either = f" {say('compare.or')} "
        return "; ".join(either.join(variants) for variants in question.facts)
    return say("compare.ask_back" if question.kind == "underspecified" else "compare.decline")


def _answers(results: Sequence[Result], setups: Sequence[str], causes: dict[str, str]) -> None:
    shown = [name for name in setups if any(row.setup == name for row in results)]
    for start in range(0, len(shown), _COLUMNS):
        for column, setup in zip(st.columns(_COLUMNS), shown[start : start + _COLUMNS], strict=False):
            with column.container(border=True, height="stretch", gap="xsmall", key=f"answer-lost-{setup}"):
                _card(setup, [row for row in results if row.setup == setup], causes.get(setup, ""))


def _card(setup: str, rows: Sequence[Result], cause: str) -> None:
    passed = all(row.scores.both.passed for row in rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{draw.escaped(named(setup))}**", width="content")
        told = say("compare.passed_one") if passed else cause or say("compare.lost_one")
        icon = ":material/check:" if passed else ":material/close:"
        st.badge(draw.escaped(told), icon=icon, color="green" if passed else "orange")
    for row in rows:
        st.text(_said(row))
        st.caption(draw.escaped(row.scores.both.reason))


def _said(row: Result) -> str:
    if row.record.text:
        return row.record.text
    return (
        say("compare.no_answer", why=row.record.error)
        if row.record.failure
        else say("compare.an_empty_answer")
    )
