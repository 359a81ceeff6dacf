"""The records of retrainings: how far each is, what was decided, and which one is gone on with.

Knows nothing of how a retraining is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from experiments.gating import Ruling
from foundation.errors import UserError
from foundation.files import write_json_atomic


class Stage(StrEnum):
    """How far a retraining is; a stage is written down when it begins."""

    TRAIN = "train"
    """The candidate is made."""
    MEASURE = "measure"
    """Candidate and what serves answer the same questions."""
    SWITCH = "switch"
    """It is decided, and done as decided."""
    DONE = "done"
    """Nothing is left to do."""
    LEFT = "left"
    """It was given up unfinished: what an adapter is made from changed meanwhile."""


@dataclass(frozen=True)
class Retraining:
    """One retraining, as its record tells."""

    id: str
    """Its name, and that of its record."""
    because: str
    """Why it was begun, in the words of whoever began it."""
    began: str
    """When, ISO 8601 in UTC."""
    plan: Mapping[str, str]
    """Hashes, by name, of all that a candidate is made from."""
    candidate: str
    """The adapter that is made, chosen before it is."""
    stage: Stage = Stage.TRAIN
    """How far it is."""
    own: bool = True
    """Whether the candidate is made for it; False: one that was made from the very same before is taken again."""
    serving: str = ""
    """The adapter that served when it was decided; empty: none."""
    setup: str = ""
    """The setup in which the candidate was asked."""
    against: str = ""
    """The setup that it was held against."""
    ruling: Ruling | None = None
    """What was decided; None: nothing yet."""
    reason: str = ""
    """Why; or why it went no further."""
    gate: Mapping[str, Any] | None = None
    """What the gate found (`experiments.gating.Gated.to_dict`)."""
    ended: str = ""
    """When it was done, ISO 8601 in UTC; empty: it is not."""

    @property
    def unfinished(self) -> bool:
        """Whether it can be gone on with."""
        return self.stage not in (Stage.DONE, Stage.LEFT)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return {**asdict(self), "plan": dict(self.plan)}

    def write(self, folder: Path) -> None:
        """Keep it among the records of a folder."""
        write_json_atomic(folder / f"{self.id}.json", self.to_dict())


def upcoming(folder: Path, plan: Mapping[str, str], usable: Callable[[str], bool]) -> Retraining | None:
    """Return the retraining that one of this plan would go on with, or take the candidate of; None: it begins from nothing.

    Args:
        folder: Where the records are.
        plan: Of what a candidate would be made.
        usable: As `Means.usable`.
    """
    alike = [one for one in records(folder) if dict(one.plan) == dict(plan)]
    unfinished = [one for one in alike if one.unfinished]
    made = [one for one in alike if one.stage is not Stage.TRAIN and usable(one.candidate)]
    return next(iter([*unfinished, *made]), None)


def taken_back(folder: Path, candidate: str, serving: str) -> Retraining | None:
    """Return the retraining that switched to a candidate which does not serve any more; None where there is none.

    Args:
        folder: Where the records are.
        candidate: The adapter.
        serving: What serves now.
    """
    switched = [
        one
        for one in records(folder)
        if one.stage is Stage.DONE and one.ruling is Ruling.SWITCH and one.candidate == candidate
    ]
    return switched[0] if switched and candidate != serving else None


def records(folder: Path) -> list[Retraining]:
    """Return every retraining that has a record which can be read, the newest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            found.append(read(folder, path.stem))
        except UserError:
            continue  # of another version, or damaged: nothing to go on with
    return sorted(found, key=lambda one: (one.began, one.id), reverse=True)


def read(folder: Path, id: str) -> Retraining:
    """Return the record of a retraining.

    Raises:
        UserError: There is none, or it can't be read.
    """
    path = folder / f"{id}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["stage"] = Stage(told["stage"])
        told["ruling"] = Ruling(told["ruling"]) if told["ruling"] else None
        return Retraining(**told)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path}: the record of this retraining can't be read ({error}).") from None
