"""Embedders that were taught on a workspace's own documents: a folder each, whole or absent, with papers that name every file.

`NAME/model` can be opened like any sentence-transformers folder; `NAME/embedder.json` beside it says what it was made from and
what it was measured to bring. A folder whose files are not what the papers say is never opened. What an embedder learned can't be
taken out of it, so one that learned from what was forgotten is marked, with all that were taught from it. Knows nothing of
training, or of how anything is erased.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foundation.errors import UserError
from foundation.files import sha256_of, write_json_atomic

PAPERS = "embedder.json"
MODEL = "model"
TAINTED = "TAINTED.json"
"""Stands beside the papers of an embedder that learned from what was forgotten later."""
WORK = ".work"
"""The folder of a teaching that is under way, among the taught embedders."""
LOCK = "lock"
"""The file that a teaching holds locked, there."""
_STOPPED = "FORGOTTEN"  # what a teaching learns from that is under way was forgotten meanwhile
_LETTERS = "e"


@dataclass(frozen=True)
class Papers:
    """What a taught embedder is, and what it was made from."""

    name: str
    """Its name in its workspace."""
    base: str
    """What the embedder before it is called in the settings; `--back` goes there."""
    base_fingerprint: str
    """That one's fingerprint."""
    fingerprint: str
    """Its own."""
    pairs: dict[str, int]
    """How many pairs it learned from, by kind."""
    pairs_sha256: str
    """Hash of all of them."""
    sources: dict[str, int]
    """How many pairs each document gave that it saw; 0: it was held against others' only. Weights can't be made to forget."""
    held_out: list[str]
    """The documents that gave none."""
    settings: dict[str, Any]
    """Every training setting."""
    curve: list[dict[str, float]]
    """After each epoch: `epoch`, `loss` and `check` (nDCG@10 on held-out questions)."""
    measured: dict[str, Any]
    """What was found of it on test questions before it was accepted."""
    seconds: float
    """How long the training took."""
    versions: dict[str, str]
    """Versions of torch, transformers and sentence-transformers."""
    created: str
    """When, ISO 8601 in UTC."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file of `model/`, by path."""

    def to_dict(self) -> dict[str, Any]:
        """Return the papers as JSON values."""
        return asdict(self)


def fresh(home: Path) -> str:
    """Return the next name: `e1`, `e2`, …; none is used twice as long as the last is there."""
    taken = [int(path.name[1:]) for path in home.glob(f"{_LETTERS}*") if path.name[1:].isdigit()]
    return f"{_LETTERS}{max(taken, default=0) + 1}"


def publish(model: Path, home: Path, papers: Papers) -> Path:
    """Move a written model to its place among the taught embedders, with its papers; whole or not at all.

    Args:
        model: The folder of the model, on the same disk.
        home: The folder of all taught embedders.
        papers: Without `files`.

    Returns:
        The folder to name as `embedder`.
    """
    staged = home / f".{papers.name}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    os.replace(model, staged / MODEL)
    told = {**papers.to_dict(), "files": _hashes(staged / MODEL)}
    write_json_atomic(staged / PAPERS, told)
    os.replace(staged, home / papers.name)
    return home / papers.name / MODEL


def read(folder: Path) -> Papers | None:
    """Return the papers of a taught embedder; None where a folder is none.

    Args:
        folder: As `embedder` names it: `…/NAME/model`.

    Raises:
        UserError: The papers can't be read.
    """
    path = folder.parent / PAPERS
    if folder.name != MODEL or not path.is_file():
        return None
    try:
        told: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        return Papers(**told)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path}: the papers of this embedder can't be read ({error}), so it is not opened. Restore the file from a backup, "
            "or name another `embedder` under [retrieval] in rungwise.toml."
        ) from None


def check(folder: Path) -> None:
    """Check that a taught embedder is as it was published; other folders have no papers, and pass.

    Raises:
        UserError: A file was altered, is missing, or was added.
    """
    papers = read(folder)
    if papers is None:
        return
    now = _hashes(folder)
    wrong = sorted(name for name in {*now, *papers.files} if now.get(name) != papers.files.get(name))
    if wrong:
        how = (
            "is missing"
            if wrong[0] not in now
            else "was added"
            if wrong[0] not in papers.files
            else "was altered"
        )
        raise UserError(
            f"{folder / wrong[0]}: this file of a taught embedder {how} since it was published, so the embedder is not opened. "
            "`rungwise tune-embedder --back` goes back to the embedder before it."
        )


