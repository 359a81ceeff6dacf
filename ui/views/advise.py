"""Advise: the questionnaire, one question at a time, and the recommendation as a card. Decides nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from advisor import Answers, Question, questionnaire, recommend
from advisor.answers_file import parse_answers
from advisor.catalog import rung_name
from advisor.questionnaire import Kind, asked, format_answer, plain, question, relevant
from advisor.settled import reachable
from foundation.errors import UserError
from ui import draw, resources, state
from ui.answers_yaml import merged, save_answers
from ui.drawing.advice import card
from ui.language import language, say
from ui.standing import evidence
from ui.words import topic

if TYPE_CHECKING:
    from assistant import Workspace

_UNKNOWN = ""


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    try:
        survey = state.survey(house.answers)
    except UserError as error:
        draw.problem(str(error))
        return
    st.title(say("title"), anchor=False)
    if survey.place is None:
        _card(house, survey)
    else:
        _ask(house, survey, question(survey.place, language()))


# asking


def _ask(house: Workspace, survey: state.Survey, one: Question) -> None:
    relevant = asked(survey.answers)
    place = relevant.index(one.id) + 1 if one.id in relevant else 1
    said = say("progress", place=place, of=len(relevant))
    st.markdown(say("lead"))
    _settled(survey, one)
    st.progress(place / len(relevant), text=f"{said} · {draw.escaped(topic(one.topic, language()))}")
    with st.form(f"ask-{one.id}", enter_to_submit=True):
        st.markdown(f"#### {draw.escaped(one.text)}")
        st.markdown(draw.escaped(one.help))
        raw = _field(survey, one)
        st.caption(f"{say('example')}: {draw.escaped(one.example)}")
        with st.container(horizontal=True):
            onward = st.form_submit_button(
                say("next"),
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
            )
            backward = st.form_submit_button(say("back"), disabled=place == 1)
            finish = st.form_submit_button(say("to_card"), type="tertiary")
    if onward or backward or finish:
        _submitted(survey, one, raw, backward, finish)
    _save_row(house, survey)


def _settled(survey: state.Survey, one: Question) -> None:
    """Say so where no question from here on can change the rung any more."""
    order = [each.id for each in questionnaire()]
    rungs = reachable(relevant(survey.answers), order[order.index(one.id) :])
    if len(rungs) == 1:
        name = draw.escaped(rung_name(next(iter(rungs)), language()))
        st.info(say("settled", rung=name), icon=":material/done_all:")


def _field(survey: state.Survey, one: Question) -> str | None:
    known = survey.answers.get(one.id)
    key = f"field-{one.id}-{language().value}"
    if one.kind is Kind.NUMBER and one.number is not None:
        number = one.number
        between = say("between", low=f"{number.minimum:g}", high=f"{number.maximum:,.0f}", unit=number.unit)
        return st.text_input(
            draw.escaped(say("number", unit=number.unit)),
            value="" if known is None else plain(known),
            help=draw.escaped(between),
            key=key,
            max_chars=40,
        )
    labels = {option.value: option.label for option in one.options} | {_UNKNOWN: say("dont_know")}
    options = list(labels)
    return st.radio(
        draw.escaped(one.text),
        options,
        format_func=lambda value: draw.escaped(labels[value]),
        index=None if known is None else options.index(plain(known)),
        label_visibility="collapsed",
        key=key,
    )


def _submitted(survey: state.Survey, one: Question, raw: str | None, backward: bool, finish: bool) -> None:
    try:
        # a question that was only looked at keeps its answer: nothing chosen is not "don't know"
        if raw is not None:
            survey.answers = replace(survey.answers, **{one.id: one.parse(raw)})  # type: ignore[arg-type]
    except UserError as error:
        draw.problem(str(error))
        return
    if finish:
        survey.place = None
    else:
        survey.move(-1 if backward else 1)
    st.rerun()


def _save_row(house: Workspace, survey: state.Survey) -> None:
    """Draw what can be done with answers that the file does not hold yet."""
    if survey.answers == survey.saved:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="unsaved"):
        st.caption(say("unsaved"), width="content")
        save = st.button(say("save"), icon=":material/save:", key="save")
        reread = house.answers.is_file() and st.button(say("reread"), type="tertiary", key="reread")
    if save:
        try:
            save_answers(house.answers, survey.answers, survey.saved)
        except UserError as error:
            draw.problem(str(error))
            return
        survey.saved = survey.answers
        st.toast(say("saved"), icon=":material/check:")
        st.rerun()
    if reread:
        state.forget_survey()
        st.rerun()


# the card


def _card(house: Workspace, survey: state.Survey) -> None:
    _tried(survey)
    clicked = card(recommend(survey.answers, evidence(house)), language())
    if clicked is not None:
        for change in clicked.changes:
            survey.try_out(change.question, question(change.question).read(change.after))
        st.rerun()
    _answers(survey)
    with st.container(horizontal=True):
        if st.button(say("edit"), icon=":material/edit:", key="edit"):
            survey.begin()
            st.rerun()
        st.download_button(
            say("share"),
            merged("", survey.answers, Answers()),
            "answers.yaml",
            "application/yaml",
            icon=":material/ios_share:",
            on_click="ignore",
            key="share",
        )
    _load(survey)
    _save_row(house, survey)


def _tried(survey: state.Survey) -> None:
    """Say which answer was only tried out, and offer the way back."""
    if not survey.tried:
        return
    name, before = survey.tried[-1]
    said = say("dont_know") if before is None else format_answer(name, before, language())
    what = f"{question(name, language()).text} {said} → {_said(survey.answers, name)}"
    with st.container(horizontal=True, vertical_alignment="center", key="tried"):
        st.info(draw.escaped(say("tried", what=what)), icon=":material/alt_route:")
        if st.button(say("take_back"), icon=":material/undo:", key="take-back"):
            survey.take_back()
            st.rerun()


def _load(survey: state.Survey) -> None:
    """Offer to read answers that somebody shared; a file with mistakes changes nothing."""
    with st.expander(say("load"), icon=":material/upload_file:"):
        file = st.file_uploader("answers.yaml", type=["yaml", "yml"], max_upload_size=1, key="load")
    if file is None or survey.loaded == file.file_id:
        return
    try:
        survey.answers = parse_answers(file.getvalue().decode("utf-8-sig", errors="replace"), Path(file.name))
    except UserError as error:
        draw.problem(str(error))
        return
    survey.loaded = file.file_id
    survey.tried.clear()
    st.toast(say("loaded", n=len(survey.answers.to_mapping()), name=file.name))
    st.rerun()


def _answers(survey: state.Survey) -> None:
    known = survey.answers.to_mapping()
    count = say("answered", n=len(known))
    with st.expander(f"{say('your_answers')} ({count})", icon=":material/list_alt:"):
        heading = ""
        relevant = set(asked(survey.answers))
        for one in questionnaire(language()):
            if one.id not in relevant:
                continue
            if one.topic != heading:
                heading = one.topic
                st.caption(topic(heading, language()))
            _answer(survey, one)


def _answer(survey: state.Survey, one: Question) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"said-{one.id}"):
        st.markdown(
            f"{draw.escaped(one.text)}  \n**{draw.escaped(_said(survey.answers, one.id))}**",
            width="stretch",
        )
        if st.button(say("change"), key=f"change-{one.id}", type="tertiary", icon=":material/edit:"):
            survey.place = one.id
            st.rerun()


def _said(answers: Answers, name: str) -> str:
    value = answers.get(name)
    return say("dont_know") if value is None else format_answer(name, value, language())


if __name__ == "__main__":  # as Streamlit runs it
    page()
