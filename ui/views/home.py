"""Home: what this is, where the workspace stands on the ladder, and the one next step. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from advisor import Language, Recommendation, Rung
from advisor.catalog import rung_name, wordings
from advisor.evidence import SETUPS
from advisor.recommendation import fill
from experiments.shown.tables import rate
from ui import draw, resources, routes
from ui.standing import Built, Stand, stand
from ui.words import rung_line

if TYPE_CHECKING:
    from assistant import Workspace

_SETUP_OF = {rung: setup for setup, rung in SETUPS.items()}


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title("Prompt, retrieve, fine-tune, or both?", anchor=False)
    st.markdown(
        "Rungwise **asks** what you need, **builds** it, **measures** every way of answering on the same "
        "questions, and stops at the lowest rung that meets the target."
    )
    now = stand(house)
    for sentence in now.problems:
        draw.problem(sentence)
    _next(now)
    st.subheader(f"Where {draw.escaped(house.settings.name)} stands", anchor=False)
    _three(house, now)
    st.space("small")
    draw.ladder([_rung(rung, now) for rung in Rung])


def _next(now: Stand) -> None:
    with st.container(border=True, key="next-step", gap="xsmall"):
        st.caption("THE NEXT STEP")
        if now.advice is None:
            st.markdown("Answer the questionnaire: about five minutes, and “don't know” is an answer too.")
            draw.command("rungwise advise")
            routes.link("advise", "Or answer it here")
        elif now.step is not None:
            st.markdown(draw.sentence(_told(now.advice, now.step.id)))
            if now.step.command:
                draw.command(now.step.command)
        else:
            st.markdown("Nothing that was advised is open. Ask it something, and follow a citation.")
            routes.link("chat", "Open the chat")


def _told(advice: Recommendation, step: str) -> str:
    return fill(wordings("steps")[step].text[Language.EN], advice.answers, Language.EN)


def _three(house: Workspace, now: Stand) -> None:
    advised, built, measured = st.columns(3, gap="small")
    with advised.container(border=True, height="stretch", key="facts-advised", gap="xsmall"):
        st.caption(":material/explore: ADVISED")
        _advised(now.advice)
    with built.container(border=True, height="stretch", key="facts-built", gap="xsmall"):
        st.caption(":material/construction: BUILT")
        _built(now.built)
    with measured.container(border=True, height="stretch", key="facts-measured", gap="xsmall"):
        st.caption(":material/analytics: MEASURED")
        _measured(now.built, house.settings.target.pass_rate)


def _advised(advice: Recommendation | None) -> None:
    if advice is None:
        st.markdown("**Not asked yet**")
        return
    st.markdown(f"**{draw.escaped(rung_name(advice.rung))}**")
    st.markdown(
        f":small[Confidence {advice.level.value}, runner-up {draw.escaped(rung_name(advice.runner_up))}]"
    )
    routes.link("advise", "Why?")


def _built(built: Built) -> None:
    if built.library.built:
        st.markdown(f"**{built.library.documents:,} documents** in {built.library.chunks:,} passages")
    else:
        st.markdown("**No index yet**")
    if built.adapter is None:
        st.markdown(":small[No adapter yet]")
    else:
        made = draw.escaped(built.adapter.created[:10])
        st.markdown(f":small[Adapter of {made}, trained on {built.adapter.rows:,} rows]")
    if built.library.problems:
        unread = f"{len(built.library.problems)} files could not be read; `rungwise sync` names them"
        st.markdown(f":small[:orange[{unread}]]")


def _measured(built: Built, target: float) -> None:
    if built.measured is None:
        st.markdown("**Nothing yet**")
        st.markdown(f":small[The target is {draw.percent(target)} of the questions]")
        return
    verdict = built.measured.verdict
    winner = verdict.standing(verdict.winner or "")
    if winner is None:
        st.markdown("**No winner**")
    else:
        st.markdown(f"**{draw.escaped(winner.setup)}** passes {rate(winner.both)}")
    st.markdown(f":small[{verdict.questions} questions, target {draw.percent(target)}]")
    routes.link("compare", "The table")


def _rung(rung: Rung, now: Stand) -> draw.RungView:
    tags: list[tuple[str, str]] = []
    if now.advice is not None and now.advice.rung is rung:
        tags.append(("advised", "primary"))
    measured = now.built.measured.verdict if now.built.measured else None
    standing = measured.standing(_SETUP_OF[rung]) if measured else None
    if standing is not None and standing.both.rate is not None:
        tags.append((rate(standing.both), "gray"))
    if measured is not None and measured.winner == _SETUP_OF[rung]:
        tags.append(("winner", "green"))
    tags += [(f"needs {what}", "orange") for what in _lacking(rung, now.built)]
    lit = now.advice is not None and now.advice.rung is rung
    return draw.RungView(rung.value, rung_name(rung), rung_line(rung), lit, tuple(tags))


def _lacking(rung: Rung, built: Built) -> list[str]:
    index = ["an index"] if rung.retrieves and not built.library.built else []
    return index + (["an adapter"] if rung.trains and built.adapter is None else [])


if __name__ == "__main__":  # as Streamlit runs it
    page()
