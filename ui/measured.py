"""The last comparison, read back from `.rungwise/comparison.json` into the nouns it was written from.

Computes nothing. Knows nothing of how it is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments import (
    Cause,
    Difference,
    Effect,
    Interval,
    Loss,
    PairTest,
    Pays,
    Rate,
    Standing,
    Verdict,
    Worth,
    schema,
)
from foundation.errors import UserError
from foundation.files import read_text


@dataclass(frozen=True)
class Measured:
    """A comparison as it lies on the disk."""

    verdict: Verdict
    """What was found."""
    losses: tuple[Loss, ...]
    """Every lost question, and what it was lost to."""
    causes: Mapping[str, Mapping[str, float]]
    """For every setup the share of its failures by cause."""
    when: datetime
    """When it was written."""


def read_comparison(path: Path) -> Measured | None:
    """Return the last comparison; None where nothing was measured yet.

    Raises:
        UserError: The file is not what `rungwise compare` writes.
    """
    if not path.is_file():
        return None
    import jsonschema

    try:
        data: dict[str, Any] = json.loads(read_text(path, "the comparison"))
        jsonschema.validate(data, schema("comparison"))
    except (json.JSONDecodeError, jsonschema.ValidationError) as error:
        reason = str(getattr(error, "message", None) or error).splitlines()[0][:160]
        raise UserError(
            f"{path}: this is not a comparison ({reason}). Make it anew with `rungwise compare`."
        ) from None
    return measured_from(data, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def run_of(path: Path) -> str:
    """Return the name of the run that the last comparison was kept as; empty where that can't be told."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["run"]["name"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def measured_from(data: Mapping[str, Any], when: datetime) -> Measured:
    """Return a comparison from the JSON values that `comparison_dict` made of it.

    Args:
        data: The values, as `comparison.schema.json` says.
        when: When it was written.
    """
    losses = tuple(
        Loss(**{**loss, "cause": Cause(loss["cause"]), "invented": tuple(loss.get("invented", ()))})
        for loss in data["lost"]
    )
    return Measured(_verdict(data), losses, data["causes"], when)


def _verdict(data: Mapping[str, Any]) -> Verdict:
    """Return a verdict; what an older version did not write keeps its default."""
    return Verdict(
        questions=data["questions"],
        margin=data["margin"],
        standings=tuple(Standing(**_noun(row)) for row in data["standings"]),
        differences=tuple(Difference(**_noun(row)) for row in data["differences"]),
        effects=tuple(Effect(**_noun(row)) for row in data["effects"]),
        winner=data["winner"],
        sure=data["sure"],
        needed=data["needed"],
        reason=data["reason"],
        repeats=data.get("repeats", 1),
        sequential=data.get("sequential", False),
        currency=data.get("currency", ""),
        worth=tuple(Worth(**_noun(row)) for row in data.get("worth", ())),
    )


def _noun(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row with rates, intervals and vocabularies as they were written from."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return (
            Rate(value["passed"], value["n"], _interval(value["rate"]))
            if "rate" in value
            else _interval(value)
        )
    words = _VOCABULARIES.get(name)
    return value if words is None or value is None else words(value)


_VOCABULARIES = {"pays": Pays, "earns": Pays, "test": PairTest}


def _interval(row: Mapping[str, float] | None) -> Interval | None:
    return None if row is None else Interval(row["mean"], row["low"], row["high"])
