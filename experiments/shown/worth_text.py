"""What setups take more, bring and are worth, for people: tables and sentences.

Computes nothing: every number stands in the verdict already.
"""

from __future__ import annotations

from experiments.shown.tables import Table, money, points, rate, signed
from experiments.verdict import Pays, Standing, Verdict


def worth_tables(verdict: Verdict) -> list[Table]:
    """Return what each setup takes more than the simplest, and how much it brings for that."""
    rows = [row for row in verdict.worth if row.n > 1]
    if not rows:
        return []
    money_too = any(row.cost for row in rows)
    tables = [
        Table(
            f"More than {rows[0].other}, a reply, with 95 % intervals",
            (
                "setup",
                "lift in points",
                "seconds",
                "tokens",
                *((f"{verdict.currency} on 1,000 replies",) * money_too),
            ),
            tuple(
                (
                    *(row.setup, points(row.lift), signed(row.seconds), signed(row.tokens)),
                    *((signed(row.cost, 1000),) * money_too),
                )
                for row in rows
            ),
        )
    ]
    if any(row.per_100_ms or row.per_1000_tokens or row.per_currency for row in rows):
        tables.append(_lifts(verdict, money_too))
    return [*tables, *([_costs(verdict)] if money_too else [])]


def _lifts(verdict: Verdict, money_too: bool) -> Table:
    per_money = f"for {verdict.currency} 1 on 1,000 replies"
    return Table(
        "Lift in points for what a setup takes more, with 95 % intervals (a dash: not surely more)",
        ("setup", "for 100 ms", "for 1,000 tokens", *((per_money,) * money_too)),
        tuple(
            (
                *(row.setup, signed(row.per_100_ms, 100), signed(row.per_1000_tokens, 100)),
                *((signed(row.per_currency, 100),) * money_too),
            )
            for row in verdict.worth
            if row.n > 1
        ),
    )


def _costs(verdict: Verdict) -> Table:
    return Table(
        f"Cost of 1,000 replies in {verdict.currency}, with 95 % intervals",
        ("setup", verdict.currency),
        tuple((row.setup, money(row.cost, row.cost_interval, 1000)) for row in verdict.standings),
    )


def worth_sentences(verdict: Verdict) -> list[str]:
    """Return whether each setup earns what it costs, and whether it pays against the simplest."""
    earns = [_earns(row) for row in verdict.standings if row.earns is not None]
    return earns + [row.sentence for row in verdict.worth if row.net is not None]


def _earns(row: Standing) -> str:
    passes = f"{row.setup} passes {rate(row.both)}"
    if row.break_even is None or row.break_even > 1:
        return f"{passes}, but even right answers only would not bring what they cost."
    verb = {Pays.YES: "surely more", Pays.NO: "less", Pays.NOT_SURE: "not surely more"}[
        row.earns or Pays.NOT_SURE
    ]
    return f"{passes}: its answers bring {verb} than they cost (from {100 * row.break_even:.0f} % on)."
