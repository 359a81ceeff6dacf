"""Rows that a workspace keeps in a database instead of files, found and erased as those of files are.

Conversations go whole, votes and outcomes row by row. Knows nothing of documents, which the library erases itself.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant import chat_rows
from assistant.workspace import Workspace
from experiments.opinions import journal

CONVERSATIONS, OPINIONS = "database: conversations", "database: votes and outcomes"
"""How the places are named where files are."""


def erase(workspace: Workspace, holds: Callable[[str], bool]) -> int:
    """Erase every row and conversation that holds what is looked for; return how many. Without a database: none."""
    database = workspace.database
    if database is None:
        return 0
    return chat_rows.erase(database, holds) + journal.erase(database, holds)


def found(workspace: Workspace, holds: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return the rows that hold what is looked for, as JSON lines, by place; empty where none do, and without a database."""
    database = workspace.database
    if database is None:
        return {}
    chats = [line for _, _, whole in chat_rows.holding(database, holds) for line in whole.splitlines()]
    rows = [line for _, line in journal.holding(database, holds)]
    return {name: lines for name, lines in ((CONVERSATIONS, chats), (OPINIONS, rows)) if lines}
