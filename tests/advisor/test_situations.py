"""Situations, each named by a sentence, held to the rung a careful expert would take.

A situation is a file: what it says, where it comes from, the answers, and what is expected. Only what is named under
`expect` is held; reasons are held as a subset, vetoes and gates too, unless the list is empty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor import Answers, Reason, recommend

FOLDER = Path(__file__).parent / "situations"
SITUATIONS = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
KNOWN = {"rung", "reasons", "vetoes", "gates", "method", "missing", "confidence", "runner_up", "target"}


def _read(name: str) -> dict[str, Any]:
    situation: dict[str, Any] = yaml.safe_load(SITUATIONS[name].read_text(encoding="utf-8"))
    return situation


def _holds(wanted: list[str], seen: tuple[Reason, ...]) -> bool:
    ids = {reason.rule for reason in seen}
    return set(wanted) <= ids if wanted else not ids


def test_there_are_enough_situations() -> None:
    assert len(SITUATIONS) >= 60


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation(name: str) -> None:
    situation = _read(name)
    expect = situation["expect"]
    assert set(expect) <= KNOWN and situation["says"] and situation["source"]
    advice = recommend(Answers.from_mapping(situation["answers"]))

    assert advice.rung == expect["rung"], [(r.rule, r.pushes) for r in advice.reasons + advice.against]
    for part in ("reasons", "vetoes", "gates"):
        if part in expect:
            seen = getattr(advice, part)
            assert _holds(expect[part], seen), (part, [reason.rule for reason in seen])
    assert set(expect.get("method", ())) <= set(advice.method), advice.method
    short = {one.id: one.short for one in advice.missing}
    assert expect.get("missing", {}).items() <= short.items(), short
    assert expect.get("confidence", advice.level) == advice.level
    assert expect.get("runner_up", advice.runner_up) == advice.runner_up
    assert expect.get("target", advice.target.percent) == advice.target.percent
