"""Climbs through worlds whose truth is known, checked as they are published and shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jsonschema

from experiments import (
    LADDER,
    Budget,
    ClimbReport,
    Meter,
    Need,
    Part,
    Want,
    Ways,
    climb,
    climb_dict,
    climb_markdown,
    climb_text,
    schema,
)
from tests.experiments.worlds import FORM, World, questions

DEV, TEST = questions(60, Part.DEV), questions(120)
SHOTS = ("prompt", "prompt+shots", "rag", "rag+shots", "lora", "hybrid")


def ways(world: World, setups: Sequence[str] = LADDER, **changes: object) -> Ways[str]:
    fields: dict[str, object] = {
        "setups": setups,
        "sync": world.sync,
        "train": world.train,
        "tune": world.tune,
        "check": world.check,
        "evidence": world.evidence,
    }
    return Ways(**{**fields, **changes})  # type: ignore[arg-type]


def go(
    world: World,
    folder: Path,
    target: float = 0.8,
    setups: Sequence[str] = LADDER,
    budget: Budget | None = None,
    **changes: object,
) -> ClimbReport:
    meter = Meter[str](asker=world, form=FORM, folder=folder, fingerprint=world.fingerprint)
    found = climb(DEV, TEST, ways(world, setups, **changes), meter, target=target, budget=budget)
    jsonschema.validate(climb_dict(found), schema("climb"))
    assert max(map(len, climb_text(found).splitlines())) <= 100
    assert climb_markdown(found)
    return found


def path(report: ClimbReport) -> list[str]:
    return [f"{step.setup}{' tuned' if 'tuning' in step.made else ''}" for step in report.steps]


def need(report: ClimbReport, what: Want) -> Need:
    return next(one for one in report.missing if one.what is what)
