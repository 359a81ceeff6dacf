"""The process that writes both indexes anew after something was forgotten.

A new process, because Chroma writes files with room to spare, and fills that room with whatever its memory held before:
in the process that read a forgotten vector, that vector (the byte scan of `forget` found it there). Started by `rebuild` as
`python -m rag.indexing.rebuild_child STATE SERVER [URL PASSWORD_ENV]`; knows nothing of what was forgotten.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.database import Database
from foundation.errors import UserError

if TYPE_CHECKING:
    from rag.indexing.index import IndexHome


def rebuild(home: IndexHome, database: Database | None = None) -> None:
    """Write the indexes of the ledger's generation in a process of its own; the caller holds the writer's lock.

    Args:
        home: Where they stand.
        database: Where the ledger is kept; None: in the library's folder.

    Raises:
        UserError: It did not end well; the next search writes them anew.
    """
    code = Path(__file__).resolve().parents[2]
    where = [str(home.state), home.server or "", *((database.url, database.password_env) if database else ())]
    done = subprocess.run(
        [sys.executable, "-m", "rag.indexing.rebuild_child", *where], check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"},
    )  # fmt: skip
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(
            f"{home.state}: the indexes could not be written anew ({why}). Run `rungwise verify --repair`."
        )


def main(state: Path, server: str | None, database: Database | None) -> None:
    """Write both indexes of a library anew."""
    from rag.indexing.index import IndexHome
    from rag.storage.ledger import Ledger

    ledger = Ledger(database or state / "ledger.sqlite3")
    try:
        with ledger.reading():
            IndexHome(state, server, shared=database is not None).mend(ledger)
    finally:
        ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] or None, Database(*sys.argv[3:5]) if len(sys.argv) > 3 else None)
