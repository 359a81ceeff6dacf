"""The audit log: who did what and whether they might, each line bound to all before it by a hash.

A line that is edited, taken out, put elsewhere or cut off from the end is found by `verify`. What it can't find: whoever can
write the workspace's files can write the whole chain and its head anew. So note the head somewhere else (`rungwise audit --head`)
and have it looked for later (`--expect`). Holds names of people, keys' first letters, names of documents and adapters; no
question, answer, password or key. Knows nothing of roles.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from foundation.files import write_bytes_atomic
from ui.access import vault

START = "0" * 64
"""What the first line is bound to."""
_MOST = 300  # letters of what was done
_TAIL = 16_384  # bytes that hold the longest line


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    seq: int
    """Its number, from 1."""
    at: str
    """When, UTC."""
    who: str
    """Who: a person's name, or a name that somebody tried to sign in with."""
    action: str
    """What they wanted."""
    what: str
    """With which document, adapter, person or key."""
    ok: bool
    """Whether it was let pass."""
    before: str
    """The hash of the line before it."""
    hash: str
    """The hash of this line and, through `before`, of all before it."""


@dataclass(frozen=True)
class Checked:
    """What a look at the whole chain found."""

    entries: int
    """How many lines there are."""
    head: str
    """The hash of the last line."""
    broken: int | None
    """The number of the first line that is not as it was written; None: all are."""
    why: str
    """What is wrong with it; empty where nothing is."""


def note(root: Path, who: str, action: str, what: str = "", ok: bool = True) -> Entry:
    """Add a line, safe between threads and processes, and on the disk when this returns.

    Raises:
        UserError: Another process holds the log for 30 seconds.
    """
    with vault.locked(root):
        seq, before = _end(root)
        seq += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = {
            "seq": seq,
            "at": at,
            "who": _plain(who),
            "action": _plain(action),
            "what": _plain(what),
            "ok": ok,
            "before": before,
        }
        made = Entry(**said, hash=_hash(said))  # type: ignore[arg-type]
        path = _path(root)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(
                _whole_line(path) + json.dumps(asdict(made), ensure_ascii=False).encode("utf-8") + b"\n"
            )
            file.flush()
            os.fsync(file.fileno())
        told = json.dumps({"seq": seq, "hash": made.hash}) + "\n"
        write_bytes_atomic(vault.folder(root) / f"{_HEAD}.json", told.encode("utf-8"), 0o600)
        return made


def entries(root: Path) -> Iterator[Entry]:
    """Yield every line that can be read, the oldest first; `verify` tells whether any can't."""
    for line in _lines(root):
        if (one := _read(line)) is not None:
            yield one


def verify(root: Path, expected: str = "") -> Checked:
    """Go through the whole chain.

    Args:
        root: The workspace.
        expected: A head that was noted before: it must be the hash of some line.
    """
    before, count, seen = START, 0, False
    for count, line in enumerate(_lines(root), start=1):
        one = _read(line)
        if one is None or one.seq != count or one.before != before or one.hash != _hash(_said(one)):
            return Checked(count, before, count, "it was edited, taken out or put elsewhere")
        before, seen = one.hash, seen or one.hash == expected
    told, last = _head(root)
    if told > count:
        return Checked(count, before, count + 1, f"{told - count} lines were cut off from the end")
    if told == count and last != before:
        return Checked(count, before, count, "the last line is not the one that was written")
    if expected and not seen and expected != START:
        return Checked(count, before, 1, "no line has the hash that was noted: the chain was written anew")
    return Checked(count, before, None, "")


_HEAD = "audit-head"


def _head(root: Path) -> tuple[int, str]:
    """Return the number and the hash of the line that was the last one when the head was written."""
    head = vault.read(root, _HEAD)
    return int(head.get("seq", 0)), str(head.get("hash", START))


def _end(root: Path) -> tuple[int, str]:
    """Return the number and the hash that the next line goes on from.

    That is the last line, which a kill may have left without a head. Where lines are missing it is the head: what was cut off
    stays seen.
    """
    told, last = _head(root)
    one = _read(_last_line(_path(root)))
    return (one.seq, one.hash) if one is not None and one.seq > told else (told, last)


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return (file.read().decode("utf-8", "replace").rstrip("\n").splitlines() or [""])[-1]
    except FileNotFoundError:
        return ""


def _path(root: Path) -> Path:
    return vault.folder(root) / "audit.jsonl"


def _lines(root: Path) -> Iterator[str]:
    try:
        with _path(root).open(encoding="utf-8", errors="replace") as file:
            yield from (line.rstrip("\n") for line in file)
    except FileNotFoundError:
        return


def _read(line: str) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _said(one: Entry) -> dict[str, object]:
    said = asdict(one)
    del said["hash"]
    return said


def _hash(said: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()


def _plain(text: str) -> str:
    """Return a text for a line of the log: without control characters, and not endless."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_MOST]


def _whole_line(path: Path) -> bytes:
    """Return a line break where a kill left half a line, so that the next one stands by itself."""
    if not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"
