"""Traces of made-up days, so that what monitoring says of them can be worked out by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from monitoring.traces import Trace, append

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
"""A Thursday: the newest whole week is 16 to 22 November."""
NEWEST = datetime(2026, 11, 16, tzinfo=UTC)
REFERENCE = NEWEST - timedelta(days=28)
_ids = itertools.count()


def trace(when: datetime, **told: Any) -> Trace:
    """Return a trace of an answer of `rag`; everything may be said otherwise."""
    number = next(_ids)
    usual: dict[str, Any] = {
        "id": f"{number:016x}",
        "when": when.isoformat(timespec="milliseconds"),
        "setup": "rag",
        "ended": "answered",
        "question": f"q{number}",
        "conversation": f"c{number}",
        "retrieved": True,
        "seconds": 1.0,
        "first": 0.5,
        "tokens_in": 100,
        "tokens_out": 20,
    }
    return Trace(**{**usual, **told})


def spread(begin: datetime, days: int, n: int, **told: Any) -> list[Trace]:
    """Return `n` traces, evenly over some days."""
    return [trace(begin + timedelta(days=days) * (at + 0.5) / n, **told) for at in range(n)]


def unit(vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return vectors of length 1."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write(folder: Path, traces: Sequence[Trace]) -> None:
    """Write traces as they are served."""
    for one in traces:
        append(folder, one)
