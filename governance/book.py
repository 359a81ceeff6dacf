"""A book of what was done: records that are added and never changed, each bound to all before it by a hash.

Knows nothing of what a record says. What it can't find: whoever can write the workspace's files can write the whole book anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from foundation.chain import START, Followed, Said, bound, follow, line_of
from foundation.errors import UserError
from foundation.files import write_json_atomic

FOLDER = "governance"
"""Where the books of a workspace stand, below `.rungwise/`. An erasure leaves them: they name nobody who asked."""


class Book:
    """A book of records.

    Args:
        path: The file; made by the first record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, said: Mapping[str, object], now: datetime) -> Said:
        """Write a record, safe between processes, and on the disk when this returns.

        Args:
            said: What it says; JSON values, no personal data.
            now: When.

        Raises:
            UserError: Another process holds the book for 30 seconds, or it is not as it was written.
        """
        from rag.storage.lock import writing

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with writing(self.path.with_suffix(".lock")):
            found = self._follow()
            if not found.whole:
                raise UserError(
                    f"{self.path}: {self.check()} Restore it from a copy before more is written into it."
                )
            at = now.astimezone(UTC).isoformat(timespec="seconds")
            record = bound({"at": at, **said}, len(found.records) + 1, found.head)
            with self.path.open("ab") as file:
                file.truncate(
                    sum(len(line_of(one)) for one in found.records)
                )  # what a kill left of a line goes
                file.write(line_of(record))
                file.flush()
                os.fsync(file.fileno())
            write_json_atomic(self._head, {"seq": record["seq"], "hash": record["hash"]})
            return record

    def records(self) -> list[Said]:
        """Return every record that is as it was written, the oldest first, up to the first that is not."""
        return list(self._follow().records)

    def check(self) -> str:
        """Return what is wrong with the book, in a sentence; empty where nothing is."""
        found = self._follow()
        if not found.whole:
            return f"Line {len(found.records) + 1} is not as it was written: it was edited, taken out or put elsewhere."
        seq, head = self._told()
        if seq > len(found.records):
            cut = seq - len(found.records)
            return f"{cut} {'line was' if cut == 1 else 'lines were'} cut off from the end."
        # a kill between line and head leaves the head one line behind
        if seq < len(found.records) - 1 or (found.records[seq - 1]["hash"] if seq else START) != head:
            return "The head is not the one that was written with it: the book was written anew."
        return ""

    def _follow(self) -> Followed:
        data = self.path.read_bytes() if self.path.is_file() else b""
        lines = data.split(b"\n")[
            :-1
        ]  # half a line at the end was never told to be written: a kill came between
        return follow(line + b"\n" for line in lines)

    @property
    def _head(self) -> Path:
        return self.path.with_suffix(".head.json")

    def _told(self) -> tuple[int, str]:
        try:
            told = json.loads(self._head.read_text(encoding="utf-8"))
            return int(told["seq"]), str(told["hash"])
        except FileNotFoundError:
            return 0, START
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""
