"""Asking on the page: who asks, whether they may now, and an answer begun for their conversation.

Knows nothing of how anything is drawn, or of how an answer is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.setup import AnySetup, Setup
from foundation.errors import UserError
from ui import state, who
from ui.access.allowance import TooMany, allowance
from ui.access.permissions import LOCAL, Action, to_ask
from ui.conversations import voting
from ui.conversations.answering import Answering
from ui.conversations.chats import Conversation, Turn, chats
from ui.language import say
from ui.service import service

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import Viewer

LONGEST = 4_000
"""Letters that a question may have."""


def viewer() -> Viewer:
    """Return with whose eyes documents are looked at."""
    from rag import Viewer

    return Viewer(groups=who.person().groups)


def ask(
    house: Workspace,
    conversation: Conversation,
    question: str,
    setup: AnySetup,
    before: Callable[[Turn], None] | None = None,
    ended: Callable[[Answering], None] | None = None,
) -> Turn:
    """Begin to answer a question, at the end of a conversation, which is kept from now on.

    Args:
        house: The workspace.
        conversation: The asker's.
        question: As typed.
        setup: How it is answered.
        before: Called once the turn stands in its conversation and before anything is made, so that what it notes comes first.
        ended: Called when the answer is over, in another thread.

    Raises:
        UserError: The question is too long, the conversation is full, or the asker has to wait or may not ask in this setup.
    """
    by_lot = voting.split_of(house) is not None  # what a split gives, the house has named for everybody
    _may(house, question, Action.CHAT if by_lot else to_ask(setup), str(setup))
    turn = Turn(question, str(setup))
    earlier = conversation.earlier()
    conversation.add(turn)
    if before is not None:
        before(turn)
    _begin(house, conversation, turn, earlier, [setup], ended)
    return turn


def ask_two(house: Workspace, conversation: Conversation, question: str, setups: list[str]) -> Turn:
    """Begin to answer a question in two setups by lot, for a vote.

    Raises:
        UserError: As `ask`.
    """
    _may(house, question, Action.CHAT)
    earlier = conversation.earlier()
    pair = voting.begin(house, setups, earlier)
    turn = Turn(question, "", duel=pair)
    conversation.add(turn)

    def ended(answering: Answering) -> None:
        if len(answering.replies) == len(answering.marks) == 2:
            pair.replies, pair.marks = answering.replies, (answering.marks[0], answering.marks[1])

    _begin(house, conversation, turn, earlier, [Setup.named(pair.left), Setup.named(pair.right)], ended)
    return turn


def _may(house: Workspace, question: str, action: Action, what: str = "") -> None:
    """Check that this person may ask this now.

    Raises:
        UserError: They may not.
    """
    who.must(action, what)
    if len(question) > LONGEST:
        raise UserError(say("chat.too_long", n=f"{len(question):,}", most=f"{LONGEST:,}"))
    person, limits = who.person(), house.settings.serve
    if person is LOCAL:  # nobody signs in here, and nobody's share is taken
        return
    try:
        allowance(house.root).take(person, limits.questions_per_minute, limits.tokens_per_day)
    except TooMany as error:
        raise UserError(say("chat.too_many", wait=_wait(error.retry_after))) from None


def _wait(seconds: float) -> str:
    """Return how long to wait, in the unit that is read at a glance."""
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return say(f"chat.wait.{unit}", n=math.ceil(seconds / length))
    return say("chat.wait.seconds", n=math.ceil(seconds))


def _begin(
    house: Workspace,
    conversation: Conversation,
    turn: Turn,
    earlier: list[dict[str, str]],
    setups: list[AnySetup],
    ended: Callable[[Answering], None] | None,
) -> None:
    owner, person, root, kept = who.owner(), who.person(), house.root, chats(house.root, house.database)

    def over(answering: Answering) -> None:
        allowance(root).spend(person, sum(one.tokens_in + one.tokens_out for one in answering.replies))
        if ended is not None:
            ended(answering)
        kept.over(owner, conversation)

    turn.making = Answering(service(root), turn.question, earlier, setups, viewer(), owner, over)
    kept.keep(owner, conversation)
    state.open_chat(conversation.id)
    turn.making.begin()
