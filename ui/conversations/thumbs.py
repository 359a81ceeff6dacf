"""Thumbs that visitors gave to answers, in a file that only grows; of several on one answer the last one counts.

No word of a question or an answer is kept, and nobody's name: an answer is named by a keyed hash. They are opinions on setups
that people chose themselves, and prove nothing about which is better. Knows nothing of how a thumb is drawn.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant import Reply, Workspace


def give(house: Workspace, answer: str, reply: Reply, good: bool) -> None:
    """Keep a thumb.

    Args:
        house: The workspace.
        answer: Names the answer.
        reply: The answer.
        good: Whether it was up.
    """
    from experiments import key_in, keyed_hash
    from experiments.opinions import journal

    row = {
        "answer": keyed_hash(answer, key_in(house.votes_key, house.database)),
        "setup": reply.variant or reply.setup.value,
        "good": good,
        "adapter": reply.adapter,
        "index": reply.index,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    journal.append(_file(house), [row], house.database)


def counted(house: Workspace) -> tuple[int, int]:
    """Return how many answers have a thumb up, and how many down."""
    from experiments.opinions import journal

    rows, _ = journal.read(_file(house), house.database)
    last = {str(row.get("answer")): row.get("good") is True for row in rows}
    return sum(last.values()), len(last) - sum(last.values())


def _file(house: Workspace) -> Path:
    return house.built / "thumbs.jsonl"
