"""A comparison for people: plain text for the terminal, and Markdown.

Knows nothing of how anything was measured, and computes nothing: every number stands in the verdict already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from experiments.attribute import Loss, shares
from experiments.tables import Table, number, p_value, points, rate, wrapped
from experiments.verdict import Difference, Verdict


def comparison_text(verdict: Verdict, losses: Iterable[Loss] = ()) -> str:
    """Return a comparison for a terminal of 100 columns.

    Args:
        verdict: What `compare` found.
        losses: What `attribute` found; without it, the table of causes is left out.
    """
    parts = [table.text() for table in _tables(verdict, list(losses))]
    notes = [wrapped(note, "  ") for note in _notes(verdict)]
    return "\n\n".join(
        [*parts, *(["Notes\n" + "\n".join(notes)] if notes else []), _winner(verdict, wrap=True)]
    )


def comparison_markdown(verdict: Verdict, losses: Iterable[Loss] = ()) -> str:
    """Return a comparison as Markdown, with the same tables as the text."""
    parts = [table.markdown() for table in _tables(verdict, list(losses))]
    notes = ["\n".join(f"- {note}" for note in _notes(verdict))]
    return "\n\n".join([*parts, *filter(None, notes), _winner(verdict, wrap=False)]) + "\n"


def _tables(verdict: Verdict, losses: list[Loss]) -> list[Table]:
    tables = [_quality(verdict), _cost(verdict)] if verdict.standings else []
    if verdict.differences:
        tables.append(_differences(verdict))
    if any(effect.effect for effect in verdict.effects):
        tables.append(_effects(verdict))
    return [*tables, _causes(losses)] if losses else tables


def _quality(verdict: Verdict) -> Table:
    return Table(
        f"Share of {verdict.questions} questions passed, with 95 % intervals",
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


def _cost(verdict: Verdict) -> Table:
    return Table(
        "Seconds a reply (in a batch: its batch's), and mean tokens",
        ("setup", "half within", "95 % within", "tokens in", "tokens out"),
        tuple(
            (
                row.setup,
                number(row.seconds_p50, 2),
                number(row.seconds_p95, 2),
                number(row.tokens_in),
                number(row.tokens_out),
            )
            for row in verdict.standings
        ),
    )


def _differences(verdict: Verdict) -> Table:
    return Table(
        "Differences in points (facts and form, paired), with 95 % intervals; McNemar p, the last corrected",
        ("setups", "difference", "won", "lost", "exact p", "mid-p", "Holm", "sees from", "more needed"),
        tuple(
            (
                _pair(row),
                points(row.difference),
                str(row.wins),
                str(row.losses),
                p_value(row.p_exact),
                p_value(row.p),
                p_value(row.p_holm),
                "–" if row.smallest is None else f"{100 * row.smallest:.0f}",
                number(row.needed),
            )
            for row in verdict.differences
        ),
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
    by_setup = shares(losses)
    columns = list(dict.fromkeys(cause for causes in by_setup.values() for cause in causes))
    return Table(
        "Why questions were lost, in percent (facts and form lost together: half to each)",
        ("setup", "lost", *(str(column) for column in columns)),
        tuple(
            (
                setup,
                str(sum(loss.setup == setup for loss in losses)),
                *(f"{100 * causes.get(column, 0.0):.0f}" for column in columns),
            )
            for setup, causes in by_setup.items()
        ),
    )


def _notes(verdict: Verdict) -> list[str]:
    """Return what stands in the way of believing a number, each sentence once."""
    pairs = [f"{_pair(row)}: {row.note}." for row in verdict.differences if row.note]
    effects = [f"Effects: {effect.note}." for effect in verdict.effects if effect.note]
    return list(dict.fromkeys(pairs + effects))


def _pair(row: Difference) -> str:
    return f"{row.setup} − {row.other}"


def _winner(verdict: Verdict, wrap: bool) -> str:
    more = ""
    if verdict.winner and not verdict.sure:
        many = "It can't be told how many more questions" if verdict.needed is None else ""
        many = many or f"About {verdict.needed} more question{'s' if verdict.needed != 1 else ''}"
        more = f" {many} would settle it."
    sentence = f"Winner: {verdict.winner or 'none'}. {verdict.reason}{more}"
    return wrapped(sentence) if wrap else sentence
