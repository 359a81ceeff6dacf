"""Files of a folder to Documents: which files there are, and what each says.

The parsing itself happens in a child process with caps on memory, time and output. Nothing here raises for
what is in a
file: each file ends as a Document or as a reason. Knows nothing of chunks, vectors or what was indexed
    before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import selectors
import stat
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from foundation.errors import UserError, one_of
from rag.formats import READERS
from rag.ingest.clean import one_line
from rag.types import Block, BlockKind, Document, Outcome, ReadLimits


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the documents folder, not yet read."""

    source: str
    """Path relative to the folder, with `/`, in Unicode NFC."""
    path: Path
    """Where it is."""
    reason: str = ""
    """Why it is not to be read; empty when it is."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that did not become a Document."""

    source: str
    """Path relative to the folder."""
    outcome: Outcome
    """SKIPPED when it is rightly left out, FAILED when it is broken."""
    reason: str
    """Why, in words that follow the file's name."""
    sha256: str = ""
    """Hash of its bytes, where they could be read."""


def scan(folder: Path, limits: ReadLimits) -> list[Found]:
    """List the files of a folder and its sub-folders, by path.

    Hidden files and folders (a name that starts with a dot) are passed over; what can't be read as a document
    is listed with its reason.

    Raises:
        UserError: The folder is missing or is not a folder.
    """
    if not folder.is_dir():
        seen = "is a file" if folder.exists() else "does not exist"
        raise UserError(
            f"{folder}: the documents folder {seen}. Make it, put documents there, then run `rungwise sync`."
        )
    found = [_look(folder, path, limits) for path in _walk(folder)]
    return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.source)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*folders, *files]:
            if not name.startswith("."):
                yield Path(root, name)


def _look(folder: Path, path: Path, limits: ReadLimits) -> Found | None:
    """Return the entry of one path; None for an ordinary folder, which has no entry of its own."""
    source = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
    if source.encode("utf-8", "replace").decode("utf-8") != source:
        return Found(source.encode("utf-8", "replace").decode("utf-8"), path, "its name is not UTF-8")
    try:
        if path.is_symlink():
            target = path.resolve(strict=True)
            if not target.is_relative_to(folder.resolve()):
                return Found(source, path, "a link that leads out of the documents folder")
            if target.is_dir():
                return Found(source, path, "a link to a folder")
        facts = path.stat()
    except FileNotFoundError:
        return Found(source, path, "a link that leads nowhere")
    except (OSError, RuntimeError) as error:
        return Found(source, path, f"can't be looked at ({getattr(error, 'strerror', None) or error})")
    if stat.S_ISDIR(facts.st_mode):
        named_like_a_file = path.suffix.lower() in READERS
        return (
            Found(source, path, "a folder, although its name is that of a file")
            if named_like_a_file
            else None
        )
    return Found(source, path, _unfit(path, facts, limits))


def _unfit(path: Path, facts: os.stat_result, limits: ReadLimits) -> str:
    if not stat.S_ISREG(facts.st_mode):
        return "not an ordinary file"
    if path.suffix.lower() not in READERS:
        other_names = (".markdown", ".htm", ".ndjson")
        kinds = one_of(suffix.removeprefix(".") for suffix in READERS if suffix not in other_names)
        return f"files of type {path.suffix.lower() or '(none)'} are not read; {kinds} are"
    if facts.st_size > limits.megabytes * 1e6:
        return f"it has {facts.st_size / 1e6:.1f} MB; at most {limits.megabytes:g} MB are read"
    return ""


def read_bytes(found: Found) -> tuple[bytes, str] | Refusal:
    """Return a file's bytes and their SHA-256, or why there are none."""
    if found.reason:
        return Refusal(found.source, Outcome.SKIPPED, found.reason)
    try:
        data = found.path.read_bytes()
    except OSError as error:
        return Refusal(found.source, Outcome.FAILED, f"can't be read ({error.strerror})")
    return data, hashlib.sha256(data).hexdigest()


class Reader:
    """Reads files in a child process, which starts with the first file and is replaced when it dies or hangs.

    Args:
        limits: What one file may cost.
    """

    def __init__(self, limits: ReadLimits | None = None) -> None:
        self.limits = limits or ReadLimits()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def read(
        self, source: str, data: bytes, password: str = "", properties: bool = False
    ) -> Document | Refusal:
        """Read one file.

        Args:
            source: Its path relative to the documents folder; the suffix tells the format.
            data: Its bytes.
            password: Opens it, should it be encrypted.
            properties: Whether to look at what it says of itself beside its text, too.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        suffix = Path(source).suffix.lower()
        answer = self._ask({"suffix": suffix, "password": password, "properties": properties}, data)
        for outcome in (Outcome.SKIPPED, Outcome.FAILED):
            if outcome.value in answer:
                return Refusal(source, outcome, str(answer[outcome.value]), sha256)
        blocks = tuple(
            Block(BlockKind(kind), text, tuple(path), page) for kind, text, path, page in answer["blocks"]
        )
        title = one_line(answer["title"]) or humanised(source)
        return Document(
            source, title, blocks, sha256, answer["hidden"], answer["encoding"], tuple(answer["properties"])
        )

    def _ask(self, request: dict[str, Any], data: bytes) -> dict[str, Any]:
        child = self._started()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps({**request, "size": len(data)}).encode("ascii") + b"\n" + data)
            child.stdin.flush()
            line = self._line(child)
        except OSError:
            line = b""
        if line is None:
            self.close()
            return {"failed": f"reading it takes longer than {self.limits.seconds:g} seconds"}
        if not line.endswith(b"\n"):
            self.close()
            return {
                "failed": "the reading process ended; the file needs too much memory or breaks its parser"
            }
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _line(self, child: subprocess.Popen[bytes]) -> bytes | None:
        """Return the child's answer, an unfinished one when it died, None when time is up."""
        assert child.stdout is not None
        deadline = time.monotonic() + self.limits.seconds
        parts: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - time.monotonic())):
                part = os.read(child.stdout.fileno(), 1 << 16)
                parts.append(part)
                if not part or part.endswith(b"\n"):
                    return b"".join(parts)
        return None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            home = Path(__file__).resolve().parents[2]
            command = [sys.executable, "-m", "rag.ingest.load_child", str(self.limits.memory_megabytes),
                       str(self.limits.characters)]  # fmt: skip
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(home), "PYTHONSAFEPATH": "1"}, start_new_session=True,
            )  # fmt: skip
        return self._child


def humanised(source: str) -> str:
    """Return a file's name as a title: `hr/price_list-2024.csv` is `Price list 2024`."""
    words = one_line(re.sub(r"[_\-.]+", " ", Path(source).stem))
    return words[:1].upper() + words[1:] if words else source
