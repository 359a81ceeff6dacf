"""Which passage somebody opened for their question, kept where the workspace keeps texts, for an embedder to learn from.

Written behind the page, so that a click waits for no disk and breaks at none. Personal data in the question is replaced, as in a
vote that is kept; of documents that are not open to everybody nothing is kept, as nothing is learned from them. Knows nothing of
how anything is drawn.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from foundation.background import Background
from foundation.files import sha256_text
from ui import state
from ui.conversations.preferring import replacing

if TYPE_CHECKING:
    from assistant import Workspace
    from rag import Chunk

WRITER = Background("clicks", "a click")
"""This process's."""


def kept(house: Workspace) -> bool:
    """Whether clicks are kept here; whoever may click is told before."""
    return house.settings.votes.keep_text


def opened(house: Workspace, question: str, chunk: Chunk) -> None:
    """Keep soon that a passage was opened; the same one for the same question once a session.

    Args:
        house: The workspace.
        question: What was asked, complete; empty where nothing of it is kept.
        chunk: The passage, as it was shown.
    """
    if kept(house) and question.strip() and state.first_time(f"{question}\0{chunk.id}"):
        WRITER.soon(partial(_keep, house, question, chunk))


def _keep(house: Workspace, question: str, chunk: Chunk) -> None:
    from experiments.opinions.clicks import Click, keep_click
    from rag import Library, Viewer

    with Library(
        house.documents, house.library, house.settings.retrieval, database=house.database
    ) as library:
        if not library.shown_to(Viewer(), chunk.source):
            return
    asked = replacing(house, chunk.indexed_text)(question)
    at, passage = datetime.now(UTC).isoformat(timespec="seconds"), sha256_text(chunk.text)
    keep_click(house.clicks, Click(asked, chunk.source, chunk.start, passage, at), house.database)
