"""Kept runs as the page shows them: the list, and one run whole with its verdict and its scored answers.

A run does not keep the text of passages, only which documents they were of. Knows nothing of how any of it is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from experiments import (
    Failure,
    Kind,
    Page,
    Part,
    Passage,
    Question,
    Record,
    Result,
    Run,
    Score,
    Scores,
    Turn,
    report_html,
)
from experiments.against import Against
from experiments.runs import RUN, names, read
from foundation.errors import UserError
from ui.measured import Measured, measured_from

_REMEMBERED = 16


class NoSuchRun(UserError):
    """There is no run of this name here."""


@dataclass(frozen=True)
class KeptRun:
    """A run with everything that can be shown of it."""

    run: Run
    """What it was made with, and its answers."""
    measured: Measured
    """Its verdict, and why questions were lost."""
    results: tuple[Result, ...]
    """Every scored answer; its passages have a source and no text."""


def every(runs: Path) -> list[str]:
    """Return the names of all whole runs, newest first."""
    return names(runs)[::-1]


def kept(runs: Path, name: str) -> KeptRun:
    """Return a run.

    Args:
        runs: The folder of all runs.
        name: Exactly as `every` names it: a page never opens what a visitor calls a path.

    Raises:
        NoSuchRun: There is none of this name.
        UserError: It can't be read, or was changed after it was written.
    """
    if name not in names(runs):
        raise NoSuchRun("There is no such run here. The list names those that are kept.")
    path = runs / name / RUN
    return _kept(path, path.stat().st_mtime_ns)


def report(found: KeptRun, title: str, target: float, earlier: Against | None = None) -> str:
    """Return a run's report as one HTML file, as `rungwise compare --report` writes it.

    Args:
        found: The run.
        title: The workspace's name.
        target: The pass rate wanted.
        earlier: An earlier run that it is held against.
    """
    asked = len(found.run.marks)
    page = Page(title, target, found.run, asked, asked, earlier)
    return report_html(found.measured.verdict, found.measured.losses, found.results, page)


def when(name: str) -> str:
    """Return when a run was made, from its name: `20261128T005735Z-0171be4c`."""
    try:
        return f"{datetime.strptime(name.partition('-')[0], '%Y%m%dT%H%M%SZ'):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return name


@lru_cache(maxsize=_REMEMBERED)
def _kept(path: Path, changed: int) -> KeptRun:
    """Read a run; `changed` is when its file was, so that another file is read anew."""
    run = read(path.parent)  # it checks the hash of the whole
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    try:
        made = datetime.fromisoformat(run.made).astimezone(UTC)
        measured = measured_from(found["comparison"], made)
        questions = {row["id"]: _question(row, found["part"]) for row in found["questions"]}
        results = tuple(_result(row, questions[row["question"]]) for row in found["answers"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: this run can't be shown ({type(error).__name__}); an older version wrote it. Measure anew with "
            "`rungwise compare`."
        ) from None
    return KeptRun(run, measured, results)


def _question(row: Mapping[str, Any], part: str) -> Question:
    return Question(
        id=row["id"],
        part=Part(part),
        kind=Kind(row["kind"]),
        question=row["question"],
        facts=tuple(tuple(variants) for variants in row["facts"]),
        answerable=bool(row["facts"]),
        gold=tuple(row["gold"]),
        must_not=tuple(row["must_not"]),
        conversation=tuple(Turn(turn["role"], turn["content"]) for turn in row["conversation"]),
    )


def _result(row: Mapping[str, Any], question: Question) -> Result:
    record = Record(
        text=row["text"],
        passages=tuple(Passage(source, "") for source in row["sources"]),
        abstained=row["abstained"],
        finished=row["finished"],
        seconds=row["seconds"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
        failure=Failure(row["failure"]) if row["failure"] else None,
        error=row["error"],
        asked_back=row["asked_back"],
    )
    scores = {
        name: Score(told["value"], told["reason"]) if told else None for name, told in row["scores"].items()
    }
    return Result(question, row["setup"], record, Scores(**scores), row["repeat"])  # type: ignore[arg-type]
