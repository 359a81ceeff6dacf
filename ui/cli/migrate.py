"""`rungwise migrate`: what a workspace keeps in files moves into the database that its settings name, or back.

Knows nothing of how rows are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.show import show, show_json

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from foundation.database import Database


def migrate(
    back: Annotated[
        bool, typer.Option("--back", help="Out of the database into files, to do without it from then on.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Move ledger, votes, thumbs and clicks from files into the database of [storage]; nothing is lost or doubled by a kill."""
    from ui.progress import Progress

    house = opened(workspace)
    database = house.settings.storage.database
    if database is None:
        raise UserError(
            f'{house.root}: [storage] names no database. Write url = "postgresql://user@host/name" there, then try again.'
        )
    with Progress(quiet=as_json) as progress:
        progress("Moving")
        done = _out(house, database) if back else _into(house, database)
    show_json(done) if as_json else show(told(done))
    return ExitCode.OK


def _into(house: Workspace, database: Database) -> dict[str, Any]:
    from experiments.opinions import moving as opinions
    from rag.storage import moving as ledger

    opinions.check_key(house.votes_key, database)  # before anything is written
    moved = ledger.move_in(house.library, database, house.settings.retrieval.chroma_server)
    rows = opinions.move_in(house.journals, house.votes_key, database)
    return _result("database", database, moved, rows, 0)


def _out(house: Workspace, database: Database) -> dict[str, Any]:
    from assistant import chat_rows
    from experiments.opinions import moving as opinions
    from rag.storage import moving as ledger

    opinions.check_key(house.votes_key, database)
    moved = ledger.move_back(house.library, database, house.settings.retrieval.chroma_server)
    rows = opinions.move_back(house.journals, house.votes_key, database)
    return _result("files", database, moved, rows, chat_rows.count(database))


def _result(
    to: str, database: Database, moved: Any, rows: dict[str, tuple[int, int]], chats: int
) -> dict[str, Any]:
    return {
        "to": to,
        "database": str(database),
        "ledger": {"documents": moved.documents, "chunks": moved.chunks, "copied": moved.copied},
        "rows": {kind: new for kind, (new, _) in rows.items()},
        "unreadable": {kind: damaged for kind, (_, damaged) in rows.items() if damaged},
        "conversations_left": chats,
    }


def told(done: dict[str, Any]) -> str:
    """Return what was moved, for a terminal."""
    ledger, rows = done["ledger"], done["rows"]
    there = "now" if ledger["copied"] else "already"
    where = done["database"] if done["to"] == "database" else "files"
    lines = [f"Ledger: {ledger['documents']} documents, {ledger['chunks']} chunks, {there} in {where}."]
    if not ledger["documents"]:
        lines = ["Ledger: there was none to move."]
    lines += [f"{kind}: {count} rows moved." for kind, count in rows.items()]
    lines += [
        f"{kind}: {count} lines could not be read and are left out."
        for kind, count in done["unreadable"].items()
    ]
    if done["to"] == "database":
        return "\n".join([*lines, "Conversations of the page were in memory only. Next: `rungwise verify`."])
    if done["conversations_left"]:
        lines.append(
            f"{done['conversations_left']} conversations stay in the database: files keep none. "
            "They go with its schema rungwise_chats."
        )
    return "\n".join([*lines, "Take url out of [storage] in rungwise.toml now, then run `rungwise verify`."])
