"""Records bound to one another by hashes, so that a line that is edited, taken out or put elsewhere is found.

Whoever can write the file can write the whole chain anew: note its head somewhere else. Knows nothing of what records say, or
of files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

START = "0" * 64
"""What the first record is bound to."""

Said = dict[str, Any]


@dataclass(frozen=True)
class Followed:
    """What a walk along a chain found."""

    records: tuple[Said, ...]
    """The records as they were written, up to the first that is not."""
    whole: bool
    """Whether all are."""

    @property
    def head(self) -> str:
        """The hash of the last of them; `START` where there is none."""
        return str(self.records[-1]["hash"]) if self.records else START


def hash_of(said: Mapping[str, object]) -> str:
    """Return the hex SHA-256 of what a record says, whatever the order of its keys."""
    told = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def bound(said: Mapping[str, object], seq: int, before: str) -> Said:
    """Return a record with its number, the hash of the one before it, and its own."""
    record: Said = {"seq": seq, **said, "before": before}
    return {**record, "hash": hash_of(record)}


def line_of(record: Mapping[str, object]) -> bytes:
    """Return a record as a line of a file."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def follow(lines: Iterable[bytes]) -> Followed:
    """Walk along a chain, letter by letter: a second key or a blank would change no value and be read otherwise elsewhere.

    Args:
        lines: Whole lines with their breaks, the oldest first.
    """
    records: list[Said] = []
    before = START
    for line in lines:
        try:
            record = json.loads(line)
            said = {key: value for key, value in record.items() if key != "hash"}
        except (ValueError, AttributeError, RecursionError):
            return Followed(tuple(records), False)
        if line_of(record) != line or record.get("hash") != hash_of(said):
            return Followed(tuple(records), False)
        if (record.get("seq"), record.get("before")) != (len(records) + 1, before):
            return Followed(tuple(records), False)
        records.append(record)
        before = record["hash"]
    return Followed(tuple(records), True)
