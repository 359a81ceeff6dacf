"""A comparison for people: plain text for the terminal, and Markdown.

Knows nothing of how anything was measured, and computes nothing: every number stands in the verdict already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from experiments.attribute import Loss, by_setup, shares_with_intervals
from experiments.remedies import todo_lines
from experiments.shown.tables import Table, number, p_value, points, rate, within, wrapped
from experiments.shown.worth_text import worth_sentences, worth_tables
from experiments.statistics.stats import Interval
from experiments.verdict import Difference, PairTest, Verdict


def comparison_text(verdict: Verdict, losses: Iterable[Loss] = ()) -> str:
    """Return a comparison for a terminal of 100 columns.

    Args:
        verdict: What `compare` found.
        losses: What `attribute` found; without it, the table of causes is left out.
    """
    rows = list(losses)
    parts = [table.text() for table in comparison_tables(verdict, rows)]
    for title, lines in comparison_lists(verdict, rows):
        parts.append("\n".join([title, *(wrapped(line, "  ") for line in lines)]))
    return "\n\n".join([*parts, wrapped(winner_sentence(verdict))])


def comparison_markdown(verdict: Verdict, losses: Iterable[Loss] = ()) -> str:
    """Return a comparison as Markdown, with the same tables as the text."""
    rows = list(losses)
    parts = [table.markdown() for table in comparison_tables(verdict, rows)]
    for title, lines in comparison_lists(verdict, rows):
        parts.append("\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]))
    return "\n\n".join([*parts, winner_sentence(verdict)]) + "\n"


def comparison_tables(verdict: Verdict, losses: Sequence[Loss] = ()) -> list[Table]:
    """Return the tables of a comparison, in the order in which they are read."""
    tables = [_quality(verdict)] if verdict.standings else []
    if any(row.timeouts or row.refusals for row in verdict.standings):
        tables.append(_failures(verdict))
    if verdict.standings:
        tables.append(_cost(verdict))
    if verdict.differences:
        tables.append(_differences(verdict))
    if any(effect.effect for effect in verdict.effects):
        tables.append(_effects(verdict))
    tables += worth_tables(verdict)
    return [*tables, _causes(losses)] if losses else tables


def comparison_lists(verdict: Verdict, losses: Sequence[Loss]) -> list[tuple[str, list[str]]]:
    """Return what is said in sentences, under titles; what has no sentence is left out."""
    margin = f"{100 * verdict.margin:g} points"
    listed = [
        (f"Shown at 5 %, with a margin of {margin}", _equivalences(verdict)),
        ("Does it pay?", worth_sentences(verdict)),
        (f"What {verdict.winner} lost, and what to do", todo_lines(losses, verdict.winner)),
        ("Notes", _notes(verdict)),
    ]
    return [(title, lines) for title, lines in listed if lines]


def _quality(verdict: Verdict) -> Table:
    several = f", up to {verdict.repeats} answers each" if verdict.repeats > 1 else ""
    return Table(
        f"Share of {verdict.questions} questions passed{several}, with 95 % intervals",
        ("setup", "n", "both", "facts", "form", "citations", "abstention", "errors"),
        tuple(
            (
                row.setup,
                str(row.n),
                rate(row.both),
                rate(row.facts),
                rate(row.form),
                rate(row.citation),
                rate(row.abstention),
                str(row.errors),
            )
            for row in verdict.standings
        ),
    )


def _failures(verdict: Verdict) -> Table:
    return Table(
        "Answers that never came, counted as failed everywhere",
        ("setup", "answers", "errors", "timeouts", "refusals"),
        tuple(
            (row.setup, str(row.answers), str(row.errors), str(row.timeouts), str(row.refusals))
            for row in verdict.standings
        ),
    )


def _cost(verdict: Verdict) -> Table:
    return Table(
        "Seconds a reply (in a batch: its share) and mean tokens, with 95 % intervals",
        ("setup", "half within", "95 % within", "tokens in", "tokens out"),
        tuple(
            (
                row.setup,
                within(row.seconds_p50, row.seconds_p50_interval, 2),
                within(row.seconds_p95, row.seconds_p95_interval, 2),
                within(row.tokens_in, row.tokens_in_interval),
                within(row.tokens_out, row.tokens_out_interval),
            )
            for row in verdict.standings
        ),
    )


def _differences(verdict: Verdict) -> Table:
    exact = any(row.p_exact is not None for row in verdict.differences)
    tests = dict.fromkeys(row.test for row in verdict.differences if row.p is not None)
    plain = "mid-p" if list(tests) == [PairTest.MCNEMAR] else "p"
    return Table(
        "Differences in points (facts and form, paired), with 95 % intervals; "
        f"{' or '.join(tests) or 'no test'}, corrected by Holm",
        (
            *("setups", "difference", "won", "lost"),
            *(("exact p",) if exact else ()),
            *(plain, "Holm", "sees from", "more needed"),
        ),
        tuple(_difference(row, exact) for row in verdict.differences),
    )


def _difference(row: Difference, exact: bool) -> tuple[str, ...]:
    return (
        _pair(row),
        points(row.difference),
        str(row.wins),
        str(row.losses),
        *((p_value(row.p_exact),) if exact else ()),
        p_value(row.p),
        p_value(row.p_holm),
        "–" if row.smallest is None else f"{100 * row.smallest:.0f}",
        number(row.needed),
    )


def _effects(verdict: Verdict) -> Table:
    names = list(dict.fromkeys(effect.name for effect in verdict.effects))
    found = {(effect.name, effect.measure): effect for effect in verdict.effects}
    return Table(
        "Effects in points over the four setups, with 95 % intervals",
        ("effect of", "on both", "on facts", "on form"),
        tuple(
            (name, *(points(found[name, of].effect) for of in ("both", "facts", "form"))) for name in names
        ),
    )


def _causes(losses: Sequence[Loss]) -> Table:
    """Causes stand in rows: there are more of them than setups."""
    found = shares_with_intervals(losses)
    lost = by_setup(losses)
    causes = dict.fromkeys(cause for shares in found.values() for cause in shares)
    return Table(
        "Why answers were lost, in percent with 95 % intervals (facts and form lost together: half to each)",
        ("cause", *(f"{setup} ({len(rows)})" for setup, rows in lost.items())),
        tuple((str(cause), *(_share(found[setup].get(cause)) for setup in lost)) for cause in causes),
    )


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval.mean:.0f} ({100 * interval.low:.0f}–{100 * interval.high:.0f})"


def _equivalences(verdict: Verdict) -> list[str]:
    """Return what is shown to be no worse, where that is not plain from being shown to be better."""
    return [sentence for row in verdict.differences for sentence in _equivalence(row)]


def _equivalence(row: Difference) -> list[str]:
    if row.difference is None or row.note:
        return []
    if row.equivalent:
        return [f"{row.setup} and {row.other} are equivalent."]
    if row.not_worse and row.difference.low <= 0:
        return [f"{row.setup} is not worse than {row.other}."]
    if row.other_not_worse and row.difference.high >= 0:
        return [f"{row.other} is not worse than {row.setup}."]
    return []


def _notes(verdict: Verdict) -> list[str]:
    """Return what stands in the way of believing a number, each sentence once."""
    pairs = [f"{_pair(row)}: {row.note}." for row in verdict.differences if row.note]
    effects = [f"Effects: {effect.note}." for effect in verdict.effects if effect.note]
    early = (
        "It could be stopped because of what it showed: tests and intervals of pass rates hold at every look; "
        "those of seconds, tokens and cost are as for a number of questions fixed before."
    )
    untimed = [
        f"{row.setup} and {row.other} were not asked in one run, so their seconds are not compared."
        for row in verdict.worth
        if row.n > 1 and row.seconds is None
    ]
    return list(dict.fromkeys([*pairs, *effects, *untimed, *([early] if verdict.sequential else [])]))


def _pair(row: Difference) -> str:
    return f"{row.setup} − {row.other}"


def winner_sentence(verdict: Verdict) -> str:
    """Return who wins, why, and what it would take to be sure."""
    more = ""
    if verdict.winner and not verdict.sure:
        many = "It can't be told how many more questions" if verdict.needed is None else ""
        many = many or f"About {verdict.needed} more question{'s' if verdict.needed != 1 else ''}"
        more = f" {many} would settle it."
    return f"Winner: {verdict.winner or 'none'}. {verdict.reason}{more}"
