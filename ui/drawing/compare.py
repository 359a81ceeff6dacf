"""A comparison as a page shows it: the verdict first, two charts, the tables, why questions were lost. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from experiments import Loss, Standing, Verdict
from experiments.remedies import ToDo, todo
from experiments.shown.tables import number, p_value, points, rate
from ui import draw
from ui.drawing import charts
from ui.language import language, say
from ui.words import SETUPS, setup_name


def named(setup: str) -> str:
    """Return what a setup is called, in the language of this session."""
    return setup_name(setup, language())


def lost_to(cause: str) -> str:
    """Return what an answer was lost to, in the language of this session."""
    return say(f"compare.cause.{cause}")


def winner(verdict: Verdict, target: float, when: str) -> None:
    """Draw the verdict: who wins, against which target, and how sure that is."""
    with st.container(border=True, key="verdict", gap="xsmall"):
        best = verdict.standing(verdict.winner or "")
        st.caption(say("compare.verdict"))
        if best is None:
            st.markdown(f"### {say('compare.no_winner')}")
        else:
            passed = say("compare.not_judged") if best.both.rate is None else rate(best.both)
            against = say("compare.passes", rate=passed, target=draw.percent(target))
            st.markdown(f"### {draw.escaped(named(best.setup))} :small[{draw.escaped(against)}]")
        st.markdown(draw.sentence(verdict.reason))
        st.caption(" ".join([*_how_sure(verdict), draw.escaped(say("compare.when", when=when))]))


def _how_sure(verdict: Verdict) -> list[str]:
    told = []
    if verdict.winner and not verdict.sure:
        told.append(
            say("compare.unsettled_unknown")
            if verdict.needed is None
            else say("compare.unsettled", n=verdict.needed)
        )
    seen = [
        row.smallest
        for row in verdict.differences
        if row.smallest is not None and verdict.winner in (row.setup, row.other)
    ]
    if seen:
        told.append(say("compare.smallest", n=f"{100 * max(seen):.0f}"))
    return told


def rates(verdict: Verdict, target: float) -> None:
    """Draw the chart of questions passed."""
    st.subheader(say("compare.passed"), anchor=False)
    st.caption(say("compare.passed_note", n=verdict.questions))
    said = "; ".join(f"{named(row.setup)} {rate(row.both)}" for row in verdict.standings)
    st.altair_chart(
        charts.pass_rates(verdict.standings, target, _words()),
        width="stretch",
        alt=say("compare.chart_rates", what=said),
    )


def effects(verdict: Verdict) -> None:
    """Draw the chart of what retrieval and the adapter add; why there is none, where there is none."""
    if not any(effect.effect for effect in verdict.effects):
        for note in sorted({effect.note for effect in verdict.effects if effect.note}):
            draw.hint(say("compare.no_effects", why=note))
        return
    st.subheader(say("compare.adds"), anchor=False)
    st.caption(say("compare.adds_note"))
    said = "; ".join(f"{row.name} on {row.measure} {points(row.effect)}" for row in verdict.effects)
    st.altair_chart(
        charts.effects(verdict.effects, _words()),
        width="stretch",
        alt=say("compare.chart_effects", what=said),
    )


def quality(verdict: Verdict) -> None:
    """Draw the table of setups."""
    st.subheader(say("compare.table"), anchor=False)
    draw.table([_quality(row) for row in verdict.standings], numbers="quality")
    st.caption(say("compare.table_note"))


def _quality(row: Standing) -> dict[str, str]:
    return {
        say("compare.setup"): named(row.setup),
        say("compare.both"): rate(row.both),
        say("compare.facts"): rate(row.facts),
        say("compare.form"): rate(row.form),
        say("compare.citations"): rate(row.citation),
        say("compare.abstention"): rate(row.abstention),
        say("compare.errors"): str(row.errors),
    }


def cost(verdict: Verdict) -> None:
    """Draw what an answer takes: time, tokens, money where prices are known."""
    st.subheader(say("compare.cost"), anchor=False)
    priced = any(row.cost is not None for row in verdict.standings)
    draw.table(
        [
            {
                say("compare.setup"): named(row.setup),
                say("compare.half"): say("jobs.seconds", n=number(row.seconds_p50, 2)),
                say("compare.most"): say("jobs.seconds", n=number(row.seconds_p95, 2)),
                say("compare.tokens_in"): number(row.tokens_in),
                say("compare.tokens_out"): number(row.tokens_out),
                **({say("compare.price"): f"{number(row.cost, 5)} {verdict.currency}"} if priced else {}),
            }
            for row in verdict.standings
        ],
        numbers="cost",
    )
    st.caption(say("compare.cost_note"))


def pairs(verdict: Verdict) -> None:
    """Draw every setup against every other."""
    if not verdict.differences:
        return
    with st.expander(say("compare.pairs"), icon=":material/balance:"):
        draw.table(
            [
                {
                    say("compare.pair"): f"{named(row.setup)} − {named(row.other)}",
                    say("compare.points"): points(row.difference),
                    say("compare.won"): str(row.wins),
                    say("compare.lost_n"): str(row.losses),
                    say("compare.holm"): p_value(row.p_holm),
                    say("compare.seen"): "–" if row.smallest is None else f"{100 * row.smallest:.0f}",
                    say("compare.needed"): number(row.needed),
                }
                for row in verdict.differences
            ],
            numbers="pairs",
        )
        st.caption(say("compare.pairs_note"))
        notes = [
            f"{named(row.setup)} − {named(row.other)}: {row.note}." for row in verdict.differences if row.note
        ]
        for note in dict.fromkeys(notes):
            st.caption(draw.sentence(note))


def causes(losses: Sequence[Loss]) -> None:
    """Draw why questions were lost, and what to do about it."""
    if not losses:
        return
    with st.expander(say("compare.why"), icon=":material/search_insights:"):
        draw.table([_cause(row) for row in todo(losses)])
        st.caption(say("compare.why_note"))


def _cause(row: ToDo) -> dict[str, str]:
    share = row.share
    return {
        say("compare.setup"): named(row.setup),
        say("compare.lost_to"): lost_to(row.cause.value),
        say("compare.share"): f"{draw.percent(share.mean)} ({100 * share.low:.0f}–{100 * share.high:.0f})",
        say("compare.made_up"): str(row.invented),
        say("compare.what_to_do"): row.remedy.repair,
        say("compare.next_rung"): row.next or "–",
        say("compare.run"): ", ".join(row.remedy.commands),
    }


def _words() -> dict[str, str]:
    """Return what the charts call things, in the language of this session."""
    own = {
        name: say(f"compare.{name}")
        for name in (*charts.MEASURES, "retrieval", "adapter", "interaction", "points", "setup")
    }
    others = {"percent of questions": "percent", "target": "target", "effect": "effect", "measure": "measure", "95 % from": "low",
              "to": "high"}  # fmt: skip
    setups = {name: named(name) for name in SETUPS}
    return {**setups, **own, **{name: say(f"compare.{word}") for name, word in others.items()}}
