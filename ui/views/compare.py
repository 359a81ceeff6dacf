"""Compare: the last measurement as a sentence, two charts and a table. Computes nothing."""

from __future__ import annotations

import streamlit as st

from experiments import Standing, Verdict, comparison_markdown
from experiments.remedies import ToDo, todo
from experiments.shown.tables import number, points, rate
from ui import charts, draw, resources
from ui.measured import Measured, read_comparison


def page() -> None:
    """Draw the page."""
    house = resources.workspace()
    st.title("Which setup wins?", anchor=False)
    st.markdown("The four setups answer the same questions over the same base weights.")
    measured = read_comparison(house.comparison)
    if measured is None or not measured.verdict.standings:
        _empty()
        return
    target = house.settings.target.pass_rate
    _winner(measured.verdict, target)
    _rates(measured.verdict, target)
    _effects(measured.verdict)
    _table(measured.verdict)
    _cost(measured.verdict)
    _pairs(measured.verdict)
    _lost(measured)
    with st.container(horizontal=True, vertical_alignment="center"):
        report = comparison_markdown(measured.verdict, measured.losses)
        st.download_button(
            "Download as Markdown", report, "comparison.md", "text/markdown", icon=":material/download:"
        )
        st.caption(f"Measured {measured.when:%Y-%m-%d %H:%M} UTC. `rungwise compare` measures again.")


def _empty() -> None:
    with st.container(border=True):
        st.markdown("**Nothing is measured yet.** This asks every setup your test questions:")
        draw.command("rungwise compare")
        st.caption(
            "`rungwise climb` builds what is missing, and stops at the lowest rung that meets the target."
        )


def _winner(verdict: Verdict, target: float) -> None:
    with st.container(border=True, key="verdict", gap="xsmall"):
        best = verdict.standing(verdict.winner or "")
        st.caption("THE VERDICT")
        if best is None:
            st.markdown("### No winner")
        else:
            passed = "not judged" if best.both.rate is None else f"{rate(best.both)} pass"
            against = f"{passed}, target {draw.percent(target)}"
            st.markdown(f"### {draw.escaped(best.setup)} :small[{draw.escaped(against)}]")
        st.markdown(draw.sentence(verdict.reason))
        if verdict.winner and not verdict.sure:
            more = (
                "It can't be told how many more questions"
                if verdict.needed is None
                else f"About {verdict.needed} more questions"
            )
            st.caption(f"Not settled. {more} would settle it.")


def _rates(verdict: Verdict, target: float) -> None:
    st.subheader("Questions passed", anchor=False)
    st.caption(
        f"Share of {verdict.questions} questions with the right facts, the right form, and both; "
        "lines are 95 % intervals, the dashed line is the target."
    )
    said = "; ".join(f"{row.setup} {rate(row.both)}" for row in verdict.standings)
    st.altair_chart(
        charts.pass_rates(verdict.standings, target), width="stretch", alt=f"Questions passed: {said}"
    )


def _effects(verdict: Verdict) -> None:
    if not any(effect.effect for effect in verdict.effects):
        notes = {effect.note for effect in verdict.effects if effect.note}
        for note in sorted(notes):
            draw.hint(f"Effects of retrieval and adapter: {note}.")
        return
    st.subheader("What each part adds", anchor=False)
    st.caption(
        "Change in points, averaged over the four setups. A line that crosses zero means: not shown. "
        "A negative interaction means that the two get in each other's way, or that one alone is enough."
    )
    said = "; ".join(f"{row.name} on {row.measure} {points(row.effect)}" for row in verdict.effects)
    st.altair_chart(charts.effects(verdict.effects), width="stretch", alt=f"Effects in points: {said}")


def _table(verdict: Verdict) -> None:
    st.subheader("The table", anchor=False)

    def cells(row: Standing) -> dict[str, str]:
        return {
            "setup": row.setup,
            "both": rate(row.both),
            "facts": rate(row.facts),
            "form": rate(row.form),
            "citations": rate(row.citation),
            "abstention": rate(row.abstention),
            "errors": str(row.errors),
        }

    draw.table([cells(row) for row in verdict.standings], numbers="quality")
    st.caption("Percent of questions, with 95 % intervals. Abstention: answered or declined as it should.")


def _cost(verdict: Verdict) -> None:
    st.subheader("What an answer costs", anchor=False)
    draw.table(
        [
            {
                "setup": row.setup,
                "half within": f"{number(row.seconds_p50, 2)} s",
                "95 % within": f"{number(row.seconds_p95, 2)} s",
                "tokens in": number(row.tokens_in),
                "tokens out": number(row.tokens_out),
            }
            for row in verdict.standings
        ],
        numbers="cost",
    )
    st.caption("Seconds a reply (in a batch: its share of the batch), and mean tokens.")


def _pairs(verdict: Verdict) -> None:
    if not verdict.differences:
        return
    with st.expander("Setup against setup, question by question", icon=":material/balance:"):
        draw.table(
            [
                {
                    "setups": f"{row.setup} − {row.other}",
                    "points": points(row.difference),
                    "won": str(row.wins),
                    "lost": str(row.losses),
                    "p (Holm)": number(row.p_holm, 3),
                    "more needed": number(row.needed),
                }
                for row in verdict.differences
            ],
            numbers="pairs",
        )
        st.caption("Paired: won and lost count the questions that only one of the two passed.")
        for note in dict.fromkeys(
            f"{row.setup} − {row.other}: {row.note}." for row in verdict.differences if row.note
        ):
            st.caption(draw.sentence(note))


def _lost(measured: Measured) -> None:
    if not measured.losses:
        return
    with st.expander("Why questions were lost", icon=":material/search_insights:"):
        draw.table([_cause(row) for row in todo(measured.losses)])
        st.caption(
            "Share of each setup's lost questions, with 95 % intervals. Facts and form lost together: half to each."
        )
        with st.container(height=320, border=False):
            draw.table(
                [
                    {
                        "question": loss.question,
                        "setup": loss.setup,
                        "lost to": loss.cause.value,
                        "reason": loss.reason,
                    }
                    for loss in measured.losses
                ]
            )


def _cause(row: ToDo) -> dict[str, str]:
    share = row.share
    return {
        "setup": row.setup,
        "lost to": row.cause.value,
        "share": f"{draw.percent(share.mean)} ({100 * share.low:.0f}–{100 * share.high:.0f})",
        "made up": str(row.invented),
        "what to do": row.remedy.repair,
        "next rung": row.next or "–",
        "run": ", ".join(row.remedy.commands),
    }


if __name__ == "__main__":  # as Streamlit runs it
    page()
