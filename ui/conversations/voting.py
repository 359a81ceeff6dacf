"""Blind votes and a live split, between the page and what counts them.

Knows nothing of how anything is drawn or counted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.setup import Setup
from finetune.registry import MANIFEST
from ui import resources, state
from ui.conversations.chats import Conversation, Duel
from ui.conversations.preferring import keep_vote

if TYPE_CHECKING:
    from assistant import Workspace
    from experiments import Event, Split

CHOICES = ("left", "right", "tie", "both bad")
"""What may be chosen."""


def begin(house: Workspace, setups: Sequence[str], earlier: list[dict[str, str]]) -> Duel:
    """Return two setups to be asked: the pair with the fewest votes so far, its sides by lot.

    Args:
        house: The workspace.
        setups: Those that can answer, two at least.
        earlier: The turns before, which both are asked with.
    """
    from experiments import VoteFile, draw_pair

    name = secrets.token_hex(16)
    left, right = draw_pair(setups, VoteFile(house.votes, house.database).votes(), name)
    return Duel(name, left, right, earlier)


def cast(house: Workspace, duel: Duel, question: str, choice: str) -> None:
    """Keep a choice; a second one on the same answers changes nothing.

    Args:
        house: The workspace.
        duel: The answers.
        question: What was asked.
        choice: One of `CHOICES`.
    """
    from experiments import Choice, Vote, VoteFile, key_in, keyed_hash

    if duel.choice or not duel.complete:
        return
    key = key_in(house.votes_key, house.database)
    asked = json.dumps([question, [one["content"] for one in duel.earlier]], ensure_ascii=False)
    vote = Vote(
        id=duel.id,
        question=keyed_hash(asked, key),
        left=duel.left,
        right=duel.right,
        choice=Choice(choice),
        who=keyed_hash(state.visitor(), key),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        marks=duel.marks,
    )
    VoteFile(house.votes, house.database).append([vote])
    duel.choice = choice
    keep_vote(house, duel, question)


def split_of(house: Workspace) -> Split | None:
    """Return the live split of a workspace; None where it is off."""
    from experiments import Split, Unit

    live = house.settings.live
    return Split(live.weights, Unit(live.unit), live.salt) if live.on else None


def unit_of(split: Split, conversation: Conversation, user: str) -> str:
    """Return the id that gets a setup: the conversation's, or the user's; a visitor without a name is one per session."""
    from experiments import Unit

    return conversation.id if split.unit is Unit.CONVERSATION else user or state.visitor()


def note(house: Workspace, split: Split, unit: str, kind: Event, good: bool | None = None) -> None:
    """Keep what became of a unit."""
    from experiments import OutcomeFile

    OutcomeFile(house.outcomes, house.database).append(kind, unit, split, good)


def fitting(house: Workspace) -> list[str]:
    """Return the setups that have all they need."""
    indexed, tuned = resources.library_status(house).built, adapted(house)
    return [one.value for one in Setup if (indexed or not one.retrieve) and (tuned or not one.adapter)]


def adapted(house: Workspace) -> bool:
    """Whether there is an adapter to switch on: here, or under a name at the endpoint."""
    model = house.settings.model
    return bool(model.adapter) if model.endpoint else (house.adapter / MANIFEST).is_file()