# ---------------------------------------------------------------- what was forgotten


def names(home: Path) -> list[str]:
    """Return the taught embedders that are whole, oldest first."""
    found = [
        path.parent.name for path in home.glob(f"{_LETTERS}*/{PAPERS}") if path.parent.name[1:].isdigit()
    ]
    return sorted(found, key=lambda name: int(name[1:]))


def tainted(folder: Path) -> bool:
    """Whether an embedder, as `embedder` names it (`…/NAME/model`), learned from what was forgotten since."""
    return folder.name == MODEL and (folder.parent / TAINTED).is_file()


def taint(home: Path, date: str, sources: Collection[str], rows: int) -> list[str]:
    """Mark the embedders that learned from what is forgotten, and those that were taught from a marked one; return their names.

    One that was marked before is not named again. Papers then name the forgotten documents no more. An embedder whose papers
    can't be read is marked too.

    Args:
        home: The folder of all taught embedders; need not be there.
        date: When it is forgotten, YYYY-MM-DD.
        sources: Documents that are forgotten.
        rows: How many questions are that any of them may have learned from; papers don't say which they were.
    """
    told: list[str] = []
    for name in names(home):
        folder = home / name
        try:
            papers = read(folder / MODEL)
        except UserError:
            papers = None
        learned = papers is None or rows > 0 or not papers.sources.keys().isdisjoint(sources)
        follows = papers is not None and (home / Path(papers.base).parent.name / TAINTED).is_file()
        if (learned or follows) and not tainted(folder / MODEL):
            write_json_atomic(folder / TAINTED, {"forgotten": date, "questions": rows})
            told.append(name)
        if papers is not None:
            _unname(folder / PAPERS, papers, sources)
    return told


def _unname(path: Path, papers: Papers, sources: Collection[str]) -> None:
    """Take the names of forgotten documents out of papers."""
    kept = {source: count for source, count in papers.sources.items() if source not in sources}
    held = [source for source in papers.held_out if source not in sources]
    if len(kept) < len(papers.sources) or len(held) < len(papers.held_out):
        write_json_atomic(path, {**papers.to_dict(), "sources": kept, "held_out": held})


def stop(home: Path) -> bool:
    """End the teaching that is under way, as it may hold what is forgotten; return whether there was one.

    One that no process is at is removed with its states; a process that is at it sees the mark, and publishes nothing.
    """
    from rag.storage.lock import writing

    if not any(path.is_dir() for path in home.glob(".*")):  # a teaching, or what a kill left half published
        return False
    (home / _STOPPED).touch()
    try:
        with writing(home / LOCK, 0.0):
            discard(home)
    except UserError:  # it is being trained, and will stop
        pass
    return True


def stopped(home: Path) -> bool:
    """Whether the teaching that is under way was ended from outside, by `stop`."""
    return (home / _STOPPED).exists()


def discard(home: Path) -> None:
    """Remove what a teaching left that was ended from outside, for whoever holds the lock."""
    for path in [path for path in home.glob(".*") if path.is_dir()]:
        shutil.rmtree(path, ignore_errors=True)
    (home / _STOPPED).unlink(missing_ok=True)


def drop(home: Path, name: str) -> None:
    """Remove a taught embedder, with what was converted of it on this machine.

    Raises:
        UserError: There is none of that name.
    """
    if name not in names(home):
        known = names(home)
        there = f"There is {', '.join(known)}." if known else "There is none."
        raise UserError(f'{home}: no taught embedder is called "{name}". {there}')
    from rag.embedding.converted import cache_folder
    from rag.embedding.embed import folder_fingerprint

    mark = folder_fingerprint(home / name / MODEL)[:32]
    for converted in (cache_folder() / "encoders").glob(f"{mark}-*"):
        shutil.rmtree(converted, ignore_errors=True)
    gone = home / f".{name}.removed"  # out of sight at once: a kill in between leaves no half embedder
    shutil.rmtree(gone, ignore_errors=True)
    os.replace(home / name, gone)
    shutil.rmtree(gone, ignore_errors=True)


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        seen = path.stat()
        found[path.relative_to(folder).as_posix()] = _hash(path, seen.st_size, seen.st_mtime_ns)
    return found


@functools.lru_cache(maxsize=256)
def _hash(path: Path, size: int, changed: int) -> str:
    """Hash a file once a process, as long as its size and time of change stay what they are."""
    return sha256_of(path)
