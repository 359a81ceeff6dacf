"""The recommendation as a card: the rung on its ladder, reasons, what was passed over, what would change it.

Words come from the advisor; this only lays them out.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from advisor import Flip, Language, Reason, Recommendation, Rung, to_html, to_markdown
from advisor.catalog import rung_name, wordings
from advisor.explain import SHOWN, flip_line, override_lines, passed_lines, shown_flips, unmeasured_lines
from advisor.prospects import Lines, gain_lines, risk_lines, sample_lines, span
from advisor.questionnaire import format_answer, question
from advisor.recommendation import fill
from ui import draw
from ui.words import rung_line, word

_COLOURS = {"high": "green", "medium": "blue", "low": "orange"}


def card(advice: Recommendation, language: Language) -> Flip | None:
    """Draw a recommendation; return the flip that was clicked, if one was."""
    with st.container(border=True, key="card", gap="small"):
        st.caption(
            _heading("advice", language).upper() if language is Language.EN else _heading("advice", language)
        )
        st.header(draw.escaped(rung_name(advice.rung, language)), anchor=False)
        _sure(advice, language)
        draw.ladder([_rung(rung, advice, language) for rung in Rung])
    how = [_worded("methods", name, advice, language) for name in advice.method]
    _bullets(_heading("how", language), how)
    _reasons(_heading("why", language), advice.reasons, advice, language)
    _reasons(_heading("gates", language), advice.gates, advice, language)
    _reasons(_heading("vetoes", language), advice.vetoes, advice, language)
    _missing(advice, language)
    _steps(advice, language)
    _passed_over(advice, language)
    clicked = _flips(advice, language)
    _prospects(advice, language)
    _reasons(_heading("against", language), advice.against, advice, language)
    for name, told in (
        ("unmeasured", unmeasured_lines(advice, language)),
        ("overrides", override_lines(advice, language)),
    ):
        _bullets(_heading(name, language), (f"{line} ({below})" if below else line for line, below in told))
    _reasons(_heading("overruled", language), advice.overruled, advice, language)
    unknown = [question(name, language).text for name in advice.unknown[:SHOWN]]
    _bullets(_heading("unknown", language), unknown)
    _bullets(_heading("ignored", language), [question(name, language).text for name in advice.ignored])
    with st.container(horizontal=True):
        for name, text, file, kind in (
            ("download_html", to_html(advice, language), "recommendation.html", "text/html"),
            ("download", to_markdown(advice, language), "recommendation.md", "text/markdown"),
        ):
            st.download_button(
                word(name, language),
                text,
                file,
                kind,
                icon=":material/download:",
                on_click="ignore",
                key=name,
            )
    return clicked


def _heading(name: str, language: Language) -> str:
    return wordings("card")[name].text[language]


def _worded(kind: str, name: str, advice: Recommendation, language: Language) -> str:
    return fill(wordings(kind)[name].text[language], advice.answers, language)


def _sure(advice: Recommendation, language: Language) -> None:
    level = advice.level.value
    with st.container(horizontal=True):
        confidence = (
            f"{_heading('confidence', language)}: {_heading(level, language)} ({advice.confidence:.2f})"
        )
        st.badge(draw.escaped(confidence), color=_COLOURS[level])  # type: ignore[arg-type]
        target = advice.target
        if target.percent is not None:
            even = (
                ""
                if target.break_even is None
                else f" ({_heading('break_even', language)} {target.break_even:g} %)"
            )
            st.badge(
                draw.escaped(f"{_heading('target', language)}: {target.percent:g} %{even}"), color="gray"
            )
        if advice.evidence is not None:
            count = f"{advice.evidence.questions} {_heading('questions', language)}"
            st.badge(draw.escaped(f"{_heading('measured_on', language)}: {count}"), color="gray")
    if advice.target.abstain_below:
        st.caption(draw.escaped(f"{_heading('abstain_below', language)}: {advice.target.abstain_below:g} %"))


def _rung(rung: Rung, advice: Recommendation, language: Language) -> draw.RungView:
    tags: tuple[tuple[str, str], ...] = ()
    if rung is advice.rung:
        tags = ((word("advised", language), "primary"),)
    elif rung is advice.runner_up:
        tags = ((word("second", language), "gray"),)
    return draw.RungView(
        rung.value, rung_name(rung, language), rung_line(rung, language), rung is advice.rung, tags
    )


def _bullets(heading: str, lines: Iterable[str]) -> None:
    told = list(lines)
    if told:
        st.subheader(heading, anchor=False)
        st.markdown("\n".join(f"- {draw.sentence(line)}" for line in told))


def _reasons(heading: str, reasons: tuple[Reason, ...], advice: Recommendation, language: Language) -> None:
    if not reasons:
        return
    _bullets(heading, (reason.sentence(advice.answers, language) for reason in reasons))
    with st.expander(f"{word('sources', language)} ({len(reasons)})", icon=":material/menu_book:"):
        for reason in reasons:
            said = "; ".join(
                f"{question(name, language).text} {_value(name, value, language)}"
                for name, value in reason.answers
            )
            source = reason.source
            cited = word("own_rule", language) if source is None else f"{source.title} ({source.date})"
            st.markdown(
                f"{draw.escaped(reason.sentence(advice.answers, language))}  \n"
                f":small[{draw.escaped(said)}  ·  {word('rests_on', language)}: {draw.escaped(cited)}]"
            )


def _value(name: str, plain_value: str | None, language: Language) -> str:
    value = question(name).read(plain_value)
    return _heading("dont_know", language) if value is None else format_answer(name, value, language)


def _missing(advice: Recommendation, language: Language) -> None:
    def line(short: int, name: str, have: int | None, need: int) -> str:
        held = _heading("dont_know", language) if have is None else f"{have:,}"
        what = wordings("missing")[name].text[language]
        return (
            f"{short:,} {what} ({_heading('have', language)} {held}, {_heading('need', language)} {need:,})"
        )

    _bullets(
        _heading("missing", language), (line(one.short, one.id, one.have, one.need) for one in advice.missing)
    )


def _steps(advice: Recommendation, language: Language) -> None:
    if not advice.steps:
        return
    st.subheader(_heading("steps", language), anchor=False)
    lines: list[str] = []
    for place, step in enumerate(advice.steps, start=1):
        told = draw.sentence(_worded("steps", step.id, advice, language))
        lines.append(f"{place}. {told}" + (f" `{step.command}`" if step.command else ""))
    st.markdown("\n".join(lines))


def _passed_over(advice: Recommendation, language: Language) -> None:
    told = (line.partition(": ") for line, _ in passed_lines(advice, language))
    lines = [f"**{draw.escaped(rungs)}** – {draw.sentence(reason)}" for rungs, _, reason in told]
    if lines:
        st.subheader(_heading("passed_over", language), anchor=False)
        st.markdown("\n".join(f"- {line}" for line in lines))


def _flips(advice: Recommendation, language: Language) -> Flip | None:
    """Draw the nearest answers that would change the rung as buttons; return the one that was clicked."""
    if not advice.flips:
        return None
    st.subheader(_heading("flips", language), anchor=False)
    st.caption(word("try_hint", language))
    clicked = None
    for flip in shown_flips(advice):
        changes, _, then = draw.escaped(flip_line(flip, language)).rpartition(": ")
        if st.button(
            f"{changes}: **{then}**",
            key=f"flip-{flip.question}-{flip.after}-{flip.rung}",
            icon=":material/alt_route:",
        ):
            clicked = flip
    return clicked


def _prospects(advice: Recommendation, language: Language) -> None:
    """Draw what the rungs take, what can go wrong and what is owed, and what studies gained."""
    st.subheader(_heading("costs", language), anchor=False)
    columns = ("hours", "hours_a_month", "gpu_hours", "tokens_a_month", "money_a_month")
    rows = [
        (one.preparation_hours, one.upkeep_hours, one.gpu_hours, one.tokens, one.money)
        for one in advice.costs
    ]
    shown = [place for place in range(len(columns)) if any(row[place] is not None for row in rows)]
    table = {
        _heading("rung", language): [draw.escaped(rung_name(one.rung, language)) for one in advice.costs]
    }
    for place in shown:
        name = draw.escaped(_heading(columns[place], language))
        table[name] = [draw.escaped(span(row[place], language)) for row in rows]
    st.table(table, border="horizontal", hide_index=True, hide_header=False)
    _noted(_heading("risks", language), risk_lines(advice, language))
    _bullets(_heading("sample", language), (line for line, _ in sample_lines(advice, language)))
    gained = gain_lines(advice, language)
    if gained:
        with st.expander(f"{word('studies', language)} ({len(gained)})", icon=":material/science:"):
            _listed(gained)


def _noted(heading: str, lines: Lines) -> None:
    if lines:
        st.subheader(heading, anchor=False)
        _listed(lines)


def _listed(lines: Lines) -> None:
    """Draw sentences with what stands below each of them in small letters."""
    told = [
        f"- {draw.sentence(line)}" + (f"  \n  :small[{draw.escaped(below)}]" if below else "")
        for line, below in lines
    ]
    st.markdown("\n".join(told))
