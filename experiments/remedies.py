"""What to do about lost questions: for every cause the next rung or the repair, and the command that begins it.

Knows nothing of how anything is measured or made. The words stand in one table, so that a report, a page and a
program say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from experiments.attribute import Cause, Loss, by_setup, shares_with_intervals
from experiments.statistics.stats import Interval


class Adds(StrEnum):
    """What the next rung has that this one lacks."""

    RETRIEVAL = "retrieval"
    """Passages from the documents."""
    ADAPTER = "adapter"
    """What was learned from examples."""


@dataclass(frozen=True)
class Remedy:
    """What mends a cause."""

    repair: str
    """What to do, in one sentence."""
    commands: tuple[str, ...]
    """What to run, in this order."""
    adds: Adds | None = None
    """What to go up for, where the setup lacks it; None: no rung mends this."""


REMEDIES: Mapping[Cause, Remedy] = {
    Cause.ERROR: Remedy(
        "Mend why no answer came; `rungwise doctor` looks the machine and the workspace over, and the next run "
        "asks these questions again, but for those that a host refused: word them otherwise, or take them out.",
        ("rungwise doctor", "rungwise compare"),
    ),
    Cause.ANSWERED_UNANSWERABLE: Remedy(
        "Let it see that no passage tells, fit when it must decline, and add examples of questions that no "
        "document answers.",
        ("rungwise tune-retrieval", "rungwise check"),
        Adds.RETRIEVAL,
    ),
    Cause.NO_EVIDENCE: Remedy(
        "Write what no document tells, or take these questions out: no rung can bring what is not there.",
        ("rungwise sync",),
    ),
    Cause.MISSING_FACT: Remedy(
        "Let it retrieve: it was given no passage, so it can only guess.", ("rungwise sync",), Adds.RETRIEVAL
    ),
    Cause.RETRIEVAL_MISS: Remedy(
        "Mend retrieval: choose how both searches are joined, give more passages (k), or cut the documents "
        "otherwise (chunk_tokens).",
        ("rungwise eval-retrieval", "rungwise tune-retrieval --write"),
    ),
    Cause.CUT_OFF: Remedy(
        "Allow longer answers: raise max_new_tokens under [model] in rungwise.toml; where they ramble, examples "
        "teach them to end.",
        ("rungwise compare",),
    ),
    Cause.ASKED_BACK: Remedy(
        "Say in these questions what is meant, or add examples that answer such questions.",
        ("rungwise check", "rungwise train"),
        Adds.ADAPTER,
    ),
    Cause.ABSTAINED_WRONGLY: Remedy(
        "Teach it to use what it is given: train on rows with the passages that are really found, and fit anew when "
        "it must decline.",
        ("rungwise tune-retrieval", "rungwise train"),
        Adds.ADAPTER,
    ),
    Cause.INVENTED: Remedy(
        "Teach it to copy instead of inventing: train on rows with the passages that are really found; if an adapter "
        "did not help, take a better base.",
        ("rungwise check", "rungwise train"),
        Adds.ADAPTER,
    ),
    Cause.PASSAGE_IGNORED: Remedy(
        "Teach it to use what it is given: train on rows with the passages that are really found; if an adapter did "
        "not help, take a better base.",
        ("rungwise check", "rungwise train"),
        Adds.ADAPTER,
    ),
    Cause.WRONG_LABEL: Remedy(
        "Look the labels of the examples over, add examples of the labels that were mistaken, and train.",
        ("rungwise check", "rungwise train"),
        Adds.ADAPTER,
    ),
    Cause.FORM: Remedy(
        "Show the form: put examples into the prompt, and if that is not enough, look the examples over and train "
        "on them.",
        ("rungwise check", "rungwise train"),
        Adds.ADAPTER,
    ),
}
"""For every cause what mends it."""

_ABOVE = {
    ("prompt", Adds.RETRIEVAL): "rag",
    ("prompt", Adds.ADAPTER): "lora",
    ("rag", Adds.ADAPTER): "hybrid",
    ("lora", Adds.RETRIEVAL): "hybrid",
}


@dataclass(frozen=True)
class ToDo:
    """A cause of lost questions, and what to do about it."""

    setup: str
    """The setup that lost them."""
    cause: Cause
    """What they were lost to."""
    questions: tuple[str, ...]
    """Their ids."""
    lost: int
    """How many questions the setup lost to whatever cause."""
    share: Interval
    """This cause's share of them, with its 95 % interval; a question that lost facts and form is halved."""
    invented: int
    """In how many of these answers something was made up."""
    remedy: Remedy
    """What mends it."""
    next: str | None
    """The rung above that has what this one lacks; None where no rung mends it, or it has that already."""


def todo(losses: Iterable[Loss]) -> list[ToDo]:
    """Return what to do, setup by setup, the cause of most lost questions first."""
    return [
        _todo(setup, rows, cause, share)
        for setup, rows in by_setup(losses).items()
        for cause, share in shares_with_intervals(rows)[setup].items()
    ]


def _todo(setup: str, losses: list[Loss], cause: Cause, share: Interval) -> ToDo:
    rows = [loss for loss in losses if loss.cause is cause or (cause is Cause.FORM and _form_too(loss))]
    remedy = REMEDIES[cause]
    return ToDo(
        setup=setup,
        cause=cause,
        questions=tuple(dict.fromkeys(loss.question for loss in rows)),
        lost=len({loss.question for loss in losses}),
        share=share,
        invented=len({loss.question for loss in rows if loss.invented}),
        remedy=remedy,
        next=next_setup(setup, remedy),
    )


def _form_too(loss: Loss) -> bool:
    return loss.form_broken and loss.cause is not Cause.CUT_OFF


def next_setup(setup: str, remedy: Remedy) -> str | None:
    """Return the rung above that adds what a remedy needs, or None."""
    return _ABOVE.get((setup.partition("+")[0], remedy.adds)) if remedy.adds else None


def todo_lines(losses: Iterable[Loss], setup: str | None, most: int = 3) -> list[str]:
    """Return what to do next about a setup, a sentence or two a cause, the cause of most lost questions first.

    Args:
        losses: What `attribute` found.
        setup: The setup; None, or one that lost nothing, gives no line.
        most: How many causes are named.
    """
    return [_line(row) for row in todo(losses) if row.setup == setup][:most]


def _line(row: ToDo) -> str:
    share = f"{100 * row.share.mean:.0f} % ({100 * row.share.low:.0f}–{100 * row.share.high:.0f})"
    many = "the one lost question" if row.lost == 1 else f"{row.lost} lost questions"
    made_up = ""
    if row.invented and row.cause is not Cause.INVENTED:
        made_up = f" {row.invented} of these answers made something up."
    rung = f" Next rung: {row.next}." if row.next else ""
    run = " and ".join(f"`{command}`" for command in row.remedy.commands)
    shown = ", ".join(row.questions[:3]) + (f" and {len(row.questions) - 3} more" * (len(row.questions) > 3))
    return f"{row.cause}, {share} of {many} of {row.setup} ({shown}): {row.remedy.repair}{made_up}{rung} Run {run}."


def todo_dict(losses: Iterable[Loss]) -> list[dict[str, Any]]:
    """Return what to do as JSON values: a row for every setup and cause."""
    return [
        {
            "setup": row.setup,
            "cause": row.cause.value,
            "questions": list(row.questions),
            "lost": row.lost,
            "share": asdict(row.share),
            "invented": row.invented,
            "repair": row.remedy.repair,
            "commands": list(row.remedy.commands),
            "next": row.next,
        }
        for row in todo(losses)
    ]
