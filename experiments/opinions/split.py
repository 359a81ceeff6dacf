"""A live split: each conversation, or each user, gets one setup by lot, and what becomes of it is kept.

Assignment is a pure function of an id, so nothing has to be remembered. Kept are hashes of ids, setups, thumbs
and whether the task was done: no word of a conversation. Knows nothing of how outcomes are counted.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from experiments.opinions import journal, pairwise
from foundation.database import Database
from foundation.errors import UserError


class Unit(StrEnum):
    """What is assigned."""

    CONVERSATION = "conversation"
    """Each conversation."""
    USER = "user"
    """Each user, whatever they ask and when."""


class Event(StrEnum):
    """What a row tells of a unit."""

    EXPOSURE = "exposure"
    """It asked its first question."""
    THUMB = "thumb"
    """An answer was found good or not."""
    TASK = "task"
    """What the visitor came for is done, or not."""
    FAILURE = "failure"
    """An answer did not come."""


@dataclass(frozen=True)
class Split:
    """Who gets which setup."""

    weights: Mapping[str, float]
    """Setup to its share; the shares need not sum to 1."""
    unit: Unit = Unit.CONVERSATION
    """What is assigned."""
    salt: str = ""
    """Another salt is another lot: it makes a split independent of earlier ones, and ids unguessable."""

    def __post_init__(self) -> None:
        if len(self.weights) < 2:
            raise UserError('A live split needs two setups at least, as in `setups = "rag, hybrid"`.')
        unfit = [name for name, weight in self.weights.items() if not (0 < weight < math.inf)]
        if unfit:
            raise UserError(f"The weight of {unfit[0]} must be above 0, but is {self.weights[unfit[0]]:g}.")

    @property
    def shares(self) -> dict[str, float]:
        """Setup to the share of units that it should get, simplest first."""
        whole = sum(self.weights.values())
        return {name: self.weights[name] / whole for name in pairwise.by_ladder(self.weights)}

    @property
    def mark(self) -> str:
        """A hash of the split: outcomes under another one are not counted with these."""
        shares = ";".join(f"{name}={share:.6f}" for name, share in self.shares.items())
        return hashlib.sha256(f"{shares}|{self.unit}|{self.salt}".encode()).hexdigest()[:16]

    def hidden(self, unit_id: str) -> str:
        """Return the hash under which a unit is kept."""
        return hashlib.sha256(f"unit\0{self.salt}\0{unit_id}".encode()).hexdigest()[:32]


def assign(unit_id: str, split: Split) -> str:
    """Return a unit's setup: always the same for one id and split.

    Each setup draws -ln(u) / weight, with u made of the SHA-256 of salt, setup and id, and the smallest wins
    (weighted rendezvous hashing: Schindelhauer & Schomaker 2005, SPAA). A setup wins with the chance of its share.
    When one weight changes only its own draw does, so that units move to it or from it, and no others.
    """

    def drawn(setup: str) -> float:
        digest = hashlib.sha256(f"{split.salt}\0{setup}\0{unit_id}".encode()).digest()
        u = (int.from_bytes(digest[:8]) + 0.5) / 2**64
        return -math.log(u) / split.weights[setup]

    return min(sorted(split.weights), key=drawn)


@dataclass(frozen=True)
class Outcome:
    """One row: what is known of a unit since."""

    kind: Event
    """What it tells."""
    unit: str
    """A hash of the conversation's or user's id."""
    setup: str
    """The setup that it was assigned."""
    split: str
    """`Split.mark` of the split under which it was."""
    good: bool | None = None
    """Thumb up, or task done; None for an exposure and a failure."""
    when: str = ""
    """ISO 8601 in UTC."""


class OutcomeFile:
    """The outcomes of a workspace, in a file that only grows; `damaged` counts lines that can't be read.

    Args:
        path: The file.
        database: Where they are kept instead, for all replicas.
    """

    def __init__(self, path: Path, database: Database | None = None) -> None:
        self.path, self.database = path, database
        self.damaged = 0

    def outcomes(self) -> list[Outcome]:
        """Return every row, oldest first."""
        rows, self.damaged = journal.read(self.path, self.database)
        found: list[Outcome] = []
        for row in rows:
            try:
                found.append(Outcome(**{**row, "kind": Event(row["kind"])}))
            except (KeyError, TypeError, ValueError):
                self.damaged += 1
        return found

    def append(self, kind: Event, unit_id: str, split: Split, good: bool | None = None) -> None:
        """Write what became of a unit; its id is hashed first."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        row = Outcome(kind, split.hidden(unit_id), assign(unit_id, split), split.mark, good, when)
        journal.append(self.path, [asdict(row)], self.database)
