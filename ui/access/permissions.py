"""Which role may do what: the one table that the page, the API and MCP ask.

Knows nothing of passwords, keys or sessions, or of how a refusal is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from foundation.errors import UserError

if TYPE_CHECKING:
    from assistant.setup import AnySetup


class Role(StrEnum):
    """What somebody is trusted with, each with all that the one before may do."""

    VIEWER = "viewer"
    """Asks, searches, votes, and reads results."""
    EDITOR = "editor"
    """Changes what is known and trained: answers, documents, examples, adapters; measures."""
    ADMIN = "admin"
    """Erases, reads the audit log, and decides who comes in."""


class Action(StrEnum):
    """Everything that somebody can ask of a served workspace."""

    LOOK = "look"
    """Read the advice, the standing, comparisons and reports."""
    SEARCH = "search"
    """Search and open the documents that one's groups may see."""
    CHAT = "chat"
    """Ask the assistant."""
    VOTE = "vote"
    """Prefer one answer to another, or say whether one was good."""
    ADVISE = "advise"
    """Answer the questionnaire for everybody: write `answers.yaml`."""
    INGEST = "ingest"
    """Put documents in, and bring the index up to date."""
    EXAMPLES = "examples"
    """See and change training examples."""
    TRAIN = "train"
    """Train adapters, and choose which one serves."""
    MEASURE = "measure"
    """Run comparisons and climbs."""
    WATCH = "see monitoring"
    """Read what served answers tell over time, with the words of questions where the workspace keeps them."""
    FORGET = "forget"
    """Erase documents, or everything that names somebody."""
    GOVERN = "govern"
    """See what is due and who asked for what, have destroyed what ended, confirm reviews, take the papers along."""
    READ_LOG = "read the audit log"
    """Read and verify the audit log."""
    MANAGE = "manage access"
    """Add people and keys, change roles, suspend."""


_OWN: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Action.LOOK, Action.SEARCH, Action.CHAT, Action.VOTE}),
        Role.EDITOR: frozenset(
            {Action.ADVISE, Action.INGEST, Action.EXAMPLES, Action.TRAIN, Action.MEASURE, Action.WATCH}
        ),
        Role.ADMIN: frozenset({Action.FORGET, Action.GOVERN, Action.READ_LOG, Action.MANAGE}),
    }
)


@dataclass(frozen=True)
class Person:
    """Somebody who asks for something."""

    id: str
    """Names them in the audit log and in the line: the name they sign in with, or `local` where there is no sign-in."""
    role: Role
    """What they are trusted with."""
    groups: frozenset[str] = frozenset()
    """The groups whose documents they may see, beside those that are open to everybody."""
    account: str = field(default="", compare=False)
    """Tells them from somebody else who had the name before; empty where nobody signs in."""


LOCAL = Person("local", Role.ADMIN)
"""Whoever sits at this machine, where nobody signs in; sees what `rungwise ask` without `--group` does."""


class NotAllowed(UserError):
    """Somebody asked for what their role does not cover."""


def may(person: Person, action: Action) -> bool:
    """Whether somebody's role covers an action."""
    roles = list(Role)
    return any(action in _OWN[role] for role in roles[: roles.index(person.role) + 1])


def to_ask(setup: AnySetup) -> Action:
    """Return what somebody must be allowed to be answered in a setup.

    An adapter by its name may be a mere candidate, which is for who measures; the one that serves, and that of a question's task,
    are for whoever may chat.
    """
    return Action.MEASURE if isinstance(setup.adapter, str) else Action.CHAT


def least(action: Action) -> Role:
    """Return the lowest role that covers an action."""
    return next(role for role in Role if action in _OWN[role])


def require(person: Person, action: Action) -> None:
    """Check that somebody may do something.

    Raises:
        NotAllowed: Their role does not cover it.
    """
    if not may(person, action):
        raise NotAllowed(
            f"{person.id} may not {action.value}: that takes the role {least(action).value}, and theirs is "
            f"{person.role.value}. An admin changes it with `rungwise users role {person.id} {least(action).value}`."
        )
