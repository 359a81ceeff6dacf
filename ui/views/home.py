"""Home: what this is, where the workspace stands on the ladder, and the one next step. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from advisor import Recommendation, Rung
from advisor.catalog import rung_name, wordings
from advisor.evidence import SETUPS
from advisor.recommendation import fill
from experiments.shown.tables import rate
from ui import draw, resources, routes
from ui.conversations import thumbs, voting
from ui.language import language, say
from ui.standing import Built, Stand, stand
from ui.words import rung_line, setup_name

if TYPE_CHECKING:
    from assistant import Workspace

_SETUP_OF = {rung: setup for setup, rung in SETUPS.items()}
_PAGE_OF = MappingProxyType(  # the page on which a step is taken; any other is taken in the chat
    {
        "sync": "documents",
        "search": "documents",
        "mend_search": "documents",
        "write_documents": "documents",
        "write_examples": "examples",
        "examples_from_logs": "examples",
        "anonymise": "examples",
        "check": "examples",
        "train": "train",
        "train_tasks": "train",
        "train_at_provider": "examples",
        "write_questions": "compare",
        "write_more_questions": "compare",
        "allow_longer_answers": "compare",
        "measure_more": "compare",
        "compare": "compare",
        "climb": "compare",
        "compare_routed": "compare",
        "compare_routed_lora": "compare",
        "advise_again": "advise",
        "choose_open_model": "advise",
        "no_model_is_left": "advise",
    }
)


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title(say("home.title"), anchor=False)
    st.markdown(say("home.what"))
    now = stand(house)
    for sentence in now.problems:
        draw.problem(sentence)
    _next(now)
    st.subheader(say("home.stands", name=draw.escaped(house.settings.name)), anchor=False)
    _four(house, now)
    st.subheader(say("home.ladder"), anchor=False)
    draw.ladder([_rung(rung, now) for rung in Rung])


def _next(now: Stand) -> None:
    with st.container(border=True, key="next-step", gap="small"):
        st.caption(say("home.next"))
        if now.advice is None:
            st.markdown(say("home.begin"))
            _onward("advise", "rungwise advise")
        elif now.step is not None:
            st.markdown(draw.sentence(_told(now.advice, now.step.id)))
            _onward(_PAGE_OF.get(now.step.id, "chat"), now.step.command or "")
        else:
            st.markdown(say("home.nothing_open"))
            _onward("chat", "")


def _onward(page: str, command: str) -> None:
    """Draw the button that leads to a page, and the command that does the same in a terminal."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(
            say(f"home.to.{page}"),
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            key="onward",
        ):
            st.switch_page(routes.path(page))
        if command:
            st.caption(f"{say('home.in_terminal')}: `{command}`", width="content")


def _told(advice: Recommendation, step: str) -> str:
    own = language()
    return fill(wordings("steps")[step].text[own], advice.answers, own)


def _four(house: Workspace, now: Stand) -> None:
    first, second = st.columns(2, gap="small"), st.columns(2, gap="small")
    with _card(first[0], "advised", ":material/explore:"):
        _advised(now.advice)
    with _card(first[1], "built", ":material/construction:"):
        _built(now.built)
    with _card(second[0], "measured", ":material/analytics:"):
        _measured(now.built, house.settings.target.pass_rate)
    with _card(second[1], "served", ":material/forum:"):
        _served(house)


@contextmanager
def _card(column: st.delta_generator.DeltaGenerator, name: str, icon: str) -> Iterator[None]:
    with column.container(border=True, height="stretch", key=f"facts-{name}", gap="xsmall"):
        st.caption(f"{icon} {say(f'home.{name}')}")
        yield


def _advised(advice: Recommendation | None) -> None:
    if advice is None:
        st.markdown(f"**{say('home.not_asked')}**")
        st.markdown(f":small[{say('home.asks')}]")
        return
    own = language()
    second = draw.escaped(rung_name(advice.runner_up, own))
    st.markdown(f"**{draw.escaped(rung_name(advice.rung, own))}**")
    st.markdown(f":small[{say('home.sure', level=say(f'home.level.{advice.level.value}'), second=second)}]")
    routes.link("advise", say("home.why"))


def _built(built: Built) -> None:
    if built.library.built:
        documents, chunks = f"{built.library.documents:,}", f"{built.library.chunks:,}"
        st.markdown(say("home.library", documents=documents, chunks=chunks))
    else:
        st.markdown(f"**{say('home.no_index')}**")
    if built.adapter is None:
        st.markdown(f":small[{say('home.no_adapter')}]")
    else:
        made, rows = draw.escaped(built.adapter.created[:10]), f"{built.adapter.rows:,}"
        st.markdown(f":small[{say('home.adapter', day=made, rows=rows)}]")
    if built.library.problems:
        st.markdown(f":small[:orange[{say('home.unread', n=len(built.library.problems))}]]")
    routes.link("documents", say("home.to_documents"))


def _measured(built: Built, target: float) -> None:
    share = draw.percent(target)
    if built.measured is None:
        st.markdown(f"**{say('home.nothing_yet')}**")
        st.markdown(f":small[{say('home.target', share=share)}]")
        return
    verdict = built.measured.verdict
    winner = verdict.standing(verdict.winner or "")
    if winner is None:
        st.markdown(f"**{say('home.no_winner')}**")
    else:
        name = draw.escaped(setup_name(winner.setup, language()))
        st.markdown(say("home.passes", setup=name, rate=rate(winner.both)))
    st.markdown(f":small[{say('home.questions', n=verdict.questions, share=share)}]")
    routes.link("compare", say("home.table"))


def _served(house: Workspace) -> None:
    fullest = voting.fitting(house)[-1]
    st.markdown(say("home.answers", setup=setup_name(fullest, language())))
    open_to = "none" if house.settings.serve.login == "none" else "login"
    model = say("home.model", name=draw.escaped(house.settings.model.base))
    st.markdown(f":small[{model} · {say(f'home.open_to.{open_to}')}]")
    up, down = thumbs.counted(house)
    if up or down:
        st.markdown(f":small[{say('home.thumbs', up=up, down=down)}]")
    routes.link("chat", say("home.to.chat"))


def _rung(rung: Rung, now: Stand) -> draw.RungView:
    own = language()
    tags: list[tuple[str, str]] = []
    if now.advice is not None and now.advice.rung is rung:
        tags.append((say("home.tag.advised"), "primary"))
    measured = now.built.measured.verdict if now.built.measured else None
    standing = measured.standing(_SETUP_OF[rung]) if measured else None
    if standing is not None and standing.both.rate is not None:
        tags.append((rate(standing.both), "gray"))
    if measured is not None and measured.winner == _SETUP_OF[rung]:
        tags.append((say("home.tag.winner"), "green"))
    tags += [(say(f"home.tag.{what}"), "orange") for what in _lacking(rung, now.built)]
    lit = now.advice is not None and now.advice.rung is rung
    return draw.RungView(rung.value, rung_name(rung, own), rung_line(rung, own), lit, tuple(tags))


def _lacking(rung: Rung, built: Built) -> list[str]:
    index = ["index"] if rung.retrieves and not built.library.built else []
    return index + (["adapter"] if rung.trains and built.adapter is None else [])


if __name__ == "__main__":  # as Streamlit runs it
    page()
