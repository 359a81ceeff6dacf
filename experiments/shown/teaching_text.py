"""A taught embedder, for the terminal and as JSON values. Computes nothing.

Knows nothing of how anything was taught or measured.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from experiments.finding.acceptance import Acceptance
from experiments.finding.teaching import Teaching
from experiments.shown.tables import Table, wrapped
from experiments.statistics.stats import Interval


def teaching_text(found: Teaching) -> str:
    """Return what came of a teaching, for a terminal of 100 columns."""
    told = ", ".join(f"{count:,} by {kind}" for kind, count in found.pairs.items() if count)
    made = len_of(found)
    parts = [
        wrapped(
            f"{made:,} pairs of question and passage ({told or 'none'}); {found.held_out} documents gave none. Between epochs "
            f"{found.checked} questions of theirs decide, {found.checked_asked} of them dev questions."
        )
    ]
    if found.fitted is not None:
        rows = tuple(
            (f"{row['epoch']:g}", f"{row['loss']:.3f}" if "loss" in row else "–", f"{row['check']:.3f}")
            for row in found.fitted.curve
        )
        title = f"Training: {found.fitted.steps} steps in {found.fitted.seconds:,.0f} s; as it was: {found.fitted.before:.3f}"
        parts.append(Table(title, ("epoch", "loss", "nDCG@10 held out"), rows).text())
    if found.acceptance is not None:
        parts.append(_acceptance(found.acceptance))
    parts.append(wrapped(found.reason))
    return "\n\n".join(parts)


def len_of(found: Teaching) -> int:
    """Return how many pairs there are."""
    return sum(found.pairs.values())


def teaching_dict(found: Teaching) -> dict[str, Any]:
    """Return it as JSON values, as `embedder.schema.json` says."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(found)))
    if found.acceptance is not None:
        plain["acceptance"] |= {
            "accepted": found.acceptance.accepted,
            "worse_in": list(found.acceptance.worse_in),
        }
    return plain


def _acceptance(found: Acceptance) -> str:
    rows = [
        (
            "live search, nDCG@10",
            str(found.questions),
            _level(found.before),
            _level(found.after),
            _gain(found.gain),
        ),
        ("live search, recall@10", str(found.questions), "", "", _gain(found.recall_10)),
        ("by meaning alone, nDCG@10", str(found.questions), "", "", _gain(found.dense)),
    ]
    if found.unseen is not None:
        rows.append(("documents that gave no pair", str(found.unseen_questions), "", "", _gain(found.unseen)))
    rows += [
        (f"questions in {one.language}", str(one.questions), "", "", _gain(one.gain))
        for one in found.languages
    ]
    title = "On test questions, with 95 % intervals, paired"
    if found.times > 1:
        title += f"; the first row allows for {found.times} embedders that they judged"
    return Table(title, ("", "n", "before", "after", "gain"), tuple(rows)).text()


def _level(interval: Interval) -> str:
    return f"{interval.mean:.3f}"


def _gain(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval.mean:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"
