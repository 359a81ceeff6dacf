"""Choices kept with their text, where the workspace says so: a vote that chose a side, or an answer that was written better.

Personal data is replaced before anything is written, unless a passage that was shown says it: what the house publishes stays.
Knows nothing of how anything is drawn or learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from finetune.layout import Message
from finetune.preference.preferences import Origin, Preference, load_preferences
from foundation.errors import UserError
from ui.conversations.chats import Duel

if TYPE_CHECKING:
    from assistant import Reply, Workspace
    from finetune.privacy.personal import Find, PersonalSpan
    from finetune.privacy.pseudonyms import Pseudonymiser


def keep_vote(house: Workspace, duel: Duel, question: str) -> bool:
    """Keep a vote that chose a side; return whether it was kept.

    Args:
        house: The workspace.
        duel: The answers, one of them chosen.
        question: What was asked.
    """
    if not house.settings.votes.keep_text or duel.choice not in ("left", "right") or not duel.complete:
        return False
    better, worse = duel.replies[:: 1 if duel.choice == "left" else -1]
    if better.text.strip() == worse.text.strip() or not (better.text.strip() and worse.text.strip()):
        return False
    _keep(house, duel.id, [*duel.earlier, {"role": "user", "content": question}], better, better.text, worse)
    return True


def keep_edit(
    house: Workspace, name: str, earlier: Sequence[dict[str, str]], question: str, reply: Reply, text: str
) -> None:
    """Keep an answer that was written better.

    Args:
        house: The workspace.
        name: Names the answer; the same one, written better once more, replaces nothing and is kept again.
        earlier: The turns before.
        question: What was asked.
        reply: What was answered; `[n]` is its n-th passage, in the new text too.
        text: What should have been.

    Raises:
        UserError: The workspace keeps no text, nothing was changed, or nothing is left of it.
    """
    if not house.settings.votes.keep_text:
        raise UserError(
            "This workspace keeps no text of answers. Set `keep_text = true` under [votes] in rungwise.toml."
        )
    if not text.strip() or text.strip() == reply.text.strip():
        raise UserError("The answer is as it was. Write what it should have been, or leave it.")
    turns = [*earlier, {"role": "user", "content": question}]
    _keep(house, f"{name}-{datetime.now(UTC):%H%M%S%f}", turns, reply, text, reply, Origin.EDIT)


def kept(house: Workspace) -> int:
    """Return how many preferences a workspace has; 0 where the file can't be read."""
    try:
        return len(load_preferences(house.preferences))
    except UserError:
        return 0


def _keep(
    house: Workspace,
    name: str,
    turns: Sequence[dict[str, str]],
    better: Reply,
    text: str,
    worse: Reply,
    origin: Origin = Origin.VOTE,
) -> None:
    from assistant.pairs import by_source, without_marks
    from experiments.opinions import journal
    from finetune.privacy.pseudonyms import pseudonymise_row

    passages = better.hits or worse.hits
    texts = (
        text if better.hits else without_marks(text),
        worse.text if worse.hits else without_marks(worse.text),
    )
    (chosen, rejected), sources = by_source(texts, [hit.chunk.source for hit in passages])
    made = Preference(
        id=name,
        conversation=tuple(Message(role=one["role"], content=one["content"]) for one in turns),
        chosen=chosen.strip(),
        rejected=rejected.strip(),
        sources=tuple(sources),
        setups=(_setup(better), _setup(worse)),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        origin=origin,
    )
    row = pseudonymise_row(
        made.to_row(), replacing(house, "\n".join(hit.chunk.indexed_text for hit in passages))
    )
    row |= {"id": made.id, "when": made.when, "from": str(origin), "setups": list(made.setups)}
    journal.append(house.preferences, [row])


def _setup(reply: Reply) -> str:
    return reply.variant or reply.setup.value


def replacing(house: Workspace, published: str) -> Pseudonymiser:
    """Return what replaces personal data: equal values by equal surrogates in this workspace, and nothing that a passage says."""
    from assistant.personal import finder
    from experiments import key_in
    from finetune.privacy.pseudonyms import Pseudonymiser as Replacing

    look: Find = finder(house)
    said = {span.value for span in look(published)}

    def find(found_in: str) -> list[PersonalSpan]:
        return [span for span in look(found_in) if span.value not in said]

    return Replacing(key_in(house.votes_key, house.database), find)
