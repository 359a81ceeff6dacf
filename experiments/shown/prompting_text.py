"""A search over promptings, for the terminal and as JSON values. Computes nothing.

Knows nothing of how anything was searched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from experiments.prompting.halving import Round, cost
from experiments.prompting.tuned import Tried, Tuned
from experiments.shown.tables import Table, points, wrapped

ROWS = 12
"""Candidates that a terminal is shown; JSON holds all."""


def prompting_text(tuned: Tuned, proposals: Mapping[str, str] | None = None) -> str:
    """Return a search for a terminal of 100 columns.

    Args:
        tuned: What was found.
        proposals: What a model proposed, by name; it is shown, whatever became of it.
    """
    found = tuned.found
    share = (
        f", {found.answers / found.grid:.0%} of the {found.grid:,} of the whole grid" if found.grid else ""
    )
    title = (
        f"{len(found.tried)} promptings of {found.present.setup}, {found.answers:,} answers to {found.questions} dev questions"
        f"{share}"
    )
    shown = list(found.tried[:ROWS])
    shown += [one for one in found.tried[ROWS:] if one.setup == found.present.setup]
    rows = tuple(_row(one, found.present) for one in shown)
    parts = [Table(title, ("prompting", "dev questions", "both", "near"), rows).text()]
    if len(found.tried) > len(shown):
        parts.append(f"{len(found.tried) - len(shown)} more were dropped earlier.")
    if proposals:
        parts.append("\n".join(wrapped(f"{name}: {text}", "  ") for name, text in proposals.items()))
    if (held := tuned.held_out) is not None:
        told = f"Held out: {held.winner} of {held.questions} against {held.present}, {points(held.difference)} points."
        many = f" {held.times} winners were held against these test questions so far, and p allows for that."
        parts.append(wrapped(f"{told}{many if held.times > 1 else ''}"))
    parts.append(wrapped(tuned.reason))
    return "\n\n".join(parts)


def prompting_dict(
    tuned: Tuned, setup: str, written: bool, proposals: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a search as JSON values, as `prompting.schema.json` says.

    Args:
        tuned: What was found.
        setup: What was searched for.
        written: Whether rungwise.toml was changed.
        proposals: What a model proposed, by name.
    """
    found, held = tuned.found, tuned.held_out
    return {
        "setup": setup,
        "outcome": tuned.outcome.value,
        "reason": tuned.reason,
        "present": found.present.setup,
        "winner": found.winner.setup,
        "dev": {
            "questions": found.questions,
            "answers": found.answers,
            "grid": found.grid,
            "advantage": found.advantage,
            "tried": [asdict(one) for one in found.tried],
        },
        "held_out": None
        if held is None
        else json.loads(json.dumps({**asdict(held), "confirmed": held.confirmed})),
        "spent": found.spent,
        "asked": tuned.asked,
        "seconds": round(tuned.seconds, 3),
        "written": written,
        "proposals": dict(proposals or {}),
    }


def plan_dict(
    setup: str, schedule: Sequence[Round], questions: int, held_out: int, seconds: float | None
) -> dict[str, Any]:
    """Return what a search will take, as `prompting-plan.schema.json` says.

    Args:
        setup: What is searched for.
        schedule: The rounds of the first race.
        questions: Dev questions there are.
        held_out: Test questions there are.
        seconds: What an answer took so far, on average; None where none was kept.
    """
    answers, confirmation = cost(schedule), 2 * held_out
    return {
        "setup": setup,
        "candidates": schedule[0].contenders + 1,
        "rounds": [asdict(one) for one in schedule],
        "answers": answers,
        "grid": (schedule[0].contenders + 1) * questions,
        "confirmation": confirmation,
        "seconds": None if seconds is None else round(seconds * (answers + confirmation), 1),
    }


def plan_text(plan: Mapping[str, Any]) -> str:
    """Return what a search will take, in a few lines."""
    lines = [
        f"{plan['candidates']} promptings of {plan['setup']} would be asked at most {plan['answers']:,} dev answers "
        f"({plan['answers'] / plan['grid']:.0%} of the whole grid), and two of them {plan['confirmation']:,} test answers; "
        "exchanges of single examples take what the budget leaves."
    ]
    lines += [f"  {row['contenders'] + 1} promptings up to question {row['upto']}" for row in plan["rounds"]]
    took = plan["seconds"]
    lines.append(
        "How long that takes is not known yet: nothing was answered here."
        if took is None
        else f"At the pace of the answers so far: about {took:,.0f} s. What is kept already is not asked again."
    )
    return "\n".join([wrapped(lines[0]), *lines[1:]])


def _row(one: Tried, present: Tried) -> tuple[str, ...]:
    name = f"{one.setup} (now)" if one.setup == present.setup else one.setup
    return name, str(one.asked), f"{one.passed} ({one.rate:.0%})", f"{one.near:.2f}"
