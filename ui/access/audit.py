"""The audit log: who did what and whether they might, each line bound to all before it by a hash.

A line that is edited, taken out, put elsewhere or cut off from the end is found by `verify`. What it can't find: whoever can
write the workspace's files can write the whole chain and its head anew. So note the head somewhere else (`rungwise audit --head`)
and have it looked for later (`--expect`). Holds names of people, keys' first letters, names of documents and adapters, and the
address that a wrong password came from; no question, answer, password or key. Knows nothing of roles.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from foundation.chain import START, bound, hash_of, line_of
from foundation.errors import UserError
from foundation.files import write_bytes_atomic
from ui.access import vault

_MOST = 300  # letters of what was done
_TAIL = 16_384  # bytes that hold the longest line
_HEAD = "audit-head"


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    seq: int
    """Its number, from 1."""
    at: str
    """When, UTC."""
    who: str
    """Who: a person's name, `command line`, or `nobody known`."""
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
    """How many lines are as they were written, up to the first that is not."""
    head: str
    """The hash of the last of these."""
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
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = {"at": at, "who": _plain(who), "action": _plain(action), "what": _plain(what), "ok": ok}
        made = Entry(**bound(said, seq + 1, before))
        handle = os.open(_path(root), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            _take_half_line(file)
            file.write(_line(made))
            file.flush()
            os.fsync(file.fileno())
        _write_head(root, made)
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
    with vault.locked(root):
        told, last = _head(root)
        size = _path(root).stat().st_size if _path(root).exists() else 0
    hashes, broken = _chain(_lines(root, size))  # what is written meanwhile is not looked at
    count, head = len(hashes), hashes[-1] if hashes else START
    if broken:
        return Checked(count, head, count + 1, "it was edited, taken out or put elsewhere")
    if told > count:
        cut = told - count
        return Checked(
            count, head, count + 1, f"{cut} {'line was' if cut == 1 else 'lines were'} cut off from the end"
        )
    if told < count - 1 or (hashes[told - 1] if told else START) != last:
        return Checked(count, head, max(told, 1), "the head is not the one that was written with it")
    if expected and expected != START and expected not in hashes:
        return Checked(count, head, 1, "no line has the hash that was noted: the chain was written anew")
    return Checked(count, head, None, "")


def _chain(lines: Iterator[bytes]) -> tuple[list[str], bool]:
    """Return the hashes of the lines that are as they were written, and whether another one comes after them."""
    hashes: list[str] = []
    for line in lines:
        one = _read(line)
        before = hashes[-1] if hashes else START
        # letter by letter: a second "ok" in a line, or a blank, would change no value and be read otherwise elsewhere
        if one is None or _line(one) != line or one.hash != hash_of(_said(one)):
            return hashes, True
        if (one.seq, one.before) != (len(hashes) + 1, before):
            return hashes, True
        hashes.append(one.hash)
    return hashes, False


def _head(root: Path) -> tuple[int, str]:
    """Return the number and the hash of the line that was the last one when the head was written."""
    head = vault.read(root, _HEAD)
    seq, last = head.get("seq", 0), head.get("hash", START)
    if not isinstance(seq, int) or not isinstance(last, str):
        raise UserError(
            f"{vault.folder(root) / _HEAD}.json: the head of the audit log is none: it was edited. Restore it from a copy, or "
            "remove it; `rungwise audit` tells what is missing then."
        )
    return seq, last


def _end(root: Path) -> tuple[int, str]:
    """Return the number and the hash that the next line goes on from.

    That is the last line where a kill left it without a head: it gets one now, so that the head is never more than one line
    behind. Where lines are missing or others it is the head: what was cut off stays seen.
    """
    told, last = _head(root)
    one = _read(_last_line(_path(root)))
    if one is None or (one.seq, one.before) != (told + 1, last):
        return told, last
    _write_head(root, one)
    return one.seq, one.hash


def _write_head(root: Path, one: Entry) -> None:
    told = json.dumps({"seq": one.seq, "hash": one.hash}) + "\n"
    write_bytes_atomic(vault.folder(root) / f"{_HEAD}.json", told.encode("utf-8"), 0o600)


def _last_line(path: Path) -> bytes:
    """Return the last whole line, from the end of the file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            *_, last, _half = b"", *file.read().split(b"\n")
            return last + b"\n" if last else b""
    except FileNotFoundError:
        return b""


def _path(root: Path) -> Path:
    return vault.folder(root) / "audit.jsonl"


def _lines(root: Path, size: int | None = None) -> Iterator[bytes]:
    """Yield every whole line with its break, of the first `size` bytes.

    Half a line at the end was never told to be written: a kill came between.
    """
    try:
        with _path(root).open("rb") as file:
            for line in file:
                if not line.endswith(b"\n") or (size is not None and file.tell() > size):
                    return
                yield line
    except FileNotFoundError:
        return


def _line(one: Entry) -> bytes:
    return line_of(asdict(one))


def _read(line: bytes) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None


def _said(one: Entry) -> dict[str, object]:
    said = asdict(one)
    del said["hash"]
    return said


def _plain(text: str) -> str:
    """Return a text for a line of the log: without control characters, and not endless."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_MOST]


def _take_half_line(file: BinaryIO) -> None:
    """Take out what a kill left of a line, so that the next one stands by itself."""
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - _TAIL)
    tail = os.pread(file.fileno(), size - start, start)
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(file.fileno(), start + tail.rfind(b"\n") + 1)
