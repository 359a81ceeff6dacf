"""Blind votes as they are kept: hashes, setups, sides and the choice; and which pair is shown next.

A vote holds no word of a question or an answer, and no name. Knows nothing of how votes are counted.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path

from experiments.opinions import journal
from foundation.database import Database

JUDGE = "judge:"
"""How the voter's name begins where a model voted."""


class Choice(StrEnum):
    """What a voter said."""

    LEFT = "left"
    """The answer on the left."""
    RIGHT = "right"
    """The answer on the right."""
    TIE = "tie"
    """Both are equally good."""
    BOTH_BAD = "both bad"
    """Neither is good."""


@dataclass(frozen=True)
class Vote:
    """One blind choice between two answers."""

    id: str
    """Names the pair of answers as it was shown, so that it is voted on once."""
    question: str
    """A keyed hash of the question and the turns before it."""
    left: str
    """The setup whose answer stood on the left."""
    right: str
    """The setup whose answer stood on the right."""
    choice: Choice
    """What was chosen."""
    who: str = ""
    """A hash of the voter, `judge:` and a model's name, or empty where it is not known."""
    when: str = ""
    """ISO 8601 in UTC."""
    marks: tuple[str, str] = ("", "")
    """Which state of left and right answered, as a hash; empty where it is not known."""

    @property
    def pair(self) -> frozenset[str]:
        """Both setups, in no order."""
        return frozenset((self.left, self.right))

    @property
    def preferred(self) -> str | None:
        """The setup that was chosen; None for a tie and for two bad answers."""
        return {Choice.LEFT: self.left, Choice.RIGHT: self.right}.get(self.choice)


class VoteFile:
    """The votes of a workspace, in a file that only grows; `damaged` counts lines that can't be read.

    Args:
        path: The file.
        database: Where they are kept instead, for all replicas.
    """

    def __init__(self, path: Path, database: Database | None = None) -> None:
        self.path, self.database = path, database
        self.damaged = 0

    def votes(self) -> list[Vote]:
        """Return every vote, oldest first; of several with one id the first."""
        rows, self.damaged = journal.read(self.path, self.database)
        found: dict[str, Vote] = {}
        for row in rows:
            try:
                vote = Vote(**{**row, "choice": Choice(row["choice"]), "marks": tuple(row["marks"])})
            except (KeyError, TypeError, ValueError):
                self.damaged += 1
                continue
            found.setdefault(vote.id, vote)
        return list(found.values())

    def append(self, votes: Iterable[Vote]) -> int:
        """Write the votes whose id is new, each at once on the disk; return how many were."""
        known = {vote.id for vote in self.votes()}
        new = {vote.id: vote for vote in votes if vote.id not in known}
        journal.append(self.path, [asdict(vote) for vote in new.values()], self.database)
        return len(new)


def draw_pair(setups: Sequence[str], votes: Iterable[Vote], seed: str) -> tuple[str, str]:
    """Return which two setups are shown, left and right: the pair with the fewest votes, its sides by lot.

    Args:
        setups: Those that can answer, two at least.
        votes: All so far.
        seed: New for every draw; the same seed and votes give the same draw.

    Raises:
        ValueError: There are fewer than two setups.
    """
    if len(set(setups)) < 2:
        raise ValueError("A vote needs two setups.")
    tallied = Counter(vote.pair for vote in votes)
    pairs = [frozenset(pair) for pair in combinations(sorted(set(setups)), 2)]
    chosen = min(pairs, key=lambda pair: (tallied[pair], _lot(seed, *sorted(pair))))
    first, second = sorted(chosen)
    return (first, second) if _lot(seed, "side")[0] < 128 else (second, first)


def keyed_hash(text: str, key: bytes) -> str:
    """Return a keyed hash of a text: equal texts have equal ones, and without the key none can be guessed."""
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()[:32]


def key_in(path: Path, database: Database | None = None) -> bytes:
    """Return the key of a workspace's hashes, made at its first use and readable by its owner only.

    Args:
        path: The file that holds it.
        database: Where it is kept instead, for all replicas.
    """
    if database is not None:
        return journal.shared_key(path, database)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)  # whoever is first makes the key; nobody sees a half of it
        beside.unlink()
    return path.read_bytes()


def _lot(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode("utf-8")).digest()
