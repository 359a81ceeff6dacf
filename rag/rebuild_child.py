"""The process that writes both indexes anew after something was forgotten.

A new process, because Chroma writes files with room to spare, and fills that room with whatever its memory held before:
in the process that read a forgotten vector, that vector (the byte scan of `forget` found it there). Started by `rebuild` as
`python -m rag.rebuild_child STATE`; knows nothing of what was forgotten.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from foundation.errors import UserError


def rebuild(state: Path) -> None:
    """Write the indexes of the ledger's generation in a process of its own; the caller holds the writer's lock.

    Raises:
        UserError: It did not end well; the next search writes them anew.
    """
    home = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "rag.rebuild_child", str(state)], check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(home), "PYTHONSAFEPATH": "1"},
    )  # fmt: skip
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(
            f"{state}: the indexes could not be written anew ({why}). Run `rungwise verify --repair`."
        )


def main(state: Path) -> None:
    """Write both indexes of a library anew."""
    from rag.index import mend
    from rag.ledger import Ledger

    ledger = Ledger(state / "ledger.sqlite3")
    try:
        with ledger.reading():
            mend(state, ledger)
    finally:
        ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
