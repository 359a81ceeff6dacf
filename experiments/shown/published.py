"""A comparison or a climb for programs: JSON values that keep the published schemas.

Knows nothing of wording or tables. The schemas lie in `experiments/data/` and are part of the public surface:
a field may be added, none is renamed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from importlib import resources
from typing import Any, Literal

from experiments.attribute import Loss, shares
from experiments.climbing.steps import ClimbReport, Need, Step
from experiments.remedies import todo_dict
from experiments.verdict import Verdict


def comparison_dict(verdict: Verdict, losses: Iterable[Loss] = ()) -> dict[str, Any]:
    """Return a comparison as JSON values, as `comparison.schema.json` says.

    Args:
        verdict: What `compare` found.
        losses: What `attribute` found.
    """
    rows = list(losses)
    return {
        **_jsonable(verdict),
        "causes": {
            setup: {cause.value: share for cause, share in causes.items()}
            for setup, causes in shares(rows).items()
        },
        "lost": [_jsonable(loss) for loss in rows],
        "todo": todo_dict(rows),
    }


def climb_dict(report: ClimbReport) -> dict[str, Any]:
    """Return a climb as JSON values, as `climb.schema.json` says."""
    return {
        "target": report.target,
        "steps": [_step(step) for step in report.steps],
        "chosen": report.chosen,
        "met": report.met,
        "reason": report.reason,
        "missing": [_jsonable(need) for need in report.missing],
        "seconds": round(report.seconds, 3),
        "spent": report.spent,
        "verdict": _jsonable(report.verdict),
        "todo": todo_dict(report.losses),
        "evidence": report.evidence,
    }


def schema(name: Literal["comparison", "climb"]) -> dict[str, Any]:
    """Return a published JSON Schema (draft 2020-12)."""
    text = resources.files("experiments").joinpath("data", f"{name}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _step(step: Step) -> dict[str, Any]:
    row = _jsonable(step)
    row["causes"] = {cause.value: count for cause, count in step.causes.items()}
    return row


def _jsonable(value: Verdict | Loss | Step | Need) -> dict[str, Any]:
    """Return a dataclass as JSON would carry it: tuples are lists, vocabularies are their words."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(value)))
    return plain
