"""Kept runs for the tests of Compare and Report: answers whose scores can be worked out by hand, kept as `rungwise compare` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from experiments import Made, Run, Verdict, attribute, compare, comparison_dict, score
from experiments.questions import Kind, Part, Question
from experiments.records import Record
from experiments.run import Result
from experiments.runs import keep, run_dict
from finetune.form import EMPTY

RIGHT, WRONG = "It costs 49 EUR.", "It costs 12 EUR."
MADE = Made({"base": "b" * 64, "adapter": "a" * 64, "index": "i" * 64, "form": "f" * 64, "questions": "q" * 64},
            {"model": {"base": "starter"}}, {"torch": "2.13"}, {"prompt": "p" * 64, "hybrid": "h" * 64})  # fmt: skip


def question(number: int, text: str = "What does the Ostra kettle cost?") -> Question:
    return Question(
        f"q-{number:02}",
        Part.TEST,
        Kind.SINGLE,
        f"{text} ({number})",
        (("49 EUR", "€49"),),
        True,
        ("goods/1.md",),
    )


def result(setup: str, asked: Question, text: str) -> Result:
    record = Record(text=text, seconds=0.1, tokens_in=100, tokens_out=5)
    return Result(asked, setup, record, score(asked, record, EMPTY))


def keep_run(
    house: Path,
    passes: Mapping[str, int] = {"prompt": 4, "hybrid": 18},
    questions: int = 20,
    wrong: str = WRONG,
    text: str = "What does the Ostra kettle cost?",
    now: datetime | None = None,
    stands: bool = True,
) -> Run:
    """Keep a run in which each setup answers its first questions rightly and the others wrongly.

    Args:
        house: The workspace's folder.
        passes: How many questions each setup answers rightly.
        questions: How many there are.
        wrong: A wrong answer's text.
        text: A question's text.
        now: When it was made.
        stands: Whether it is the last comparison too.
    """
    results = [
        result(setup, question(number, text), RIGHT if number < right else wrong)
        for setup, right in passes.items()
        for number in range(questions)
    ]
    verdict: Verdict = compare(results)
    losses = attribute(results)
    told = comparison_dict(verdict, losses)
    run = keep(
        house / ".rungwise" / "runs",
        run_dict(results, told, losses, MADE, "test"),
        now or datetime(2026, 1, 2, tzinfo=UTC),
    )
    if stands:
        (house / ".rungwise" / "comparison.json").write_text(
            json.dumps({**told, "stopped_early": False, "run": _told_of(run, questions)})
        )
    return run


def _told_of(run: Run, questions: int) -> dict[str, object]:
    return {
        "name": run.name, "sha256": run.sha256, "made": run.made, "part": run.part, "asked": questions, "total": questions,
        "sampling": asdict(run.sampling), "hashes": dict(MADE.hashes), "packages": dict(MADE.packages),
    }  # fmt: skip
